import { NEVER } from './operation-table.js';

/**
 * When to send PINGREQ and when to give the connection up (§3.1.2.10), in milliseconds. Only packets that the
 * Server acknowledged push the next PINGREQ out: nothing else proves that it is still there.
 */
export class KeepAlive {
  readonly #pingTimeoutMs: number;
  #intervalMs = 0;
  #nextPing = NEVER;
  #pingDeadline = NEVER;
  /** PINGREQs without a PINGRESP so far. */
  #unanswered = 0;
  #readingPaused = false;

  constructor(pingTimeoutMs: number) {
    this.#pingTimeoutMs = pingTimeoutMs;
  }

  /** Starts with a connection. @param seconds The negotiated keep alive; 0 switches it off. */
  start(seconds: number, now: number): void {
    this.#intervalMs = seconds * 1000;
    this.#nextPing = seconds === 0 ? NEVER : now + this.#intervalMs;
    this.#pingDeadline = NEVER;
    this.#unanswered = 0;
  }

  /** Ends with a connection, and with it the pause of its reading: the next one may be paused before it is accepted. */
  stop(): void {
    this.#nextPing = NEVER;
    this.#pingDeadline = NEVER;
    this.#readingPaused = false;
  }

  get awaitsPingresp(): boolean {
    return this.#unanswered > 0;
  }

  /** The earliest moment at which something is due. May change after any call. */
  get deadline(): number {
    return this.#readingPaused ? this.#nextPing : Math.min(this.#nextPing, this.#pingDeadline);
  }

  /** Also while an answer is missing: when reading is paused, the Server must hear of us all the same. */
  isPingDue(now: number): boolean {
    return now >= this.#nextPing;
  }

  isTimedOut(now: number): boolean {
    return !this.#readingPaused && now >= this.#pingDeadline;
  }

  pingSent(now: number): void {
    this.#nextPing = now + this.#intervalMs;
    if (this.#pingDeadline === NEVER) this.#pingDeadline = now + this.#timeoutMs;
    this.#unanswered++;
  }

  /** The answer to a PINGREQ came: one must be awaited. */
  pingrespReceived(): void {
    this.#pingDeadline = NEVER;
    this.#unanswered--;
  }

  /** Bytes have come: the Server is there, and PINGRESP may stand behind what it sends, a large message on a slow road for one. */
  bytesReceived(now: number): void {
    if (this.#pingDeadline !== NEVER)
      this.#pingDeadline = Math.max(this.#pingDeadline, now + this.#timeoutMs);
  }

  /** The Server acknowledged a packet that was written at `sentAt`. */
  acknowledged(sentAt: number): void {
    if (this.#nextPing !== NEVER)
      this.#nextPing = Math.max(this.#nextPing, sentAt + this.#intervalMs);
  }

  /** While we do not read, a missing PINGRESP says nothing about the Server: it waits in the socket. */
  setReadingPaused(paused: boolean, now: number): void {
    if (this.#readingPaused && !paused && this.#pingDeadline !== NEVER) {
      this.#pingDeadline = now + this.#timeoutMs;
    }
    this.#readingPaused = paused;
  }

  /** Silence never lasts longer than 1.5 times the keep alive. */
  get #timeoutMs(): number {
    return Math.min(this.#pingTimeoutMs, this.#intervalMs / 2);
  }
}
