import { connect, type Socket, type SocketConstructorOpts, type TcpNetConnectOpts } from 'node:net';
import type { Transport, TransportEvents } from './transport.js';

/** Where a Server listens. */
export interface TcpEndpoint {
  readonly host: string;
  readonly port: number;
}

/** Opens a TCP connection that reads straight into the buffers of `events`. */
export function openTcp(endpoint: TcpEndpoint, events: TransportEvents): Transport {
  const options: TcpNetConnectOpts & SocketConstructorOpts = {
    host: endpoint.host,
    port: endpoint.port,
    noDelay: true,
    onread: {
      buffer: () => events.buffer(),
      callback: (length) => events.received(length),
    },
  };
  const socket = connect(options);
  socket.once('connect', () => {
    events.opened();
  });
  return new SocketTransport(socket, events);
}

/** A transport over a connected or connecting socket of Node. */
export class SocketTransport implements Transport {
  readonly #socket: Socket;
  readonly #flushed: (error?: Error | null) => void;

  constructor(socket: Socket, events: TransportEvents) {
    this.#socket = socket;
    // A write that failed is told here first, before the socket is destroyed for it.
    this.#flushed = (error) => {
      if ((error === undefined || error === null) && !socket.destroyed) events.flushed();
    };
    let failure: Error | null = null;
    socket.on('error', (error) => {
      failure = error;
    });
    // Sockets that ignore `onread` (a TLS socket over a given one) emit their data.
    socket.on('data', (chunk: Uint8Array) => {
      if (!events.receivedChunk(chunk)) socket.pause();
    });
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
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
