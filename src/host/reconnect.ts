import { REASON_CODES } from '../codec/reason-codes.js';
import type { ErrorRecord } from '../errors/mqtt-error.js';

/** Reason codes of a refusal that waiting hardly heals: wrong credentials, wrong version, banned, taken over. */
const LASTING_REFUSALS: ReadonlySet<number> = new Set([
  0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x8e, 0x9b, 0x9c, 0x9d,
]);

const SESSION_TAKEN_OVER = REASON_CODES.sessionTakenOver.value;

/** How a client waits between attempts, in milliseconds. */
export interface ReconnectOptions {
  readonly reconnectDelayMinMs: number;
  readonly reconnectDelayMaxMs: number;
  /** How long a connection must have lasted for the delays to start over. */
  readonly reconnectResetMs: number;
}

/** Capped exponential back-off with full jitter; after a lasting refusal at least half of the longest delay. */
export class ReconnectDelay {
  readonly #options: ReconnectOptions;
  readonly #random: () => number;
  #next: number;

  /** @param random Uniform in [0, 1). */
  constructor(options: ReconnectOptions, random: () => number) {
    this.#options = options;
    this.#random = random;
    this.#next = options.reconnectDelayMinMs;
  }

  /** Whether a connection has lasted for so long that the delays start over. */
  isStable(connectedMs: number): boolean {
    return connectedMs > this.#options.reconnectResetMs;
  }

  /**
   * How long to wait before the next attempt. The first round through the Servers is quick; from then on each attempt doubles the
   * delay, whichever Server it goes to.
   *
   * @param error        Why the last connection, or attempt, ended.
   * @param connectedMs  How long the connection had been accepted; 0 when it never was.
   * @param othersLeft   The next attempt goes to a Server that was not tried since the last connection that lasted.
   */
  take(error: ErrorRecord, connectedMs: number, othersLeft: boolean): number {
    const { reconnectDelayMinMs, reconnectDelayMaxMs } = this.#options;
    if (this.isStable(connectedMs)) this.#next = reconnectDelayMinMs;
    // What one Server says is not for the others, but for whose the Session is.
    if (othersLeft && error.reasonCode !== SESSION_TAKEN_OVER)
      return reconnectDelayMinMs * this.#random();
    const isLasting = isLastingRefusal(error);
    if (isLasting) this.#next = reconnectDelayMaxMs;
    const limit = Math.min(this.#next, reconnectDelayMaxMs);
    this.#next = Math.min(2 * limit, reconnectDelayMaxMs);
    // Full jitter would now and then try again at once what was refused for long.
    const floor = isLasting ? limit / 2 : 0;
    return floor + (limit - floor) * this.#random();
  }
}

function isLastingRefusal(error: ErrorRecord): boolean {
  const fromServer =
    error.code === 'GNEISS_ERR_CONNECTION_REFUSED' || error.code === 'GNEISS_ERR_SERVER_DISCONNECT';
  return fromServer && error.reasonCode !== undefined && LASTING_REFUSALS.has(error.reasonCode);
}
