import { isUtf8 } from 'node:buffer';
import type { RuleName } from './rules.js';

/** Thrown where reading can not go on; the cursor has noted why. It carries nothing, so one is enough. */
export const UNREADABLE = new Error('the packet can not be read on');

const WEIGHTS = [1, 128, 16384, 2097152];
const text = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Reads one packet from its first byte to its last. Broken rules are noted as they are met; reading
 * goes on after those that leave the next field where it is, so that a packet with several faults
 * shows them all.
 */
export class Cursor {
  readonly broken: RuleName[] = [];
  position: number;
  end: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  note(rule: RuleName): void {
    if (!this.broken.includes(rule)) this.broken.push(rule);
  }

  /** Notes the rule when `holds` is false. */
  demand(holds: boolean, rule: RuleName): void {
    if (!holds) this.note(rule);
  }

  fail(rule: RuleName): never {
    this.note(rule);
    throw UNREADABLE;
  }

  /** Reads inside the next bytes only, and goes on behind them even when they could not be read to their end. */
  within(length: number, read: () => void): void {
    const outerEnd = this.end;
    this.end = this.position + length;
    try {
      read();
    } catch (error) {
      if (error !== UNREADABLE) throw error;
    }
    this.position = this.end;
    this.end = outerEnd;
  }

  byte(): number {
    if (this.position >= this.end) this.fail('truncated');
    const value = this.#bytes[this.position]!;
    this.position += 1;
    return value;
  }

  twoBytes(): number {
    const high = this.byte();
    return high * 256 + this.byte();
  }

  fourBytes(): number {
    const high = this.twoBytes();
    return high * 65536 + this.twoBytes();
  }

  /** A Variable Byte Integer: seven bits a byte, the lowest first, four bytes at most, no byte too many. */
  variableByteInteger(): number {
    let value = 0;
    for (const weight of WEIGHTS) {
      const byte = this.byte();
      value += (byte % 128) * weight;
      if (byte >= 128) continue;
      if (byte === 0 && weight > 1) this.fail('lengthNotMinimal');
      return value;
    }
    return this.fail('lengthTooLong');
  }

  bytes(length: number): Uint8Array {
    if (length > this.remaining) this.fail('truncated');
    const start = this.position;
    this.position += length;
    return this.#bytes.slice(start, this.position);
  }

  binaryData(): Uint8Array {
    return this.bytes(this.twoBytes());
  }

  string(): string {
    const length = this.twoBytes();
    if (length > this.remaining) this.fail('truncated');
    const bytes = this.#bytes.subarray(this.position, this.position + length);
    this.position += length;
    this.demand(isUtf8(bytes), 'illFormedUtf8');
    this.demand(!bytes.includes(0), 'nullCharacter');
    return text.decode(bytes);
  }

  packetId(): number {
    const value = this.twoBytes();
    this.demand(value !== 0, 'packetIdZero');
    return value;
  }
}
