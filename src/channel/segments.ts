/*
 * A pool of equal segments. One thread, the owner, hands segments out and writes into them; the other
 * thread, the releaser, gives its leases back when it has read. Neither needs a read-modify-write:
 *
 *   leased       private to the owner: leases handed out per segment, counted freely through Int32
 *   released     shared, written by the releaser alone: leases given back, counted the same way
 *   generation   shared, written by the owner alone, once per use of the segment
 *
 * A segment in use is free again when it is sealed (the owner hands out no more of it) and
 * leased === released.
 *
 * Memory ordering.
 * - The owner writes the generation, then the record that carries the lease, then the tail of a ring. Who
 *   holds the lease has loaded that tail, and the generation cannot change before the release: plain access
 *   is enough on both sides.
 * - The releaser reads the segment, then stores released. The owner loads released, then writes into the
 *   segment. When the load sees the store, those reads have happened.
 * - Starvation. The owner stores starved = 1, then looks at released once more. The releaser stores
 *   released, then takes starved. In the one order of all atomic operations one of them sees the other.
 */
import { assert } from '../util/assert.js';
import type { ChannelMemory, PoolName } from './layout.js';

const SegmentState = { FREE: 0, OPEN: 1, SEALED: 2, INSIDE_RUN: 3 } as const;

/**
 * The allocating end of a pool. Exactly one may exist, and one thread alone uses it. A run of segments is
 * named by its first one: it is leased, sealed and freed as a whole.
 */
export class SegmentOwner {
  readonly #words: Int32Array;
  readonly #generations: number;
  readonly #released: number;
  readonly #starvedWord: number;
  readonly #start: number;
  readonly #segmentBytes: number;
  readonly #states: Uint8Array;
  readonly #leased: Int32Array;
  /** How many segments the run that starts at a segment has. */
  readonly #runs: Int32Array;
  /** The sealed runs that are not known to be free yet, in no order. */
  readonly #sealed: Int32Array;
  #sealedCount = 0;
  #freeCount: number;
  /** Segments in use as part of a run. */
  #inRunsCount = 0;

  constructor(memory: ChannelMemory, pool: PoolName) {
    const layout = memory.layout.pools[pool];
    this.#words = memory.words;
    this.#generations = layout.generations;
    this.#released = layout.released;
    this.#starvedWord = layout.starved;
    this.#start = layout.start;
    this.#segmentBytes = layout.segmentBytes;
    // One allocation for all of them: every client makes two pools.
    const { segments } = layout;
    const tables = new ArrayBuffer((3 * Int32Array.BYTES_PER_ELEMENT + 1) * segments);
    this.#leased = new Int32Array(tables, 0, segments);
    this.#runs = new Int32Array(tables, this.#leased.byteLength, segments);
    this.#sealed = new Int32Array(tables, 2 * this.#leased.byteLength, segments);
    this.#states = new Uint8Array(tables, 3 * this.#leased.byteLength, segments);
    this.#freeCount = segments;
    for (let segment = 0; segment < segments; segment++) {
      this.#leased[segment] = Atomics.load(this.#words, this.#released + segment);
    }
  }

  /** How many segments are free, whether neighbours or not. Looks at all sealed runs. */
  get freeCount(): number {
    this.#reclaim();
    return this.#freeCount;
  }

