import type { ControlEvent } from '../channel/control-messages.js';

/** For how long the word of an attempt may wait, in milliseconds. */
const PATIENCE_MS = 20;
const NEVER = Number.POSITIVE_INFINITY;

export type AttemptEvent = Extract<ControlEvent, { kind: 'attempt' }>;

/**
 * The word that there is an attempt. To wake the main thread for it takes a good part of the time in which a Server nearby is reached:
 * it waits until CONNECT is written, or anything else is told, or for a short while.
 */
export class AttemptNews {
  #event: AttemptEvent | null = null;
  #deadline = NEVER;

  /** When it is to be told at the latest. */
  get deadline(): number {
    return this.#deadline;
  }

  hold(event: AttemptEvent, now: number): void {
    this.#event = event;
    this.#deadline = now + PATIENCE_MS;
  }

  /** @returns What was not told yet. */
  take(): AttemptEvent | null {
    const event = this.#event;
    this.#event = null;
    this.#deadline = NEVER;
    return event;
  }
}
