import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PacketType, startBroker, type TestBroker } from '../../src/testing/index.js';
import { connectTiny, publishPacket, subscribeTiny, textOf } from './tiny-client.js';

let broker: TestBroker;

beforeEach(async () => {
  broker = await startBroker({ secondMs: 20, queuedMessagesMax: 3, sessionsMax: 3 });
});

afterEach(async () => {
  await broker.close();
});

const LASTING = { properties: { sessionExpiryInterval: 0xffff_ffff } } as const;

describe.each([
  [4, { protocolVersion: 4 }],
  [5, { protocolVersion: 5, ...LASTING }],
] as const)('a lasting session in protocol version %i', (_, fields) => {
  test('[MQTT-3.2.2-3] Session Present tells whether there is state', async () => {
    const first = await connectTiny(broker.port, { ...fields, cleanStart: false });
    expect(first.connack.sessionPresent).toBe(false);
    const left = broker.waitFor('disconnect');
    first.destroy();
    await left;
    const second = await connectTiny(broker.port, { ...fields, cleanStart: false });
    expect(second.connack.sessionPresent).toBe(true);
    const third = await connectTiny(broker.port, { ...fields, cleanStart: true });
    expect(third.connack.sessionPresent).toBe(false);
  });

  test('messages of QoS 1 and 2 while away → delivered on return, in order', async () => {
    const client = await connectTiny(broker.port, { ...fields, cleanStart: false });
    await subscribeTiny(client, 'a', { qos: 2 });
    const left = broker.waitFor('disconnect');
    client.send({ type: PacketType.DISCONNECT, reasonCode: 0, properties: {} });
    await left;
    expect(broker.publish({ topicName: 'a', payload: '1', qos: 1 })).toBe(1);
    broker.publish({ topicName: 'a', payload: '0', qos: 0 });
    broker.publish({ topicName: 'a', payload: '2', qos: 2 });
    const again = await connectTiny(broker.port, { ...fields, cleanStart: false });
    expect(await again.take(PacketType.PUBLISH)).toMatchObject({ qos: 1, dup: false });
    expect(await again.take(PacketType.PUBLISH)).toMatchObject({ qos: 2, dup: false });
    await again.expectSilence();
  });

  test('[MQTT-4.4.0-1] what was in flight is sent again: PUBLISH with DUP, or PUBREL', async () => {
    const client = await connectTiny(broker.port, { ...fields, cleanStart: false });
    await subscribeTiny(client, 'a', { qos: 2 });
    broker.publish({ topicName: 'a', payload: '1', qos: 2 });
    broker.publish({ topicName: 'a', payload: '2', qos: 1 });
    const first = await client.take(PacketType.PUBLISH);
    const second = await client.take(PacketType.PUBLISH);
    client.send({
      type: PacketType.PUBREC,
      packetId: first.packetId,
      reasonCode: 0,
      properties: {},
    });
    await client.take(PacketType.PUBREL);
    const left = broker.waitFor('disconnect');
    client.destroy();
    await left;
    const again = await connectTiny(broker.port, { ...fields, cleanStart: false });
    expect(await again.take(PacketType.PUBREL)).toMatchObject({ packetId: first.packetId });
    const repeated = await again.take(PacketType.PUBLISH);
    expect(repeated).toMatchObject({ packetId: second.packetId, dup: true, qos: 1 });
    expect(textOf(repeated)).toBe('2');
    await again.expectSilence();
  });

  test('a QoS 2 message repeated after a reconnect → not published twice', async () => {
    const client = await connectTiny(broker.port, { ...fields, cleanStart: false });
    client.send(publishPacket('a', { qos: 2, packetId: 9 }));
    await client.take(PacketType.PUBREC);
    const left = broker.waitFor('disconnect');
    client.destroy();
    await left;
    const again = await connectTiny(broker.port, { ...fields, cleanStart: false });
    again.send(publishPacket('a', { qos: 2, packetId: 9, dup: true }));
    await again.take(PacketType.PUBREC);
    expect(broker.counters.messagesReceived).toBe(1);
  });
});

test('[MQTT-3.1.4-3] takeover → DISCONNECT 0x8E to the first, the session goes on', async () => {
  const first = await connectTiny(broker.port, LASTING);
  await subscribeTiny(first, 'a');
  const second = await connectTiny(broker.port, { ...LASTING, cleanStart: false });
  expect(await first.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x8e });
  await first.closed();
  expect(second.connack.sessionPresent).toBe(true);
  broker.publish({ topicName: 'a' });
  await second.take(PacketType.PUBLISH);
});

