import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.js';
import { PacketType, startBroker, type TestBroker } from '../../src/testing/index.js';
import { Authority } from '../support/certificates.js';
import { gneiss } from '../support/cli.js';
import { Front } from '../support/front.js';
import { HAS_MOSQUITTO, Mosquitto } from '../support/mosquitto.js';
import { startHttpProxy, startSocksProxy } from '../support/proxies.js';

const folder = mkdtempSync(join(tmpdir(), 'gneiss-mqtt-'));
const authority = await Authority.create();
const identity = await authority.issue(['127.0.0.1', 'localhost']);
const ca = join(folder, 'ca.pem');

let broker: TestBroker;
let port: number;

beforeAll(async () => {
  writeFileSync(ca, authority.cert);
  broker = await startBroker({ topicAliasMaximum: 7, serverKeepAlive: 42 });
  port = Number(new URL(broker.url).port);
});

afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

/** Examines, and tells the findings by their steps. */
async function examine(...args: readonly string[]) {
  return examineIn({}, ...args);
}

/** The same with other variables of the environment. */
async function examineIn(variables: NodeJS.ProcessEnv, ...args: readonly string[]) {
  const { stdout, code } = await gneiss(['doctor', ...args, '--json'], undefined, variables);
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
  return { code, steps: Object.fromEntries(findings.map((finding) => [finding.step, finding])) };
}

describe('gneiss doctor', () => {
  test('a broker that is well → every step, and what was negotiated', async () => {
    const { code, steps } = await examine(`mqtt://localhost:${port}`);
    expect(code).toBe(0);
    const verdicts = Object.entries(steps).map(([step, { verdict }]) => `${step}: ${verdict}`);
    expect(verdicts).toEqual([
      'name resolution: ok',
      'TCP: ok',
      'MQTT: ok',
      'QoS 0: ok',
      'QoS 1: ok',
      'QoS 2: ok',
      'retained: ok',
      'wildcards: ok',
      'shared: ok',
      'large message: ok',
    ]);
    expect(steps['MQTT']?.details).toMatchObject({
      'keep alive': '42 s, decided by the broker',
      'topic alias maximum': '7',
      'shared subscriptions': 'yes',
    });
  });

  test('as people read it → signs, and the last line', async () => {
    const { stdout, code } = await gneiss(['doctor', broker.url]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^– name resolution {2}127\.0\.0\.1 is an address\n✓ TCP {14}127/);
    expect(stdout).toMatch(/\nNothing is wrong\.\n$/);
  });

  test('nothing retained is left behind', async () => {
    await examine(broker.url);
    const { stdout } = await gneiss(['sub', broker.url, '-t', 'gneiss/#', '-W', '200ms']);
    expect(stdout).toBe('');
  });

  test('a broker that lacks things → says which, and goes on', async () => {
    await using plain = await startBroker({
      maximumQos: 1,
      retainAvailable: false,
      wildcardSubscriptionAvailable: false,
      sharedSubscriptionAvailable: false,
      maximumPacketSize: 1000,
    });
    const { code, steps } = await examine(plain.url);
    expect(code).toBe(0);
    expect(steps['MQTT']).toMatchObject({
      verdict: 'warning',
      text: 'MQTT 5, accepted; the broker is without QoS 2, retained messages, wildcards, shared subscriptions',
    });
    const skipped = Object.values(steps).filter(({ verdict }) => verdict === 'skipped');
    expect(skipped.map(({ step }) => step)).toEqual([
      'name resolution',
      'QoS 2',
      'retained',
      'wildcards',
      'shared',
      'large message',
    ]);
  });

  test('nobody listens → 3, at TCP', async () => {
    await using gone = await startBroker();
    await gone.close();
    const { code, steps } = await examine(gone.url);
    expect(code).toBe(3);
    expect(steps['TCP']).toMatchObject({
      verdict: 'failed',
      text: 'nobody listens there (ECONNREFUSED)',
    });
    expect(steps['MQTT']).toBeUndefined();
  });

  test('the broker refuses → 4, and why', async () => {
    await using strict = await startBroker({ authenticate: () => 0x86 });
    const { code, steps } = await examine(strict.url, '-u', 'me', '-P', 'hunter2');
    expect(code).toBe(4);
    expect(steps['MQTT']).toMatchObject({
      verdict: 'failed',
      hint: 'check --username and --password',
    });
    expect(JSON.stringify(steps)).not.toContain('hunter2');
  });

  test('messages that do not come back → 1, and a hint', async () => {
    await using deaf = await startBroker();
    deaf.faults.drop(PacketType.PUBLISH, { times: 1 });
    const { code, steps } = await examine(deaf.url, '-W', '400ms');
    expect(code).toBe(1);
    expect(steps['QoS 0']).toMatchObject({
      verdict: 'failed',
      text: 'it was published, but has not come back in time',
    });
    expect(steps['QoS 0']?.hint).toContain('--topic');
    expect(steps['QoS 1']?.verdict).toBe('ok');
  });
});

