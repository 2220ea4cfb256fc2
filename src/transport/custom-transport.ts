import { BufferedReads } from './buffered-reads.js';
import type { Endpoint } from './route.js';
import type { OpeningStage, Transport, TransportEvents } from './transport.js';

/** What a transport of the user's is to reach. */
export interface TransportTarget {
  /** What the address of the Server says, credentials left out. Nobody but the transport speaks TLS or WebSocket. */
  readonly endpoint: Endpoint;
}

/**
 * Makes a transport for one attempt to connect. What it throws fails the attempt with `GNEISS_ERR_CONNECT_FAILED`.
 *
 * @param target  Where to.
 * @param events  To be told of it. What is told before the factory returns waits until it has.
 * @returns The transport, which need not be open yet: `opened` says when it is.
 */
export type TransportFactory = (target: TransportTarget, events: TransportEvents) => Transport;

/** What a transport may hand over that was told to stop. */
const HELD_BYTES_MAX = 1024 * 1024;

const STAGES: readonly string[] = [
  'lookup',
  'connect',
  'proxy',
  'tls',
  'upgrade',
] satisfies OpeningStage[];
const METHODS = ['write', 'resume', 'end', 'destroy'] as const;

/**
 * Stands between a transport of the user's and its owner, and holds it to its word: it is told of once and in order, never within a call of the
 * owner, and not at all after its end. What it throws, and what is no use of its events, ends it.
 */
export class CustomTransport implements Transport {
  readonly #owner: TransportEvents;
  readonly #reads: BufferedReads;
  #transport: Transport | null = null;
  #wasOpened = false;
  #isOpen = false;
  #isWriting = false;
  #isClosed = false;
  /** Length of the last buffer; 0 when it must not be filled any more. */
  #bufferLength = 0;

  constructor(factory: TransportFactory, target: TransportTarget, owner: TransportEvents) {
    this.#owner = owner;
    this.#reads = new BufferedReads(owner);
    // Bytes wait until the owner has been told that it is open.
    this.#reads.held.pause();
    // The owner does not have this transport yet.
    queueMicrotask(() => {
      if (!this.#isClosed) this.#begin(factory, target);
    });
  }

  write(pieces: readonly Uint8Array[]): void {
    this.#isWriting = true;
    this.#call((transport) => {
      transport.write(pieces);
    });
  }

  resume(): void {
    if (this.#isOpen && this.#reads.held.resume()) this.#call((transport) => transport.resume());
  }

  end(): void {
    this.#call((transport) => {
      transport.end();
    });
  }

  /** Does not wait for the transport of the user's: it may never say that it is closed. */
  destroy(): void {
    this.#fail(null);
  }

  #begin(factory: TransportFactory, target: TransportTarget): void {
    try {
      const transport: unknown = factory(target, this.#toEvents());
      if (!isTransport(transport)) throw new Error('the factory has not returned a transport');
      this.#transport = transport;
    } catch (error) {
      this.#fail(toError(error));
      return;
    }
    // It may have come to its end before there was a way to destroy it.
    if (this.#isClosed) this.#destroy();
  }

  #toEvents(): TransportEvents {
    return {
      opening: (stage) => {
        if (!this.#isClosed && !this.#wasOpened && STAGES.includes(stage))
          this.#owner.opening(stage);
      },
      opened: () => {
        if (this.#wasOpened) return;
        this.#wasOpened = true;
        this.#tell(() => {
          this.#isOpen = true;
          this.#owner.opened();
          this.resume();
        });
      },
      buffer: () => {
        const buffer = this.#isClosed ? new Uint8Array(1) : this.#reads.buffer();
        this.#bufferLength = buffer.length;
        return buffer;
      },
      received: (length) => {
        const fits = Number.isInteger(length) && length > 0 && length <= this.#bufferLength;
        this.#bufferLength = 0;
        return this.#receive(fits, () => this.#reads.received(length));
      },
      receivedChunk: (chunk) => {
        const { held } = this.#reads;
        this.#bufferLength = 0;
        // What waits is kept for longer than its owner may leave it as it is.
        return this.#receive(chunk instanceof Uint8Array, () =>
          held.received(held.isPaused ? chunk.slice() : chunk),
        );
      },
      flushed: () => {
        if (!this.#isWriting) return;
        this.#isWriting = false;
        this.#tell(() => {
          this.#owner.flushed();
        });
      },
      closed: (error: unknown) => {
        this.#close(error === null || error === undefined ? null : toError(error));
      },
    };
  }

  #receive(isUsable: boolean, receive: () => boolean): boolean {
    if (this.#isClosed) return false;
    if (!isUsable) {
      this.#fail(new Error('the transport has handed over what are no bytes'));
      return false;
    }
    const mayRead = receive();
    if (this.#reads.held.heldBytes > HELD_BYTES_MAX)
      this.#fail(new Error('the transport has gone on although it was told to stop'));
    return mayRead;
  }

  /** The owner must not be told of anything while it calls. */
  #tell(event: () => void): void {
    queueMicrotask(() => {
      if (!this.#isClosed) event();
    });
  }

  #call(use: (transport: Transport) => void): void {
    if (this.#isClosed || this.#transport === null) return;
    try {
      use(this.#transport);
    } catch (error) {
      this.#fail(toError(error));
    }
  }

  #fail(error: Error | null): void {
    if (this.#isClosed) return;
    this.#close(error);
    this.#destroy();
  }

  #destroy(): void {
    try {
      this.#transport?.destroy();
    } catch {
      // It has ended for its owner.
    }
  }

  #close(error: Error | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    queueMicrotask(() => {
      this.#owner.closed(error);
    });
  }
}

function isTransport(value: unknown): value is Transport {
  if (typeof value !== 'object' || value === null) return false;
  return METHODS.every((method) => typeof Reflect.get(value, method) === 'function');
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('the transport failed');
}
