import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type ClientOptions, connect, MqttClient } from 'gneiss-mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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
const TOKEN = 'canary-token-9b64e2';
const HEADER = 'canary-header-1ce873';
const PROXY_PASSWORD = 'canary-proxy-password-e05b46';
const PROXY_HEADER = 'canary-proxy-header-83f1d7';
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
  TOKEN,
  HEADER,
  PROXY_PASSWORD,
  PROXY_HEADER,
  DATA,
  KEY_LINE,
  ENCRYPTED_KEY_LINE,
];

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

beforeEach(() => {
  watch = new SecretWatch(SECRETS);
  process.on('warning', warned);
});

afterEach(() => {
  process.off('warning', warned);
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
const query = `/mqtt?token=${TOKEN}`;

describe.each(['worker', 'inline'] as const)('%s', (thread) => {
  const all: ClientOptions = {
    thread,
    username: 'ada',
    password: PASSWORD,
    authenticator,
    webSocket,
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
      const url = `${scheme}ada:${PASSWORD}@127.0.0.1:1${scheme.startsWith('ws') ? query : ''}`;
      expect(await attempt(url, { username: undefined, password: undefined })).toBe(
        'GNEISS_ERR_CONNECT_FAILED',
      );
    },
  );

  test('refused by the Server, or with what it should not send → nothing is let out', async () => {
    await using server = await ScriptedServer.start();
    const authenticationData = new TextEncoder().encode(DATA);
    const properties = { authenticationMethod: 'TOKEN', authenticationData };
    const one = new MqttClient(server.url, {
      ...all,
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
  });

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
    for (const tls of cases)
      expect(await attempt(front.url, { tls })).toBe('GNEISS_ERR_CONNECT_FAILED');
  });

  test('an upgrade that is refused → nothing is let out', async () => {
    const refuse = { verifyClient: () => false };
    await using front = await Front.start('wss', { tls: identity, webSocket: refuse }, () => {});
    expect(await attempt(`${front.url}?token=${TOKEN}`)).toBe('GNEISS_ERR_CONNECT_FAILED');
    await using noise = await startScriptedProxy((socket) => {
      // What it was sent comes back.
      socket.pipe(socket);
    });
    const url = `ws://127.0.0.1:${noise.port}${query}`;
    expect(await attempt(url)).toBe('GNEISS_ERR_CONNECT_FAILED');
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
      expect(await attempt(`wss://127.0.0.1:1${query}`, { proxy })).toBe(
        'GNEISS_ERR_CONNECT_FAILED',
      );
  });

  test('silence at every stage → the timeouts let nothing out', async () => {
    await using silent = await startScriptedProxy((socket) => socket.resume());
    const at = `127.0.0.1:${silent.port}`;
    const options = { connectTimeoutMs: 30 };
    const proxy = `http://ada:${PROXY_PASSWORD}@${at}`;
    for (const url of [
      `mqtt://${at}`,
      `mqtts://${at}`,
      `ws://${at}${query}`,
      `wss://${at}${query}`,
    ])
      expect(await attempt(url, options)).toBe('GNEISS_ERR_CONNECT_TIMEOUT');
    expect(await attempt('mqtt://h', { ...options, proxy })).toBe('GNEISS_ERR_CONNECT_TIMEOUT');
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
