import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { HeldReads } from '../../src/transport/held-reads.js';
import type { Endpoint } from '../../src/transport/route.js';
import { SocketTransport } from '../../src/transport/socket-transport.js';
import { openTcp } from '../../src/transport/tcp.js';
import type { Transport } from '../../src/transport/transport.js';
import { TransportRecorder } from '../support/transport-recorder.js';

interface Pair extends AsyncDisposable {
  readonly transport: Transport;
  readonly recorder: TransportRecorder;
  readonly peer: Socket;
}

function plain(host: string, port: number): Endpoint {
  return { host, port, secure: false, resource: null };
}

async function listening(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function pair(way: 'onread' | 'data'): Promise<Pair> {
  const server = await listening();
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const recorder = new TransportRecorder();
  let transport: Transport;
  if (way === 'onread') {
    transport = openTcp(plain('127.0.0.1', port), recorder);
  } else {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => recorder.opened());
    transport = new SocketTransport(socket, recorder, new HeldReads(recorder));
  }
  const [peer] = await accepted;
  peer.on('error', () => {});
  await recorder.isOpen.promise;
  return {
    transport,
    recorder,
    peer,
    async [Symbol.asyncDispose]() {
      transport.destroy();
      peer.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe.each(['onread', 'data'] as const)('reading by %s', (way) => {
  test('bytes → through the one call that belongs to it, all of them, in order', async () => {
    await using connection = await pair(way);
    const { recorder, peer } = connection;
    const sent = Uint8Array.from({ length: 5000 }, (_, index) => index & 0xff);
    peer.write(sent);
    const parts: Uint8Array[] = [];
    let length = 0;
    while (length < sent.length) {
      const part = await recorder.bytes.take();
      parts.push(part);
      length += part.length;
    }
    expect(Uint8Array.from(Buffer.concat(parts))).toEqual(sent);
    const other = way === 'onread' ? 'receivedChunk' : 'received';
    expect(recorder.trace).not.toContain(other);
  });

  test('answered with false → nothing more is read until resume', async () => {
    await using connection = await pair(way);
    const { transport, recorder, peer } = connection;
    recorder.mayRead = false;
    peer.write('first');
    expect(new TextDecoder().decode(await recorder.bytes.take())).toBe('first');
    await new Promise<void>((resolve) => {
      peer.write('second', () => resolve());
    });
    // A round trip the other way: what was sent before has arrived by now.
    const echoed = once(peer, 'data');
    transport.write([Uint8Array.of(1)]);
    await echoed;
    await new Promise((resolve) => setImmediate(resolve));
    expect(recorder.bytes.items).toEqual([]);
    recorder.mayRead = true;
    transport.resume();
    expect(new TextDecoder().decode(await recorder.bytes.take())).toBe('second');
  });

  test('peer ends → closed without an error, and nothing after it', async () => {
    await using connection = await pair(way);
    const { transport, recorder, peer } = connection;
    peer.end();
    expect(await recorder.end.promise).toBeNull();
    transport.write([Uint8Array.of(1)]);
    transport.resume();
    transport.end();
    transport.destroy();
    await new Promise((resolve) => setImmediate(resolve));
    expect(recorder.trace).toEqual(['opened', 'closed']);
  });
});

describe('writing', () => {
  test('pieces → in order, and flushed once a write', async () => {
    await using connection = await pair('onread');
    const { transport, recorder, peer } = connection;
    const received: Buffer[] = [];
    peer.on('data', (chunk: Buffer) => received.push(chunk));
    const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(7);
    transport.write([Uint8Array.of(1, 2), shared.subarray(2, 5), Uint8Array.of(3)]);
    await recorder.flushes.take();
    transport.write([Uint8Array.of(4)]);
    await recorder.flushes.take();
    transport.end();
    await recorder.end.promise;
    expect([...Buffer.concat(received)]).toEqual([1, 2, 7, 7, 7, 3, 4]);
    expect(recorder.trace.filter((event) => event === 'flushed')).toHaveLength(2);
  });

  test('destroyed with a write on its way → closed, never flushed', async () => {
    await using connection = await pair('onread');
    const { transport, recorder, peer } = connection;
    peer.pause();
    transport.write([new Uint8Array(64 * 1024 * 1024)]);
    transport.destroy();
    expect(await recorder.end.promise).toBeNull();
    expect(recorder.trace).toEqual(['opened', 'closed']);
  });
});

describe('failing', () => {
  test('nobody listens → closed with the system error', async () => {
    const server = await listening();
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const recorder = new TransportRecorder();
    openTcp(plain('127.0.0.1', port), recorder);
    expect(await recorder.end.promise).toMatchObject({ code: 'ECONNREFUSED' });
    expect(recorder.trace).toEqual(['closed']);
  });

  test('a host that does not exist → closed with the system error', async () => {
    const recorder = new TransportRecorder();
    openTcp(plain('does-not-exist.invalid', 1), recorder);
    expect(await recorder.end.promise).toBeInstanceOf(Error);
  });

  test('peer resets → closed with ECONNRESET', async () => {
    await using connection = await pair('onread');
    connection.peer.resetAndDestroy();
    expect(await connection.recorder.end.promise).toMatchObject({ code: 'ECONNRESET' });
  });

  test('destroyed while it connects → closed, never opened', async () => {
    const server = await listening();
    const { port } = server.address() as AddressInfo;
    const recorder = new TransportRecorder();
    openTcp(plain('127.0.0.1', port), recorder).destroy();
    expect(await recorder.end.promise).toBeNull();
    expect(recorder.trace).toEqual(['closed']);
    server.close();
  });
});

test('a write that the reset connection refuses → not told as flushed', async () => {
  await using connection = await pair('onread');
  const { transport, recorder, peer } = connection;
  recorder.mayRead = false;
  peer.write('x');
  await recorder.bytes.take();
  // Reading is paused: only the write can notice that the other side is gone.
  const gone = once(peer, 'close');
  peer.resetAndDestroy();
  await gone;
  transport.write([new Uint8Array(1024)]);
  expect(await recorder.end.promise).toBeInstanceOf(Error);
  expect(recorder.trace).not.toContain('flushed');
});
