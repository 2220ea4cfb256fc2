/** Up to this length a loop copies faster than a view and a call. */
const LOOP_LENGTH_MAX = 32;

/** Copies `length` bytes from one array into another. */
export function copyBytes(
  source: Uint8Array,
  start: number,
  length: number,
  target: Uint8Array,
  offset: number,
): void {
  if (length > LOOP_LENGTH_MAX) {
    target.set(source.subarray(start, start + length), offset);
    return;
  }
  for (let at = 0; at < length; at++) target[offset + at] = source[start + at]!;
}

/** Are `length` bytes of two arrays the same? */
export function sameBytes(
  left: Uint8Array,
  start: number,
  length: number,
  right: Uint8Array,
): boolean {
  if (right.length !== length) return false;
  for (let at = 0; at < length; at++) if (left[start + at] !== right[at]) return false;
  return true;
}
