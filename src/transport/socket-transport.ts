import type { OnReadOpts, Socket } from 'node:net';
import type { HeldReads } from './held-reads.js';
import type { Transport, TransportEvents } from './transport.js';

/** Options of a socket that reads straight into the buffers of `events`. */
export function readInto(events: TransportEvents): { readonly onread: OnReadOpts } {
  return {
    onread: {
      buffer: () => events.buffer(),
      callback: (length) => events.received(length),
    },
  };
}

/** A transport over a connected or connecting socket of Node. */
export class SocketTransport implements Transport {
  readonly #socket: Socket;
  readonly #reads: HeldReads | null;
  readonly #flushed: (error?: Error | null) => void;

  /** @param reads What holds reads back that come after a pause; null: it reads straight into the buffers of `events`, and stops. A TLS socket over a given one can not. */
  constructor(socket: Socket, events: TransportEvents, reads: HeldReads | null) {
    this.#socket = socket;
    this.#reads = reads;
    // A write that failed is told here first, before the socket is destroyed for it.
    this.#flushed = (error) => {
      if ((error === undefined || error === null) && !socket.destroyed) events.flushed();
    };
    let failure: Error | null = null;
    socket.on('error', (error) => {
      failure = error;
      // Node tells of broken TLS, and leaves the socket open.
      socket.destroy();
    });
    if (reads !== null) {
      socket.on('data', (chunk: Uint8Array) => {
        if (!reads.received(chunk)) socket.pause();
      });
    }
    // The Server has said all it will: nothing that we could still write would be answered.
    socket.once('end', () => {
      socket.destroy();
    });
    socket.once('close', () => {
      events.closed(failure);
    });
  }

  write(pieces: readonly Uint8Array[]): void {
    const last = pieces.length - 1;
    if (last > 0) this.#socket.cork();
    for (let index = 0; index < last; index++) this.#socket.write(pieces[index]!);
    this.#socket.write(pieces[last]!, this.#flushed);
    if (last > 0) this.#socket.uncork();
  }

  resume(): void {
    if (this.#reads === null || this.#reads.resume()) this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