describe('TLS', () => {
  test('a certificate that is trusted, and expires tomorrow → its facts, and a warning', async () => {
    await using server = await Front.before(port, 'mqtts', { tls: identity });
    const { code, steps } = await examine(server.url, '--ca', ca);
    expect(code).toBe(0);
    expect(steps['TLS']).toMatchObject({
      verdict: 'warning',
      text: expect.stringMatching(/valid for only [01] days more/) as string,
    });
    expect(steps['TLS']?.details).toMatchObject({ issuer: 'Test Authority' });
    expect(steps['TLS']?.details?.['names']).toContain('localhost');
  });

  test.each([
    ['an authority that is not known', ['127.0.0.1'], false, [], 'its authority is not trusted'],
    ['another name', ['example.org'], false, ['--ca'], 'another name'],
    ['expired', ['127.0.0.1'], true, ['--ca'], 'it has expired'],
  ] as const)('%s → 3, and says so with the certificate', async (_, names, old, flags, words) => {
    await using server = await Front.before(port, 'mqtts', {
      tls: await authority.issue(names, old),
    });
    const args = flags.length > 0 ? ['--ca', ca] : [];
    const { code, steps } = await examine(server.url, ...args);
    expect(code).toBe(3);
    expect(steps['TLS']?.verdict).toBe('failed');
    expect(steps['TLS']?.text).toContain(words);
    expect(steps['TLS']?.details?.['subject']).toBeDefined();
    expect(steps['MQTT']).toBeUndefined();
    const insecure = await examine(server.url, ...args, '--insecure');
    expect([insecure.code, insecure.steps['TLS']?.verdict]).toEqual([0, 'warning']);
  });

  test('a port that speaks something else → says that it is no TLS', async () => {
    await using hangsUp = await Front.start('mqtt', {}, (stream) => stream.destroy());
    const { code, steps } = await examine(`mqtts://127.0.0.1:${hangsUp.port}`);
    expect(code).toBe(3);
    expect(steps['TLS']?.hint).toContain('does not speak TLS');
  });
});

