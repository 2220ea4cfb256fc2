import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PacketType, startBroker, type TestBroker } from '../../src/testing/index.js';
import {
  connectPacket,
  connectTiny,
  publishPacket,
  subscribeTiny,
  TinyClient,
  textOf,
} from './tiny-client.js';

let broker: TestBroker;

beforeEach(async () => {
  broker = await startBroker({ secondMs: 20 });
});

afterEach(async () => {
  await broker.close();
});

test('closeConnections → closed before anything is read, then no more', async () => {
  const fault = broker.faults.closeConnections({ times: 2 });
  for (let count = 0; count < 2; count++) await new TinyClient(broker.port, 5).closed();
  expect(fault.hits).toBe(2);
  const client = await connectTiny(broker.port);
  expect(client.connack.reasonCode).toBe(0);
});

test('refuseConnections → the code, with properties, as often as asked for', async () => {
  broker.faults.refuseConnections(0x9c, { properties: { serverReference: 'elsewhere:1883' } });
  broker.faults.refuseConnections(0x88);
  const first = await connectTiny(broker.port);
  expect(first.connack).toMatchObject({
    reasonCode: 0x9c,
    properties: { serverReference: 'elsewhere:1883' },
  });
  const second = await connectTiny(broker.port, { protocolVersion: 4 });
  expect(second.connack.reasonCode).toBe(0x88);
  const third = await connectTiny(broker.port);
  expect(third.connack.reasonCode).toBe(0);
});

test('stallConnections → no answer, whatever comes', async () => {
  broker.faults.stallConnections();
  const seen = broker.waitFor('packet', (_, { type }) => type === PacketType.CONNECT);
  const client = new TinyClient(broker.port, 5);
  client.send(connectPacket());
  const [stalled] = await seen;
  client.send({ type: PacketType.PINGREQ });
  const other = await connectTiny(broker.port, { clientId: 'other' });
  await other.expectSilence();
  expect(client.inbox).toEqual([]);
  expect(stalled.closed).toBe(false);
  expect(broker.sessions()).toHaveLength(1);
});

test('only for some Clients → the others are spared', async () => {
  const fault = broker.faults.refuseConnections(0x87, {
    times: Number.POSITIVE_INFINITY,
    client: ({ connect }) => connect?.clientId === 'bad',
  });
  for (const [clientId, code] of [
    ['good', 0],
    ['bad', 0x87],
    ['bad', 0x87],
  ] as const) {
    const client = await connectTiny(broker.port, { clientId });
    expect(client.connack.reasonCode).toBe(code);
  }
  fault.cancel();
  const spared = await connectTiny(broker.port, { clientId: 'bad' });
  expect(spared.connack.reasonCode).toBe(0);
});

describe('disconnectAfter', () => {
  test('with a reason code → DISCONNECT instead of acting on the packet', async () => {
    broker.faults.disconnectAfter(PacketType.PUBLISH, { count: 2, reasonCode: 0x98 });
    const client = await connectTiny(broker.port);
    for (const packetId of [1, 2]) client.send(publishPacket('a', { qos: 1, packetId }));
    await client.take(PacketType.PUBACK);
    expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x98 });
    expect(broker.counters.messagesReceived).toBe(1);
  });

  test('without → a reset, and the Will is published', async () => {
    const fault = broker.faults.disconnectAfter(PacketType.PINGREQ);
    const will = {
      topicName: 'will',
      payload: new Uint8Array(),
      qos: 0,
      retain: false,
      properties: {},
    } as const;
    const published = broker.waitFor('publish');
    const client = await connectTiny(broker.port, { will });
    client.send({ type: PacketType.PINGREQ });
    await client.closed();
    expect(await published).toMatchObject([{ topicName: 'will' }, null]);
    expect(fault.hits).toBe(1);
  });
});

describe('drop', () => {
  test('the first PUBACKs of some packet ids → the publisher hears nothing of them', async () => {
    const fault = broker.faults.drop(PacketType.PUBACK, {
      times: 2,
      when: ({ packetId }) => packetId > 1,
    });
    const client = await connectTiny(broker.port);
    for (const packetId of [1, 2, 3, 4]) client.send(publishPacket('a', { qos: 1, packetId }));
    expect(await client.take(PacketType.PUBACK)).toMatchObject({ packetId: 1 });
    expect(await client.take(PacketType.PUBACK)).toMatchObject({ packetId: 4 });
    expect(fault.hits).toBe(2);
    expect(broker.counters.messagesReceived).toBe(4);
  });

  test('dropped acknowledgements → still count against the Receive Maximum', async () => {
    await using strict = await startBroker({ receiveMaximum: 1 });
    strict.faults.drop(PacketType.PUBACK);
    const client = await connectTiny(strict.port);
    for (const packetId of [1, 2]) client.send(publishPacket('a', { qos: 1, packetId }));
    expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x93 });
  });

  test('SUBACK and PINGRESP, always → kept back, and all else goes on', async () => {
    const faults = [PacketType.SUBACK, PacketType.PINGRESP].map((packetType) =>
      broker.faults.drop(packetType, { times: Number.POSITIVE_INFINITY }),
    );
    const client = await connectTiny(broker.port);
    client.send({ type: PacketType.PINGREQ });
    client.send({
      type: PacketType.SUBSCRIBE,
      packetId: 1,
      subscriptions: [
        { topicFilter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
      ],
      properties: {},
    });
    client.send({ type: PacketType.UNSUBSCRIBE, packetId: 2, topicFilters: ['a'], properties: {} });
    expect(await client.take(PacketType.UNSUBACK)).toMatchObject({ reasonCodes: [0x00] });
    expect(faults.map(({ hits }) => hits)).toEqual([1, 1]);
  });
});

