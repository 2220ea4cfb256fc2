import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import type { WebSocketOptions } from '../../src/options/websocket.js';
import { openTransport } from '../../src/transport/open-transport.js';
import type { Transport } from '../../src/transport/transport.js';
import { toRoute } from '../support/route.js';
import { Inbox } from '../support/scripted-server.js';
import { TransportRecorder } from '../support/transport-recorder.js';

interface Accepted {
  readonly peer: WebSocket;
  readonly request: IncomingMessage;
}

interface WebSocketFront extends AsyncDisposable {
  readonly port: number;
  readonly accepted: Inbox<Accepted>;
}

async function webSocketFront(options: ServerOptions = {}): Promise<WebSocketFront> {
  const accepted = new Inbox<Accepted>();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
  server.on('connection', (peer, request) => {
    peer.on('error', () => {});
    accepted.push({ peer, request });
  });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    accepted,
    async [Symbol.asyncDispose]() {
      for (const peer of server.clients) peer.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

function open(
  port: number,
  webSocket: WebSocketOptions = {},
  resource = '/mqtt',
): { readonly transport: Transport; readonly recorder: TransportRecorder } {
  const recorder = new TransportRecorder();
  const route = toRoute(`ws://127.0.0.1:${port}${resource}`, { webSocket });
  return { transport: openTransport(route, recorder), recorder };
}

describe('the upgrade', () => {
  test('[MQTT-6.0.0-3] [MQTT-3.1.1:6.0.0-3] path, query, headers and subprotocol → as asked for; no compression', async () => {
    await using front = await webSocketFront();
    const { transport } = open(
      front.port,
      { headers: { Authorization: 'Bearer 1' } },
      '/a/b?token=%202',
    );
    const { request, peer } = await front.accepted.take();
    expect(request.url).toBe('/a/b?token=%202');
    expect(request.headers.authorization).toBe('Bearer 1');
    expect(request.headers['sec-websocket-protocol']).toBe('mqtt');
    expect(request.headers['sec-websocket-extensions']).toBeUndefined();
    expect(peer.protocol).toBe('mqtt');
    transport.destroy();
  });

  test('compression → offered, and understood', async () => {
    await using front = await webSocketFront({ perMessageDeflate: { threshold: 0 } });
    const { transport, recorder } = open(front.port, { compression: true });
    const { peer } = await front.accepted.take();
    expect(peer.extensions).toContain('permessage-deflate');
    peer.send(Buffer.alloc(500, 7));
    expect(await recorder.bytes.take()).toEqual(new Uint8Array(500).fill(7));
    transport.destroy();
  });

  test.each([401, 403, 404, 500])(
    'answered with %i → closed with an error that says so',
    async (status) => {
      const server = createServer((_, response) => response.writeHead(status).end('no'));
      server.on('upgrade', (_, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { recorder } = open((server.address() as AddressInfo).port, {}, '/?token=hunter2');
      const error = await recorder.end.promise;
      expect(error?.message).toContain(`${status}`);
      expect(error?.message).not.toContain('hunter2');
      expect(recorder.trace).toEqual(['closed']);
      server.close();
    },
  );

  test('[MQTT-6.0.0-4] [MQTT-5.0:6-a] [MQTT-3.1.1:6.0.0-4] no subprotocol is selected → closed', async () => {
    await using front = await webSocketFront({ handleProtocols: () => false });
    const { recorder } = open(front.port);
    expect((await recorder.end.promise)?.message).toContain('subprotocol');
    expect(recorder.trace).toEqual(['closed']);
  });
});

describe('messages', () => {
  test('[MQTT-6.0.0-1] [MQTT-3.1.1:6.0.0-1] what is written → in binary messages', async () => {
    await using front = await webSocketFront();
    const { transport, recorder } = open(front.port);
    const { peer } = await front.accepted.take();
    await recorder.isOpen.promise;
    const received = once(peer, 'message') as Promise<[Buffer, boolean]>;
    transport.write([Uint8Array.of(1, 2)]);
    expect(await received).toEqual([Buffer.of(1, 2), true]);
    transport.destroy();
  });

  test('[MQTT-6.0.0-2] [MQTT-3.1.1:6.0.0-2] in fragments, empty ones among them, and with pings between → one stream', async () => {
    await using front = await webSocketFront();
    const { transport, recorder } = open(front.port);
    const { peer } = await front.accepted.take();
    peer.send(Buffer.of(1, 2), { fin: false });
    peer.ping();
    peer.send(Buffer.alloc(0), { fin: false });
    peer.send(Buffer.of(3));
    peer.send(Buffer.of(4));
    const received: number[] = [];
    while (received.length < 4) received.push(...(await recorder.bytes.take()));
    expect(received).toEqual([1, 2, 3, 4]);
    transport.destroy();
  });

  test('[MQTT-6.0.0-1] [MQTT-3.1.1:6.0.0-1] text → the connection is closed, and the error says why', async () => {
    await using front = await webSocketFront();
    const { recorder } = open(front.port);
    const { peer } = await front.accepted.take();
    const closed = once(peer, 'close') as Promise<[number]>;
    peer.send('text');
    peer.send(Buffer.of(1));
    expect((await closed)[0]).toBe(1003);
    expect((await recorder.end.promise)?.message).toContain('text');
    expect(recorder.bytes.items).toEqual([]);
  });

  test('larger than the maximum → closed before it is buffered', async () => {
    await using front = await webSocketFront();
    const { recorder } = open(front.port, { maximumMessageBytes: 1024 });
    const { peer } = await front.accepted.take();
    const closed = once(peer, 'close') as Promise<[number]>;
    peer.send(Buffer.alloc(1025));
    expect((await closed)[0]).toBe(1009);
    expect(await recorder.end.promise).toMatchObject({ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' });
    expect(recorder.bytes.items).toEqual([]);
  });

  test('a ping → a pong', async () => {
    await using front = await webSocketFront();
    const { transport } = open(front.port);
    const { peer } = await front.accepted.take();
    peer.ping('x');
    const [data] = (await once(peer, 'pong')) as [Buffer];
    expect(data.toString()).toBe('x');
    transport.destroy();
  });

  test('the socket is reset → closed with ECONNRESET', async () => {
    const server = createServer();
    server.on('upgrade', (_, socket) => {
      socket.on('error', () => {});
      socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { recorder } = open((server.address() as AddressInfo).port);
    expect(await recorder.end.promise).toMatchObject({ code: 'ECONNRESET' });
    server.close();
  });
});
