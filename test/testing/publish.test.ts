import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PacketType, startBroker, type TestBroker } from '../../src/testing/index.js';
import {
  connectTiny,
  publishPacket,
  subscribeTiny,
  type TinyClient,
  textOf,
} from './tiny-client.js';

let broker: TestBroker;

beforeEach(async () => {
  broker = await startBroker({ topicAliasMaximum: 2, outboundTopicAliasMaximum: 1 });
});

afterEach(async () => {
  await broker.close();
});

function ack(client: TinyClient, type: 4 | 5 | 6 | 7, packetId: number, reasonCode = 0): void {
  client.send({ type, packetId, reasonCode, properties: {} });
}

describe.each([4, 5] as const)('messages in protocol version %i', (protocolVersion) => {
  test('QoS 0 → delivered once, without a packet id', async () => {
    const client = await connectTiny(broker.port, { protocolVersion });
    expect(await subscribeTiny(client, 'a/+')).toEqual([0]);
    client.send(publishPacket('a/b', { payload: 'hello' }));
    const message = await client.take(PacketType.PUBLISH);
    expect(message).toMatchObject({ topicName: 'a/b', qos: 0, packetId: 0, retain: false });
    expect(textOf(message)).toBe('hello');
    await client.expectSilence();
  });

  test('QoS 1 → PUBACK to the publisher, PUBLISH until PUBACK to the subscriber', async () => {
    const client = await connectTiny(broker.port, { protocolVersion });
    await subscribeTiny(client, 'a', { qos: 1 });
    client.send(publishPacket('a', { qos: 1, packetId: 7, payload: 'one' }));
    const message = await client.take(PacketType.PUBLISH);
    expect(message).toMatchObject({ qos: 1, dup: false });
    expect(await client.take(PacketType.PUBACK)).toMatchObject({ packetId: 7, reasonCode: 0 });
    expect(broker.sessions()[0]?.inflightMessages).toBe(1);
    ack(client, PacketType.PUBACK, message.packetId);
    await client.expectSilence();
    expect(broker.sessions()[0]?.inflightMessages).toBe(0);
  });

  test('QoS 2 → one delivery for any number of PUBLISHes with the same packet id', async () => {
    const client = await connectTiny(broker.port, { protocolVersion });
    await subscribeTiny(client, 'a', { qos: 2 });
    client.send(publishPacket('a', { qos: 2, packetId: 3 }));
    client.send(publishPacket('a', { qos: 2, packetId: 3, dup: true }));
    const message = await client.take(PacketType.PUBLISH);
    expect(await client.take(PacketType.PUBREC)).toMatchObject({ packetId: 3 });
    expect(await client.take(PacketType.PUBREC)).toMatchObject({ packetId: 3 });
    ack(client, PacketType.PUBREL, 3);
    expect(await client.take(PacketType.PUBCOMP)).toMatchObject({ packetId: 3, reasonCode: 0 });
    ack(client, PacketType.PUBREC, message.packetId);
    expect(await client.take(PacketType.PUBREL)).toMatchObject({ packetId: message.packetId });
    ack(client, PacketType.PUBCOMP, message.packetId);
    await client.expectSilence();
    expect(broker.sessions()[0]?.inflightMessages).toBe(0);
  });

  test('[MQTT-3.8.4-8] the delivered QoS is the lower of published and granted', async () => {
    const publisher = await connectTiny(broker.port, { protocolVersion, clientId: 'publisher' });
    const client = await connectTiny(broker.port, { protocolVersion });
    await subscribeTiny(client, 'a', { qos: 1 });
    publisher.send(publishPacket('a', { qos: 2, packetId: 1 }));
    expect(await client.take(PacketType.PUBLISH)).toMatchObject({ qos: 1 });
    publisher.send(publishPacket('a'));
    expect(await client.take(PacketType.PUBLISH)).toMatchObject({ qos: 0 });
  });
});

