/*
 * A ring carries fixed-width records from one producing thread to one consuming thread.
 *
 *     head                    tail             head + records
 *      │ published, not yet    │ reserved,      │
 *      ▼ released              ▼ unpublished    ▼
 *   ┌─────────────────────────┬────────────────┬ ─ ─ ─ (the slots before head again)
 *
 * Head and tail run freely through all Int32 values and wrap; a slot is the low bits of an index, and
 * a distance is a difference truncated to Int32. The producer alone writes tail, the consumer alone head.
 *
 * Memory ordering. Atomics are sequentially consistent; everything else here is plain access.
 * - Records. The producer writes the words of a record and everything that they refer to, then stores
 *   tail; the bell comes after. The consumer loads tail, then reads. When the load sees the store, it
 *   also sees all that was written before it.
 * - Reuse. The consumer reads records, then stores head. The producer loads head, then overwrites.
 *   When the load sees the store, those reads have happened.
 * - Full ring. The producer stores starved = 1, then loads head once more. The consumer stores head,
 *   then exchanges starved. In the one order of all atomic operations either that load of head comes
 *   after the store of head, and the producer finds room; or the exchange comes after starved = 1, and the
 *   consumer learns that it must ring the producer's bell. Neither can miss the other.
 */
import { assert } from '../util/assert.js';
import type { ChannelMemory, RingName } from './layout.js';

/**
 * The writing end of a ring. Exactly one may exist, and one thread alone uses it. The words of a record
 * are written into `memory.words` from the offset that `reserve` returns. Never blocks, never allocates.
 */
export class RingProducer {
  readonly #words: Int32Array;
  readonly #headWord: number;
  readonly #tailWord: number;
  readonly #starvedWord: number;
  readonly #start: number;
  readonly #records: number;
  readonly #mask: number;
  readonly #shift: number;
  /** Where the consumer was when last looked at: at most too far back. */
  #head: number;
  #next: number;
  #published: number;

  constructor(memory: ChannelMemory, ring: RingName) {
    const { head, tail, starved, start, records, recordWords } = memory.layout.rings[ring];
    this.#words = memory.words;
    this.#headWord = head;
    this.#tailWord = tail;
    this.#starvedWord = starved;
    this.#start = start;
    this.#records = records;
    this.#mask = records - 1;
    this.#shift = 31 - Math.clz32(recordWords);
    this.#head = Atomics.load(this.#words, head);
    this.#next = Atomics.load(this.#words, tail);
    this.#published = this.#next;
  }

