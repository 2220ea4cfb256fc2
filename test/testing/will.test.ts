import { afterEach, beforeEach, expect, test } from 'vitest';
import { PacketType, startBroker, type TestBroker } from '../../src/testing/index.js';
import { connectTiny, subscribeTiny, textOf } from './tiny-client.js';

let broker: TestBroker;

beforeEach(async () => {
  broker = await startBroker({ secondMs: 20 });
});

afterEach(async () => {
  await broker.close();
});

function will(willDelayInterval = 0) {
  return {
    topicName: 'will',
    payload: Buffer.from('gone'),
    qos: 1,
    retain: true,
    properties: { willDelayInterval, contentType: 'text/plain' },
  } as const;
}

async function watcher() {
  const client = await connectTiny(broker.port, { clientId: 'watcher' });
  await subscribeTiny(client, 'will', { qos: 1 });
  return client;
}

test('[MQTT-3.1.2-8] the connection breaks → the Will is published, and retained', async () => {
  const watching = await watcher();
  const client = await connectTiny(broker.port, { will: will() });
  client.destroy();
  const message = await watching.take(PacketType.PUBLISH);
  expect(message).toMatchObject({ qos: 1, properties: { contentType: 'text/plain' } });
  expect(textOf(message)).toBe('gone');
  expect(broker.retainedMessages).toBe(1);
});

test.each([
  [0x00, false],
  [0x04, true],
  [0x80, true],
] as const)('DISCONNECT 0x%s → published: %s', async (reasonCode, isPublished) => {
  const watching = await watcher();
  const client = await connectTiny(broker.port, { will: will() });
  const left = broker.waitFor('disconnect');
  client.send({ type: PacketType.DISCONNECT, reasonCode, properties: {} });
  expect(await left).toMatchObject([{}, { by: 'client', reasonCode }]);
  if (isPublished) await watching.take(PacketType.PUBLISH);
  await watching.expectSilence();
});

test('Will Delay Interval → published after it', async () => {
  const watching = await watcher();
  const properties = { sessionExpiryInterval: 100 };
  const client = await connectTiny(broker.port, { will: will(2), properties });
  const left = broker.waitFor('disconnect');
  client.destroy();
  await left;
  expect(broker.retainedMessages).toBe(0);
  await watching.take(PacketType.PUBLISH);
});

test('[MQTT-3.1.3-9] back before the delay is over → not published', async () => {
  const watching = await watcher();
  const properties = { sessionExpiryInterval: 1000 };
  const client = await connectTiny(broker.port, { will: will(1000), properties });
  const left = broker.waitFor('disconnect');
  client.destroy();
  await left;
  const again = await connectTiny(broker.port, { cleanStart: false, properties });
  expect(again.connack.sessionPresent).toBe(true);
  // The end of the session would send a Will that waits.
  const ended = broker.waitFor('sessionEnd');
  again.send({
    type: PacketType.DISCONNECT,
    reasonCode: 0x04,
    properties: { sessionExpiryInterval: 0 },
  });
  await ended;
  await watching.expectSilence();
});

test('the session ends before the delay is over → published then', async () => {
  const watching = await watcher();
  const client = await connectTiny(broker.port, { will: will(0xffff_ffff) });
  client.destroy();
  await watching.take(PacketType.PUBLISH);
});

test('takeover with Clean Start → the session ends, and the Will is published', async () => {
  const watching = await watcher();
  const properties = { sessionExpiryInterval: 100 };
  await connectTiny(broker.port, { will: will(100), properties });
  await connectTiny(broker.port, { cleanStart: true });
  await watching.take(PacketType.PUBLISH);
});

test('takeover of a session that goes on → a delayed Will is not published', async () => {
  const watching = await watcher();
  const properties = { sessionExpiryInterval: 100 };
  await connectTiny(broker.port, { will: will(1), properties });
  await connectTiny(broker.port, { cleanStart: false, properties });
  await watching.expectSilence();
});

test.each([
  ['QoS', { maximumQos: 0 }, 0x9b],
  ['RETAIN', { retainAvailable: false }, 0x9a],
] as const)(
  'a Will whose %s is not available → the CONNECT is refused',
  async (_, options, code) => {
    await using strict = await startBroker(options);
    const client = await connectTiny(strict.port, { will: will() });
    expect(client.connack.reasonCode).toBe(code);
  },
);
