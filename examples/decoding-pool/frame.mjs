/*
 * Frames of vibration samples in the wire format of Protocol Buffers:
 *   message Frame { uint32 sequence = 1; uint32 rate = 2; repeated sint32 samples = 3 [packed]; fixed32 crc = 4; }
 * `crc` is the CRC-32 of all bytes before it. A real program would use the code that its schema is compiled to.
 */
import { crc32 } from 'node:zlib';

const SEQUENCE = (1 << 3) | 0;
const RATE = (2 << 3) | 0;
const SAMPLES = (3 << 3) | 2;
const CRC = (4 << 3) | 5;
/** Tag and value of `crc`, which comes last. */
const CRC_LENGTH = 5;
const VARINT_MAX = 5;

export function encodeFrame({ sequence, rate, samples }) {
  const packed = new Uint8Array(samples.length * VARINT_MAX);
  let packedLength = 0;
  for (const sample of samples) {
    packedLength = writeVarint(packed, packedLength, (sample << 1) ^ (sample >> 31));
  }
  const bytes = new Uint8Array(3 + 3 * VARINT_MAX + packedLength + CRC_LENGTH);
  let at = 0;
  for (const [tag, value] of [
    [SEQUENCE, sequence],
    [RATE, rate],
    [SAMPLES, packedLength],
  ]) {
    bytes[at] = tag;
    at = writeVarint(bytes, at + 1, value);
  }
  bytes.set(packed.subarray(0, packedLength), at);
  at += packedLength;
  bytes[at] = CRC;
  new DataView(bytes.buffer).setUint32(at + 1, crc32(bytes.subarray(0, at)), true);
  return bytes.subarray(0, at + CRC_LENGTH);
}

/** @throws {RangeError} When it is none. */
export function decodeFrame(bytes) {
  const frame = { sequence: 0, rate: 0, samples: new Int32Array(0) };
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError('not a varint');
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === SEQUENCE) frame.sequence = varint();
    else if (tag === RATE) frame.rate = varint();
    else if (tag === CRC) at += 4;
    else if (tag === SAMPLES) {
      const end = varint() + at;
      if (end > bytes.length) throw new RangeError('more samples than bytes');
      // A sample takes a byte at least.
      const samples = new Int32Array(end - at);
      let count = 0;
      for (; at < end; count++) {
        const value = varint();
        samples[count] = (value >>> 1) ^ -(value & 1);
      }
      frame.samples = samples.subarray(0, count);
    } else throw new RangeError(`unknown field ${tag >>> 3}`);
  }
  return frame;
}

/** Whether the bytes are those that `encodeFrame` made. */
export function isIntact(bytes) {
  const end = bytes.length - CRC_LENGTH;
  if (end < 0 || bytes[end] !== CRC) return false;
  const { buffer, byteOffset } = bytes;
  return (
    new DataView(buffer, byteOffset + end + 1, 4).getUint32(0, true) ===
    crc32(bytes.subarray(0, end))
  );
}

function writeVarint(bytes, start, value) {
  let at = start;
  let rest = value >>> 0;
  for (; rest > 0x7f; rest >>>= 7) bytes[at++] = rest | 0x80;
  bytes[at++] = rest;
  return at;
}
