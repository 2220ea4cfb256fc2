import type { Transport, TransportEvents } from './transport.js';

/** A transport whose first steps take a promise. Nothing is written to it before it has opened. */
export class PendingTransport implements Transport {
  readonly #abort = new AbortController();
  #transport: Transport | null = null;

  /**
   * @param open  Takes the first steps, and ends soon after its signal is aborted. What happens after them is told by the
   *   transport that it returns.
   */
  constructor(
    events: Pick<TransportEvents, 'closed'>,
    open: (signal: AbortSignal) => Promise<Transport>,
  ) {
    const { signal } = this.#abort;
    open(signal).then(
      (transport) => {
        this.#transport = transport;
        if (signal.aborted) transport.destroy();
      },
      (error: unknown) => {
        events.closed(signal.aborted ? null : toError(error));
      },
    );
  }

  write(pieces: readonly Uint8Array[]): void {
    this.#transport?.write(pieces);
  }

  resume(): void {
    this.#transport?.resume();
  }

  end(): void {
    this.#transport?.end();
  }

  destroy(): void {
    if (this.#transport === null) this.#abort.abort();
    else this.#transport.destroy();
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('opening the transport failed');
}
