import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../../src/testing/index.js';

const run = promisify(execFile);

/** `mosquitto_pub` and `mosquitto_sub` of the Eclipse Mosquitto project, skipped where not installed. */
const isInstalled = ['mosquitto_pub', 'mosquitto_sub'].every(
  (program) => spawnSync(program, ['--help']).error === undefined,
);

let broker: TestBroker;

beforeEach(async () => {
  broker = await startBroker();
});

afterEach(async () => {
  await broker.close();
});

describe.skipIf(!isInstalled)('the Mosquitto clients (skipped where not installed)', () => {
  test.each([
    ['mqttv311', '0'],
    ['mqttv311', '2'],
    ['mqttv5', '1'],
    ['mqttv5', '2'],
  ])('%s, QoS %s → a line published is a line received', async (version, qos) => {
    const common = ['-h', '127.0.0.1', '-p', String(broker.port), '-V', version, '-q', qos];
    const subscribed = broker.waitFor('subscribe');
    const subscriber = spawn('mosquitto_sub', [...common, '-t', 'a/#', '-C', '2', '-v']);
    let output = '';
    subscriber.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const ended = once(subscriber, 'close');
    await subscribed;
    await run('mosquitto_pub', [...common, '-t', 'a/1', '-m', 'one', '-r']);
    await run('mosquitto_pub', [...common, '-t', 'a/2', '-m', 'two']);
    await ended;
    expect(output).toBe('a/1 one\na/2 two\n');
    expect(broker.retainedMessages).toBe(1);
  });
});
