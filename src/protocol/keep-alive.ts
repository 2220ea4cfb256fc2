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
  #readingPaused = false;

  constructor(pingTimeoutMs: number) {
    this.#pingTimeoutMs = pingTimeoutMs;
  }

  /** Starts with a connection. @param seconds The negotiated keep alive; 0 switches it off. */
  start(seconds: number, now: number): void {
    this.#intervalMs = seconds * 1000;
    this.#nextPing = seconds === 0 ? NEVER : now + this.#intervalMs;
    this.#pingDeadline = NEVER;
    this.#readingPaused = false;
  }

  stop(): void {
    this.#nextPing = NEVER;
    this.#pingDeadline = NEVER;
  }

  get awaitsPingresp(): boolean {
    return this.#pingDeadline !== NEVER;
  }

  /** The earliest moment at which something is due. May change after any call. */
  get deadline(): number {
    if (this.#pingDeadline === NEVER) return this.#nextPing;
    return this.#readingPaused ? NEVER : this.#pingDeadline;
  }

  isPingDue(now: number): boolean {
    return this.#pingDeadline === NEVER && now >= this.#nextPing;
  }

  isTimedOut(now: number): boolean {
    return !this.#readingPaused && now >= this.#pingDeadline;
  }

  pingSent(now: number): void {
    this.#nextPing = now + this.#intervalMs;
    this.#pingDeadline = now + this.#timeoutMs;
  }

  pingrespReceived(): void {
    this.#pingDeadline = NEVER;
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
