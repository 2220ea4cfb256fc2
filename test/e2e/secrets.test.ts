import { createPrivateKey } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import {
  type AttemptOptions,
  type ClientOptions,
  type ConnectOptions,
  connect,
  MqttClient,
  type MqttError,
  type PacketTap,
} from 'gneiss-mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DIAGNOSTIC_EVENTS } from '../../src/diagnostics/events.js';
import { Authority } from '../support/certificates.js';
import { Front } from '../support/front.js';
import { startHttpProxy, startScriptedProxy, startSocksProxy } from '../support/proxies.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { SecretWatch } from '../support/secrets.js';

const authority = await Authority.create();
const identity = await authority.issue(['127.0.0.1']);
const client = await authority.issue(['meter-7']);

const PASSWORD = 'canary-password-7f3a91';
const PASSPHRASE = 'canary-passphrase-5d20c8';
const PATH = 'canary-path-6be30f';
const TOKEN = 'canary-token-9b64e2';
const HEADER = 'canary-header-1ce873';
const PROXY_PASSWORD = 'canary-proxy-password-e05b46';
const PROXY_HEADER = 'canary-proxy-header-83f1d7';
const WILL = 'canary-will-4c81d0';
const DATA = 'canary-data-2a9c5e';
const KEY = createPrivateKey(client.key)
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE })
  .toString();
/** A line out of the middle of each. */
const [KEY_LINE, ENCRYPTED_KEY_LINE] = [client.key, KEY].map((pem) => pem.split('\n')[2]!) as [
  string,
  string,
];
const SECRETS = [
  PASSWORD,
  PASSPHRASE,
  PATH,
  TOKEN,
  HEADER,
  PROXY_PASSWORD,
  PROXY_HEADER,
  WILL,
  DATA,
  KEY_LINE,
  ENCRYPTED_KEY_LINE,
];

const FAILED = 'GNEISS_ERR_CONNECT_FAILED';
const INVALID_URL = 'GNEISS_ERR_INVALID_URL';
const INVALID_OPTION = 'GNEISS_ERR_INVALID_OPTION';
const ASKING_FAILED = 'GNEISS_ERR_CONNECT_OPTIONS_FAILED';

const EVENTS = [
  'connectionAttempt',
  'connectionSuccess',
  'connectionFailure',
  'disconnection',
  'stopped',
  'closed',
  'handlerError',
  'subscriptionLost',
];

let watch: SecretWatch;
const warned = (warning: Error): void => watch.see(warning);
const heard = (message: unknown): void => watch.see({ ...(message as object), client: null });
const CHANNELS = Object.keys(DIAGNOSTIC_EVENTS).map((event) => `gneiss-mqtt:${event}`);
const log = (...line: unknown[]): void => watch.see(...line);
const logger = { debug: log, info: log, warn: log, error: log };
const packetTap: PacketTap = (packet) => watch.see(packet, Buffer.from(packet.bytes).toString());

beforeEach(() => {
  watch = new SecretWatch(SECRETS);
  process.on('warning', warned);
  for (const name of CHANNELS) subscribe(name, heard);
});

afterEach(() => {
  process.off('warning', warned);
  for (const name of CHANNELS) unsubscribe(name, heard);
  expect(watch.leaks).toEqual([]);
});

test.each<[string, unknown]>([
  ['text', { a: [{ b: `x${PASSWORD}y` }] }],
  ['bytes', { a: new TextEncoder().encode(`x${PASSWORD}y`) }],
  ['a buffer', [Buffer.from(PASSWORD)]],
  ['base64', Buffer.from(`ada:${PASSWORD}`).toString('base64')],
  ['a cause', new Error('x', { cause: new Error(PASSWORD) })],
  ['a hidden property', Object.defineProperty({}, 'x', { value: PASSWORD })],
])('the search for secrets → finds one in %s', (_, value) => {
  const other = new SecretWatch([PASSWORD, TOKEN]);
  other.see('nothing');
  expect(other.leaks).toEqual([]);
  other.see(value);
  expect(other.leaks[0]).toContain(PASSWORD);
  expect(other.leaks.some((leak) => leak.startsWith(TOKEN))).toBe(false);
});

