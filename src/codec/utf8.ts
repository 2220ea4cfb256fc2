import { VIOLATIONS, type Violation } from '../errors/violations.js';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Up to this many characters a loop is faster than crossing into the native coder. */
const LOOP_LENGTH_MAX = 24;

/**
 * Checks a UTF-8 Encoded String (§1.5.4): ill-formed bytes, encoded surrogates and U+0000 are refused;
 * control characters and non-characters are not.
 */
export function checkUtf8(memory: Uint8Array, start: number, end: number): Violation | null {
  let position = skipAscii(memory, start, end);
  while (position < end) {
    const lead = memory[position]!;
    if (lead < 0x80) {
      if (lead === 0) return VIOLATIONS.utf8Null;
      position += 1;
    } else {
      const length = sequenceLength(memory, position, end);
      if (length === 0) return VIOLATIONS.utf8;
      position += length;
    }
  }
  return null;
}

/** Is this well-formed UTF-8, as a payload can be? U+0000 is a character like any other there. */
export function isWellFormedUtf8(memory: Uint8Array, start: number, end: number): boolean {
  for (let position = start; position < end; ) {
    const length = memory[position]! < 0x80 ? 1 : sequenceLength(memory, position, end);
    if (length === 0) return false;
    position += length;
  }
  return true;
}

/** Has the text bytes of its own? An encoder replaces a lone surrogate silently. */
export function isWellFormedText(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** Can the string be sent: has it neither lone surrogates nor U+0000? */
export function isValidUtf8String(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === 0) return false;
    if (unit >= 0xd800 && unit <= 0xdfff) {
      if (unit > 0xdbff || !isLowSurrogate(text.charCodeAt(index + 1))) return false;
      index += 1;
    }
  }
  return true;
}

/** The number of bytes that {@link encodeUtf8} writes. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    // A pair is four bytes for two units, a lone surrogate three bytes (U+FFFD) for one.
    if (unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text.charCodeAt(index + 1))) index += 1;
  }
  return length;
}

/** Writes the string without a length prefix and returns the offset after it. The room must suffice. */
export function encodeUtf8(text: string, memory: Uint8Array, offset: number): number {
  const length = text.length;
  if (length > LOOP_LENGTH_MAX) return encodeNative(text, memory, offset);
  for (let index = 0; index < length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return encodeNative(text, memory, offset);
    memory[offset + index] = unit;
  }
  return offset + length;
}

/** Reads a string whose bytes {@link checkUtf8} has accepted. U+FEFF is kept wherever it stands. */
export function decodeUtf8(memory: Uint8Array, start: number, end: number): string {
  return start === end ? '' : decoder.decode(memory.subarray(start, end));
}

function encodeNative(text: string, memory: Uint8Array, offset: number): number {
  return offset + encoder.encodeInto(text, memory.subarray(offset)).written;
}

/** Moves over U+0001…U+007F, four bytes at a step, and returns where to look more closely. */
function skipAscii(memory: Uint8Array, start: number, end: number): number {
  let position = start;
  for (; position + 4 <= end; position += 4) {
    const a = memory[position]!;
    const b = memory[position + 1]!;
    const c = memory[position + 2]!;
    const d = memory[position + 3]!;
    // A zero byte becomes -1 and so sets high bits as well.
    if (((a | b | c | d | (a - 1) | (b - 1) | (c - 1) | (d - 1)) & ~0x7f) !== 0) break;
  }
  return position;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** The length of a well-formed sequence of two to four bytes (Unicode, table 3-7); 0 when ill-formed. */
function sequenceLength(memory: Uint8Array, position: number, end: number): number {
  const lead = memory[position]!;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  // 0x80…0xC1 and 0xF5…0xFF lead nothing.
  if (lead < 0xc2 || lead > 0xf4 || end - position < length) return 0;
  // After these leads the second byte is restricted: overlong forms, surrogates, above U+10FFFF.
  const second = memory[position + 1]!;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  if (length > 2 && !isContinuation(memory[position + 2]!)) return 0;
  if (length > 3 && !isContinuation(memory[position + 3]!)) return 0;
  return length;
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte <= 0xbf;
}