describe('WebSocket and proxies', () => {
  test('ws and wss → upgraded', async () => {
    for (const road of ['ws', 'wss'] as const) {
      await using server = await Front.before(port, road, { tls: identity });
      const { code, steps } = await examine(server.url, ...(road === 'wss' ? ['--ca', ca] : []));
      expect([code, steps['WebSocket']?.text]).toEqual([0, 'upgraded, sub-protocol mqtt']);
    }
  });

  test('a web server that is no broker → what it answers, and a hint', async () => {
    const server = createServer((_, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port: webPort } = server.address() as AddressInfo;
    const { code, steps } = await examine(`ws://127.0.0.1:${webPort}/mqtt`);
    server.close();
    expect(code).toBe(3);
    expect(steps['WebSocket']).toMatchObject({
      verdict: 'failed',
      text: 'the server answers 404 Not Found instead of an upgrade',
      hint: 'the path of the broker is another, see --path',
    });
  });

  test('through proxies → examined to the end', async () => {
    await using http = await startHttpProxy();
    await using socks = await startSocksProxy();
    for (const proxy of [`http://127.0.0.1:${http.port}`, `socks5://127.0.0.1:${socks.port}`]) {
      const { code, steps } = await examine(broker.url, '--proxy', proxy);
      expect([code, steps['proxy']?.verdict, steps['QoS 2']?.verdict]).toEqual([0, 'ok', 'ok']);
    }
  });

  test('a proxy that wants a password → 3, and it is told in no line', async () => {
    await using proxy = await startHttpProxy({ credentials: { username: 'u', password: 'right' } });
    const url = `http://u:wrong-secret@127.0.0.1:${proxy.port}`;
    const { stdout, stderr, code } = await gneiss(['doctor', broker.url, '--proxy', url]);
    expect(code).toBe(3);
    expect(stdout).toContain('the proxy answered with status 407');
    expect(stdout).toContain('http://user:password@host:port');
    expect(stdout + stderr).not.toContain('wrong-secret');
  });

  test('nobody at the address of the proxy → 3, at the proxy', async () => {
    const gone = await startHttpProxy();
    await gone[Symbol.asyncDispose]();
    const { code, steps } = await examine(broker.url, '--proxy', `http://127.0.0.1:${gone.port}`);
    expect(code).toBe(3);
    expect(steps['proxy']).toMatchObject({
      verdict: 'failed',
      text: 'nobody listens there (ECONNREFUSED)',
      details: { proxy: `http://127.0.0.1:${gone.port}` },
      hint: 'does the proxy run, and is this its address?',
    });
    expect(steps['MQTT']).toBeUndefined();
  });

  test('a server that never says anything → ends in time', async () => {
    const silent = createTcpServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port: silentPort } = silent.address() as AddressInfo;
    for (const scheme of ['mqtt', 'mqtts', 'ws']) {
      const { code } = await examine(`${scheme}://127.0.0.1:${silentPort}`, '-W', '300ms');
      expect(code).toBe(3);
    }
    silent.close();
  });
});

describe('the proxy of the environment', () => {
  const NAMES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];
  const NONE = Object.fromEntries(
    NAMES.flatMap((name) => [
      [name, ''],
      [name.toUpperCase(), ''],
    ]),
  );

  test('a variable with a password → named without it, and the way goes on through the proxy', async () => {
    const credentials = { username: 'u', password: 'hunter2' };
    await using proxy = await startHttpProxy({ credentials });
    const address = `http://u:hunter2@127.0.0.1:${proxy.port}`;
    const variables = { ...NONE, ALL_PROXY: address, NO_PROXY: 'example.org' };
    const { code, steps } = await examineIn(variables, broker.url, '--proxy', 'environment');
    expect(code).toBe(0);
    expect(steps['environment']).toMatchObject({
      verdict: 'ok',
      text: `ALL_PROXY names http://127.0.0.1:${proxy.port}, and NO_PROXY does not except this host`,
    });
    expect([steps['proxy']?.verdict, steps['QoS 2']?.verdict]).toEqual(['ok', 'ok']);
    expect(steps['TCP']).toBeUndefined();
    expect(proxy.targets).toContain(`127.0.0.1:${port}`);
    expect(JSON.stringify(steps)).not.toContain('hunter2');
  });

  test('a host that NO_PROXY has → says by which entry, and goes directly', async () => {
    const variables = { ...NONE, http_proxy: 'http://127.0.0.1:1', no_proxy: 'a, 127.0.0.0/8' };
    const { code, steps } = await examineIn(variables, broker.url, '--proxy', 'environment');
    expect(code).toBe(0);
    expect(steps['environment']).toMatchObject({
      verdict: 'skipped',
      text: 'no_proxy excepts this host by "127.0.0.0/8": http_proxy is not used',
    });
    expect([steps['TCP']?.verdict, steps['proxy']]).toEqual(['ok', undefined]);
  });

  test('no variable for this kind of address → says which are empty, and goes directly', async () => {
    const variables = { ...NONE, HTTPS_PROXY: 'http://127.0.0.1:1' };
    const { code, steps } = await examineIn(variables, broker.url, '--proxy', 'environment');
    expect(code).toBe(0);
    expect(steps['environment']).toMatchObject({
      verdict: 'skipped',
      text: 'HTTP_PROXY and ALL_PROXY are empty: there is no proxy',
    });
    expect(steps['TCP']?.verdict).toBe('ok');
  });

  test('a variable that is no address → 3, and it is not repeated', async () => {
    const variables = { ...NONE, HTTP_PROXY: 'ftp://u:hunter2@h' };
    const { code, steps } = await examineIn(variables, broker.url, '--proxy', 'environment');
    expect([code, Object.keys(steps)]).toEqual([3, ['environment']]);
    expect(steps['environment']?.text).toContain('can not use the variable HTTP_PROXY');
    expect(JSON.stringify(steps)).not.toContain('hunter2');
  });
});

