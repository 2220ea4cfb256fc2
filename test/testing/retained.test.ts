import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PacketType, startBroker, type TestBroker } from '../../src/testing/index.js';
import { connectTiny, publishPacket, subscribeTiny, textOf } from './tiny-client.js';

let broker: TestBroker;

beforeEach(async () => {
  broker = await startBroker({ secondMs: 20, retainedMessagesMax: 2 });
});

afterEach(async () => {
  await broker.close();
});

test('[MQTT-3.3.1-5] the last retained message of each topic → sent on subscribe, with RETAIN', async () => {
  const client = await connectTiny(broker.port);
  client.send(publishPacket('a/1', { payload: 'old', retain: true }));
  client.send(publishPacket('a/1', { payload: 'new', retain: true, qos: 1, packetId: 1 }));
  client.send(publishPacket('a/2', { payload: 'two', retain: true }));
  await client.take(PacketType.PUBACK);
  await subscribeTiny(client, 'a/+', { qos: 2, identifier: 7 });
  const first = await client.take(PacketType.PUBLISH);
  expect(first).toMatchObject({ retain: true, qos: 1, topicName: 'a/1' });
  expect(first.properties.subscriptionIdentifiers).toEqual([7]);
  expect(textOf(first)).toBe('new');
  expect(textOf(await client.take(PacketType.PUBLISH))).toBe('two');
});

test('[MQTT-3.3.1-6] an empty payload → delivered, and the retained message is gone', async () => {
  broker.publish({ topicName: 'a', payload: 'kept', retain: true });
  const client = await connectTiny(broker.port);
  await subscribeTiny(client, 'a', { retainHandling: 2 });
  client.send(publishPacket('a', { retain: true }));
  expect(await client.take(PacketType.PUBLISH)).toMatchObject({ retain: false });
  expect(broker.retainedMessages).toBe(0);
});

test('[MQTT-3.3.1-12] Retain As Published → RETAIN as it came, or else 0', async () => {
  const plain = await connectTiny(broker.port, { clientId: 'plain' });
  const faithful = await connectTiny(broker.port, { clientId: 'faithful' });
  await subscribeTiny(plain, 'a');
  await subscribeTiny(faithful, 'a', { retainAsPublished: true });
  broker.publish({ topicName: 'a', payload: 'x', retain: true });
  expect(await plain.take(PacketType.PUBLISH)).toMatchObject({ retain: false });
  expect(await faithful.take(PacketType.PUBLISH)).toMatchObject({ retain: true });
});

describe('Retain Handling', () => {
  test.each([
    [0, [true, true]],
    [1, [true, false]],
    [2, [false, false]],
  ] as const)(
    '%i → on a new and on a repeated subscription: %j',
    async (retainHandling, expected) => {
      broker.publish({ topicName: 'a', payload: 'x', retain: true });
      const client = await connectTiny(broker.port);
      for (const isSent of expected) {
        await subscribeTiny(client, 'a', { retainHandling });
        if (isSent) await client.take(PacketType.PUBLISH);
        await client.expectSilence();
      }
    },
  );
});

test('a shared subscription → no retained messages', async () => {
  broker.publish({ topicName: 'a', payload: 'x', retain: true });
  const client = await connectTiny(broker.port);
  await subscribeTiny(client, '$share/g/a');
  await client.expectSilence();
});

test('too many topics → delivered but not retained', async () => {
  for (const topicName of ['a', 'b', 'c', 'a']) {
    broker.publish({ topicName, payload: 'x', retain: true });
  }
  expect(broker.retainedMessages).toBe(2);
  expect(broker.counters.retainedRefused).toBe(1);
});

test('an expired retained message → not sent, and gone', async () => {
  const properties = { messageExpiryInterval: 1 };
  broker.publish({ topicName: 'a', payload: 'x', retain: true, properties });
  const clock = await connectTiny(broker.port, { properties: { sessionExpiryInterval: 2 } });
  const passed = broker.waitFor('sessionEnd');
  clock.destroy();
  await passed;
  const client = await connectTiny(broker.port);
  await subscribeTiny(client, '#');
  await client.expectSilence();
  expect(broker.retainedMessages).toBe(0);
});