test('properties → forwarded unaltered, in order, but for the topic alias', async () => {
  const client = await connectTiny(broker.port);
  await subscribeTiny(client, 'a');
  const properties = {
    messageExpiryInterval: 100,
    payloadFormatIndicator: 1,
    contentType: 'text/plain',
    responseTopic: 'answers',
    correlationData: Uint8Array.of(1, 2),
    userProperties: [
      ['b', '2'],
      ['a', '1'],
      ['b', '2'],
    ],
  } as const;
  client.send(publishPacket('a', { properties: { ...properties, topicAlias: 1 } }));
  const message = await client.take(PacketType.PUBLISH);
  expect(message.properties).toEqual(properties);
});

describe('topic aliases', () => {
  test('from the Client → the topic is known afterwards, and can be replaced', async () => {
    const client = await connectTiny(broker.port);
    expect(client.connack.properties.topicAliasMaximum).toBe(2);
    await subscribeTiny(client, '#');
    client.send(publishPacket('first', { properties: { topicAlias: 2 } }));
    client.send(publishPacket('', { properties: { topicAlias: 2 } }));
    client.send(publishPacket('second', { properties: { topicAlias: 2 } }));
    client.send(publishPacket('', { properties: { topicAlias: 2 } }));
    const topicNames: string[] = [];
    for (let count = 0; count < 4; count++) {
      topicNames.push((await client.take(PacketType.PUBLISH)).topicName);
    }
    expect(topicNames).toEqual(['first', 'first', 'second', 'second']);
  });

  test('above the maximum → DISCONNECT 0x94', async () => {
    const client = await connectTiny(broker.port);
    client.send(publishPacket('a', { properties: { topicAlias: 3 } }));
    expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x94 });
    await client.closed();
  });

  test('unknown → DISCONNECT 0x82', async () => {
    const client = await connectTiny(broker.port);
    client.send(publishPacket('', { properties: { topicAlias: 1 } }));
    expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x82 });
  });

  test('[MQTT-3.1.2-26] towards the Client within its maximum, which 0 turns off', async () => {
    const client = await connectTiny(broker.port, { properties: { topicAliasMaximum: 9 } });
    const plain = await connectTiny(broker.port, { clientId: 'plain' });
    await subscribeTiny(client, '#');
    await subscribeTiny(plain, '#');
    for (const topicName of ['a', 'a', 'b']) broker.publish({ topicName });
    expect(await client.take(PacketType.PUBLISH)).toMatchObject({
      topicName: 'a',
      properties: { topicAlias: 1 },
    });
    expect(await client.take(PacketType.PUBLISH)).toMatchObject({
      topicName: '',
      properties: { topicAlias: 1 },
    });
    expect(await client.take(PacketType.PUBLISH)).toMatchObject({ topicName: 'b', properties: {} });
    for (const topicName of ['a', 'a', 'b']) {
      expect(await plain.take(PacketType.PUBLISH)).toMatchObject({ topicName, properties: {} });
    }
  });
});

describe('flow control', () => {
  test('[MQTT-3.3.4-9] no more in flight than the Receive Maximum, then the next in order', async () => {
    const client = await connectTiny(broker.port, { properties: { receiveMaximum: 2 } });
    await subscribeTiny(client, 'a', { qos: 2 });
    for (const payload of ['1', '2', '3', '4']) broker.publish({ topicName: 'a', payload, qos: 2 });
    const first = await client.take(PacketType.PUBLISH);
    const second = await client.take(PacketType.PUBLISH);
    await client.expectSilence();

    // A failing PUBREC ends the exchange; a succeeding one does not until PUBCOMP.
    ack(client, PacketType.PUBREC, first.packetId, 0x80);
    expect(textOf(await client.take(PacketType.PUBLISH))).toBe('3');
    ack(client, PacketType.PUBREC, second.packetId);
    await client.take(PacketType.PUBREL);
    await client.expectSilence();
    ack(client, PacketType.PUBCOMP, second.packetId);
    expect(textOf(await client.take(PacketType.PUBLISH))).toBe('4');
  });

  test('QoS 0 → not held back by a full window', async () => {
    const client = await connectTiny(broker.port, { properties: { receiveMaximum: 1 } });
    await subscribeTiny(client, 'a', { qos: 1 });
    for (const qos of [1, 1, 0] as const) broker.publish({ topicName: 'a', qos });
    expect(await client.take(PacketType.PUBLISH)).toMatchObject({ qos: 1 });
    expect(await client.take(PacketType.PUBLISH)).toMatchObject({ qos: 0 });
  });

  test('an unknown PUBREC → PUBREL 0x92; an unknown PUBREL → PUBCOMP 0x92', async () => {
    const client = await connectTiny(broker.port);
    ack(client, PacketType.PUBREC, 5);
    expect(await client.take(PacketType.PUBREL)).toMatchObject({ packetId: 5, reasonCode: 0x92 });
    ack(client, PacketType.PUBREL, 6);
    expect(await client.take(PacketType.PUBCOMP)).toMatchObject({ packetId: 6, reasonCode: 0x92 });
  });
});

