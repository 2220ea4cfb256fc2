import type { HostEnvironment, Timer } from './environment.js';

const DELAY_MS_MAX = 0x7fff_ffff;

/**
 * The one timer of a host. A deadline that moves away leaves the timer where it is: it then fires once for nothing, which costs
 * less than setting it anew with every packet.
 */
export class HostTimer {
  readonly #environment: HostEnvironment;
  readonly #fire: () => void;
  #timer: Timer | null = null;
  #firesAt = Number.POSITIVE_INFINITY;

  constructor(environment: HostEnvironment, fire: () => void) {
    this.#environment = environment;
    this.#fire = fire;
  }

  /** Makes sure that it fires at the deadline at the latest. */
  arm(deadline: number, now: number): void {
    if (deadline >= this.#firesAt) return;
    this.cancel();
    const delayMs = Math.min(Math.max(0, Math.ceil(deadline - now)), DELAY_MS_MAX);
    this.#firesAt = now + delayMs;
    this.#timer = this.#environment.setTimer(delayMs, () => {
      this.#timer = null;
      this.#firesAt = Number.POSITIVE_INFINITY;
      this.#fire();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#firesAt = Number.POSITIVE_INFINITY;
  }
}