describe('rewrite', () => {
  test('a failing PUBREC → the exchange is over, and its packet id free', async () => {
    broker.faults.rewrite(PacketType.PUBREC, (packet) => ({ ...packet, reasonCode: 0x97 }));
    const client = await connectTiny(broker.port);
    client.send(publishPacket('a', { qos: 2, packetId: 1, payload: 'refused' }));
    expect(await client.take(PacketType.PUBREC)).toMatchObject({ reasonCode: 0x97 });
    client.send(publishPacket('a', { qos: 2, packetId: 1, payload: 'new' }));
    expect(await client.take(PacketType.PUBREC)).toMatchObject({ reasonCode: 0x10 });
    expect(broker.counters.messagesReceived).toBe(2);
  });

  test('raw bytes instead of a PUBLISH → just these', async () => {
    broker.faults.rewrite(PacketType.PUBLISH, () => Uint8Array.of(0xd0, 0x00));
    const client = await connectTiny(broker.port);
    await subscribeTiny(client, 'a');
    broker.publish({ topicName: 'a', payload: 'lost' });
    broker.publish({ topicName: 'a', payload: 'next' });
    await client.take(PacketType.PINGRESP);
    expect(textOf(await client.take(PacketType.PUBLISH))).toBe('next');
  });

  test('a CONNACK of another make → as it was made', async () => {
    broker.faults.rewrite(PacketType.CONNACK, (packet) => ({ ...packet, sessionPresent: true }));
    const client = await connectTiny(broker.port);
    expect(client.connack.sessionPresent).toBe(true);
  });

  test('clear → nothing goes wrong any more', async () => {
    broker.faults.refuseConnections(0x88);
    broker.faults.drop(PacketType.CONNACK);
    broker.faults.clear();
    expect((await connectTiny(broker.port)).connack.reasonCode).toBe(0);
  });
});

describe('the handle of a connection', () => {
  async function connectWithHandle() {
    const connected = broker.waitFor('connect');
    const client = await connectTiny(broker.port);
    const [handle] = await connected;
    return { client, handle };
  }

  test('send, sendRaw → as they are', async () => {
    const { client, handle } = await connectWithHandle();
    handle.send(publishPacket('never/subscribed', { payload: 'x' }));
    handle.sendRaw(Uint8Array.of(0xd0, 0x00, 0xd0, 0x00));
    expect(await client.take(PacketType.PUBLISH)).toMatchObject({ topicName: 'never/subscribed' });
    await client.take(PacketType.PINGRESP);
    await client.take(PacketType.PINGRESP);
  });

  test('disconnect → DISCONNECT with code and properties', async () => {
    const { client, handle } = await connectWithHandle();
    const left = broker.waitFor('disconnect');
    handle.disconnect(0x9d, { serverReference: 'elsewhere' });
    expect(await client.take(PacketType.DISCONNECT)).toMatchObject({
      reasonCode: 0x9d,
      properties: { serverReference: 'elsewhere' },
    });
    expect(await left).toMatchObject([{}, { by: 'broker', reasonCode: 0x9d }]);
    expect(handle.closed).toBe(true);
  });

  test('destroy → closed without a word', async () => {
    const { client, handle } = await connectWithHandle();
    handle.destroy();
    await client.closed();
    expect(client.inbox).toEqual([]);
  });

  test('pauseReading → packets that have arrived wait, in the middle of a chunk too', async () => {
    const { client, handle } = await connectWithHandle();
    const seen: number[] = [];
    const paused = broker.waitFor('packet', (paused, packet) => {
      if (packet.type === PacketType.PUBLISH) seen.push(packet.packetId);
      if (seen.length === 2) paused.pauseReading();
      return seen.length === 2;
    });
    client.socket.cork();
    for (const packetId of [1, 2, 3, 4]) client.send(publishPacket('a', { qos: 1, packetId }));
    client.socket.uncork();
    await paused;
    await client.take(PacketType.PUBACK);
    await client.take(PacketType.PUBACK);
    const other = await connectTiny(broker.port, { clientId: 'other' });
    await other.expectSilence();
    expect(client.inbox).toEqual([]);
    handle.resumeReading();
    expect(await client.take(PacketType.PUBACK)).toMatchObject({ packetId: 3 });
    expect(await client.take(PacketType.PUBACK)).toMatchObject({ packetId: 4 });
  });

  test('pauseReading → no Keep Alive timeout', async () => {
    const client = await connectTiny(broker.port, { keepAlive: 1 });
    broker.client('tiny')?.pauseReading();
    const clock = await connectTiny(broker.port, {
      clientId: 'clock',
      properties: { sessionExpiryInterval: 4 },
    });
    const passed = broker.waitFor('sessionEnd');
    clock.destroy();
    await passed;
    expect(broker.client('tiny')?.closed).toBe(false);
    expect(client.inbox).toEqual([]);
  });

  test('pauseWriting → nothing comes until resumeWriting, then all of it', async () => {
    const { client, handle } = await connectWithHandle();
    await subscribeTiny(client, 'a');
    handle.pauseWriting();
    for (const payload of ['1', '2']) broker.publish({ topicName: 'a', payload });
    await (await connectTiny(broker.port, { clientId: 'other' })).expectSilence();
    expect(client.inbox).toEqual([]);
    expect(handle.pendingBytes).toBeGreaterThan(0);
    handle.resumeWriting();
    expect(textOf(await client.take(PacketType.PUBLISH))).toBe('1');
    expect(textOf(await client.take(PacketType.PUBLISH))).toBe('2');
  });
});