describe('limits of the Client', () => {
  test('[MQTT-3.1.2-25] a message above its Maximum Packet Size counts as delivered', async () => {
    const client = await connectTiny(broker.port, { properties: { maximumPacketSize: 50 } });
    await subscribeTiny(client, 'a', { qos: 1 });
    broker.publish({ topicName: 'a', qos: 1, payload: 'x'.repeat(50) });
    broker.publish({ topicName: 'a', payload: 'x'.repeat(50) });
    broker.publish({ topicName: 'a', qos: 1, payload: 'small' });
    expect(textOf(await client.take(PacketType.PUBLISH))).toBe('small');
    expect(broker.counters.oversized).toBe(2);
    expect(broker.sessions()[0]?.inflightMessages).toBe(1);
  });
});

test('0x10 → what nobody has subscribed to', async () => {
  const client = await connectTiny(broker.port);
  client.send(publishPacket('a', { qos: 1, packetId: 1 }));
  expect(await client.take(PacketType.PUBACK)).toMatchObject({ reasonCode: 0x10 });
});

test('a large message in small pieces, and small ones in one piece → all arrive whole', async () => {
  const client = await connectTiny(broker.port);
  await subscribeTiny(client, '#');
  const payload = 'x'.repeat(300_000);
  client.send(publishPacket('large', { payload }));
  for (let count = 0; count < 1000; count++) {
    client.send(publishPacket(`topic/${count}`, { payload: String(count) }));
  }
  expect(textOf(await client.take(PacketType.PUBLISH))).toBe(payload);
  for (let count = 0; count < 1000; count++) {
    const message = await client.take(PacketType.PUBLISH);
    expect([message.topicName, textOf(message)]).toEqual([`topic/${count}`, String(count)]);
  }
});

test('a packet in single bytes → taken as one', async () => {
  const client = await connectTiny(broker.port);
  await subscribeTiny(client, 'ab');
  const bytes = [
    0x30,
    0x07, // PUBLISH, QoS 0
    0x00,
    0x02,
    0x61,
    0x62, // Topic Name 'ab'
    0x00, // Property Length
    0x68,
    0x69, // 'hi'
  ];
  for (const byte of bytes) {
    client.sendRaw(byte);
    await new Promise(setImmediate);
  }
  expect(textOf(await client.take(PacketType.PUBLISH))).toBe('hi');
});

test.each([
  [
    'an oversized packet',
    { maximumPacketSize: 32 },
    publishPacket('a', { payload: 'x'.repeat(40) }),
    0x95,
  ],
  ['a QoS above the maximum', { maximumQos: 1 }, publishPacket('a', { qos: 2, packetId: 1 }), 0x9b],
  ['a retained message', { retainAvailable: false }, publishPacket('a', { retain: true }), 0x9a],
] as const)('%s → the DISCONNECT that names it', async (_, options, packet, reasonCode) => {
  await using strict = await startBroker(options);
  const client = await connectTiny(strict.port);
  expect(client.connack.properties).toMatchObject(options);
  client.send(packet);
  expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode });
  await client.closed();
  expect(strict.counters.violations).toBe(1);
});

test('more unacknowledged than the Receive Maximum of the broker → DISCONNECT 0x93', async () => {
  await using strict = await startBroker({ receiveMaximum: 2 });
  const client = await connectTiny(strict.port);
  for (const packetId of [1, 2, 3]) client.send(publishPacket('a', { qos: 2, packetId }));
  await client.take(PacketType.PUBREC);
  await client.take(PacketType.PUBREC);
  expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x93 });
});