  /**
   * Opens `run` neighbouring free segments and returns the first, or -1 when there are none. Single segments
   * come from the bottom, the lowest first, so that the memory in use stays small; longer runs come from the
   * top. Single segments leave `keep` segments to runs. After -1 the releaser's `takeStarved` is true once it has released; ask again when the bell
   * rings, and before every sleep.
   */
  acquire(run: number, keep = 0): number {
    assert(run > 0 && run <= this.#states.length, 'a run fits the pool');
    this.#reclaim();
    let first = this.#find(run, keep);
    if (first === -1) {
      // Pairs with the exchange in takeStarved: first the flag, then the second look.
      Atomics.store(this.#words, this.#starvedWord, 1);
      this.#reclaim();
      first = this.#find(run, keep);
      if (first === -1) return -1;
    }
    this.#open(first, run);
    return first;
  }

  /** Hands out one more lease on an open segment. */
  lease(segment: number): void {
    assert(this.#states[segment] === SegmentState.OPEN, 'only an open segment is leased');
    this.#leased[segment]!++;
  }

  /** No more of this segment will be leased: it is free as soon as its leases are released. */
  seal(segment: number): void {
    assert(this.#states[segment] === SegmentState.OPEN, 'only an open segment is sealed');
    this.#states[segment] = SegmentState.SEALED;
    this.#sealed[this.#sealedCount++] = segment;
  }

  /** The generation that a lease on this segment carries, the same from `acquire` until it is free. */
  generation(segment: number): number {
    assert(this.#isInUse(segment), 'only a segment in use has a generation');
    return this.#words[this.#generations + segment]!;
  }

  /** Absolute byte offset of the first byte of a segment. */
  start(segment: number): number {
    return this.#start + segment * this.#segmentBytes;
  }

  #isInUse(segment: number): boolean {
    const state = this.#states[segment];
    return state === SegmentState.OPEN || state === SegmentState.SEALED;
  }

  /** Leases handed out and not yet released. */
  #outstanding(segment: number): number {
    // Pairs with the releaser's store.
    return (this.#leased[segment]! - Atomics.load(this.#words, this.#released + segment)) | 0;
  }

  #reclaim(): void {
    for (let row = this.#sealedCount - 1; row >= 0; row--) {
      const segment = this.#sealed[row]!;
      const outstanding = this.#outstanding(segment);
      assert(outstanding >= 0, 'no lease is released twice');
      if (outstanding > 0) continue;
      this.#sealed[row] = this.#sealed[--this.#sealedCount]!;
      const run = this.#runs[segment]!;
      this.#states.fill(SegmentState.FREE, segment, segment + run);
      this.#freeCount += run;
      if (run > 1) this.#inRunsCount -= run;
    }
  }

  #find(run: number, keep: number): number {
    if (run > this.#freeCount) return -1;
    if (run === 1) {
      const isKept = this.#freeCount <= keep - this.#inRunsCount;
      return isKept ? -1 : this.#states.indexOf(SegmentState.FREE);
    }
    let length = 0;
    for (let segment = this.#states.length - 1; segment >= 0; segment--) {
      length = this.#states[segment] === SegmentState.FREE ? length + 1 : 0;
      if (length === run) return segment;
    }
    return -1;
  }

  #open(first: number, run: number): void {
    assert(this.#outstanding(first) === 0, 'no lease of a free segment is released');
    this.#states[first] = SegmentState.OPEN;
    this.#states.fill(SegmentState.INSIDE_RUN, first + 1, first + run);
    this.#runs[first] = run;
    this.#freeCount -= run;
    if (run > 1) this.#inRunsCount += run;
    this.#words[this.#generations + first]! += 1;
  }
}

/** The releasing end of a pool. Exactly one may exist, and one thread alone uses it. Never allocates. */
export class SegmentReleaser {
  readonly #words: Int32Array;
  readonly #generations: number;
  readonly #released: number;
  readonly #starvedWord: number;
  readonly #segments: number;
  /** Something was released since the starved flag was last asked for. */
  #hasReleased = false;

  constructor(memory: ChannelMemory, pool: PoolName) {
    const layout = memory.layout.pools[pool];
    this.#words = memory.words;
    this.#generations = layout.generations;
    this.#released = layout.released;
    this.#starvedWord = layout.starved;
    this.#segments = layout.segments;
  }

  /** Gives leases of one segment back. Its bytes may be overwritten from here on. */
  release(segment: number, generation: number, count = 1): void {
    assert(segment >= 0 && segment < this.#segments, 'the segment of a lease exists');
    assert(
      this.#words[this.#generations + segment] === generation,
      'the generation of a lease is not stale',
    );
    const word = this.#released + segment;
    // Only this thread writes the word, so it may read it plainly. The store pairs with the owner's load.
    Atomics.store(this.#words, word, (this.#words[word]! + count) | 0);
    this.#hasReleased = true;
  }

  /**
   * Whether the owner has found no free segments and leases were released since this was last asked. Ask after a batch
   * of releases; when true, ring the owner's bell. Without a release the flag is left for the next one, as with a ring.
   */
  takeStarved(): boolean {
    if (!this.#hasReleased) return false;
    this.#hasReleased = false;
    if (Atomics.load(this.#words, this.#starvedWord) === 0) return false;
    // Pairs with the owner's store of the flag.
    return Atomics.exchange(this.#words, this.#starvedWord, 0) === 1;
  }
}
