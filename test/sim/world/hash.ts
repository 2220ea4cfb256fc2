/** FNV-1a, 32 bits. */
export const EMPTY_HASH = 0x811c9dc5;
const PRIME = 0x01000193;

export function hashText(hash: number, text: string): number {
  let result = hash;
  for (let at = 0; at < text.length; at++) {
    result = Math.imul(result ^ text.charCodeAt(at), PRIME);
  }
  return result >>> 0;
}

/** Hashes a number to the thousandth. */
export function hashNumber(hash: number, value: number): number {
  const scaled = Math.round(value * 1000);
  const low = Math.imul(hash ^ (scaled | 0), PRIME);
  return Math.imul(low ^ Math.floor(scaled / 0x1_0000_0000), PRIME) >>> 0;
}