test('takeover of a session without expiry → it ended with its connection', async () => {
  const first = await connectTiny(broker.port);
  const second = await connectTiny(broker.port, { cleanStart: false });
  await first.closed();
  expect(second.connack.sessionPresent).toBe(false);
});

test('Session Expiry Interval over → the session ends', async () => {
  const client = await connectTiny(broker.port, { properties: { sessionExpiryInterval: 1 } });
  const ended = broker.waitFor('sessionEnd');
  client.destroy();
  expect(await ended).toEqual(['tiny']);
  expect(broker.sessions()).toEqual([]);
});

test('DISCONNECT with a Session Expiry Interval → the new one counts', async () => {
  const client = await connectTiny(broker.port, LASTING);
  const ended = broker.waitFor('sessionEnd');
  client.send({
    type: PacketType.DISCONNECT,
    reasonCode: 0,
    properties: { sessionExpiryInterval: 0 },
  });
  await ended;
});

test('DISCONNECT with an interval above a zero of CONNECT → DISCONNECT 0x82', async () => {
  const client = await connectTiny(broker.port);
  client.send({
    type: PacketType.DISCONNECT,
    reasonCode: 0,
    properties: { sessionExpiryInterval: 5 },
  });
  expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x82 });
});

test('[MQTT-3.1.3-7] an empty Client Identifier → an assigned one', async () => {
  const client = await connectTiny(broker.port, { clientId: '' });
  const other = await connectTiny(broker.port, { clientId: '' });
  const { assignedClientIdentifier } = client.connack.properties;
  expect(assignedClientIdentifier).toBe(broker.clients()[0]?.clientId);
  expect(other.connack.properties.assignedClientIdentifier).not.toBe(assignedClientIdentifier);
});

test('a full queue → the oldest message is dropped', async () => {
  const client = await connectTiny(broker.port, LASTING);
  await subscribeTiny(client, 'a', { qos: 1 });
  const left = broker.waitFor('disconnect');
  client.destroy();
  await left;
  for (const payload of ['1', '2', '3', '4', '5']) {
    broker.publish({ topicName: 'a', payload, qos: 1 });
  }
  expect(broker.counters.queueDropped).toBe(2);
  const again = await connectTiny(broker.port, { ...LASTING, cleanStart: false });
  expect(textOf(await again.take(PacketType.PUBLISH))).toBe('3');
});

test('too many sessions → CONNACK 0x97', async () => {
  for (const clientId of ['1', '2', '3']) await connectTiny(broker.port, { clientId });
  const fourth = await connectTiny(broker.port, { clientId: '4' });
  expect(fourth.connack.reasonCode).toBe(0x97);
  await fourth.closed();
  const again = await connectTiny(broker.port, { clientId: '3' });
  expect(again.connack.reasonCode).toBe(0);
});

describe('message expiry', () => {
  test('[MQTT-3.3.2-5] over while the message waited → not delivered', async () => {
    const client = await connectTiny(broker.port, LASTING);
    await subscribeTiny(client, '#', { qos: 1 });
    const left = broker.waitFor('disconnect');
    client.destroy();
    await left;
    const properties = { messageExpiryInterval: 1 };
    broker.publish({ topicName: 'short', qos: 1, properties });
    broker.publish({ topicName: 'long', qos: 1, properties: { messageExpiryInterval: 1000 } });
    // A session that ends after two seconds tells that they have passed.
    const other = await connectTiny(broker.port, {
      clientId: 'clock',
      properties: { sessionExpiryInterval: 2 },
    });
    const passed = broker.waitFor('sessionEnd');
    other.destroy();
    await passed;
    const again = await connectTiny(broker.port, { ...LASTING, cleanStart: false });
    const message = await again.take(PacketType.PUBLISH);
    expect(message.topicName).toBe('long');
    // [MQTT-3.3.2-6] Reduced by the time it waited.
    expect(message.properties.messageExpiryInterval).toBeLessThanOrEqual(998);
    expect(broker.counters.expired).toBe(1);
  });

  test('0 → delivered to those who are there', async () => {
    const client = await connectTiny(broker.port);
    await subscribeTiny(client, 'a');
    broker.publish({ topicName: 'a', properties: { messageExpiryInterval: 0 } });
    const message = await client.take(PacketType.PUBLISH);
    expect(message.properties.messageExpiryInterval).toBe(0);
  });
});
