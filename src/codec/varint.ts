import { REMAINING_LENGTH_MAX } from './packet-types.js';

/** What {@link scanVarint} returns instead of a length. */
export const VARINT_INCOMPLETE = 0;
export const VARINT_MALFORMED = -1;

/**
 * Finds the end of a Variable Byte Integer (§1.5.5) and returns its length in bytes, 1…4.
 * MQTT 3.1.1 has no rule against encodings longer than needed, hence `minimal`.
 */
export function scanVarint(
  memory: Uint8Array,
  start: number,
  end: number,
  minimal: boolean,
): number {
  const available = end - start;
  for (let index = 0; index < 4; index += 1) {
    if (index >= available) return VARINT_INCOMPLETE;
    const byte = memory[start + index]!;
    if (byte < 0x80) {
      return minimal && byte === 0 && index > 0 ? VARINT_MALFORMED : index + 1;
    }
  }
  return VARINT_MALFORMED;
}

/** The value of a Variable Byte Integer of the length that {@link scanVarint} found. */
export function varintValue(memory: Uint8Array, start: number, length: number): number {
  let value = memory[start]! & 0x7f;
  if (length > 1) value |= (memory[start + 1]! & 0x7f) << 7;
  if (length > 2) value |= (memory[start + 2]! & 0x7f) << 14;
  if (length > 3) value |= (memory[start + 3]! & 0x7f) << 21;
  return value;
}

/** The number of bytes of a value, 0…{@link REMAINING_LENGTH_MAX}. */
export function varintLength(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
}

/** Writes a value, 0…{@link REMAINING_LENGTH_MAX}, and returns the offset after it. */
export function writeVarint(memory: Uint8Array, offset: number, value: number): number {
  let position = offset;
  let rest = value;
  while (rest > 0x7f) {
    memory[position] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
    position += 1;
  }
  memory[position] = rest;
  return position + 1;
}

/**
 * The length of the fixed header of a packet that is `packetLength` bytes long as a whole. Each
 * further length byte only appears once the Remaining Length needs it, so the answer is unique.
 */
export function fixedHeaderLength(packetLength: number): number {
  if (packetLength <= 0x7f + 2) return 2;
  if (packetLength <= 0x3fff + 3) return 3;
  return packetLength <= 0x1f_ffff + 4 ? 4 : 5;
}

/** The length of a whole packet, or 0 when the protocol has no packet that long. */
export function packetLength(remainingLength: number): number {
  return remainingLength > REMAINING_LENGTH_MAX
    ? 0
    : 1 + varintLength(remainingLength) + remainingLength;
}