  /** Committed records that the consumer cannot see yet. */
  get unpublished(): number {
    return (this.#next - this.#published) | 0;
  }

  /** Slot of the record that is committed next: 0 up to the records of the ring. */
  get nextSlot(): number {
    return this.#next & this.#mask;
  }

  /** Slot of the oldest record that the consumer has not released, or -1 when there is none. Looks at the consumer's index. */
  get oldestSlot(): number {
    // Pairs with the consumer's store of head.
    this.#head = Atomics.load(this.#words, this.#headWord);
    return this.#head === this.#next ? -1 : this.#head & this.#mask;
  }

  /**
   * Word offset of the next record, or -1 when the ring is full. Asking again without `commit` returns
   * the same record. After -1 the consumer's `takeStarved` is true once it has released records; ask again
   * when the bell rings, and before every sleep.
   *
   * @param limit  Records that may be on their way at most; all of them by default.
   */
  reserve(limit = this.#records): number {
    if (((this.#next - this.#head) | 0) >= limit && !this.#findRoom(limit)) return -1;
    return this.#start + ((this.#next & this.#mask) << this.#shift);
  }

  /** Records that can be reserved for certain, by what was last known of the consumer. */
  get room(): number {
    return this.#records - ((this.#next - this.#head) | 0);
  }

  /** The reserved record is written. It stays invisible until `publish`. */
  commit(): void {
    assert(((this.#next - this.#head) | 0) < this.#records, 'only a reserved record is committed');
    this.#next = (this.#next + 1) | 0;
  }

  /** Makes all committed records visible. Idempotent when there are none. */
  publish(): void {
    if (this.#next === this.#published) return;
    this.#published = this.#next;
    // Pairs with the consumer's loads of tail.
    Atomics.store(this.#words, this.#tailWord, this.#next);
  }

  #findRoom(limit: number): boolean {
    // Pairs with the consumer's store of head.
    this.#head = Atomics.load(this.#words, this.#headWord);
    if (((this.#next - this.#head) | 0) < limit) return true;
    // Pairs with the exchange in takeStarved: first the flag, then the second look.
    Atomics.store(this.#words, this.#starvedWord, 1);
    this.#head = Atomics.load(this.#words, this.#headWord);
    return ((this.#next - this.#head) | 0) < limit;
  }
}

/**
 * The reading end of a ring. Exactly one may exist, and one thread alone uses it. The words of a record
 * are read from `memory.words` at the offset that `next` returns. Never blocks, never allocates.
 */
export class RingConsumer {
  readonly #words: Int32Array;
  readonly #headWord: number;
  readonly #tailWord: number;
  readonly #starvedWord: number;
  readonly #start: number;
  readonly #records: number;
  readonly #mask: number;
  readonly #shift: number;
  /** Where the producer was when last looked at: at most too far back. */
  #tail: number;
  #position: number;
  #released: number;
  /** Something was released since the starved flag was last asked for. */
  #hasReleased = false;

  constructor(memory: ChannelMemory, ring: RingName) {
    const { head, tail, starved, start, records, recordWords } = memory.layout.rings[ring];
    this.#words = memory.words;
    this.#headWord = head;
    this.#tailWord = tail;
    this.#starvedWord = starved;
    this.#start = start;
    this.#records = records;
    this.#mask = records - 1;
    this.#shift = 31 - Math.clz32(recordWords);
    this.#tail = Atomics.load(this.#words, tail);
    this.#position = Atomics.load(this.#words, head);
    this.#released = this.#position;
  }

  /** Records that are published and not yet advanced over. Looks at the producer's index every time. */
  get pending(): number {
    this.#look();
    return (this.#tail - this.#position) | 0;
  }

  /** Word offset of the next readable record, or -1 when there is none. The same until `advance`. */
  next(): number {
    if (this.#position === this.#tail) {
      this.#look();
      if (this.#position === this.#tail) return -1;
    }
    return this.#start + ((this.#position & this.#mask) << this.#shift);
  }

  /** Goes on to the following record. The one before stays readable until `release`. */
  advance(): void {
    assert(this.#position !== this.#tail, 'only a readable record is advanced over');
    this.#position = (this.#position + 1) | 0;
  }

  /** Gives all records that were advanced over back to the producer. Idempotent when there are none. */
  release(): void {
    if (this.#position === this.#released) return;
    this.#released = this.#position;
    // Pairs with the producer's loads of head.
    Atomics.store(this.#words, this.#headWord, this.#position);
    this.#hasReleased = true;
  }

  /**
   * Whether the producer has found the ring full and records were released since this was last asked. Ask after
   * `release`; when true, ring the producer's bell. Without a release the flag is left for the next one: the producer
   * would find the ring as full as before, and two threads that wait for each other so would ring without end.
   */
  takeStarved(): boolean {
    if (!this.#hasReleased) return false;
    this.#hasReleased = false;
    if (Atomics.load(this.#words, this.#starvedWord) === 0) return false;
    // Pairs with the producer's store of the flag.
    return Atomics.exchange(this.#words, this.#starvedWord, 0) === 1;
  }

  #look(): void {
    // Pairs with the producer's store of tail.
    this.#tail = Atomics.load(this.#words, this.#tailWord);
    const readable = (this.#tail - this.#released) | 0;
    assert(readable >= 0 && readable <= this.#records, 'the producer stays within the ring');
  }
}
