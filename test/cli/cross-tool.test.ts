import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Gneiss, gneiss } from '../support/cli.js';
import { HAS_MOSQUITTO, Mosquitto } from '../support/mosquitto.js';

describe.skipIf(!HAS_MOSQUITTO)('with the tools of mosquitto', () => {
  let broker: Mosquitto;

  beforeAll(async () => {
    broker = await Mosquitto.start();
  });

  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
  });

  test('gneiss pub → mosquitto_sub gets topic, QoS, RETAIN, payload and properties', async () => {
    await gneiss([
      ...['pub', broker.url, '-t', 'cross/a', '-m', 'hällo', '-q', '1', '--retain'],
      ...['--content-type', 'text/plain', '--response-topic', 're', '--correlation-data', 'c'],
      ...['--user-property', 'unit: °C', '--payload-format-indicator'],
    ]);
    const received = await broker.subscribe([
      ...['-V', 'mqttv5', '-t', 'cross/#', '-q', '1'],
      ...['-F', '%t|%q|%r|%p|%C|%R|%D|%P|%F'],
    ]);
    expect(received).toBe('cross/a|1|1|hällo|text/plain|re|c|unit:°C|1');
  });

  test('mosquitto_pub → gneiss sub prints the same', async () => {
    await broker.publish([
      ...['-V', 'mqttv5', '-t', 'cross/b', '-m', 'back', '-q', '1', '-r'],
      ...[
        '-D',
        'PUBLISH',
        'content-type',
        'text/plain',
        '-D',
        'PUBLISH',
        'user-property',
        'a',
        'b',
      ],
    ]);
    const args = ['sub', broker.url, '-t', 'cross/b', '-q', '1', '-C', '1'];
    const { stdout } = await gneiss([...args, '-F', '%t|%q|%r|%p|%C|%P']);
    expect(stdout).toBe('cross/b|1|1|back|text/plain|a:b\n');
  });

  test('mosquitto_rr → gneiss rr --respond answers', async () => {
    const responder = new Gneiss([
      'rr',
      broker.url,
      '--respond',
      '-t',
      'cross/rpc',
      '-C',
      '1',
      '-d',
    ]);
    await responder.says('responding');
    const { stdout } = spawn(
      'mosquitto_rr',
      [
        ...['-p', `${broker.port}`, '-h', '127.0.0.1', '-V', 'mqttv5', '-t', 'cross/rpc'],
        ...['-e', 'cross/answer', '-m', 'ping'],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    expect(await text(stdout)).toBe('ping\n');
    expect((await responder.outcome).code).toBe(0);
  });

  test('MQTT 3.1.1 both ways', async () => {
    await gneiss(['pub', broker.url, '-V', '3.1.1', '-t', 'cross/old', '-m', 'old', '-r']);
    expect(await broker.subscribe(['-V', 'mqttv311', '-t', 'cross/old'])).toBe('old');
  });
});