const authenticator = {
  method: 'TOKEN',
  begin: () => ({ first: () => DATA, respond: () => DATA, finish: () => undefined }),
};
const webSocket = { headers: { Authorization: `Bearer ${HEADER}` } };
const will = {
  topicName: 'gone',
  payload: WILL,
  contentType: WILL,
  responseTopic: WILL,
  correlationData: new TextEncoder().encode(WILL),
  userProperties: [['token', WILL]],
} as const;
const resource = `/${PATH}?token=${TOKEN}`;

describe.each(['worker', 'inline'] as const)('%s', (thread) => {
  const all: ClientOptions = {
    thread,
    logger,
    packetTap,
    username: 'ada',
    password: PASSWORD,
    authenticator,
    webSocket,
    will,
    tls: { ca: authority.cert, cert: client.cert, key: KEY, passphrase: PASSPHRASE },
    connectTimeoutMs: 20_000,
  };

  /** Runs a client until its first attempt has failed. @returns The code of the error. */
  async function attempt(url: string, options: ClientOptions = {}): Promise<string> {
    const one = new MqttClient(url, { ...all, ...options });
    watch.listen(one, EVENTS);
    const publish = one.publish('a', 'x', { qos: 1 }).catch((error: unknown) => watch.see(error));
    const failure = once(one, 'connectionFailure') as Promise<[{ error: { code: string } }]>;
    one.start();
    const [{ error }] = await failure;
    watch.see(one, one.stats(), one.settings);
    await one.close();
    watch.see(one);
    await publish;
    watch.see(await connect(url, { ...all, ...options }).catch((reason: unknown) => reason));
    return error.code;
  }

  test.each(['mqtt://', 'mqtts://', 'ws://', 'wss://'])(
    '%s nobody listens → nothing is let out',
    async (scheme) => {
      const url = `${scheme}ada:${PASSWORD}@127.0.0.1:1${scheme.startsWith('ws') ? resource : ''}`;
      expect(await attempt(url, { username: undefined, password: undefined })).toBe(FAILED);
    },
  );

  const { username, password, webSocket: _, will: __, ...rest } = all;
  const answered: ClientOptions = {
    ...rest,
    connectOptions: (attempt) => {
      watch.see(attempt, attempt.error);
      return { username, password, webSocket, will };
    },
  };

  test.each([
    ['options', all],
    ['connectOptions', answered],
  ])(
    'refused by the Server, or with what it should not send (%s) → nothing is let out',
    async (_, options) => {
      await using server = await ScriptedServer.start();
      const authenticationData = new TextEncoder().encode(DATA);
      const properties = { authenticationMethod: 'TOKEN', authenticationData };
      const one = new MqttClient(server.url, {
        ...options,
        reconnectDelayMinMs: 1,
        reconnectDelayMaxMs: 1,
      });
      watch.listen(one, EVENTS);
      one.start();
      const failed = once(one, 'connectionFailure');
      await server.welcome({ reasonCode: 0x87, properties });
      await failed;
      const success = once(one, 'connectionSuccess');
      const peer = await server.welcome({ properties });
      await success;
      watch.see(one, one.settings, one.stats());
      const publish = one.publish('a', 'x', { qos: 1 }).catch((error: unknown) => watch.see(error));
      const lost = once(one, 'disconnection');
      peer.sendRaw(Buffer.from('f00000', 'hex'));
      await lost;
      one.destroy();
      await publish;
      watch.see(one);
    },
  );

  test('TLS that fails → nothing is let out', async () => {
    await using front = await Front.start('mqtts', { tls: identity }, (stream) => stream.destroy());
    const cases: readonly ClientOptions['tls'][] = [
      { cert: client.cert, key: KEY, passphrase: PASSPHRASE },
      { ca: authority.cert, cert: client.cert, key: KEY, passphrase: `${PASSPHRASE}x` },
      { ca: authority.cert, cert: client.cert, key: KEY },
      { ca: authority.cert, cert: identity.cert, key: client.key },
      { ca: authority.cert, cert: client.cert, key: client.key.replace('\n', '\nx') },
      { ca: authority.cert, cert: client.cert, key: '/does/not/exist', passphrase: PASSPHRASE },
      { ca: authority.cert, pfx: Buffer.from(client.key), passphrase: PASSPHRASE },
      { ca: authority.cert, cert: client.cert, key: client.key, fingerprints: 'ab'.repeat(32) },
    ];
    for (const tls of cases) expect(await attempt(front.url, { tls })).toBe(FAILED);
  });

  test('an upgrade that is refused → nothing is let out', async () => {
    const refuse = { verifyClient: () => false };
    await using front = await Front.start('wss', { tls: identity, webSocket: refuse }, () => {});
    expect(await attempt(`${front.url}?token=${TOKEN}`)).toBe(FAILED);
    await using noise = await startScriptedProxy((socket) => {
      // What it was sent comes back.
      socket.pipe(socket);
    });
    const url = `ws://127.0.0.1:${noise.port}${resource}`;
    expect(await attempt(url)).toBe(FAILED);
    expect(await attempt(`mqtt://127.0.0.1:${noise.port}`)).toBe('GNEISS_ERR_PEER_VIOLATION');
  });

  test('a proxy that refuses or answers with what it was sent → nothing is let out', async () => {
    const credentials = { username: 'ada', password: 'another' };
    await using http = await startHttpProxy({ credentials });
    await using socks = await startSocksProxy(credentials);
    await using echo = await startScriptedProxy((socket: Socket) => {
      socket.pipe(socket);
    });
    const userinfo = `ada:${PROXY_PASSWORD}@127.0.0.1`;
    const headers = { 'X-Token': PROXY_HEADER };
    const proxies: readonly ClientOptions['proxy'][] = [
      { url: `http://${userinfo}:${http.port}`, headers },
      { url: `http://${userinfo}:${echo.port}`, headers },
      { url: `https://${userinfo}:${echo.port}`, headers, tls: all.tls },
      `http://${userinfo}:1`,
      `socks5://${userinfo}:${socks.port}`,
      `socks5://${userinfo}:${echo.port}`,
      `socks5://${userinfo}:1`,
      `socks4a://${PROXY_PASSWORD}@127.0.0.1:${socks.port}`,
    ];
    for (const proxy of proxies)
      expect(await attempt(`wss://127.0.0.1:1${resource}`, { proxy })).toBe(FAILED);
  });

  test('silence at every stage → the timeouts let nothing out', async () => {
    await using silent = await startScriptedProxy((socket) => socket.resume());
    const at = `127.0.0.1:${silent.port}`;
    const options = { connectTimeoutMs: 30 };
    const proxy = `http://ada:${PROXY_PASSWORD}@${at}`;
    for (const url of [
      `mqtt://${at}`,
      `mqtts://${at}`,
      `ws://${at}${resource}`,
      `wss://${at}${resource}`,
    ])
      expect(await attempt(url, options)).toBe('GNEISS_ERR_CONNECT_TIMEOUT');
    expect(await attempt('mqtt://h', { ...options, proxy })).toBe('GNEISS_ERR_CONNECT_TIMEOUT');
  });

  test.each<[string, string, () => unknown]>([
    ['credentials', FAILED, () => ({ username: 'ada', password: PASSWORD, webSocket, will })],
    ['an address', FAILED, () => ({ url: `wss://ada:${PASSWORD}@127.0.0.1:1${resource}` })],
    ['no address', INVALID_URL, () => ({ url: `ada:${PASSWORD}@h${resource}` })],
    ['no scheme of ours', INVALID_URL, () => ({ url: `http://ada:${PASSWORD}@h${resource}` })],
    ['no username', INVALID_OPTION, () => ({ username: `${PASSWORD}\0`, password: PASSWORD })],
    ['no password', INVALID_OPTION, () => ({ username: 'ada', password: [PASSWORD] })],
    ['no header', INVALID_OPTION, () => ({ webSocket: { headers: { 'X-A': `${HEADER}\n` } } })],
    ['no Will', INVALID_OPTION, () => ({ will: { ...will, payload: { secret: WILL } } })],
    ['no User Property', INVALID_OPTION, () => ({ userProperties: [PASSWORD] })],
    ['no record', INVALID_OPTION, () => Promise.resolve(PASSWORD)],
    ['an error', ASKING_FAILED, () => Promise.reject(new Error('no token'))],
  ])('connectOptions, whose answer is %s → nothing is let out', async (_, code, answer) => {
    const connectOptions: ConnectOptions = (attempt) => {
      watch.see(attempt, attempt.error);
      return answer() as AttemptOptions;
    };
    const url = `wss://ada:${PASSWORD}@127.0.0.1:1${resource}`;
    const own = { username: undefined, password: undefined, connectOptions };
    expect(await attempt(url, own)).toBe(code);
  });

  test('connectOptions that throws a secret → is in the cause of the error alone', async () => {
    const secret = 'canary-thrown-7d19b3';
    const thrown = new Error(secret);
    // Whoever gets the error, as listeners and channels do, gets what was thrown. Nothing else tells of it.
    const other = new SecretWatch([secret]);
    const tell = (...line: unknown[]): void => other.see(...line);
    const one = new MqttClient('mqtt://127.0.0.1:1', {
      ...all,
      logger: { debug: tell, info: tell, warn: tell, error: tell },
      connectOptions: () => {
        throw thrown;
      },
    });
    const failed = once(one, 'connectionFailure') as Promise<[{ readonly error: MqttError }]>;
    one.start();
    const [{ error }] = await failed;
    expect(error.cause).toBe(thrown);
    other.see(`${error}`, error.message, error.stack, JSON.stringify(error), one, one.stats());
    await one.close();
    other.see(one);
    expect(other.leaks).toEqual([]);
  });

  test('an authenticator that fails → nothing of the exchange is let out', async () => {
    await using server = await ScriptedServer.start();
    const failing = {
      method: 'TOKEN',
      begin: () => ({
        first: () => DATA,
        respond: () => DATA,
        finish: () => Promise.reject(new Error('no')),
      }),
    };
    const one = new MqttClient(server.url, { ...all, authenticator: failing });
    watch.listen(one, EVENTS);
    const failed = once(one, 'connectionFailure');
    one.start();
    const authenticationData = new TextEncoder().encode(DATA);
    await server.welcome({ properties: { authenticationMethod: 'TOKEN', authenticationData } });
    await failed;
    await one.close();
    watch.see(one);
  });
});

