import { MqttError } from '../errors/mqtt-error.js';
import { FIELD_LENGTH_MAX, REMAINING_LENGTH_MAX } from './packet-types.js';
import { encodeUtf8, utf8Length } from './utf8.js';
import { varintLength, writeVarint } from './varint.js';

/**
 * Takes the fields of a packet one after another. There are two: one counts the bytes, the other
 * writes them; since both are given the same fields by the same code, they can not disagree.
 */
export interface ByteSink {
  u8(value: number): void;
  u16(value: number): void;
  u32(value: number): void;
  varint(value: number): void;
  /** A UTF-8 Encoded String. @throws {MqttError} `GNEISS_ERR_PACKET_TOO_LARGE` above 65,535 bytes. */
  utf8(text: string): void;
  /** Binary Data. @throws {MqttError} `GNEISS_ERR_PACKET_TOO_LARGE` above 65,535 bytes. */
  binary(bytes: Uint8Array): void;
  /** Bytes without a length. */
  bytes(bytes: Uint8Array): void;
  /** Begins what stands behind its length, a Variable Byte Integer. @returns For {@link endSection}. */
  beginSection(): number;
  endSection(start: number): void;
}

/** Counts bytes. */
export class ByteCounter implements ByteSink {
  length = 0;

  u8(_value: number): void {
    this.length += 1;
  }

  u16(_value: number): void {
    this.length += 2;
  }

  u32(_value: number): void {
    this.length += 4;
  }

  varint(value: number): void {
    this.length += varintLength(checkVarint(value));
  }

  utf8(text: string): void {
    this.length += 2 + checkField(utf8Length(text));
  }

  binary(bytes: Uint8Array): void {
    this.length += 2 + checkField(bytes.length);
  }

  bytes(bytes: Uint8Array): void {
    this.length += bytes.length;
  }

  beginSection(): number {
    return this.length;
  }

  endSection(start: number): void {
    this.varint(this.length - start);
  }
}

/** Writes bytes from an offset on. The caller has counted: there must be room. */
export class ByteWriter implements ByteSink {
  readonly #memory: Uint8Array;
  #offset: number;

  constructor(memory: Uint8Array, offset: number) {
    this.#memory = memory;
    this.#offset = offset;
  }

  /** The offset after what was written. */
  get offset(): number {
    return this.#offset;
  }

  u8(value: number): void {
    this.#memory[this.#offset] = value;
    this.#offset += 1;
  }

  u16(value: number): void {
    writeU16(this.#memory, this.#offset, value);
    this.#offset += 2;
  }

  u32(value: number): void {
    writeU32(this.#memory, this.#offset, value);
    this.#offset += 4;
  }

  varint(value: number): void {
    this.#offset = writeVarint(this.#memory, this.#offset, checkVarint(value));
  }

  utf8(text: string): void {
    const start = this.#offset + 2;
    const end = encodeUtf8(text, this.#memory, start);
    this.u16(checkField(end - start));
    this.#offset = end;
  }

  binary(bytes: Uint8Array): void {
    this.u16(checkField(bytes.length));
    this.bytes(bytes);
  }

  bytes(bytes: Uint8Array): void {
    this.#memory.set(bytes, this.#offset);
    this.#offset += bytes.length;
  }

  beginSection(): number {
    const start = this.#offset;
    // Most lengths have one byte: where one has more, what stands behind it moves.
    this.#offset += 1;
    return start;
  }

  endSection(start: number): void {
    const first = start + 1;
    const length = checkVarint(this.#offset - first);
    const moved = start + varintLength(length);
    if (moved > first) this.#memory.copyWithin(moved, first, this.#offset);
    writeVarint(this.#memory, start, length);
    this.#offset = moved + length;
  }
}

/** Writes a Two Byte Integer, such as the Packet Identifier of a queued PUBLISH. */
export function writeU16(memory: Uint8Array, offset: number, value: number): void {
  memory[offset] = value >>> 8;
  memory[offset + 1] = value;
}

/** Writes a Four Byte Integer, such as the Message Expiry Interval of a queued PUBLISH. */
export function writeU32(memory: Uint8Array, offset: number, value: number): void {
  memory[offset] = value >>> 24;
  memory[offset + 1] = value >>> 16;
  memory[offset + 2] = value >>> 8;
  memory[offset + 3] = value;
}

function checkField(length: number): number {
  if (length > FIELD_LENGTH_MAX) {
    throw new MqttError('GNEISS_ERR_PACKET_TOO_LARGE', {
      detail: `a string or binary field has ${length} bytes, above ${FIELD_LENGTH_MAX}`,
    });
  }
  return length;
}

function checkVarint(value: number): number {
  if (value > REMAINING_LENGTH_MAX) {
    throw new MqttError('GNEISS_ERR_PACKET_TOO_LARGE', {
      detail: `a length or identifier is ${value}, above ${REMAINING_LENGTH_MAX}`,
    });
  }
  return value;
}
