/** Numbers of messages of the Server; those of the client are below. */
export const SERVER_MESSAGES = 1_000_000;
const NUMBER_BYTES = 4;

/** The payload of a message: its number, and bytes that follow from it. Both ends can tell whether it came through whole. */
export function payloadOf(number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(length, NUMBER_BYTES));
  new DataView(bytes.buffer).setUint32(0, number);
  for (let at = NUMBER_BYTES; at < bytes.length; at++) bytes[at] = (number * 7 + at * 13) & 0xff;
  return bytes;
}

export function numberOf(payload: Uint8Array): number {
  if (payload.length < NUMBER_BYTES) return 0;
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint32(0);
}

/** Whether every byte is what the number says. */
export function isWhole(payload: Uint8Array, number: number): boolean {
  if (numberOf(payload) !== number) return false;
  for (let at = NUMBER_BYTES; at < payload.length; at++) {
    if (payload[at] !== ((number * 7 + at * 13) & 0xff)) return false;
  }
  return true;
}
