import { checkTopicBytes } from '../codec/publish.js';
import type { Violation } from '../errors/violations.js';

/** The topic is in no slot: every delivery spells it out. */
export const NO_SLOT = -1;

const CACHE_SLOTS = 1024;
/** Longer topics are not cached. */
const CACHED_BYTES_MAX = 256;
/** Odd, and its bits well mixed. */
const MULTIPLIER = 0x9e3779b1;

/**
 * Small numbers for topics, so that the main thread neither decodes nor compares a topic it has seen: a slot and its
 * generation stand for one topic until the slot is given to another. Below CACHE_SLOTS they are a direct-mapped cache
 * by the topic's bytes; from there on, one a topic alias. A topic in the cache has been validated.
 */
export class TopicSlots {
  readonly #memory: Uint8Array;
  /** The same memory four bytes at a time, aligned or not. */
  readonly #words: DataView;
  readonly #bytes: Uint8Array = new Uint8Array(CACHE_SLOTS * CACHED_BYTES_MAX);
  readonly #cachedWords: DataView = new DataView(this.#bytes.buffer);
  readonly #lengths: Uint16Array = new Uint16Array(CACHE_SLOTS);
  readonly #generations: Int32Array;
  /** What is wrong with the bytes that were looked up last. */
  violation: Violation | null = null;

  /** @param topicAliasMaximum The highest alias that the Server may use. */
  constructor(memory: Uint8Array, topicAliasMaximum: number) {
    this.#memory = memory;
    this.#words = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    this.#generations = new Int32Array(slotCount(topicAliasMaximum));
  }

  generation(slot: number): number {
    return slot === NO_SLOT ? 0 : this.#generations[slot]!;
  }

  /** The slot of a topic; on return `violation` tells whether the bytes are no topic name. */
  lookup(start: number, length: number): number {
    this.violation = null;
    if (length > CACHED_BYTES_MAX) {
      this.violation = checkTopicBytes(this.#memory, start, start + length);
      return NO_SLOT;
    }
    const slot = this.#hash(start, length) & (CACHE_SLOTS - 1);
    if (this.#lengths[slot] === length && this.#isCached(slot, start, length)) return slot;

    this.violation = checkTopicBytes(this.#memory, start, start + length);
    if (this.violation !== null) return NO_SLOT;
    const base = slot * CACHED_BYTES_MAX;
    for (let index = 0; index < length; index++) {
      this.#bytes[base + index] = this.#memory[start + index]!;
    }
    this.#lengths[slot] = length;
    this.#generations[slot]!++;
    return slot;
  }

  #hash(start: number, length: number): number {
    const end = start + length;
    let hash = length;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      hash = Math.imul(hash ^ this.#words.getInt32(at), MULTIPLIER);
      hash ^= hash >>> 15;
    }
    for (; at < end; at++) hash = Math.imul(hash ^ this.#memory[at]!, MULTIPLIER);
    return hash ^ (hash >>> 15);
  }

  #isCached(slot: number, start: number, length: number): boolean {
    const base = slot * CACHED_BYTES_MAX;
    let index = 0;
    for (; index + 4 <= length; index += 4) {
      if (this.#cachedWords.getInt32(base + index) !== this.#words.getInt32(start + index)) {
        return false;
      }
    }
    for (; index < length; index++) {
      if (this.#bytes[base + index] !== this.#memory[start + index]) return false;
    }
    return true;
  }

  /** Gives the slot of a topic alias to the topic that the Server has just bound to it. */
  bindAlias(alias: number): number {
    const slot = this.aliasSlot(alias);
    this.#generations[slot]!++;
    return slot;
  }

  aliasSlot(alias: number): number {
    return CACHE_SLOTS - 1 + alias;
  }
}

/** How many slots there are. */
function slotCount(topicAliasMaximum: number): number {
  return CACHE_SLOTS + topicAliasMaximum;
}
