import { checkTopicBytes } from '../codec/publish.js';
import type { Violation } from '../errors/violations.js';

/** The topic is in no slot: every delivery spells it out. */
export const NO_SLOT = -1;

const CACHE_SLOTS = 1024;
/** Longer topics are not cached. */
const CACHED_BYTES_MAX = 256;

/**
 * Small numbers for topics, so that the main thread neither decodes nor compares a topic it has seen: a slot and its
 * generation stand for one topic until the slot is given to another. Below CACHE_SLOTS they are a direct-mapped cache
 * by the topic's bytes; from there on, one a topic alias. A topic in the cache has been validated.
 */
export class TopicSlots {
  readonly #bytes: Uint8Array = new Uint8Array(CACHE_SLOTS * CACHED_BYTES_MAX);
  readonly #lengths: Uint16Array = new Uint16Array(CACHE_SLOTS);
  readonly #generations: Int32Array;

  /** @param topicAliasMaximum The highest alias that the Server may use. */
  constructor(topicAliasMaximum: number) {
    this.#generations = new Int32Array(slotCount(topicAliasMaximum));
  }

  generation(slot: number): number {
    return slot === NO_SLOT ? 0 : this.#generations[slot]!;
  }

  /** The slot of a topic; on return `violation` tells whether the bytes are no topic name. */
  lookup(memory: Uint8Array, start: number, length: number): number {
    this.violation = null;
    if (length > CACHED_BYTES_MAX) {
      this.violation = checkTopicBytes(memory, start, start + length);
      return NO_SLOT;
    }
    let hash = length;
    for (let index = start; index < start + length; index++)
      hash = (Math.imul(hash, 31) + memory[index]!) | 0;
    const slot = (hash ^ (hash >>> 15)) & (CACHE_SLOTS - 1);
    const base = slot * CACHED_BYTES_MAX;
    let same = this.#lengths[slot] === length;
    for (let index = 0; same && index < length; index++)
      same = this.#bytes[base + index] === memory[start + index];
    if (same) return slot;

    this.violation = checkTopicBytes(memory, start, start + length);
    if (this.violation !== null) return NO_SLOT;
    for (let index = 0; index < length; index++) this.#bytes[base + index] = memory[start + index]!;
    this.#lengths[slot] = length;
    this.#generations[slot]!++;
    return slot;
  }

  violation: Violation | null = null;

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
export function slotCount(topicAliasMaximum: number): number {
  return CACHE_SLOTS + topicAliasMaximum;
}
