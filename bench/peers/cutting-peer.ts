import type { Duplex } from 'node:stream';
import { Authority } from '../../test/support/certificates.js';
import { Front } from '../../test/support/front.js';

/** A Server that accepts every CONNECT, and cuts the connection. */
const CONNACK = Uint8Array.of(0x20, 3, 0, 0, 0);

const authority = await Authority.create();
const tls = await authority.issue(['127.0.0.1']);

function cut(stream: Duplex): void {
  stream.on('error', () => {});
  stream.once('data', () => stream.end(CONNACK));
}

const ports: Record<string, number> = {};
for (const road of ['mqtt', 'mqtts', 'ws'] as const)
  ports[road] = (await Front.start(road, { tls, path: '/' }, cut)).port;
process.send?.({ ports, ca: authority.cert });
process.once('disconnect', () => process.exit());
