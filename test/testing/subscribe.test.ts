import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PacketType, startBroker, type TestBroker } from '../../src/testing/index.js';
import { connectTiny, publishPacket, subscribeTiny, textOf } from './tiny-client.js';

let broker: TestBroker;

beforeEach(async () => {
  broker = await startBroker();
});

afterEach(async () => {
  await broker.close();
});

test('wildcards → what they match, and no topics of the broker', async () => {
  const client = await connectTiny(broker.port);
  await subscribeTiny(client, ['+/b', 'x/#']);
  for (const topicName of ['a/b', 'a/b/c', 'x', 'x/y/z', '$SYS/b', '$x']) {
    broker.publish({ topicName });
  }
  const topicNames: string[] = [];
  for (let count = 0; count < 3; count++) {
    topicNames.push((await client.take(PacketType.PUBLISH)).topicName);
  }
  expect(topicNames).toEqual(['a/b', 'x', 'x/y/z']);
  await client.expectSilence();
});

test('[MQTT-3.3.4-4] overlapping subscriptions → one copy, the highest QoS, all identifiers', async () => {
  const client = await connectTiny(broker.port);
  await subscribeTiny(client, 'a/#', { qos: 0, identifier: 200 });
  await subscribeTiny(client, 'a/+', { qos: 2, identifier: 1 });
  await subscribeTiny(client, 'a/b', { qos: 1 });
  broker.publish({ topicName: 'a/b', qos: 2 });
  const message = await client.take(PacketType.PUBLISH);
  expect(message.qos).toBe(2);
  expect(message.properties.subscriptionIdentifiers).toEqual([200, 1]);
  await client.expectSilence();
});

test('[MQTT-3.8.4-3] the same filter again → replaces the subscription', async () => {
  const client = await connectTiny(broker.port);
  await subscribeTiny(client, 'a', { qos: 1, identifier: 1 });
  await subscribeTiny(client, 'a', { qos: 0, identifier: 2 });
  broker.publish({ topicName: 'a', qos: 1 });
  const message = await client.take(PacketType.PUBLISH);
  expect(message.qos).toBe(0);
  expect(message.properties.subscriptionIdentifiers).toEqual([2]);
  expect(broker.sessions()[0]?.topicFilters).toEqual(['a']);
});

test('[MQTT-3.8.3-3] No Local → not what the Client publishes itself', async () => {
  const client = await connectTiny(broker.port);
  const other = await connectTiny(broker.port, { clientId: 'other' });
  await subscribeTiny(client, 'a', { noLocal: true });
  client.send(publishPacket('a', { payload: 'own' }));
  await client.expectSilence();
  other.send(publishPacket('a', { payload: 'other' }));
  expect(textOf(await client.take(PacketType.PUBLISH))).toBe('other');
});

test('No Local on one of two filters → the other one delivers', async () => {
  const client = await connectTiny(broker.port);
  await subscribeTiny(client, 'a', { noLocal: true, identifier: 1 });
  await subscribeTiny(client, '#', { identifier: 2 });
  client.send(publishPacket('a'));
  const message = await client.take(PacketType.PUBLISH);
  expect(message.properties.subscriptionIdentifiers).toEqual([2]);
});

test('UNSUBSCRIBE → a code for each filter, and no more messages', async () => {
  const client = await connectTiny(broker.port);
  await subscribeTiny(client, ['a', 'b']);
  broker.publish({ topicName: 'a' });
  await client.take(PacketType.PUBLISH);
  const done = broker.waitFor('unsubscribe');
  client.send({
    type: PacketType.UNSUBSCRIBE,
    packetId: 5,
    topicFilters: ['a', 'c'],
    properties: {},
  });
  const unsuback = await client.take(PacketType.UNSUBACK);
  expect(unsuback).toMatchObject({ packetId: 5, reasonCodes: [0x00, 0x11] });
  await done;
  broker.publish({ topicName: 'a' });
  await client.expectSilence();
});

describe('shared subscriptions', () => {
  async function member(clientId: string) {
    const client = await connectTiny(broker.port, {
      clientId,
      properties: { sessionExpiryInterval: 1000, receiveMaximum: 1 },
    });
    await subscribeTiny(client, '$share/g/a/+', { qos: 1 });
    return client;
  }

  test('members → take turns', async () => {
    const first = await member('first');
    const second = await member('second');
    for (const payload of ['1', '2', '3', '4']) broker.publish({ topicName: 'a/b', payload });
    expect(textOf(await first.take(PacketType.PUBLISH))).toBe('1');
    expect(textOf(await first.take(PacketType.PUBLISH))).toBe('3');
    expect(textOf(await second.take(PacketType.PUBLISH))).toBe('2');
    expect(textOf(await second.take(PacketType.PUBLISH))).toBe('4');
  });

  test('another share name, and no share name → a copy each', async () => {
    const first = await member('first');
    await subscribeTiny(first, ['$share/h/a/b', 'a/b']);
    expect(broker.publish({ topicName: 'a/b' })).toBe(3);
    for (let count = 0; count < 3; count++) await first.take(PacketType.PUBLISH);
  });

  test('a member that is away → passed over while another one is there', async () => {
    const first = await member('first');
    const second = await member('second');
    const left = broker.waitFor('disconnect');
    first.destroy();
    await left;
    for (const payload of ['1', '2']) broker.publish({ topicName: 'a/b', payload });
    expect(textOf(await second.take(PacketType.PUBLISH))).toBe('1');
    expect(textOf(await second.take(PacketType.PUBLISH))).toBe('2');
    const alsoLeft = broker.waitFor('disconnect');
    second.destroy();
    await alsoLeft;
    broker.publish({ topicName: 'a/b', qos: 1 });
    const queued = broker.sessions().map(({ queuedMessages }) => queuedMessages);
    expect(queued.sort()).toEqual([0, 1]);
  });

  test('unsubscribing the last member → nobody is left', async () => {
    const first = await member('first');
    first.send({
      type: PacketType.UNSUBSCRIBE,
      packetId: 1,
      topicFilters: ['$share/g/a/+'],
      properties: {},
    });
    expect((await first.take(PacketType.UNSUBACK)).reasonCodes).toEqual([0]);
    expect(broker.publish({ topicName: 'a/b' })).toBe(0);
  });
});

test.each([
  ['wildcards', { wildcardSubscriptionAvailable: false }, 'a/#', {}, 0xa2],
  ['shared subscriptions', { sharedSubscriptionAvailable: false }, '$share/g/a', {}, 0x9e],
  ['identifiers', { subscriptionIdentifierAvailable: false }, 'a', { identifier: 1 }, 0xa1],
  ['QoS 2', { maximumQos: 1 }, 'a', { qos: 2 }, 0x01],
  ['any subscription', { subscriptionsMax: 0 }, 'a', {}, 0x97],
] as const)(
  '%s not available → the code that says so',
  async (_, options, filter, subscription, code) => {
    await using limited = await startBroker(options);
    const client = await connectTiny(limited.port);
    expect(await subscribeTiny(client, filter, subscription)).toEqual([code]);
  },
);

test('[MQTT-3.1.1:3.9.3-2] a refused subscription in version 4 → 0x80', async () => {
  await using limited = await startBroker({ wildcardSubscriptionAvailable: false });
  const client = await connectTiny(limited.port, { protocolVersion: 4 });
  expect(await subscribeTiny(client, ['a/#', 'a'])).toEqual([0x80, 0x00]);
});