test('a worker that dies → nothing is let out', async () => {
  await using server = await ScriptedServer.start();
  const commands = new BroadcastChannel('gneiss-mqtt-e2e-mortal');
  const options: ClientOptions = {
    logger,
    packetTap,
    username: 'ada',
    password: PASSWORD,
    workerUrl: new URL('./fixtures/mortal-worker.mjs', import.meta.url),
  };
  for (const command of ['throw', 'reject', 'exit']) {
    const one = new MqttClient(server.url, options);
    watch.listen(one, EVENTS);
    const success = once(one, 'connectionSuccess');
    one.start();
    await server.welcome();
    await success;
    const publish = one.publish('a', 'x', { qos: 1 }).catch((error: unknown) => watch.see(error));
    const closed = once(one, 'closed');
    commands.postMessage(command);
    await closed;
    await publish;
    watch.see(one);
  }
  commands.close();
});

test('addresses and options that are refused → not repeated', () => {
  const urls = [
    `mqtt://ada:${PASSWORD}@h:0`,
    `${PASSWORD}@h:1883`,
    `${PASSWORD}:x@h`,
    `mqtt://ada:${PASSWORD}%FF@h`,
    `mqtt://h?token=${TOKEN}`,
    `wss://h/${TOKEN}#x`,
    `http://ada:${PASSWORD}@h`,
    [`mqtt://h`, `mqtt://ada:${PASSWORD}@`],
  ];
  const options: readonly unknown[] = [
    { password: [PASSWORD] },
    { username: `${PASSWORD}\0` },
    { tls: { key: { pem: client.key } } },
    { tls: { key: client.key } },
    { tls: { cert: client.cert, key: client.key, pfx: 'x' } },
    { tls: { passphrase: Buffer.from(PASSPHRASE) } },
    { webSocket: { headers: { Authorization: `${HEADER}\n` } } },
    { webSocket: { headers: [HEADER] } },
    { proxy: `ftp://ada:${PROXY_PASSWORD}@h` },
    { proxy: { url: `http://ada:${PROXY_PASSWORD}@h`, tls: {} } },
    { proxy: { url: 'http://h', headers: { 'X-A': `${PROXY_HEADER}\n` } } },
    { will: { topicName: 'a', payload: { secret: PASSWORD } } },
    { authenticator: { method: 'a', begin: DATA } },
    { transport: TOKEN },
  ];
  // @ts-expect-error What a user passes is of any type.
  const create = (url: unknown, given: unknown): MqttClient => new MqttClient(url, given);
  for (const url of urls) expect(() => see(() => create(url, {}))).toThrow();
  for (const given of options) expect(() => see(() => create('wss://h', given))).toThrow();
});

function see(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    watch.see(error);
    throw error;
  }
}
