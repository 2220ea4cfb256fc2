/** What a payload begins with, little-endian: magic, run, publisher, sequence number, and two times. */
export const STAMP_BYTES = 32;
const MAGIC = 0x5353_4e47;

/** What a payload tells. */
export interface Stamp {
  /** Told apart from other runs on the same topics. */
  run: number;
  publisher: number;
  sequence: number;
  /** When it was to be sent, and when it was: milliseconds on the clock of {@link monotonicMs}. */
  intended: number;
  sent: number;
}

export function writeStamp(view: DataView, stamp: Readonly<Stamp>): void {
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, stamp.run, true);
  view.setUint32(8, stamp.publisher, true);
  view.setUint32(12, stamp.sequence, true);
  view.setFloat64(16, stamp.intended, true);
  view.setFloat64(24, stamp.sent, true);
}

/** @returns False when the payload is none of a benchmark. */
export function readStamp(payload: Uint8Array, into: Stamp): boolean {
  if (payload.length < STAMP_BYTES) return false;
  const view = new DataView(payload.buffer, payload.byteOffset, STAMP_BYTES);
  if (view.getUint32(0, true) !== MAGIC) return false;
  into.run = view.getUint32(4, true);
  into.publisher = view.getUint32(8, true);
  into.sequence = view.getUint32(12, true);
  into.intended = view.getFloat64(16, true);
  into.sent = view.getFloat64(24, true);
  return true;
}

const ORIGIN_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds on a clock that all processes of this machine share, and that nobody sets. */
export function monotonicMs(): number {
  return ORIGIN_MS + performance.now();
}
