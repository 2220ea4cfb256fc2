import { VIOLATIONS, type Violation } from '../errors/violations.js';
import { checkUtf8, decodeUtf8 } from './utf8.js';
import { scanVarint, VARINT_INCOMPLETE, varintValue } from './varint.js';

/**
 * A cursor over the body of one packet. The first field that can not be read is kept in `violation`;
 * every later read is a no-op that returns 0 (or the empty value), so a decoder asks once, at the end.
 */
export class ByteReader {
  /** The bytes of the last span read, as absolute offsets. */
  spanStart = 0;
  spanEnd = 0;
  /** The first violation. */
  violation: Violation | null = null;
  readonly #memory: Uint8Array;
  readonly #end: number;
  #position: number;

  constructor(memory: Uint8Array, start: number, end: number) {
    this.#memory = memory;
    this.#position = start;
    this.#end = end;
  }

  get memory(): Uint8Array {
    return this.#memory;
  }

  get remaining(): number {
    return this.#end - this.#position;
  }

  /** Records a violation unless there is one, and ends reading. */
  fail(violation: Violation): void {
    this.violation ??= violation;
    // With nothing remaining, every later read fails its bounds check and changes nothing.
    this.#position = this.#end;
  }

  /** Fails unless everything was read. */
  finish(): void {
    if (this.remaining > 0) this.fail(VIOLATIONS.trailingBytes);
  }

  u8(): number {
    const start = this.take(1);
    return start < 0 ? 0 : this.#memory[start]!;
  }

  u16(): number {
    const start = this.take(2);
    return start < 0 ? 0 : (this.#memory[start]! << 8) | this.#memory[start + 1]!;
  }

  u32(): number {
    const high = this.u16();
    const low = this.u16();
    return high * 0x1_0000 + low;
  }

  /** A Variable Byte Integer in the fewest bytes that hold it. */
  varint(): number {
    const start = this.#position;
    const length = scanVarint(this.#memory, start, this.#end, true);
    if (length > 0) {
      this.#position += length;
      return varintValue(this.#memory, start, length);
    }
    this.fail(length === VARINT_INCOMPLETE ? VIOLATIONS.truncated : VIOLATIONS.variableByteInteger);
    return 0;
  }

  /** A two-byte length and that many bytes: sets `spanStart` and `spanEnd`. */
  span(): void {
    const length = this.u16();
    const start = this.take(length);
    this.spanStart = start < 0 ? this.#end : start;
    this.spanEnd = this.spanStart + (start < 0 ? 0 : length);
  }

  /** A {@link span} that is a UTF-8 Encoded String. */
  utf8Span(): void {
    this.span();
    const violation = checkUtf8(this.#memory, this.spanStart, this.spanEnd);
    if (violation !== null) this.fail(violation);
  }

  /** A UTF-8 Encoded String. */
  utf8(): string {
    this.utf8Span();
    return this.violation === null ? decodeUtf8(this.#memory, this.spanStart, this.spanEnd) : '';
  }

  /** Binary Data, copied. */
  binary(): Uint8Array {
    this.span();
    return copyBytes(this.#memory, this.spanStart, this.spanEnd);
  }

  /** Moves on and returns where the bytes stand; -1 when there are not enough of them. */
  take(length: number): number {
    const start = this.#position;
    if (length > this.#end - start) {
      this.fail(VIOLATIONS.truncated);
      return -1;
    }
    this.#position = start + length;
    return start;
  }
}

/** Copies bytes out of (perhaps shared) memory into a buffer of their own. */
export function copyBytes(memory: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  copy.set(memory.subarray(start, end));
  return copy;
}
