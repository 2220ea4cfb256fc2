import { decodeOne, type Origin, type Refusal } from './decode.js';
import type { StrictPacket } from './packets.js';

/**
 * The bytes of one direction of one connection, in any pieces. What waits for the rest of its packet is
 * joined only when the packet is whole (or its fixed header one byte longer), so the cost is linear.
 */
export class StrictStream {
  /** Why the stream was refused; nothing is read after that. */
  refusal: Refusal | null = null;
  /** Where the refused packet begins, counted from the beginning of the stream. */
  offset = 0;
  readonly #origin: Origin;
  #pieces: Uint8Array[] = [];
  #waiting = 0;
  #needed = 1;

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  /** The bytes of a packet that has not ended yet. */
  get pending(): number {
    return this.#waiting;
  }

  /** Takes the next bytes (and keeps them: they must not change) and returns the packets they complete. */
  push(bytes: Uint8Array): StrictPacket[] {
    if (this.refusal !== null || bytes.length === 0) return [];
    this.#pieces.push(bytes);
    this.#waiting += bytes.length;
    return this.#waiting < this.#needed ? [] : this.#decode(this.#join());
  }

  #decode(whole: Uint8Array): StrictPacket[] {
    const packets: StrictPacket[] = [];
    let start = 0;
    for (;;) {
      const verdict = decodeOne(whole, start, this.#origin);
      if (verdict.kind === 'packet') {
        packets.push(verdict.packet);
        start += verdict.length;
        continue;
      }
      this.offset += start;
      this.#pieces = [whole.subarray(start)];
      this.#waiting = whole.length - start;
      if (verdict.kind === 'refused') this.refusal = verdict.refusal;
      else this.#needed = verdict.needed;
      return packets;
    }
  }

  #join(): Uint8Array {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 && first !== undefined) return first;
    return new Uint8Array(Buffer.concat(this.#pieces));
  }
}

/** Everything that a whole stream holds. */
export interface StreamReport {
  readonly packets: readonly StrictPacket[];
  readonly refusal: Refusal | null;
  /** Bytes after the last packet: the beginning of one that did not end, or the refused one. */
  readonly rest: number;
}

export function decodeStream(bytes: Uint8Array, origin: Origin): StreamReport {
  const stream = new StrictStream(origin);
  const packets = stream.push(bytes);
  return { packets, refusal: stream.refusal, rest: stream.pending };
}
