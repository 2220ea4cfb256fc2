/** Up to this many bytes a loop is faster than a call. */
const LOOP_BYTES_MAX = 32;

/** Bytes that are written from front to back, and then meddled with. Kept and used again: a long run allocates none. */
export class Scratch {
  readonly bytes: Uint8Array;
  length = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  get room(): number {
    return this.bytes.length - this.length;
  }

  byte(value: number): void {
    this.bytes[this.length] = value;
    this.length += 1;
  }

  twoBytes(value: number): void {
    this.byte(value >>> 8);
    this.byte(value & 0xff);
  }

  /** In the fewest bytes, and as many more as asked for: then not as the specification has it. */
  variableByteInteger(value: number, needless = 0): void {
    let rest = value;
    let more = needless;
    for (;;) {
      const digit = rest % 128;
      rest = Math.floor(rest / 128);
      if (rest === 0 && more === 0) {
        this.byte(digit);
        return;
      }
      if (rest === 0) more -= 1;
      this.byte(digit + 128);
    }
  }

  append(bytes: Uint8Array, length: number = bytes.length): void {
    const end = this.length + length;
    if (end > this.bytes.length) throw new RangeError('no room');
    if (length > LOOP_BYTES_MAX) {
      this.bytes.set(bytes.length === length ? bytes : bytes.subarray(0, length), this.length);
    } else {
      for (let index = 0; index < length; index += 1) {
        this.bytes[this.length + index] = bytes[index]!;
      }
    }
    this.length = end;
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  field(bytes: Uint8Array): void {
    this.twoBytes(bytes.length);
    this.append(bytes);
  }

  insert(at: number, bytes: Uint8Array): void {
    this.bytes.copyWithin(at + bytes.length, at, this.length);
    this.bytes.set(bytes, at);
    this.length += bytes.length;
  }

  remove(at: number, count: number): void {
    this.bytes.copyWithin(at, at + count, this.length);
    this.length -= count;
  }
}
