import type { Prng } from '../../support/prng.js';
import type { Invariant } from '../judge/invariants.js';
import { Clock } from './clock.js';
import { EMPTY_HASH, hashNumber, hashText } from './hash.js';

/** Turns of the threads that ask each other for what is not to be seen from outside, such as messages of a burst that nobody wants. */
const BELLS_MAX = 100;

/** A rule that did not hold. */
export class Failure extends Error {
  /** Which invariant, by its name in INVARIANTS. */
  readonly invariant: string;

  constructor(invariant: string, text: string, cause?: unknown) {
    super(`${invariant}: ${text}`, { cause });
    this.invariant = invariant;
  }
}

/** What everything in one history shares: time, chance, the trace, and what has been seen. */
export class World {
  readonly clock: Clock = new Clock();
  readonly prng: Prng;
  /** Situations that occurred. */
  readonly situations: Set<string> = new Set();
  /** The lines of the trace; null when nobody will read them. */
  readonly lines: string[] | null;
  hash: number = EMPTY_HASH;
  /** Bells that the threads have rung since anything else happened. */
  #bells = 0;
  /** Acknowledgements that have not been written, and may never be. */
  #owed = 0;
  /** The first rule that did not hold. */
  failure: Failure | null = null;

  constructor(prng: Prng, keepsTrace: boolean) {
    this.prng = prng;
    this.lines = keepsTrace ? [] : null;
  }

  get now(): number {
    return this.clock.now;
  }

  /** Something happened. The numbers go into the hash of the history; `detail` is only for readers. */
  trace(what: string, one: number, other: number, detail?: () => string): void {
    this.#bells = 0;
    this.hash = hashNumber(hashNumber(hashNumber(hashText(this.hash, what), this.now), one), other);
    this.lines?.push(
      `${(this.now - 1_700_000_000_000).toFixed(1).padStart(9)}  ${what} ${one} ${other} ${detail?.() ?? ''}`,
    );
  }

  /** A situation that a run must have met. */
  saw(situation: string): void {
    this.situations.add(situation);
  }

  /**
   * A message came that is to be acknowledged, whether a handler gets it or nobody wants it. At any later time that goes to the
   * other thread, and shows nothing there as long as an earlier one is missing, or nothing can be written. Through a ring of two
   * records, two of them take two bells.
   */
  owes(): void {
    this.#owed++;
  }

  /** One of them is written. */
  paid(): void {
    this.#owed--;
  }

  /** One thread wakes the other: it must have something to say now and then. */
  rang(): void {
    this.check(
      ++this.#bells <= BELLS_MAX + this.#owed,
      'bells',
      () => `${this.#bells} bells, and nothing happens`,
    );
  }

  /** A rule must hold. */
  check(condition: boolean, invariant: Invariant, text: () => string): void {
    if (!condition) this.fail(invariant, text());
  }

  /** A rule did not hold: the history ends. */
  fail(invariant: Invariant, text: string, cause?: unknown): void {
    if (this.failure !== null) return;
    this.failure = new Failure(invariant, text, cause);
    this.trace(`FAILURE ${invariant}`, 0, 0, () => text);
  }
}
