import type { MqttError } from '../errors/mqtt-error.js';
import { EMPTY, enlarge } from '../util/enlarge.js';

/** Settles the promise of one operation. */
export interface Settlement<T> {
  resolve(value: T): void;
  reject(error: MqttError): void;
}

/** The token of an operation that nobody awaits. */
export const NO_TOKEN = -1;

/** A token is a slot and how often the slot was used before: two operations in flight between the threads never share one. */
const SLOT_BITS = 20;
const SLOT_MASK = (1 << SLOT_BITS) - 1;
const USES_MASK = 0x7ff;

const SLOTS_AT_FIRST = 16;

/**
 * The promises that await the worker, by token. A token is taken until the worker has completed the operation, also when
 * its promise was settled before (aborted): no completion can then meet another operation.
 */
export class PendingOperations {
  readonly #maximum: number;
  readonly #settlements: (Settlement<never> | null)[] = [];
  #uses: Uint16Array = EMPTY.uint16;
  #free: Int32Array = EMPTY.int32;
  #freeCount = 0;

  /** @param maximum How many operations may be open at once: at most 2^20. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  get size(): number {
    return this.#settlements.length - this.#freeCount;
  }

  get full(): boolean {
    return this.#freeCount === 0 && this.#settlements.length === this.#maximum;
  }

  /** Takes a token. Not to be called when full. */
  add<T>(settlement: Settlement<T>): number {
    if (this.#freeCount === 0)
      this.#grow(Math.min(Math.max(SLOTS_AT_FIRST, 2 * this.#settlements.length), this.#maximum));
    const slot = this.#free[--this.#freeCount]!;
    this.#settlements[slot] = settlement;
    return (this.#uses[slot]! << SLOT_BITS) | slot;
  }

  /** Takes the settlement out and leaves the token taken. @returns Null when it was taken out already. */
  detach(token: number): Settlement<never> | null {
    const slot = token & SLOT_MASK;
    if (this.#uses[slot] !== token >>> SLOT_BITS) return null;
    const settlement = this.#settlements[slot] ?? null;
    this.#settlements[slot] = null;
    return settlement;
  }

  /** The worker has completed the operation. @returns Its settlement, unless that was detached. */
  complete<T>(token: number): Settlement<T> | null {
    const settlement = this.detach(token);
    const slot = token & SLOT_MASK;
    this.#uses[slot] = (this.#uses[slot]! + 1) & USES_MASK;
    this.#free[this.#freeCount++] = slot;
    return settlement as Settlement<T> | null;
  }

  /** Rejects everything. */
  rejectAll(toError: () => MqttError): void {
    for (let slot = 0; slot < this.#settlements.length; slot++) {
      const settlement = this.#settlements[slot];
      this.#settlements[slot] = null;
      settlement?.reject(toError());
    }
  }

  #grow(slots: number): void {
    this.#uses = enlarge(this.#uses, slots);
    this.#free = enlarge(this.#free, slots);
    const before = this.#settlements.length;
    for (let slot = slots - 1; slot >= before; slot--) this.#free[this.#freeCount++] = slot;
    for (let slot = before; slot < slots; slot++) this.#settlements.push(null);
  }
}
