import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Identity } from './certificates.js';

/** A proxy that runs in this process. */
export interface TestProxy extends AsyncDisposable {
  readonly port: number;
  /** Where it was asked to connect to, as `host:port`. */
  readonly targets: readonly string[];
  /** Connections that are open now. */
  readonly open: number;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface HttpProxyOptions {
  /** Speaks TLS to its clients. */
  readonly tls?: Identity;
  readonly credentials?: Credentials;
  /** Gets each request. */
  readonly asked?: (request: IncomingMessage) => void;
}

/** A proxy that is asked by HTTP CONNECT. */
export async function startHttpProxy(options: HttpProxyOptions = {}): Promise<TestProxy> {
  const targets: string[] = [];
  const server = options.tls === undefined ? createHttpServer() : createHttpsServer(options.tls);
  server.on('tlsClientError', () => {});
  server.on('connect', (request, socket) => {
    socket.on('error', () => {});
    options.asked?.(request);
    const { credentials } = options;
    if (
      credentials !== undefined &&
      request.headers['proxy-authorization'] !== basic(credentials)
    ) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n');
      return;
    }
    const target = new URL(`http://${request.url}`);
    targets.push(request.url!);
    const upstream = connect(Number(target.port), target.hostname);
    upstream.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    upstream.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      join(socket, upstream);
    });
  });
  return listen(server, targets);
}

export function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** A proxy that is asked by SOCKS 4, 4a or 5, and tells a name from an address by brackets. */
export async function startSocksProxy(credentials?: Credentials): Promise<TestProxy> {
  const targets: string[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    void serveSocks(socket, credentials, targets).catch(() => socket.destroy());
  });
  return listen(server, targets);
}

async function serveSocks(
  socket: Socket,
  credentials: Credentials | undefined,
  targets: string[],
): Promise<void> {
  const [version] = await take(socket, 1);
  await (version === 5
    ? serveSocks5(socket, credentials, targets)
    : serveSocks4(socket, credentials, targets));
}

async function serveSocks5(
  socket: Socket,
  credentials: Credentials | undefined,
  targets: string[],
): Promise<void> {
  const methods = await take(socket, (await take(socket, 1))[0]!);
  const method = credentials === undefined ? 0 : 2;
  if (!methods.includes(method)) {
    socket.end(Buffer.of(5, 0xff));
    return;
  }
  socket.write(Buffer.of(5, method));
  if (credentials !== undefined) {
    await take(socket, 1);
    const username = await takeText(socket);
    const password = await takeText(socket);
    const isRight = username === credentials.username && password === credentials.password;
    if (!isRight) {
      socket.end(Buffer.of(1, 1));
      return;
    }
    socket.write(Buffer.of(1, 0));
  }
  const [, , , type] = await take(socket, 4);
  const host = type === 3 ? await takeText(socket) : [...(await take(socket, 4))].join('.');
  const port = (await take(socket, 2)).readUInt16BE();
  targets.push(`${type === 3 ? `<${host}>` : host}:${port}`);
  const reply = (code: number): Buffer => Buffer.of(5, code, 0, 1, 127, 0, 0, 1, 0, 0);
  joinTo(socket, host, port, reply(0), reply(5));
}

async function serveSocks4(
  socket: Socket,
  credentials: Credentials | undefined,
  targets: string[],
): Promise<void> {
  const request = await take(socket, 7);
  const port = request.readUInt16BE(1);
  const username = await takeString(socket);
  if (credentials !== undefined && username !== credentials.username) {
    socket.end(Buffer.of(0, 93, 0, 0, 0, 0, 0, 0));
    return;
  }
  const address = [...request.subarray(3)].join('.');
  const isName = address.startsWith('0.0.0.');
  const host = isName ? await takeString(socket) : address;
  targets.push(`${isName ? `<${host}>` : host}:${port}`);
  joinTo(
    socket,
    host,
    port,
    Buffer.of(0, 90, 0, 0, 0, 0, 0, 0),
    Buffer.of(0, 91, 0, 0, 0, 0, 0, 0),
  );
}

function joinTo(socket: Socket, host: string, port: number, yes: Buffer, no: Buffer): void {
  const upstream = connect(port, host);
  upstream.on('error', () => socket.end(no));
  upstream.once('connect', () => {
    socket.write(yes);
    join(socket, upstream);
  });
}

function join(one: Duplex, other: Duplex): void {
  one.pipe(other).pipe(one);
  one.once('close', () => other.destroy());
  other.once('close', () => one.destroy());
}

async function take(socket: Socket, length: number): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  for (;;) {
    const bytes = socket.read(length) as Buffer | null;
    if (bytes !== null) return bytes;
    await once(socket, 'readable');
    if (socket.readableEnded || socket.destroyed) throw new Error('ended');
  }
}

async function takeText(socket: Socket): Promise<string> {
  return (await take(socket, (await take(socket, 1))[0]!)).toString();
}

async function takeString(socket: Socket): Promise<string> {
  let text = '';
  for (;;) {
    const [byte] = await take(socket, 1);
    if (byte === 0) return text;
    text += String.fromCharCode(byte!);
  }
}

/** A proxy that does what the test says with each connection. */
export async function startScriptedProxy(serve: (socket: Socket) => void): Promise<TestProxy> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  return listen(server, []);
}

/** Makes a proxy of a server. */
export async function listen(server: Server, targets: readonly string[]): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    targets,
    get open() {
      return sockets.size;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
