import type { AliasBindings } from './alias-bindings.js';
import { type AliasPolicy, NO_ALIAS } from './alias-policy.js';

/** Odd, and its bits well mixed. */
const MULTIPLIER = 0x9e3779b1;
const WORD_BYTES = 4;
/** Stands for both ends of the order, and for the end of a chain: no alias is 0. */
const END = 0;

/**
 * Gives each topic an alias of its own; when all are taken, the topic that was not sent for the longest time gives its alias up. Columns by alias,
 * so that nothing is allocated for a message.
 *
 *     order    END ⇄ most recent ⇄ … ⇄ least recent ⇄ END
 *     chains   bucket of the topic's hash → alias → alias → END
 */
export class LruAliases implements AliasPolicy {
  readonly assigns = true;
  readonly #capacity: number;
  readonly #memory: Uint8Array;
  /** The same memory four bytes at a time, aligned or not. */
  readonly #words: DataView;
  readonly #bindings: AliasBindings;
  readonly #newer: Uint16Array;
  readonly #older: Uint16Array;
  readonly #hashes: Int32Array;
  /** Alias → the next one in its chain. */
  readonly #chained: Uint16Array;
  readonly #buckets: Uint16Array;
  // Connection.
  #maximum = 0;
  /** Aliases from 1 on that are taken. */
  #taken = 0;
  /** The hash of the topic that was looked up last. */
  #hash = 0;

  /** @param capacity Topics that have an alias at a time, at most: 1…65535. */
  constructor(capacity: number, memory: Uint8Array, bindings: AliasBindings) {
    this.#capacity = capacity;
    this.#memory = memory;
    this.#words = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    this.#bindings = bindings;
    this.#newer = new Uint16Array(capacity + 1);
    this.#older = new Uint16Array(capacity + 1);
    this.#hashes = new Int32Array(capacity + 1);
    this.#chained = new Uint16Array(capacity + 1);
    this.#buckets = new Uint16Array(2 ** Math.ceil(Math.log2(capacity + 1)));
  }

  startConnection(topicAliasMaximum: number): void {
    this.#maximum = Math.min(topicAliasMaximum, this.#capacity);
    this.#taken = 0;
    this.#newer[END] = END;
    this.#older[END] = END;
    this.#buckets.fill(END);
  }

  choose(topicStart: number, topicLength: number): number {
    if (this.#maximum === 0) return NO_ALIAS;
    this.#hash = this.#hashOf(topicStart, topicLength);
    let alias = this.#buckets[this.#bucket(this.#hash)]!;
    while (alias !== END && !this.#isFor(alias, topicStart, topicLength)) {
      alias = this.#chained[alias]!;
    }
    if (alias !== END) return alias;
    return this.#taken < this.#maximum ? this.#taken + 1 : this.#newer[END]!;
  }

  sent(_topicStart: number, _topicLength: number, alias: number, isKnown: boolean): void {
    if (alias > this.#taken) this.#taken = alias;
    else {
      this.#unlink(alias);
      if (!isKnown) this.#unchain(alias);
    }
    if (!isKnown) this.#chain(alias, this.#hash);
    this.#linkAsNewest(alias);
  }

  #isFor(alias: number, topicStart: number, topicLength: number): boolean {
    return (
      this.#hashes[alias] === this.#hash && this.#bindings.isBound(alias, topicStart, topicLength)
    );
  }

  #unlink(alias: number): void {
    const newer = this.#newer[alias]!;
    const older = this.#older[alias]!;
    this.#older[newer] = older;
    this.#newer[older] = newer;
  }

  #linkAsNewest(alias: number): void {
    const second = this.#older[END]!;
    this.#older[END] = alias;
    this.#newer[alias] = END;
    this.#older[alias] = second;
    this.#newer[second] = alias;
  }

  #chain(alias: number, hash: number): void {
    const bucket = this.#bucket(hash);
    this.#hashes[alias] = hash;
    this.#chained[alias] = this.#buckets[bucket]!;
    this.#buckets[bucket] = alias;
  }

  #unchain(alias: number): void {
    const bucket = this.#bucket(this.#hashes[alias]!);
    const next = this.#chained[alias]!;
    let at = this.#buckets[bucket]!;
    if (at === alias) {
      this.#buckets[bucket] = next;
      return;
    }
    while (this.#chained[at] !== alias) at = this.#chained[at]!;
    this.#chained[at] = next;
  }

  #bucket(hash: number): number {
    return hash & (this.#buckets.length - 1);
  }

  #hashOf(topicStart: number, topicLength: number): number {
    const end = topicStart + topicLength;
    let hash = topicLength;
    let at = topicStart;
    for (; at + WORD_BYTES <= end; at += WORD_BYTES) hash = mix(hash, this.#words.getInt32(at));
    for (; at < end; at++) hash = mix(hash, this.#memory[at]!);
    return hash;
  }
}

function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, MULTIPLIER);
  return mixed ^ (mixed >>> 15);
}
