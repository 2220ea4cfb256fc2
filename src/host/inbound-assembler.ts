import type { ChannelMemory } from '../channel/layout.js';
import { SegmentOwner } from '../channel/segments.js';
import { type Framer, FrameStatus } from '../codec/framer.js';
import type { Counters } from '../metrics/counters.js';
import { COUNTER_SLOTS } from '../metrics/counters.js';

const NO_SEGMENT = -1;
const NOT_AHEAD = -1;
/** A shorter tail of a segment is not worth a read. */
const READ_BYTES_MIN = 8 * 1024;

/**
 * Received bytes in segments of shared memory, and the packets in them. A packet always stands in one piece: when the rest of
 * one would not fit behind its beginning, the beginning, all that has been received of it, moves to a fresh segment, or to a run
 * of neighbouring segments when it is larger than one.
 *
 *     segment   | delivered packets | beginning of a packet | free |
 *               ^start              ^parsed                 ^written   limit^
 *
 * While reading goes on, a spare segment is at hand: when it must pause because packets wait in a segment that is full, the next read
 * goes there, and nothing that is received has to be kept anywhere else.
 *
 *     segment   | delivered packets | packets that wait |        spare | beginning of a packet | free |
 *               ^start              ^parsed             ^written, limit
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
  #spare = NO_SEGMENT;
  /** Bytes of an incomplete packet in the spare segment, which is read into once the packets before it are handled. */
  #ahead = NOT_AHEAD;

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
   * Makes room for a read, and keeps a spare segment for the one after it.
   *
   * @param isUrgent  Takes what is left for the largest packet, too, and does without a spare segment.
   * @returns False when no memory is free: the other side rings when it has released some.
   */
  prepare(isUrgent: boolean): boolean {
    return (this.#hasRoom() || this.#moveOn(isUrgent)) && this.keepSpare(isUrgent);
  }

  /**
   * Sees to it that a spare segment is at hand. What the largest packet takes is left for it: otherwise a slow consumer would fill that,
   * too.
   *
   * @returns False when no memory is free: the other side rings when it has released some.
   */
  keepSpare(isUrgent: boolean): boolean {
    if (this.#spare === NO_SEGMENT && !isUrgent)
      this.#spare = this.#owner.acquire(1, this.#reserve);
    return this.#spare !== NO_SEGMENT || isUrgent;
  }

  /** Whether what is left of the segment is worth a read. */
  get hasTail(): boolean {
    return this.#limit - this.#written >= READ_BYTES_MIN;
  }

  /**
   * Makes room for a read while packets still wait in a segment that is full: what has been received of the last one moves ahead, into
   * the spare segment.
   *
   * @returns False when there is none, or the last packet is larger than a segment.
   */
  moveAhead(): boolean {
    if (this.#ahead !== NOT_AHEAD) return true;
    if (this.#spare === NO_SEGMENT) return false;
    const { bytes, config } = this.#memory;
    let beginning = this.#parsed;
    while (this.#framer.scan(bytes, beginning, this.#written) === FrameStatus.COMPLETE)
      beginning = this.#framer.end;
    const length = this.#written - beginning;
    const needed = Math.max(length + READ_BYTES_MIN, this.#framer.packetLength);
    if (needed > config.segmentBytes) return false;
    this.#moveBytes(this.#owner.start(this.#spare), beginning);
    this.#ahead = length;
    this.#written = beginning;
    this.#limit = beginning;
    return true;
  }

  /** The memory that room was made in. */
  target(): Uint8Array {
    if (this.#ahead !== NOT_AHEAD) {
      const start = this.#owner.start(this.#spare);
      const { segmentBytes } = this.#memory.config;
      return this.#memory.bytes.subarray(start + this.#ahead, start + segmentBytes);
    }
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
    const { bytes } = this.#memory;
    const status = this.#framer.scan(bytes, this.#parsed, this.#written);
    if (status !== FrameStatus.INCOMPLETE || this.#ahead === NOT_AHEAD) return status;
    this.#stepAhead();
    return this.#framer.scan(bytes, this.#parsed, this.#written);
  }

  /** Steps over the packet that `next` found. */
  advance(): void {
    this.#parsed = this.#framer.end;
  }

  /** Forgets what was received and not delivered: it belonged to a connection that is gone. */
  reset(): void {
    if (this.#ahead !== NOT_AHEAD) this.#stepAhead();
    this.#parsed = this.#written;
    this.#framer.packetLength = 0;
  }

  /** Goes on in another segment: the spare one, unless the packet that has begun is larger. */
  #moveOn(isUrgent: boolean): boolean {
    const beginning = this.#written - this.#parsed;
    const { segmentBytes } = this.#memory.config;
    const run = Math.max(1, Math.ceil(this.#framer.packetLength / segmentBytes));
    const isLarge = beginning > 0 && run > 1;
    // Nothing of it is needed any more: it may be the very one that is free.
    if (beginning === 0) this.#leave();
    const segment = isLarge
      ? this.#owner.acquire(run)
      : this.#takeSpare(isUrgent ? 0 : this.#reserve);
    if (segment === NO_SEGMENT) return false;
    const start = this.#owner.start(segment);
    if (beginning > 0) this.#moveBytes(start, this.#parsed);
    this.#enter(segment, beginning, isLarge ? run : 1);
    return true;
  }

  #takeSpare(keep: number): number {
    const segment = this.#spare === NO_SEGMENT ? this.#owner.acquire(1, keep) : this.#spare;
    this.#spare = NO_SEGMENT;
    return segment;
  }

  /** All that came before the bytes in the spare segment is handled. */
  #stepAhead(): void {
    const length = this.#ahead;
    this.#ahead = NOT_AHEAD;
    this.#enter(this.#takeSpare(this.#reserve), length, 1);
  }

  #moveBytes(target: number, start: number): void {
    this.#memory.bytes.copyWithin(target, start, this.#written);
    this.#counters.add(COUNTER_SLOTS.prefixBytesMoved, this.#written - start);
  }

  /** Leaves the segment for another one, which begins with so many bytes of an incomplete packet. */
  #enter(segment: number, beginning: number, run: number): void {
    this.#leave();
    const start = this.#owner.start(segment);
    this.#segment = segment;
    this.#parsed = start;
    this.#written = start + beginning;
    this.#limit = start + run * this.#memory.config.segmentBytes;
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
