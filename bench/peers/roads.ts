import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { Authority } from '../../test/support/certificates.js';

/** The ways to the peer, by the scheme of its address. */
export type Road = 'mqtt' | 'mqtts' | 'ws';

/** Listens on every road of this machine. @returns The addresses. */
export async function listen(serve: (stream: Duplex) => void): Promise<Record<Road, string>> {
  const options = { noDelay: true };
  const plain = createServer(options, serve);
  const authority = await Authority.create();
  const secure = createTlsServer({ ...options, ...(await authority.issue(['127.0.0.1'])) }, serve);
  const http = createHttpServer(options);
  new WebSocketServer({ server: http, perMessageDeflate: false }).on('connection', (webSocket) => {
    serve(createWebSocketStream(webSocket));
  });
  return {
    mqtt: await addressOf('mqtt', plain),
    mqtts: await addressOf('mqtts', secure),
    ws: await addressOf('ws', http),
  };
}

async function addressOf(road: Road, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `${road}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
