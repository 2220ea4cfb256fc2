/** Watches for a Client that has been silent for one and a half times its Keep Alive [MQTT-3.1.2-22]. */
export class KeepAlive {
  readonly #onSilence: () => void;
  #timer: NodeJS.Timeout | null = null;
  /** Nothing was heard since the timer has fired. */
  #isSilent = false;

  constructor(onSilence: () => void) {
    this.#onSilence = onSilence;
  }

  /** Begins to watch; an interval of 0 milliseconds turns it off. */
  start(intervalMs: number): void {
    if (intervalMs > 0) this.#timer = setTimeout(() => this.#listenOnceMore(), intervalMs * 1.5);
  }

  /** The Client was heard, or can not be heard for now. */
  refresh(): void {
    this.#isSilent = false;
    this.#timer?.refresh();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#isSilent = false;
  }

  /** Where this thread was held up, what the Client has sent stands in the socket. */
  #listenOnceMore(): void {
    this.#isSilent = true;
    setImmediate(() => {
      if (this.#isSilent) this.#onSilence();
    });
  }
}
