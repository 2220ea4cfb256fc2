import type { ChannelMemory } from '../channel/layout.js';
import { SegmentOwner } from '../channel/segments.js';

const NO_SEGMENT = -1;

/** Where frames are written for the worker: one after another in a segment, so that neighbours leave in one write. */
export class OutboundArena {
  readonly #owner: SegmentOwner;
  readonly #segmentBytes: number;
  /** The largest frame that can ever fit. */
  readonly frameLengthMax: number;
  #segment = NO_SEGMENT;
  #generation = 0;
  #position = 0;
  #limit = 0;

  constructor(memory: ChannelMemory) {
    this.#owner = new SegmentOwner(memory, 'outbound');
    this.#segmentBytes = memory.config.segmentBytes;
    this.frameLengthMax = memory.config.outboundSegments * memory.config.segmentBytes;
  }

  /** The segment of the last reserved frame. */
  get segment(): number {
    return this.#segment;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Room for a frame. @returns Its offset, or -1 when there is none until the worker gives some back. */
  reserve(length: number): number {
    if (this.#position + length <= this.#limit || this.#advance(length)) return this.#position;
    return -1;
  }

  /** Leaves out the first bytes of what was reserved. */
  leaveOut(bytes: number): void {
    this.#position += bytes;
  }

  /** The reserved frame is written and on its way: its memory is the worker's until released. */
  commit(length: number): void {
    this.#owner.lease(this.#segment);
    this.#position += length;
  }

  #advance(length: number): boolean {
    const run = Math.max(1, Math.ceil(length / this.#segmentBytes));
    // Sealed first: when all of its frames are released, the segment may be the very one that is free.
    if (this.#segment !== NO_SEGMENT) this.#owner.seal(this.#segment);
    this.#segment = this.#owner.acquire(run);
    if (this.#segment === NO_SEGMENT) {
      this.#position = 0;
      this.#limit = 0;
      return false;
    }
    this.#generation = this.#owner.generation(this.#segment);
    this.#position = this.#owner.start(this.#segment);
    this.#limit = this.#position + run * this.#segmentBytes;
    return true;
  }
}