describe('Unix domain sockets', () => {
  const path = join(folder, 'broker.sock');

  /** A server at the path, which is gone with its file when it closes. */
  async function listen(connected: (socket: Socket) => void) {
    const server = createTcpServer(connected);
    server.listen(path);
    await once(server, 'listening');
    return {
      async [Symbol.asyncDispose]() {
        server.close();
        await once(server, 'close');
      },
    };
  }

  test('a broker that is well → the file, who may open it, and every step from there on', async () => {
    await using _ = await listen((socket) => {
      const upstream = connect(port, '127.0.0.1');
      socket.on('error', () => {}).pipe(upstream);
      upstream.on('error', () => {}).pipe(socket);
    });
    const { code, steps } = await examine('--unix', path);
    expect(code).toBe(0);
    expect(Object.keys(steps).slice(0, 3)).toEqual(['socket file', 'Unix socket', 'MQTT']);
    expect(steps['socket file']).toMatchObject({
      verdict: 'ok',
      text: `${path} is a socket`,
      details: { permissions: expect.stringMatching(/^0[0-7]{3}$/) as string },
    });
  });

  test('no file, or one that is no socket → 3, and which of them', async () => {
    const missing = await examine(`mqtt+unix://${folder}/missing.sock`);
    expect([missing.code, Object.keys(missing.steps)]).toEqual([3, ['socket file']]);
    expect(missing.steps['socket file']?.text).toContain('there is no such file (ENOENT)');
    for (const [other, words] of [
      [ca, 'is a file, and no socket'],
      [folder, 'is a directory, and no socket'],
    ] as const) {
      const { code, steps } = await examine('--unix', other);
      expect([code, steps['socket file']?.text]).toEqual([3, `${other} ${words}`]);
    }
  });

  test('a file from a broker that has gone → 3, nobody listens', async () => {
    const leftBehind = join(folder, 'left-behind.sock');
    const crash = `require('net').createServer().listen(${JSON.stringify(leftBehind)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', crash]), 'exit');
    const { code, steps } = await examine('--unix', leftBehind);
    expect([code, steps['socket file']?.verdict]).toEqual([3, 'ok']);
    expect(steps['Unix socket']).toMatchObject({
      verdict: 'failed',
      text: 'nobody listens there (ECONNREFUSED)',
    });
    expect(steps['Unix socket']?.hint).toContain('a broker that no longer runs');
  });

  // Whoever may do everything is refused nothing.
  test.skipIf(process.getuid?.() === 0)(
    'a file that one may not open → 3, and what it takes',
    async () => {
      await using _ = await listen((socket) => socket.destroy());
      chmodSync(path, 0o400);
      const { code, steps } = await examine('--unix', path);
      expect([code, steps['socket file']?.details?.['permissions']]).toEqual([3, '0400']);
      expect(steps['Unix socket']).toMatchObject({
        verdict: 'failed',
        text: 'this user may not open it (EACCES)',
      });
      expect(steps['Unix socket']?.hint).toContain('the right to write to the socket');
    },
  );
});

describe.skipIf(!HAS_MOSQUITTO)('mosquitto', () => {
  test.each(['5', '3.1.1'])('MQTT %s → nothing is wrong', async (version) => {
    await using mosquitto = await Mosquitto.start();
    const { stdout, code } = await gneiss(['doctor', mosquitto.url, '-V', version]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('Nothing is wrong.')]);
  });
});
