import type { Duplex } from 'node:stream';
import type { ClientOptions } from '../../src/options/schema.js';
import { openTransport } from '../../src/transport/open-transport.js';
import type { Transport } from '../../src/transport/transport.js';
import { Authority } from './certificates.js';
import { Front, type Road } from './front.js';
import { toRoute } from './route.js';
import { Inbox } from './scripted-server.js';
import { TransportRecorder } from './transport-recorder.js';

/** What the transports of pairs trust. */
export const authority = await Authority.create();
/** Of a Server on this machine. */
export const identity = await authority.issue(['127.0.0.1', 'localhost']);

/** An open transport, and its other end. */
export interface TransportPair extends AsyncDisposable {
  readonly transport: Transport;
  readonly recorder: TransportRecorder;
  readonly peer: Duplex;
  /** The port of the Server. */
  readonly port: number;
}

/** @param host Under which the Server is looked for. */
export async function openPair(
  road: Road,
  options: Pick<ClientOptions, 'proxy'> = {},
  host = '127.0.0.1',
): Promise<TransportPair> {
  const peers = new Inbox<Duplex>();
  const front = await Front.start(road, { tls: identity }, (stream) => {
    stream.on('error', () => {});
    peers.push(stream);
  });
  const recorder = new TransportRecorder();
  const url = front.url.replace('127.0.0.1', host);
  const route = toRoute(url, { tls: { ca: authority.cert }, ...options });
  const transport = openTransport(route, recorder);
  await Promise.race([recorder.isOpen.promise, failure(recorder)]);
  return {
    transport,
    recorder,
    peer: await peers.take(),
    get port() {
      return front.port;
    },
    async [Symbol.asyncDispose]() {
      transport.destroy();
      await front[Symbol.asyncDispose]();
    },
  };
}

async function failure(recorder: TransportRecorder): Promise<never> {
  throw new Error('the transport did not open', { cause: await recorder.end.promise });
}

/** So many bytes, as they arrive. */
export async function collect(recorder: TransportRecorder, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let missing = length; missing > 0; missing -= parts.at(-1)!.length)
    parts.push(await recorder.bytes.take());
  return Uint8Array.from(Buffer.concat(parts));
}

/** Bytes of which neighbours differ. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7) & 0xff);
}
