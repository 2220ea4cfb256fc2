import type { ChannelMemory } from '../channel/layout.js';
import { SegmentOwner } from '../channel/segments.js';
import type { Framer, FrameStatus } from '../codec/framer.js';
import type { Counters } from '../metrics/counters.js';
import { COUNTER_SLOTS } from '../metrics/counters.js';

const NO_SEGMENT = -1;
/** A shorter tail of a segment is not worth a read. */
const READ_BYTES_MIN = 8 * 1024;

/**
 * Received bytes in segments of shared memory, and the packets in them. A packet always stands in one piece: when the rest of
 * one would not fit behind its beginning, the beginning, all that has been received of it, moves to a fresh segment, or to a run
 * of neighbouring segments when it is larger than one.
 *
 *     segment   | delivered packets | beginning of a packet | free |
 *               ^start              ^parsed                 ^written   limit^
 */
export class InboundAssembler {
  readonly #memory: ChannelMemory;
  readonly #owner: SegmentOwner;
  readonly #framer: Framer;
  readonly #counters: Counters;
  /** Segments that only a packet larger than one may take. */
  readonly #reserve: number;
  #segment = NO_SEGMENT;
  #parsed = 0;
  #written = 0;
  #limit = 0;

  constructor(memory: ChannelMemory, framer: Framer, counters: Counters) {
    this.#memory = memory;
    this.#owner = new SegmentOwner(memory, 'inbound');
    this.#framer = framer;
    this.#counters = counters;
    this.#reserve = Math.ceil(framer.maximumPacketSize / memory.config.segmentBytes);
  }

  /** The segment of the packet that `next` found. */
  get segment(): number {
    return this.#segment;
  }

  get generation(): number {
    return this.#owner.generation(this.#segment);
  }

  /** Keeps the memory of the current packet until the other side releases it. */
  lease(): void {
    this.#owner.lease(this.#segment);
  }

  /**
   * Makes room for a read. What the largest packet takes is left for it: otherwise a slow consumer would fill that, too.
   *
   * @param isUrgent  Takes of that as well.
   * @returns False when no memory is free: the other side rings when it has released some.
   */
  prepare(isUrgent: boolean): boolean {
    if (this.#hasRoom()) return true;
    const beginning = this.#written - this.#parsed;
    const { segmentBytes } = this.#memory.config;
    const run = Math.max(1, Math.ceil(this.#framer.packetLength / segmentBytes));
    const isLarge = beginning > 0 && run > 1;
    // Nothing of it is needed any more: it may be the very one that is free.
    if (beginning === 0) this.#leave();
    const segment = this.#owner.acquire(isLarge ? run : 1, isUrgent ? 0 : this.#reserve);
    if (segment === NO_SEGMENT) return false;
    const start = this.#owner.start(segment);
    if (beginning > 0) {
      this.#memory.bytes.copyWithin(start, this.#parsed, this.#written);
      this.#counters.add(COUNTER_SLOTS.prefixBytesMoved, beginning);
    }
    this.#leave();
    this.#segment = segment;
    this.#parsed = start;
    this.#written = start + beginning;
    this.#limit = start + (isLarge ? run : 1) * segmentBytes;
    return true;
  }

  /** Whether what is left of the segment is worth a read. */
  get hasTail(): boolean {
    return this.#limit - this.#written >= READ_BYTES_MIN;
  }

  /** The memory that `prepare` made room in. */
  target(): Uint8Array {
    return this.#memory.bytes.subarray(this.#written, this.#limit);
  }

  /** So many bytes were written into the target. */
  received(length: number): void {
    this.#written += length;
  }

  /** Copies as much of a chunk as there is room prepared for. @returns How many bytes. */
  copy(chunk: Uint8Array): number {
    const length = Math.min(chunk.length, this.#limit - this.#written);
    this.#memory.bytes.set(chunk.subarray(0, length), this.#written);
    this.#written += length;
    return length;
  }

  /** Looks for a whole packet; when it is complete, `header`, `bodyStart` and `end` of the framer tell where it stands. */
  next(): FrameStatus {
    return this.#framer.scan(this.#memory.bytes, this.#parsed, this.#written);
  }

  /** Steps over the packet that `next` found. */
  advance(): void {
    this.#parsed = this.#framer.end;
  }

  /** Forgets what was received and not delivered: it belonged to a connection that is gone. */
  reset(): void {
    this.#parsed = this.#written;
    this.#framer.packetLength = 0;
  }

  #leave(): void {
    if (this.#segment !== NO_SEGMENT) this.#owner.seal(this.#segment);
    this.#segment = NO_SEGMENT;
    this.#parsed = 0;
    this.#written = 0;
    this.#limit = 0;
  }

  #hasRoom(): boolean {
    const room = this.#limit - this.#written;
    if (this.#parsed === this.#written) return room >= READ_BYTES_MIN;
    // Only the last packet can be incomplete, and the framer has just looked at it.
    const { packetLength } = this.#framer;
    if (packetLength === 0) return room >= READ_BYTES_MIN;
    return this.#parsed + packetLength <= this.#limit;
  }
}
