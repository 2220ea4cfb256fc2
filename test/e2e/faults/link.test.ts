import { once } from 'node:events';
import { connect, type MqttError } from 'gneiss-mqtt';
import { PacketType } from 'gneiss-mqtt/testing';
import { describe, expect, test } from 'vitest';
import { Conversation } from '../../support/conversation.js';
import type { Direction } from '../../support/faulty-link.js';
import { brokerBeyond, durable, IMPATIENT, WAYS } from '../../support/faulty-road.js';

const ACKNOWLEDGED = [1, 2] as const;
/** What finds a dead connection within this time, plus half of it. */
const KEEP_ALIVE_S = 1;

const FOUND = [
  'GNEISS_ERR_KEEP_ALIVE_TIMEOUT',
  'GNEISS_ERR_SERVER_DISCONNECT',
  'GNEISS_ERR_CONNECTION_CLOSED',
];

describe.concurrent.each(WAYS)('$road, MQTT $protocolVersion', ({ road, protocolVersion }) => {
  const options = { ...IMPATIENT, ...durable(protocolVersion), clientId: 'c' };

  test.each([1, 2, 7])('bytes arrive %i at a time → all is well', async (pieceBytes) => {
    await using way = await brokerBeyond(road);
    way.proxy.shape({ pieceBytes });
    await using conversation = await Conversation.start(way.url, options);
    await Promise.all([conversation.publish(0, 20), conversation.expect(0, 20)]);
    expect(conversation.client.stats().connections).toBe(1);
  });

  test('each piece is late → all is well, in order', async () => {
    await using way = await brokerBeyond(road);
    way.proxy.shape({ delayMs: 15 });
    await using conversation = await Conversation.start(way.url, options);
    await Promise.all([conversation.publish(0, 20), conversation.expect(0, 20)]);
    expect(conversation.client.stats().connections).toBe(1);
  });

  test('a message of a megabyte trickles in for longer than a missing PINGRESP may take → arrives, over one connection', async () => {
    await using way = await brokerBeyond(road);
    const hasty = { ...options, keepAlive: 4, pingTimeoutMs: 2000 };
    await using conversation = await Conversation.start(way.url, hasty);
    // It takes seven seconds: PINGREQ is sent after four, its answer has to come within two.
    way.proxy.shape({ pieceBytes: 3000, delayMs: 20 }, ['down']);
    const pinged = way.broker.waitFor('packet', (_, { type }) => type === PacketType.PINGREQ);
    await Promise.all([
      conversation.publish(0, 1, [1], 1 << 20),
      conversation.expect(0, 1, [1]),
      pinged,
    ]);
    expect(conversation.client.stats().connections).toBe(1);
  });

  test.each(['end', 'reset'] as const)(
    'cut ten times in a flow of messages (%s) → nothing acknowledged is lost, QoS 2 once each',
    async (by) => {
      await using way = await brokerBeyond(road);
      await using conversation = await Conversation.start(way.url, options);
      const { client } = conversation;
      for (let round = 0; round < 10; round++) {
        const lost = once(client, 'disconnection');
        const connected = once(client, 'connectionSuccess');
        const published = conversation.publish(round * 20, 20, ACKNOWLEDGED);
        // Somewhere in the middle of it.
        for (let turn = 0; turn < round; turn++)
          await new Promise((resolve) => setImmediate(resolve));
        way.proxy.cut(by);
        await Promise.all([published, lost, connected]);
      }
      await conversation.expect(0, 200, ACKNOWLEDGED);
      expect(client.stats().connections).toBeGreaterThanOrEqual(11);
    },
  );

  test.each<[string, readonly Direction[]]>([
    ['both directions', ['up', 'down']],
    ['what the Server sends', ['down']],
    ['what the client sends', ['up']],
  ])(
    'the network swallows %s → found by the keep-alive, and nothing acknowledged is lost',
    async (_, directions) => {
      await using way = await brokerBeyond(road);
      await using conversation = await Conversation.start(way.url, {
        ...options,
        keepAlive: KEEP_ALIVE_S,
      });
      const { client } = conversation;
      const lost = once(client, 'disconnection') as Promise<[{ readonly error: MqttError }]>;
      way.proxy.shape({ mode: 'swallow' }, directions);
      const published = conversation.publish(0, 20, ACKNOWLEDGED);
      const { code } = (await lost)[0].error;
      // A Server that hears nothing gives up after the same time, and its word, or its end, arrives.
      if (directions.includes('down')) expect(code).toBe('GNEISS_ERR_KEEP_ALIVE_TIMEOUT');
      else expect(FOUND).toContain(code);
      way.proxy.shape({ mode: 'pass' }, directions);
      await published;
      await conversation.expect(0, 20, ACKNOWLEDGED);
    },
  );

  test('the network takes nothing for a while → goes on where it was, on the same connection', async () => {
    await using way = await brokerBeyond(road);
    await using conversation = await Conversation.start(way.url, options);
    way.proxy.shape({ mode: 'hold' });
    const published = conversation.publish(0, 200, ACKNOWLEDGED, 20_000);
    const { client } = conversation;
    while (client.stats().bytesSent < 1_000_000)
      await new Promise((resolve) => setImmediate(resolve));
    way.proxy.shape({ mode: 'pass' });
    await Promise.all([published, conversation.expect(0, 200, ACKNOWLEDGED)]);
    expect(client.stats().connections).toBe(1);
  });

  test('the network takes nothing for ever → write timeout, and all arrives over the next connection', async () => {
    await using way = await brokerBeyond(road);
    await using conversation = await Conversation.start(way.url, {
      ...options,
      keepAlive: 0,
      writeTimeoutMs: 300,
      outboundMemoryBytes: 64 << 20,
    });
    const lost = once(conversation.client, 'disconnection') as Promise<
      [{ readonly error: MqttError }]
    >;
    way.proxy.shape({ mode: 'hold' }, ['up']);
    const published = conversation.publish(0, 14, [1], 1 << 20);
    expect((await lost)[0].error.code).toBe('GNEISS_ERR_WRITE_TIMEOUT');
    way.proxy.shape({ mode: 'pass' }, ['up']);
    await published;
    await conversation.expect(0, 14, [1]);
  });

  test('refused for a while after a cut → goes on trying, and publishes wait', async () => {
    await using way = await brokerBeyond(road);
    await using conversation = await Conversation.start(way.url, options);
    const { client } = conversation;
    let refused = 0;
    const tenRefusals = new Promise<void>((resolve) => {
      client.on('connectionFailure', () => {
        if (++refused === 10) resolve();
      });
    });
    way.proxy.refuse();
    way.proxy.cut('reset');
    const published = conversation.publish(0, 20, ACKNOWLEDGED);
    await tenRefusals;
    await way.proxy.accept();
    await published;
    await conversation.expect(0, 20, ACKNOWLEDGED);
    expect(client.stats().connections).toBe(2);
  });

  test('a handler that is slow → the network fills up, the memory does not, and nothing is lost', async () => {
    await using way = await brokerBeyond(road);
    await using sender = await Conversation.start(way.url, { ...options, clientId: 's' });
    const bounds = { inboundMemoryBytes: 524_288, outboundMemoryBytes: 524_288 };
    await using client = await connect(way.url, { ...options, ...bounds });
    let handled = 0;
    const count = 300;
    const done = new Promise<void>((resolve, reject) => {
      const slow = client.subscribe('n/1', { qos: 1, concurrency: 1 }, async ({ payload }) => {
        expect(new DataView(payload.buffer, payload.byteOffset).getUint32(0)).toBe(handled);
        await new Promise((next) => setImmediate(next));
        if (++handled === count) resolve();
      });
      slow.then(() => sender.publish(0, count, [1], 20_000)).catch(reject);
    });
    await done;
    expect(client.stats().connections).toBe(1);
  });
});
