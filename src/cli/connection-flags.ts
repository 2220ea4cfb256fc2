import { refuseUsage } from './cli-error.js';
import type { FlagTable, Values } from './flag.js';
import {
  choice,
  duration,
  file,
  integer,
  negative,
  pair,
  qos,
  text,
  toggle,
} from './flag-kinds.js';

const U16_MAX = 0xffff;
const U32_MAX = 0xffff_ffff;
const PACKET_SIZE_MAX = 268_435_460;

const SERVER = {
  host: { ...text('name'), short: 'h', doc: 'broker to connect to (default: localhost)' },
  port: {
    ...integer('number', 1, U16_MAX),
    short: 'p',
    doc: 'its port (default: that of the protocol)',
  },
  protocol: {
    ...choice('name', 'mqtt', 'mqtts', 'ws', 'wss'),
    short: 'l',
    doc: 'what is spoken to it (default: mqtt; mqtts with a flag of TLS)',
  },
  path: { ...text('path'), doc: 'path of the WebSocket (default: /mqtt)' },
  unix: { ...file(), doc: 'connect to a Unix domain socket instead' },
  username: { ...text('name'), short: 'u', env: 'GNEISS_USERNAME', doc: 'user name' },
  password: {
    ...text('password'),
    short: 'P',
    also: ['pw'],
    env: 'GNEISS_PASSWORD',
    doc: 'password; others on this machine may see a flag, but not the variable',
  },
  passwordFile: { ...file(), doc: 'file whose first line is the password' },
  scram: {
    ...choice('mechanism', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512'),
    doc: 'with MQTT 5: prove the password by SCRAM instead of sending it',
  },
  connectTimeout: {
    ...duration('time', 1),
    doc: 'time for an attempt to connect (default: 30 s)',
  },
} as const satisfies FlagTable;

/** What other tools call the versions, and what the library does. */
const VERSIONS: Readonly<Record<string, 4 | 5>> = {
  '5': 5,
  mqttv5: 5,
  '3.1.1': 4,
  '4': 4,
  '311': 4,
  mqttv311: 4,
};

const SESSION = {
  clientId: {
    ...text('id'),
    short: 'i',
    also: ['id'],
    doc: 'client identifier (default: the broker gives one)',
  },
  mqttVersion: {
    value: 'version',
    choices: ['5', '3.1.1'],
    short: 'V',
    also: ['protocol-version'],
    parse: (given: string): 4 | 5 => VERSIONS[given] ?? refuseUsage('must be 5 or 3.1.1'),
    doc: 'version of MQTT (default: 5)',
  },
  keepalive: {
    ...integer('seconds', 0, U16_MAX),
    short: 'k',
    doc: 'keep alive interval, 0 for none (default: 60)',
  },
  clean: { ...negative(), doc: 'resume the session that the broker has kept for this client id' },
  sessionExpiryInterval: {
    ...integer('seconds', 0, U32_MAX),
    short: 'x',
    doc: 'how long the broker keeps the session (default: 0)',
  },
  receiveMaximum: {
    ...integer('number', 1, U16_MAX),
    doc: 'QoS 1 and 2 messages in flight to this client',
  },
  maximumPacketSize: {
    ...integer('bytes', 1, PACKET_SIZE_MAX),
    doc: 'largest packet that is taken',
  },
  topicAliasMaximum: {
    ...integer('number', 0, U16_MAX),
    doc: 'topic aliases that the broker may use',
  },
  connectUserProperty: {
    ...pair(),
    isRepeatable: true,
    doc: 'user property of CONNECT; repeatable',
  },
} as const satisfies FlagTable;

const TLS = {
  ca: { ...file(), also: ['cafile'], doc: 'authorities to trust, in PEM' },
  cert: { ...file(), doc: 'certificate of this client, in PEM' },
  key: { ...file(), doc: 'its private key, in PEM' },
  pfx: { ...file(), doc: 'both in PFX' },
  passphrase: { ...text('text'), doc: 'opens the key or PFX' },
  insecure: { ...toggle(), doc: 'accept any certificate: anybody may read and change everything' },
  servername: {
    ...text('name'),
    also: ['sni'],
    doc: 'name to ask for (SNI) and to find in the certificate',
  },
  fingerprint: {
    ...text('sha256'),
    isRepeatable: true,
    doc: 'SHA-256 that the certificate must have; repeatable',
  },
  alpn: {
    ...text('protocol'),
    also: ['tls-alpn'],
    isRepeatable: true,
    doc: 'protocol to offer by ALPN; repeatable',
  },
  ciphers: { ...text('list'), doc: 'cipher suites, as OpenSSL writes them' },
} as const satisfies FlagTable;

const ROAD = {
  proxy: {
    ...text('url'),
    doc: 'http://, https://, socks5://, socks4a:// or socks4:// proxy; `environment` for HTTPS_PROXY and its like',
  },
  header: {
    ...pair('name: value'),
    isRepeatable: true,
    doc: 'header of the WebSocket upgrade; repeatable',
  },
} as const satisfies FlagTable;

const WILL = {
  willTopic: {
    ...text('topic'),
    doc: 'topic of the message that the broker publishes when the connection breaks',
  },
  willMessage: { ...text('text'), also: ['will-payload'], doc: 'its payload' },
  willQos: { ...qos(), fallback: 0 as const, doc: 'its QoS' },
  willRetain: { ...toggle(), doc: 'whether it is retained' },
  willDelayInterval: {
    ...integer('seconds', 0, U32_MAX),
    doc: 'how long the broker waits with it',
  },
  willMessageExpiryInterval: { ...integer('seconds', 0, U32_MAX), doc: 'its lifetime' },
  willContentType: { ...text('type'), doc: 'its content type' },
  willResponseTopic: { ...text('topic'), doc: 'its response topic' },
  willUserProperty: { ...pair(), isRepeatable: true, doc: 'its user property; repeatable' },
} as const satisfies FlagTable;

/** Every flag of a connection: one row each. The parser, the help and the completion derive from it. */
export const CONNECTION_FLAGS = { ...SERVER, ...SESSION, ...TLS, ...ROAD, ...WILL };

export type ConnectionValues = Values<typeof CONNECTION_FLAGS>;

/** As they stand in the help. */
export const CONNECTION_GROUPS = [
  { title: 'Connection', flags: SERVER },
  { title: 'Session', flags: SESSION },
  { title: 'TLS', flags: TLS },
  { title: 'WebSocket and proxies', flags: ROAD },
  { title: 'Will', flags: WILL },
] as const;

/** Switches with which a connection is meant to be secure though nothing says so. */
export const TLS_FLAG_NAMES = Object.keys(TLS) as readonly (keyof typeof TLS)[];
