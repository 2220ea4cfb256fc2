import { checkTopicBytes } from '../codec/publish.js';
import type { Violation } from '../errors/violations.js';
import { EMPTY } from '../util/enlarge.js';

/** The bytes are no topic name. */
export const NO_TOPIC = -1;

/** Topics with the same low bits of their hash that the cache can tell apart. */
const WAYS = 4;
const SETS = 1024;
const CACHE_SLOTS = SETS * WAYS;
/** Longer topics are not cached: all of them share one slot. */
const CACHED_BYTES_MAX = 256;
const UNCACHED_SLOT = CACHE_SLOTS;
/** Odd, and its bits well mixed. */
const MULTIPLIER = 0x9e3779b1;
/** What a pair of chains takes at a time. */
const STEP_BYTES = 8;

/**
 * Small numbers for topics, so that the main thread neither decodes nor compares a topic it has been told: a slot stands for one
 * topic until it is given to another. Below CACHE_SLOTS they are a set-associative cache by the topic's bytes, which have been
 * validated; then comes one for topics that are too long for that, then one a topic alias.
 */
export class TopicSlots {
  readonly #memory: Uint8Array;
  /** The same memory four bytes at a time, aligned or not. */
  readonly #words: DataView;
  #bytes: Uint8Array = EMPTY.uint8;
  #cachedWords: DataView = new DataView(this.#bytes.buffer);
  /** 0: the slot is empty. */
  #lengths: Uint16Array = EMPTY.uint16;
  #hashes: Int32Array = EMPTY.int32;
  /** Set → the way that the next new topic takes. */
  #victims: Uint8Array = EMPTY.uint8;
  /** What is wrong with the bytes that were looked up last. */
  violation: Violation | null = null;
  /** Whether the slot that was found last has stood for another topic until now. */
  isNew = false;

  constructor(memory: Uint8Array) {
    this.#memory = memory;
    this.#words = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  }

  /** The slot of a topic, or NO_TOPIC when `violation` tells what is wrong with it. */
  lookup(start: number, length: number): number {
    if (this.#bytes.length === 0) this.#prepare();
    const isCacheable = length <= CACHED_BYTES_MAX;
    const hash = isCacheable ? this.#hash(start, length) : 0;
    const slot = isCacheable ? this.#find(hash, start, length) : NO_TOPIC;
    this.isNew = slot === NO_TOPIC;
    if (slot !== NO_TOPIC) return slot;
    this.violation = checkTopicBytes(this.#memory, start, start + length);
    if (this.violation !== null) return NO_TOPIC;
    return isCacheable ? this.#add(hash, start, length) : UNCACHED_SLOT;
  }

  aliasSlot(alias: number): number {
    return UNCACHED_SLOT + alias;
  }

  /** A client that receives nothing has no cache. */
  #prepare(): void {
    this.#bytes = new Uint8Array(CACHE_SLOTS * CACHED_BYTES_MAX);
    this.#cachedWords = new DataView(this.#bytes.buffer);
    this.#lengths = new Uint16Array(CACHE_SLOTS);
    this.#hashes = new Int32Array(CACHE_SLOTS);
    this.#victims = new Uint8Array(SETS);
  }

  #find(hash: number, start: number, length: number): number {
    const first = (hash & (SETS - 1)) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#hashes[slot] === hash && this.#isCached(slot, start, length)) return slot;
    }
    return NO_TOPIC;
  }

  #add(hash: number, start: number, length: number): number {
    const set = hash & (SETS - 1);
    const way = this.#victims[set]!;
    this.#victims[set] = (way + 1) % WAYS;
    const slot = set * WAYS + way;
    const base = slot * CACHED_BYTES_MAX;
    for (let index = 0; index < length; index++) {
      this.#bytes[base + index] = this.#memory[start + index]!;
    }
    this.#lengths[slot] = length;
    this.#hashes[slot] = hash;
    return slot;
  }

  /** Two chains of multiplications, so that neither waits for the other. The last step takes bytes of the one before again. */
  #hash(start: number, length: number): number {
    const words = this.#words;
    const last = start + length - STEP_BYTES;
    let even = ~length;
    let odd = MULTIPLIER;
    if (length < STEP_BYTES) {
      for (let at = start; at < start + length; at++) even = mix(even, this.#memory[at]!);
      return finish(even);
    }
    for (let at = start; at < last; at += STEP_BYTES) {
      even = mix(even, words.getInt32(at, true));
      odd = mix(odd, words.getInt32(at + 4, true));
    }
    even = mix(even, words.getInt32(last, true));
    odd = mix(odd, words.getInt32(last + 4, true));
    return finish(mix(even, odd));
  }

  #isCached(slot: number, start: number, length: number): boolean {
    if (this.#lengths[slot] !== length) return false;
    const words = this.#words;
    const cached = this.#cachedWords;
    const base = slot * CACHED_BYTES_MAX;
    const last = length - STEP_BYTES;
    let difference = 0;
    if (length < STEP_BYTES) {
      for (let index = 0; index < length; index++) {
        difference |= this.#bytes[base + index]! ^ this.#memory[start + index]!;
      }
      return difference === 0;
    }
    for (let index = 0; index < last; index += STEP_BYTES) {
      difference |= cached.getInt32(base + index, true) ^ words.getInt32(start + index, true);
      difference |=
        cached.getInt32(base + index + 4, true) ^ words.getInt32(start + index + 4, true);
    }
    difference |= cached.getInt32(base + last, true) ^ words.getInt32(start + last, true);
    difference |= cached.getInt32(base + last + 4, true) ^ words.getInt32(start + last + 4, true);
    return difference === 0;
  }
}

/** Rotated, so that the high bits of one word meet the low bits of the next. */
function mix(hash: number, word: number): number {
  return Math.imul(((hash << 15) | (hash >>> 17)) ^ word, MULTIPLIER);
}

/** Brings what the high bits know down to the low ones. */
function finish(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), MULTIPLIER);
  return half ^ (half >>> 15);
}
