import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scramExchange, startBroker, type TestBroker } from '../../src/testing/index.js';
import { Authority } from '../support/certificates.js';
import { gneiss } from '../support/cli.js';
import { Front, type Road } from '../support/front.js';
import { startHttpProxy, startSocksProxy } from '../support/proxies.js';

const folder = mkdtempSync(join(tmpdir(), 'gneiss-mqtt-'));
const authority = await Authority.create();
const identity = await authority.issue(['127.0.0.1']);
const ca = join(folder, 'ca.pem');
const cert = join(folder, 'cert.pem');
const key = join(folder, 'key.pem');

let broker: TestBroker;

beforeAll(async () => {
  const client = await authority.issue(['client']);
  writeFileSync(ca, authority.cert);
  writeFileSync(cert, client.cert);
  writeFileSync(key, client.key);
  broker = await startBroker();
});

afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

const MESSAGE = ['-t', 'a', '-m', 'b', '-q', '1'];

async function front(road: Road, isMutual = false): Promise<Front> {
  return Front.before(Number(new URL(broker.url).port), road, {
    tls: { ...identity, ...(isMutual && { ca: authority.cert, requestCert: true }) },
  });
}

describe('the ways to a broker', () => {
  test.each(['mqtts', 'wss'] as const)('%s with --ca → connects', async (road) => {
    await using server = await front(road);
    const byAddress = await gneiss(['pub', server.url, '--ca', ca, ...MESSAGE]);
    const byFlags = await gneiss([
      ...['pub', '-h', '127.0.0.1', '-p', `${server.port}`, '-l', road, '--cafile', ca],
      ...MESSAGE,
    ]);
    expect([byAddress.code, byFlags.code]).toEqual([0, 0]);
  });

  test('a flag of TLS without a protocol → mqtts', async () => {
    await using server = await front('mqtts', true);
    const args = ['pub', '-h', '127.0.0.1', '-p', `${server.port}`, ...MESSAGE];
    expect((await gneiss([...args, '--ca', ca, '--cert', cert, '--key', key])).code).toBe(0);
    expect((await gneiss([...args, '--insecure', '--cert', cert, '--key', key])).code).toBe(0);
  });

  test('an authority that is not known → 3, and a hint to name it', async () => {
    await using server = await front('mqtts');
    const { code, stderr } = await gneiss(['pub', server.url, ...MESSAGE]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/hint: .*--ca/);
  });

  test('TLS to a port that does not speak it → 3, and a hint that says so', async () => {
    const { port } = new URL(broker.url);
    const args = ['pub', `mqtts://127.0.0.1:${port}`, '--connect-timeout', '2', ...MESSAGE];
    const { code, stderr } = await gneiss(args);
    expect(code).toBe(3);
    expect(stderr).toContain('hint: that port does not speak TLS');
  });

  test('WebSocket to a port that does not speak it → 3, and a hint that says so', async () => {
    await using hangsUp = await Front.start('mqtt', {}, (stream) => stream.destroy());
    const { code, stderr } = await gneiss(['pub', `ws://127.0.0.1:${hangsUp.port}`, ...MESSAGE]);
    expect(code).toBe(3);
    expect(stderr).toContain('hint: that port does not speak WebSocket');
  });

  test('MQTT to a web server → says that the port is one for something else', async () => {
    await using web = await Front.start('mqtt', {}, (stream) => {
      stream
        .on('error', () => {})
        .once('data', () => stream.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    const { stderr } = await gneiss(['pub', web.url, ...MESSAGE]);
    expect(stderr).toMatch(/the port may be one for another protocol.*\nhint: .*ws:/);
  });

  test('ws with --path, and --unix → connect', async () => {
    await using webSocket = await front('ws');
    const { port } = webSocket;
    const args = ['pub', '-h', '127.0.0.1', '-p', `${port}`, '-l', 'ws', '--path', 'mqtt'];
    expect((await gneiss([...args, '--header', 'X-Token: 1', ...MESSAGE])).code).toBe(0);
    await using socketFile = await front('mqtt+unix');
    const path = decodeURI(new URL(socketFile.url).pathname);
    expect((await gneiss(['pub', '--unix', path, ...MESSAGE])).code).toBe(0);
  });

  test('--proxy → the way leads through it', async () => {
    await using http = await startHttpProxy();
    await using socks = await startSocksProxy();
    for (const proxy of [`http://127.0.0.1:${http.port}`, `socks5://127.0.0.1:${socks.port}`])
      expect((await gneiss(['pub', broker.url, '--proxy', proxy, ...MESSAGE])).code).toBe(0);
    expect([http.targets.length, socks.targets.length]).toEqual([1, 1]);
  });

  test('--scram → the password is proved, and a wrong one refused', async () => {
    await using server = await startBroker({
      exchangeAuthentication: scramExchange({ users: { meter: 'secret' } }),
    });
    const args = ['pub', server.url, '--scram', 'SCRAM-SHA-256', '-u', 'meter', ...MESSAGE];
    expect((await gneiss([...args, '-P', 'secret'])).code).toBe(0);
    expect((await gneiss([...args, '-P', 'wrong'])).code).toBe(4);
  });
});
