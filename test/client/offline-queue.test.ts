import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import type { ClientOptions } from '../../src/options/schema.js';
import { connected, errorOf, inlineClient, nextEvent } from '../support/inline-client.js';
import { type Peer, ScriptedServer } from '../support/scripted-server.js';

const { PUBLISH, PUBACK } = PacketType;
const FULL = 'GNEISS_ERR_QUEUE_FULL';
const DROPPED = 'GNEISS_ERR_DROPPED';
const QOS_1 = { qos: 1 } as const;
const FAR_APART: ClientOptions = { reconnectDelayMinMs: 100_000, reconnectDelayMaxMs: 100_000 };

/** Answers so many QoS 1 publishes. @returns Their payloads. */
async function acknowledge(peer: Peer, count: number): Promise<string[]> {
  const texts: string[] = [];
  for (let index = 0; index < count; index++) {
    const { packetId, payload } = await peer.next(PUBLISH);
    texts.push(new TextDecoder().decode(payload));
    peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
  }
  return texts;
}

function publishAll(client: MqttClient, texts: readonly string[]): Promise<string>[] {
  return texts.map(async (text) =>
    client.publish('t', text, QOS_1).then(
      () => 'sent',
      (error: unknown) => (error as { code: string }).code,
    ),
  );
}

