import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../../src/testing/broker.js';
import { Authority } from '../support/certificates.js';
import { Front } from '../support/front.js';

// These run as a user runs them: on the built package, which `npm test` builds first.
const run = promisify(execFile);
const TIMEOUT_MS = 30_000;

let broker: TestBroker;

beforeAll(async () => {
  broker = await startBroker();
});

afterAll(async () => {
  await broker.close();
});

describe('examples', () => {
  test.each([
    ['first-steps', 'plant/7/temperature { celsius: 21.5 }'],
    ['consuming', '1 stored, 1 copied'],
    ['publishing', '100002 messages published'],
    ['life-cycle', 'closed'],
    ['testing', 'pass 2'],
    ['authentication', 'accepted'],
    ['requests', '40 + 2 = 42'],
    ['failover', 'at the other broker'],
    ['logging', 'Boiler 7 may use packets of'],
    ['tracing', 'one trace: true'],
    ['metrics', 'gneiss_mqtt_messages_published_total{client="meter-7"} 1'],
  ])('%s.mjs → says "%s"', { timeout: TIMEOUT_MS }, async (name, words) => {
    const { stdout } = await run(process.execPath, [pathOf(`${name}.mjs`), broker.url]);
    expect(stdout).toContain(words);
  });
});

test('NODE_DEBUG=gneiss-mqtt → a line for each step', { timeout: TIMEOUT_MS }, async () => {
  const env = { ...process.env, NODE_DEBUG: 'gneiss-mqtt' };
  const { stderr } = await run(process.execPath, [pathOf('first-steps.mjs'), broker.url], { env });
  const lines = stderr.split('\n').filter((line) => line.startsWith('GNEISS-MQTT '));
  expect(lines[0]).toMatch(
    /^GNEISS-MQTT \d+: info [\w-]+: connecting \{"server":\{"scheme":"mqtt"/,
  );
  expect(lines.at(-1)).toMatch(/: closed \{\}$/);
});

test('packets.mjs → a line for each packet, and a file', { timeout: TIMEOUT_MS }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gneiss-mqtt-'));
  try {
    const file = join(directory, 'packets.pcap');
    const { stdout } = await run(process.execPath, [pathOf('packets.mjs'), broker.url, file]);
    expect(stdout).toMatch(/^sent CONNECT .*\nreceived CONNACK .*\nsent PUBLISH /);
    expect(readFileSync(file).readUInt32BE(0)).toBe(0xa1b2c3d4);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('tls.mjs → says "connected over TLS"', { timeout: TIMEOUT_MS }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gneiss-mqtt-'));
  try {
    const authority = await Authority.create();
    const client = await authority.issue(['meter-7']);
    writeFileSync(join(directory, 'ca.pem'), authority.cert);
    writeFileSync(join(directory, 'client.pem'), client.cert);
    writeFileSync(join(directory, 'client-key.pem'), client.key);
    const tls = {
      ...(await authority.issue(['127.0.0.1'])),
      ca: authority.cert,
      requestCert: true,
    };
    await using front = await Front.before(Number(new URL(broker.url).port), 'mqtts', { tls });
    const { stdout } = await run(process.execPath, [pathOf('tls.mjs'), front.url, directory]);
    expect(stdout).toContain('connected over TLS');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

describe('the telemetry demo', () => {
  const telemetry = pathOf('telemetry/main.mjs');

  test('a second through another broker → a table, nothing lost', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const flags = ['--broker', broker.url, '--seconds', '1', '--rate', '5000'];
    const { stdout } = await run(process.execPath, [telemetry, ...flags]);
    expect(stdout).toMatch(/received per second +[\d,]+ +[\d,]+/);
    expect(stdout).toMatch(/lost, QoS 1 +0\n/);
    expect(stdout).toMatch(/duplicated, QoS 1 +0\n/);
  });

  test('Ctrl-C → the table so far, exit status 0', { timeout: TIMEOUT_MS }, async () => {
    const running = run(process.execPath, [telemetry, '--broker', broker.url]);
    running.child.stdout?.on('data', (text: string) => {
      if (text.includes('as fast as it goes')) running.child.kill('SIGINT');
    });
    const { stdout } = await running;
    expect(stdout).toContain('whole run');
    expect(stdout).not.toContain('paced, 50,000/s');
  });

  test.each([
    ['--rate abc', 2, '--rate must be a whole number from 1 to 1000000'],
    ['--nope', 2, "Unknown option '--nope'"],
    ['--broker http://localhost', 2, '--broker must be a URL such as mqtt://127.0.0.1:1883'],
    ['--broker mqtt://127.0.0.1:1', 1, 'ECONNREFUSED'],
  ])('%s → exit status %i', { timeout: TIMEOUT_MS }, async (flags, code, words) => {
    const failed = run(process.execPath, [telemetry, ...flags.split(' ')]);
    await expect(failed).rejects.toMatchObject({ code });
    await expect(failed).rejects.toThrow(words);
  });
});

function pathOf(example: string): string {
  return fileURLToPath(new URL(`../../examples/${example}`, import.meta.url));
}
