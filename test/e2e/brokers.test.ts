import type { ClientOptions } from 'gneiss-mqtt';
import { AUTHORITY, IDENTITY } from '../support/faulty-road.js';
import { interoperability } from '../support/interoperability.js';
import { HAS_MOSQUITTO, type Listener, Mosquitto } from '../support/mosquitto.js';

const ca = AUTHORITY.cert;
const member = await AUTHORITY.issue(['meter-7']);
const { cert, key } = member;

const LISTENERS: readonly (readonly [string, Listener, ClientOptions])[] = [
  ['TCP', {}, {}],
  ['TLS', { tls: IDENTITY }, { tls: { ca } }],
  ['TLS with certificates of clients', { tls: { ...IDENTITY, ca } }, { tls: { ca, cert, key } }],
  ['WebSocket', { webSockets: true }, {}],
  ['WebSocket over TLS', { webSockets: true, tls: IDENTITY }, { tls: { ca } }],
];

for (const [name, listener, options] of LISTENERS) {
  const start = async () => {
    const broker = await Mosquitto.start('none', listener);
    return { url: broker.url, options, [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose]() };
  };
  // Mosquitto 2.0.11 does not get large messages across a WebSocket: see docs/brokers.md.
  const largeMessages = listener.webSockets !== true;
  interoperability(`mosquitto over ${name}`, HAS_MOSQUITTO, start, { largeMessages });
}
