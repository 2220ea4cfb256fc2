import type { Socket } from 'node:net';
import { type RawData, WebSocket } from 'ws';
import { HeldReads } from './held-reads.js';
import type { NetworkEndpoint, WebSocketSettings } from './route.js';
import type { Transport, TransportEvents } from './transport.js';

const NORMAL_CLOSURE = 1000;
const UNSUPPORTED_DATA = 1003;

/**
 * Opens a WebSocket over a socket, and carries the byte stream in its binary messages: packets and messages need not begin
 * together [MQTT-6.0.0-2].
 *
 * @param socket Connected, or connecting.
 */
export class WebSocketTransport implements Transport {
  readonly #webSocket: WebSocket;
  readonly #reads: HeldReads;
  readonly #flushed: (error?: Error | null) => void;
  #failure: Error | null = null;

  constructor(
    socket: Socket,
    endpoint: NetworkEndpoint,
    resource: string,
    settings: WebSocketSettings,
    events: TransportEvents,
  ) {
    this.#reads = new HeldReads(events);
    const webSocket = new WebSocket(toUrl(endpoint, resource), ['mqtt'], {
      headers: settings.headers,
      perMessageDeflate: settings.compression,
      maxPayload: settings.maximumMessageBytes,
      createConnection: () => socket,
    });
    this.#webSocket = webSocket;
    // Messages in pieces are not put together: they are a stream all the same.
    webSocket.binaryType = 'fragments';
    this.#flushed = (error) => {
      if ((error === undefined || error === null) && webSocket.readyState === WebSocket.OPEN)
        events.flushed();
    };
    const failed = (error: Error): void => {
      this.#failure ??= error;
    };
    // The package keeps to itself what broke the socket below.
    socket.on('error', failed);
    webSocket.on('error', failed);
    webSocket.on('message', (data, isBinary) => {
      this.#received(data, isBinary);
    });
    webSocket.once('open', () => {
      events.opened();
    });
    webSocket.once('close', () => {
      events.closed(this.#failure);
    });
  }

  write(pieces: readonly Uint8Array[]): void {
    const last = pieces.length - 1;
    for (let index = 0; index < last; index++) this.#webSocket.send(pieces[index]!);
    this.#webSocket.send(pieces[last]!, this.#flushed);
  }

  resume(): void {
    if (this.#reads.resume()) this.#webSocket.resume();
  }

  end(): void {
    this.#webSocket.close(NORMAL_CLOSURE);
  }

  destroy(): void {
    this.#webSocket.terminate();
  }

  #received(data: RawData, isBinary: boolean): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) return;
    if (!isBinary) {
      this.#failure ??= new Error('the Server sent text in a WebSocket'); // [MQTT-6.0.0-1]
      this.#webSocket.close(UNSUPPORTED_DATA);
      return;
    }
    if (!Array.isArray(data)) return;
    for (const part of data) if (!this.#reads.received(part)) this.#webSocket.pause();
  }
}

function toUrl({ host, port, secure }: NetworkEndpoint, resource: string): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${secure ? 'wss' : 'ws'}://${name}:${port}${resource}`;
}
