import { expect, test } from 'vitest';
import { PacketType, startBroker } from '../../src/testing/index.js';
import { connectTiny, publishPacket, subscribeTiny, textOf } from './tiny-client.js';

/** A broker, and a subscriber to `a` that takes nothing until its handle resumes writing. */
async function startWithSlowSubscriber(options: Parameters<typeof startBroker>[0], qos: 0 | 1) {
  const broker = await startBroker({ highWaterMark: 1, ...options });
  const slow = await connectTiny(broker.port, { clientId: 'slow' });
  await subscribeTiny(slow, 'a', { qos });
  const handle = broker.client('slow')!;
  handle.pauseWriting();
  broker.publish({ topicName: 'a', payload: 'first' });
  return { broker, slow, handle, [Symbol.asyncDispose]: () => broker.close() };
}

test('QoS 0 to a slow Client → the oldest are dropped beyond the backlog', async () => {
  // Topic and payload take two bytes.
  await using world = await startWithSlowSubscriber({ backlogBytesMax: 6 }, 0);
  const { broker, slow, handle } = world;
  for (const payload of ['1', '2', '3', '4', '5']) broker.publish({ topicName: 'a', payload });
  expect(broker.counters.qos0Dropped).toBe(2);
  handle.resumeWriting();
  const payloads: string[] = [];
  for (let count = 0; count < 4; count++) {
    payloads.push(textOf(await slow.take(PacketType.PUBLISH)));
  }
  expect(payloads).toEqual(['first', '3', '4', '5']);
});

test('QoS 0 with `pause` → the publisher is not read until the Client has caught up', async () => {
  await using world = await startWithSlowSubscriber({ qos0Overflow: 'pause' }, 0);
  const { broker, slow, handle } = world;
  const publisher = await connectTiny(broker.port, { clientId: 'publisher' });
  const published = broker.waitFor('publish');
  publisher.socket.cork();
  for (const payload of ['1', '2']) publisher.send(publishPacket('a', { payload }));
  publisher.send({ type: PacketType.PINGREQ });
  publisher.socket.uncork();
  await published;
  const other = await connectTiny(broker.port, { clientId: 'other' });
  await other.expectSilence();
  expect(broker.counters.messagesReceived).toBe(1);
  handle.resumeWriting();
  await publisher.take(PacketType.PINGRESP);
  for (const payload of ['first', '1', '2']) {
    expect(textOf(await slow.take(PacketType.PUBLISH))).toBe(payload);
  }
});

test('QoS 0 with `pause` to oneself → read on, for only that can help', async () => {
  await using world = await startWithSlowSubscriber({ qos0Overflow: 'pause' }, 0);
  const { broker, slow, handle } = world;
  const published = broker.waitFor('publish', ({ payload }) => payload.length === 2);
  slow.send(publishPacket('a', { payload: '1' }));
  slow.send(publishPacket('a', { payload: '22' }));
  await published;
  handle.resumeWriting();
  for (const payload of ['first', '1', '22']) {
    expect(textOf(await slow.take(PacketType.PUBLISH))).toBe(payload);
  }
});

test('QoS 1 to a slow Client → the publisher gets no PUBACK, but all else', async () => {
  await using world = await startWithSlowSubscriber({ queuedMessagesMax: 8 }, 1);
  const { broker, slow, handle } = world;
  const publisher = await connectTiny(broker.port, { clientId: 'publisher' });
  for (const packetId of [1, 2, 3]) {
    publisher.send(publishPacket('a', { qos: 1, packetId, payload: String(packetId) }));
  }
  expect(await publisher.take(PacketType.PUBACK)).toMatchObject({ packetId: 1 });
  await publisher.expectSilence();
  expect(broker.sessions().map(({ queuedMessages }) => queuedMessages)).toContain(3);
  handle.resumeWriting();
  expect(await publisher.take(PacketType.PUBACK)).toMatchObject({ packetId: 2 });
  expect(await publisher.take(PacketType.PUBACK)).toMatchObject({ packetId: 3 });
  for (const payload of ['first', '1', '2', '3']) {
    expect(textOf(await slow.take(PacketType.PUBLISH))).toBe(payload);
  }
});

test('the slow Client goes away → its publishers go on', async () => {
  await using world = await startWithSlowSubscriber({ queuedMessagesMax: 4 }, 1);
  const { broker, slow } = world;
  const publisher = await connectTiny(broker.port, { clientId: 'publisher' });
  publisher.send(publishPacket('a', { qos: 2, packetId: 1 }));
  await publisher.expectSilence();
  slow.destroy();
  expect(await publisher.take(PacketType.PUBREC)).toMatchObject({ packetId: 1 });
});

test('the waiting publisher goes away → nobody misses it', async () => {
  await using world = await startWithSlowSubscriber({ queuedMessagesMax: 4 }, 1);
  const { broker, slow, handle } = world;
  const publisher = await connectTiny(broker.port, { clientId: 'publisher' });
  publisher.send(publishPacket('a', { qos: 1, packetId: 1, payload: '1' }));
  await publisher.expectSilence();
  const left = broker.waitFor('disconnect');
  publisher.destroy();
  await left;
  handle.resumeWriting();
  for (const payload of ['first', '1']) {
    expect(textOf(await slow.take(PacketType.PUBLISH))).toBe(payload);
  }
});

test('a flood over real sockets → nothing lost at QoS 1, memory bounded by acknowledgements', async () => {
  await using broker = await startBroker({ queuedMessagesMax: 400 });
  const subscriber = await connectTiny(broker.port, { properties: { receiveMaximum: 5 } });
  await subscribeTiny(subscriber, 'a', { qos: 1 });
  const publisher = await connectTiny(broker.port, { clientId: 'publisher' });
  let unacknowledged = 0;
  let highest = 0;
  const flood = async () => {
    for (let count = 1; count <= 2000; count++) {
      publisher.send(publishPacket('a', { qos: 1, packetId: count, payload: String(count) }));
      if (++unacknowledged === 100) {
        await publisher.take(PacketType.PUBACK);
        unacknowledged--;
      }
    }
  };
  const flooded = flood();
  for (let count = 1; count <= 2000; count++) {
    const message = await subscriber.take(PacketType.PUBLISH);
    expect(textOf(message)).toBe(String(count));
    highest = Math.max(highest, ...broker.sessions().map(({ queuedMessages }) => queuedMessages));
    const { packetId } = message;
    subscriber.send({ type: PacketType.PUBACK, packetId, reasonCode: 0, properties: {} });
  }
  await flooded;
  expect(broker.counters.queueDropped).toBe(0);
  expect(highest).toBeLessThanOrEqual(200);
});
