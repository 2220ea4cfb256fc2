import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { createWebSocketStream, type ServerOptions, WebSocketServer } from 'ws';

/** The ways to a Server, by the scheme of its address. */
export const ROADS = ['mqtt', 'mqtt+unix', 'mqtts', 'ws', 'wss'] as const;
export type Road = (typeof ROADS)[number];

/** What a front needs besides its road. */
export interface FrontOptions {
  /** Certificate and key of a Server that speaks TLS, and what it asks of clients. */
  readonly tls?: TlsOptions;
  readonly webSocket?: ServerOptions;
  /** Path of the WebSocket. Default '/mqtt'. */
  readonly path?: string;
}

/** Listens at the end of a road, and hands over what arrives there as a plain stream of bytes. */
export class Front {
  readonly #server: Server | HttpServer;
  readonly #sockets = new Set<Socket>();
  readonly #directory: string | null;
  readonly #road: Road;
  readonly #path: string;
  /** Connections so far, those that never became a stream included. */
  connections = 0;

  private constructor(road: Road, options: FrontOptions, accept: (stream: Duplex) => void) {
    this.#road = road;
    this.#path = options.path ?? '/mqtt';
    this.#directory = road === 'mqtt+unix' ? mkdtempSync(join(tmpdir(), 'gneiss-mqtt-')) : null;
    this.#server = createFor(road, options, this.#path, accept);
    this.#server.on('connection', (socket: Socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** @param accept Gets each stream; who does not want it destroys it. */
  static async start(
    road: Road,
    options: FrontOptions,
    accept: (stream: Duplex) => void,
  ): Promise<Front> {
    const front = new Front(road, options, accept);
    if (front.#directory === null) front.#server.listen(0, '127.0.0.1');
    else front.#server.listen(join(front.#directory, 'socket'));
    await once(front.#server, 'listening');
    return front;
  }

  /** A front before a Server on this machine. @param port Where the Server listens. */
  static async before(port: number, road: Road, options: FrontOptions = {}): Promise<Front> {
    return Front.start(road, options, (stream) => {
      const server = connect({ port, host: '127.0.0.1', noDelay: true });
      stream.on('error', () => server.destroy());
      server.on('error', () => stream.destroy());
      stream.once('close', () => server.destroy());
      server.once('close', () => stream.destroy());
      stream.pipe(server).pipe(stream);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    if (this.#directory !== null) return `mqtt+unix://${join(this.#directory, 'socket')}`;
    const path = this.#road === 'ws' || this.#road === 'wss' ? this.#path : '';
    return `${this.#road}://127.0.0.1:${this.port}${path}`;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    if (this.#directory !== null) rmSync(this.#directory, { recursive: true, force: true });
  }
}

function createFor(
  road: Road,
  options: FrontOptions,
  path: string,
  accept: (stream: Duplex) => void,
): Server | HttpServer {
  if (road === 'mqtt' || road === 'mqtt+unix') return createServer({ noDelay: true }, accept);
  if (road === 'mqtts') {
    const server = createTlsServer(options.tls ?? {}, (socket) => {
      socket.setNoDelay(true);
      accept(socket);
    });
    // Clients that turn away are part of the tests.
    server.on('tlsClientError', () => {});
    return server;
  }
  const server = road === 'ws' ? createHttpServer() : createHttpsServer(options.tls ?? {});
  server.on('tlsClientError', () => {});
  const webSockets = new WebSocketServer({
    server,
    path,
    handleProtocols: (offered) => (offered.has('mqtt') ? 'mqtt' : false),
    ...options.webSocket,
  });
  webSockets.on('connection', (webSocket) => {
    accept(createWebSocketStream(webSocket));
  });
  return server;
}