/** Lets the worker, which runs on this thread, take its turns. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await setImmediate();
}

function bounded(
  server: ScriptedServer,
  offlineQueueFull: ClientOptions['offlineQueueFull'],
  options: ClientOptions = {},
): MqttClient {
  return inlineClient(server, { offlineQueueFull, offlineQueueMaximumMessages: 3, ...options });
}

describe('reject', () => {
  test('more than the bound, in one burst or over several → refused, and what was taken is sent', async () => {
    for (const pause of [async () => {}, settle]) {
      await using server = await ScriptedServer.start();
      const client = bounded(server, 'reject');
      const results: Promise<string>[] = [];
      for (const text of ['1', '2', '3', '4', '5']) {
        results.push(...publishAll(client, [text]));
        await pause();
      }
      expect(client.tryPublish('t', '6', QOS_1)).toBe(false);
      expect(await Promise.all(results.slice(3))).toEqual([FULL, FULL]);
      const drained = nextEvent(client, 'drain');
      client.start();
      const peer = await server.welcome();
      expect(await acknowledge(peer, 3)).toEqual(['1', '2', '3']);
      expect(await Promise.all(results.slice(0, 3))).toEqual(['sent', 'sent', 'sent']);
      await drained;
      expect(client.tryPublish('t', '7', QOS_1)).toBe(true);
      expect(await acknowledge(peer, 1)).toEqual(['7']);
      await client.close();
    }
  });

  test('bound in bytes → as many as fit, and smaller ones into what is left', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server, { offlineQueueMaximumBytes: 100 });
    // Header 2, topic 3, identifier 2, properties 1: 8 bytes.
    const results = publishAll(client, ['x'.repeat(42), 'x'.repeat(30), 'x'.repeat(4), 'x', '']);
    expect(await Promise.all([results[3], results[4]])).toEqual([FULL, FULL]);
    await settle();
    expect(client.tryPublish('t', '', QOS_1)).toBe(false);
    client.start();
    await acknowledge(await server.welcome(), 3);
    expect(await Promise.all(results.slice(0, 3))).toEqual(['sent', 'sent', 'sent']);
    await client.close();
  });

  test('aborted → its room is free at once, and told', async () => {
    await using server = await ScriptedServer.start();
    const client = bounded(server, 'reject');
    const controller = new AbortController();
    const aborted = errorOf(client.publish('t', '1', { ...QOS_1, signal: controller.signal }));
    const results = publishAll(client, ['2', '3']);
    await settle();
    expect(client.tryPublish('t', '4', QOS_1)).toBe(false);
    const ready = client.ready();
    controller.abort();
    expect((await aborted).code).toBe('GNEISS_ERR_ABORTED');
    await ready;
    results.push(...publishAll(client, ['5', '6']));
    expect(await results[3]).toBe(FULL);
    client.start();
    expect(await acknowledge(await server.welcome(), 3)).toEqual(['2', '3', '5']);
    await client.close();
  });

  test('connected → the bounds do not apply; connection lost → they do, and what waits by then is kept', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { offlineQueueMaximumMessages: 3 });
    const burst = Array.from({ length: 100 }, (_, index) => `${index}`);
    const results = publishAll(client, burst);
    expect(await acknowledge(peer, 100)).toEqual(burst);
    expect(new Set(await Promise.all(results))).toEqual(new Set(['sent']));
    const lost = nextEvent(client, 'disconnection');
    peer.destroy();
    await lost;
    const later = publishAll(client, ['a', 'b', 'c', 'd']);
    expect(await later[3]).toBe(FULL);
    expect(await acknowledge(await server.welcome(), 3)).toEqual(['a', 'b', 'c']);
    await client.close();
  });

  test('subscribes → do not count', async () => {
    await using server = await ScriptedServer.start();
    const client = bounded(server, 'reject');
    const subscribing = [client.subscribe('a', () => {}), client.subscribe('b', () => {})];
    const results = publishAll(client, ['1', '2', '3', '4']);
    expect(await results[3]).toBe(FULL);
    client.start();
    const peer = await server.welcome();
    await peer.grant();
    await peer.grant();
    await acknowledge(peer, 3);
    await Promise.all(subscribing);
    await client.close();
  });
});

describe('wait', () => {
  test('more than the bound → the promises wait, and all is sent in the order of the calls', async () => {
    await using server = await ScriptedServer.start();
    const client = bounded(server, 'wait');
    const texts = Array.from({ length: 20 }, (_, index) => `${index}`);
    const results = publishAll(client, texts);
    expect(client.stats().publishesWaiting).toBe(17);
    expect(client.tryPublish('t', 'overtaking', QOS_1)).toBe(false);
    const ready = client.ready().then(() => client.stats().publishesWaiting);
    client.start();
    const peer = await server.welcome();
    expect(await acknowledge(peer, 20)).toEqual(texts);
    expect(new Set(await Promise.all(results))).toEqual(new Set(['sent']));
    expect(await ready).toBe(0);
    await client.close();
  });

  test('payload and options changed after the call → those of the call are sent', async () => {
    await using server = await ScriptedServer.start();
    const client = bounded(server, 'wait');
    void publishAll(client, ['1', '2', '3']);
    const payload = Uint8Array.of(1, 2);
    const correlationData = Uint8Array.of(3);
    const userProperties: [string, string][] = [['k', 'v']];
    const options = { qos: 1, correlationData, userProperties, contentType: 'c' } as const;
    const result = client.publish('t', payload, options);
    payload.fill(9);
    correlationData.fill(9);
    userProperties[0]![1] = 'changed';
    client.start();
    const peer = await server.welcome();
    await acknowledge(peer, 3);
    const packet = await peer.next(PUBLISH);
    expect(packet).toMatchObject({
      payload: Uint8Array.of(1, 2),
      properties: {
        correlationData: Uint8Array.of(3),
        userProperties: [['k', 'v']],
        contentType: 'c',
      },
    });
    peer.send({ type: PUBACK, packetId: packet.packetId, reasonCode: 0, properties: {} });
    await result;
    await client.close();
  });

  test('more than maximumWaitingPublishes, or than the memory → GNEISS_ERR_QUEUE_FULL', async () => {
    await using server = await ScriptedServer.start();
    const client = bounded(server, 'wait', {
      maximumWaitingPublishes: 2,
      outboundMemoryBytes: 524_288,
    });
    const results = publishAll(client, ['1', '2', '3', '4', 'x'.repeat(524_275), '5', '6']);
    expect(await Promise.all([results[4], results[6]])).toEqual([FULL, FULL]);
    client.start();
    expect(await acknowledge(await server.welcome(), 5)).toEqual(['1', '2', '3', '4', '5']);
    await client.close();
  });

  test('invalid → rejected at once, whoever waits before it', async () => {
    await using server = await ScriptedServer.start();
    const client = bounded(server, 'wait');
    void publishAll(client, ['1', '2', '3', '4']);
    expect((await errorOf(client.publish('#', 'x'))).code).toBe('GNEISS_ERR_INVALID_TOPIC');
    const wrong = client.publish('t', 'x', { qos: 3 as never });
    expect((await errorOf(wrong)).code).toBe('GNEISS_ERR_INVALID_OPTION');
    client.destroy();
  });

  test('aborted → rejected, never sent, and the others move up', async () => {
    await using server = await ScriptedServer.start();
    const client = bounded(server, 'wait');
    const first = publishAll(client, ['1', '2', '3']);
    const controllers = [new AbortController(), new AbortController()];
    const aborted = controllers.map(({ signal }, index) =>
      errorOf(client.publish('t', `aborted ${index}`, { ...QOS_1, signal })),
    );
    const last = publishAll(client, ['4']);
    controllers[1]!.abort();
    controllers[0]!.abort();
    for (const error of aborted) expect((await error).code).toBe('GNEISS_ERR_ABORTED');
    expect(client.stats().publishesWaiting).toBe(1);
    client.start();
    expect(await acknowledge(await server.welcome(), 4)).toEqual(['1', '2', '3', '4']);
    await Promise.all([...first, ...last]);
    await client.close();
  });

  test('aborted after it has found room → as one that never waited', async () => {
    await using server = await ScriptedServer.start();
    const client = bounded(server, 'wait');
    void publishAll(client, ['1', '2', '3']);
    const controller = new AbortController();
    const aborted = errorOf(client.publish('t', 'x', { ...QOS_1, signal: controller.signal }));
    client.start();
    const peer = await server.welcome();
    await acknowledge(peer, 3);
    const { packetId } = await peer.next(PUBLISH);
    controller.abort();
    expect((await aborted).code).toBe('GNEISS_ERR_ABORTED');
    peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    await client.close();
  });

  test('the one before it is larger than what may wait → it waits for the connection, and they behind it', async () => {
    await using server = await ScriptedServer.start();
    const client = bounded(server, 'wait', { offlineQueueMaximumBytes: 100 });
    const results = publishAll(client, ['x'.repeat(200), '1']);
    await settle();
    expect(client.stats()).toMatchObject({ publishesWaiting: 2, messagesPublished: 0 });
    client.start();
    expect(await acknowledge(await server.welcome(), 2)).toEqual(['x'.repeat(200), '1']);
    await Promise.all(results);
    await client.close();
  });

  test('connected, memory used up → waits for the acknowledgements of others', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, {
      offlineQueueFull: 'wait',
      outboundMemoryBytes: 524_288,
    });
    const texts = Array.from({ length: 12 }, (_, index) => `${index}`.padEnd(100_000));
    const results = publishAll(client, texts.slice(0, 8));
    expect(client.stats().publishesWaiting).toBeGreaterThan(0);
    expect(await acknowledge(peer, 8)).toEqual(texts.slice(0, 8));
    await Promise.all(results);
    await client.close();
  });

  test('stopped → what waits is sent before the end, too; closed without a connection → rejected', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, {
      offlineQueueFull: 'wait',
      maximumPendingOperations: 16,
    });
    const texts = Array.from({ length: 100 }, (_, index) => `${index}`);
    const results = publishAll(client, texts);
    const stopped = client.stop();
    expect(await acknowledge(peer, 100)).toEqual(texts);
    await stopped;
    expect(new Set(await Promise.all(results))).toEqual(new Set(['sent']));
    const left = publishAll(client, texts.slice(0, 20));
    expect(client.stats().publishesWaiting).toBe(4);
    await client.close();
    expect(new Set(await Promise.all(left))).toEqual(new Set(['GNEISS_ERR_CLOSED']));
    expect(client.stats().publishesWaiting).toBe(0);
  });
});

describe('dropping', () => {
  test('drop-oldest → the oldest rejects with GNEISS_ERR_DROPPED, tryPublish is true, and it is counted', async () => {
    await using server = await ScriptedServer.start();
    const client = bounded(server, 'drop-oldest');
    const results = publishAll(client, ['1', '2', '3', '4']);
    expect(client.tryPublish('t', '5', QOS_1)).toBe(true);
    expect(await Promise.all(results.slice(0, 2))).toEqual([DROPPED, DROPPED]);
    expect(client.stats().messagesDropped).toBe(2);
    expect((await errorOf(client.publish('t', 'q0'))).code).toBe('GNEISS_ERR_OFFLINE');
    client.start();
    expect(await acknowledge(await server.welcome(), 3)).toEqual(['3', '4', '5']);
    await client.close();
  });

  test('drop-newest → the new one rejects with GNEISS_ERR_DROPPED; tryPublish is true, and it is counted', async () => {
    await using server = await ScriptedServer.start();
    const client = bounded(server, 'drop-newest');
    const results = publishAll(client, ['1', '2', '3', '4']);
    expect(await results[3]).toBe(DROPPED);
    expect(client.tryPublish('t', '5', QOS_1)).toBe(true);
    await settle();
    expect(client.stats().messagesDropped).toBe(2);
    client.start();
    expect(await acknowledge(await server.welcome(), 3)).toEqual(['1', '2', '3']);
    await client.close();
  });

  test.each(['drop-oldest', 'drop-newest'] as const)(
    '%s, twenty times the memory and the places, awaited or not → never refused',
    async (offlineQueueFull) => {
      await using server = await ScriptedServer.start();
      const client = inlineClient(server, {
        offlineQueueFull,
        ...FAR_APART,
        maximumPendingOperations: 64,
        outboundMemoryBytes: 1_048_576,
      });
      const results: Promise<string>[] = [];
      for (let round = 0; round < 400; round++) {
        for (let index = 0; index < 4; index++) {
          const text = `${round}`.padEnd(8000 + ((round * 977) % 16_000));
          if (index % 2 === 0) results.push(...publishAll(client, [text]));
          else expect(client.tryPublish('t', text, QOS_1)).toBe(true);
        }
        const taken = (): number => client.stats().messagesDropped + client.stats().queued;
        while (taken() < 4 * (round + 1)) await setImmediate();
      }
      const { messagesDropped, queued } = client.stats();
      expect(messagesDropped + queued).toBe(400 * 4);
      expect(queued).toBeGreaterThan(4);
      await client.close();
      const codes = new Set(await Promise.all(results));
      expect(codes).toEqual(new Set([DROPPED, 'GNEISS_ERR_CLOSED']));
    },
  );
});
