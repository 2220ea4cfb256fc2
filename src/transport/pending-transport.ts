import type { Transport, TransportEvents } from './transport.js';

/** A transport whose first steps take a promise. Nothing is written to it before it has opened. */
export class PendingTransport implements Transport {
  readonly #abort = new AbortController();
  #transport: Transport | null = null;

  /**
   * @param open  Takes the first steps, says what the transport becomes, and fails soon after its signal is aborted unless it has.
   *   What happens from then on is told by that transport.
   */
  constructor(
    events: Pick<TransportEvents, 'closed'>,
    open: (signal: AbortSignal, become: (transport: Transport) => void) => Promise<void>,
  ) {
    const { signal } = this.#abort;
    const become = (transport: Transport): void => {
      this.#transport = transport;
    };
    open(signal, become).catch((error: unknown) => {
      events.closed(signal.aborted ? null : toError(error));
    });
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
