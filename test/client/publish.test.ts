import { describe, expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import type { PublishOptions } from '../../src/validation/operations.js';
import { connected, errorOf, inlineClient, nextEvent } from '../support/inline-client.js';
import {
  encodeAll,
  Inbox,
  type Peer,
  publishPacket,
  ScriptedServer,
} from '../support/scripted-server.js';

const { PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP } = PacketType;

describe('results', () => {
  test('QoS 0 → resolves once the bytes are with the operating system', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    expect(await client.publish('a/b', 'text')).toEqual({ qos: 0, reasonCode: 0, properties: {} });
    const packet = await peer.next(PUBLISH);
    expect(packet).toMatchObject({ topicName: 'a/b', qos: 0, retain: false, dup: false });
    expect(new TextDecoder().decode(packet.payload)).toBe('text');
    await client.close();
  });

  test('QoS 1 → resolves at PUBACK with its reason code and properties', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const result = client.publish('a', 'x', { qos: 1 });
    const { packetId } = await peer.next(PUBLISH);
    const properties = { reasonString: 'nobody', userProperties: [['k', 'v']] as const };
    peer.send({ type: PUBACK, packetId, reasonCode: 0x10, properties });
    expect(await result).toMatchObject({ qos: 1, reasonCode: 0x10, properties });
    await client.close();
  });

  test('QoS 2 → resolves at PUBCOMP, not at PUBREC', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    let settled = false;
    const result = client.publish('a', 'x', { qos: 2 }).finally(() => {
      settled = true;
    });
    const { packetId } = await peer.next(PUBLISH);
    peer.send({ type: PUBREC, packetId, reasonCode: 0, properties: {} });
    await peer.next(PUBREL);
    expect(settled).toBe(false);
    peer.send({ type: PUBCOMP, packetId, reasonCode: 0, properties: {} });
    expect(await result).toMatchObject({ qos: 2, reasonCode: 0 });
    await client.close();
  });

  test.each([
    { qos: 1, type: PUBACK },
    { qos: 2, type: PUBREC },
  ] as const)(
    'QoS $qos refused with 0x97 → GNEISS_ERR_REASON_CODE with the packet',
    async ({ qos, type }) => {
      await using server = await ScriptedServer.start();
      const { client, peer } = await connected(server);
      const error = errorOf(client.publish('a', 'x', { qos }));
      const { packetId } = await peer.next(PUBLISH);
      peer.send({ type, packetId, reasonCode: 0x97, properties: { reasonString: 'full' } });
      expect(await error).toMatchObject({
        code: 'GNEISS_ERR_REASON_CODE',
        message: 'The Server answered with a failing reason code: Quota exceeded (0x97)',
        origin: 'server',
        reasonCode: 0x97,
        reasonString: 'full',
        packet: { reasonCode: 0x97, properties: { reasonString: 'full' } },
      });
      await client.close();
    },
  );

  test('many at once, answered in another order → each gets its own answer', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const results = Array.from({ length: 100 }, (_, index) =>
      client.publish(`t/${index}`, `${index}`, { qos: 1 }),
    );
    const packets = await peer.take(PUBLISH, 100);
    expect(packets.map(({ topicName }) => topicName)).toEqual(
      Array.from({ length: 100 }, (_, index) => `t/${index}`),
    );
    for (const { packetId, topicName } of packets.toReversed()) {
      peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: { reasonString: topicName } });
    }
    const reasons = (await Promise.all(results)).map(({ properties }) => properties.reasonString);
    expect(reasons).toEqual(packets.map(({ topicName }) => topicName));
    await client.close();
  });

  test('every property and payload type → as given on the wire', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const properties: PublishOptions = {
      messageExpiryInterval: 60,
      payloadFormatIndicator: 1,
      responseTopic: 'r',
      correlationData: Uint8Array.of(1, 2),
      contentType: 'c',
      userProperties: [
        ['', ''],
        ['', ''],
        ['__proto__', 'x'],
      ],
    };
    const bytes = Uint8Array.of(9, 8, 7, 6);
    const payloads = ['é\u{1f600}', bytes, bytes.buffer, new DataView(bytes.buffer, 1, 2)];
    for (const payload of payloads)
      await client.publish('a', payload, { retain: true, ...properties });
    const packets = await peer.take(PUBLISH, payloads.length);
    expect(packets.map(({ payload }) => [...payload])).toEqual([
      [...new TextEncoder().encode('é\u{1f600}')],
      [9, 8, 7, 6],
      [9, 8, 7, 6],
      [8, 7],
    ]);
    expect(packets[0]).toMatchObject({ retain: true, properties });
    expect(packets[0]!.properties.userProperties).toEqual(properties.userProperties);
    await client.close();
  });

  test('payload changed after the call → the bytes of the call are sent', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const payload = Uint8Array.of(1, 1, 1);
    const sent = client.publish('a', payload);
    payload.fill(2);
    await sent;
    expect([...(await peer.next(PUBLISH)).payload]).toEqual([1, 1, 1]);
    await client.close();
  });

  test('large and small payloads from any place in memory, behind topics of any length → each arrives whole', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { outboundMemoryBytes: 1 << 20 });
    const source = Uint8Array.from({ length: 40_000 }, (_, index) => (index * 7) & 0xff);
    for (let offset = 0; offset < 16; offset++) {
      const payloads = [8191, 8192, 8193, 30_000, 20].map((length, at) =>
        source.subarray(offset + at, offset + at + length),
      );
      const topicName = 'a'.repeat(offset + 1);
      for (const payload of payloads) void client.publish(topicName, payload);
      const arrived = await peer.take(PUBLISH, payloads.length);
      expect(arrived.every(({ payload }, at) => Buffer.compare(payload, payloads[at]!) === 0)).toBe(
        true,
      );
    }
    await client.close();
  });

  test('payloads of any length up to the memory for them, one after the other → each finds room', async () => {
    const KIB = 1024;
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { outboundMemoryBytes: 512 * KIB });
    const source = new Uint8Array(512 * KIB).fill(5);
    for (const missing of [12, 15, 16, 17, 256 * KIB - 1, 256 * KIB + 8]) {
      const payload = source.subarray(missing);
      await client.publish('a', payload);
      expect((await peer.next(PUBLISH)).payload).toHaveLength(payload.length);
    }
    await client.close();
  });

  test('texts around the length from which the platform encodes → well-formed', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const texts = [0, 1, 47, 48, 49, 4096].flatMap((length) => [
      'a'.repeat(length),
      'ü'.repeat(length),
    ]);
    for (const text of texts) client.tryPublish('a', text);
    const packets = await peer.take(PUBLISH, texts.length);
    expect(packets.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(texts);
    await client.close();
  });
});

describe('failures', () => {
  test('offline, QoS 0 → GNEISS_ERR_OFFLINE; QoS 1 → waits and is sent', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server);
    const kept = client.publish('a', 'kept', { qos: 1 });
    expect((await errorOf(client.publish('a', 'x'))).code).toBe('GNEISS_ERR_OFFLINE');
    client.start();
    const peer = await server.welcome();
    await acknowledge(peer);
    expect(await kept).toMatchObject({ qos: 1, reasonCode: 0 });
    await client.close();
  });

  test('no answer within ackTimeoutMs → GNEISS_ERR_ACK_TIMEOUT, and the late answer is taken', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const error = await errorOf(client.publish('a', 'x', { qos: 1, ackTimeoutMs: 500 }));
    expect(error).toMatchObject({ code: 'GNEISS_ERR_ACK_TIMEOUT', origin: 'server' });
    await acknowledge(peer);
    const next = client.publish('a', 'y', { qos: 1 });
    await acknowledge(peer);
    await next;
    expect(client.state).toBe('connected');
    await client.close();
  });

  test.each([
    ['GNEISS_ERR_QOS_UNSUPPORTED', { maximumQos: 0 }, { qos: 1 }],
    ['GNEISS_ERR_RETAIN_UNSUPPORTED', { retainAvailable: false }, { qos: 1, retain: true }],
    ['GNEISS_ERR_PACKET_TOO_LARGE', { maximumPacketSize: 20 }, { qos: 1 }],
    ['GNEISS_ERR_TOPIC_ALIAS_INVALID', { topicAliasMaximum: 1 }, { qos: 1, topicAlias: 2 }],
  ] as const)(
    'beyond what the Server takes → %s, nothing sent',
    async (code, properties, options) => {
      await using server = await ScriptedServer.start();
      const client = inlineClient(server);
      const success = nextEvent(client, 'connectionSuccess');
      client.start();
      const peer = await server.welcome({ properties });
      await success;
      const error = await errorOf(client.publish('topic', 'a payload of some length', options));
      expect(error.code).toBe(code);
      await peer.settled();
      expect(client.state).toBe('connected');
      await client.close();
    },
  );

  test('Session lost while in flight, policy keeps nothing → GNEISS_ERR_SESSION_LOST', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { offlineQueue: 'nothing' });
    const lost = errorOf(client.publish('a', 'x', { qos: 1 }));
    await peer.next(PUBLISH);
    peer.destroy();
    await server.welcome({ sessionPresent: false });
    expect((await lost).code).toBe('GNEISS_ERR_SESSION_LOST');
    await client.close();
  });

  test('connection lost, policy keeps nothing → subscribe fails with GNEISS_ERR_CONNECTION_LOST', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { offlineQueue: 'nothing' });
    const lost = errorOf(client.subscribe('a', () => {}));
    await peer.next(PacketType.SUBSCRIBE);
    peer.destroy();
    expect((await lost).code).toBe('GNEISS_ERR_CONNECTION_LOST');
    await client.close();
  });
});

describe('abort', () => {
  test('before the call → GNEISS_ERR_ABORTED with the reason as cause, nothing sent', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const reason = new Error('enough');
    const error = await errorOf(
      client.publish('a', 'x', { qos: 1, signal: AbortSignal.abort(reason) }),
    );
    expect(error).toMatchObject({ code: 'GNEISS_ERR_ABORTED', origin: 'user', cause: reason });
    await peer.settled();
    await client.close();
  });

  test('in the same moment as the call → rejected, and not sent', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const controller = new AbortController();
    const aborted = errorOf(client.publish('a', 'x', { qos: 1, signal: controller.signal }));
    controller.abort();
    expect((await aborted).code).toBe('GNEISS_ERR_ABORTED');
    await peer.settled();
    await peer.settled();
    expect(peer.waiting).toEqual([]);
    await client.close();
  });

  test('while it waits for a connection → rejected, and not sent later', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server);
    const controller = new AbortController();
    const aborted = errorOf(client.publish('a', 'x', { qos: 1, signal: controller.signal }));
    const subscribing = errorOf(client.subscribe('a', { signal: controller.signal }));
    const kept = client.publish('a', 'kept', { qos: 1 });
    controller.abort();
    expect((await aborted).code).toBe('GNEISS_ERR_ABORTED');
    expect((await subscribing).code).toBe('GNEISS_ERR_ABORTED');
    client.start();
    const packet = await acknowledge(await server.welcome());
    expect(new TextDecoder().decode(packet.payload)).toBe('kept');
    await kept;
    await client.close();
  });

  test('after it was sent → rejected, and the exchange ends by itself', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const controller = new AbortController();
    const aborted = errorOf(client.publish('a', 'x', { qos: 1, signal: controller.signal }));
    const { packetId } = await peer.next(PUBLISH);
    controller.abort();
    expect((await aborted).code).toBe('GNEISS_ERR_ABORTED');
    peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    await client.stop();
    await client.close();
  });

  test('after it was acknowledged → nothing happens', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const controller = new AbortController();
    const published = client.publish('a', 'x', { qos: 1, signal: controller.signal });
    await acknowledge(peer);
    await published;
    controller.abort();
    const again = client.publish('a', 'y', { qos: 1 });
    await acknowledge(peer);
    await again;
    await client.close();
  });
});

describe('resumption', () => {
  test('connection lost in flight, Session kept → sent again with DUP and the same identifier', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { sessionExpiryInterval: 60 });
    const published = client.publish('a', 'x', { qos: 1 });
    const first = await peer.next(PUBLISH);
    expect(first.dup).toBe(false);
    peer.destroy();
    const second = await acknowledge(await server.welcome({ sessionPresent: true }));
    expect(second).toMatchObject({ dup: true, packetId: first.packetId });
    await published;
    await client.close();
  });

  test('PUBCOMP lost with the connection, Server knows the identifier no more → resolves', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { sessionExpiryInterval: 60 });
    const published = client.publish('a', 'x', { qos: 2 });
    const { packetId } = await peer.next(PUBLISH);
    peer.send({ type: PUBREC, packetId, reasonCode: 0, properties: {} });
    await peer.next(PUBREL);
    peer.destroy();
    const next = await server.welcome({ sessionPresent: true });
    expect((await next.next(PUBREL)).packetId).toBe(packetId);
    next.send({ type: PUBCOMP, packetId, reasonCode: 0x92, properties: {} });
    expect(await published).toMatchObject({ qos: 2, reasonCode: 0x92 });
    await client.close();
  });

  test('receiveMaximum 1 → one at a time, all of them in order', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server);
    const results = Array.from({ length: 20 }, (_, index) =>
      client.publish('a', `${index}`, { qos: 1 }),
    );
    client.start();
    const peer = await server.welcome({ properties: { receiveMaximum: 1 } });
    for (let index = 0; index < 20; index++) {
      const { packetId, payload } = await peer.next(PUBLISH);
      expect(new TextDecoder().decode(payload)).toBe(`${index}`);
      expect(peer.waiting).toEqual([]);
      peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    }
    await Promise.all(results);
    await client.close();
  });
});

test('QoS 0 and an echo in one chunk → nothing is mixed up', async () => {
  await using server = await ScriptedServer.start();
  const { client, peer } = await connected(server);
  const received = new Inbox<string>();
  const subscribing = client.subscribe('#', (message) => {
    received.push(`${message.topicName}=${message.text()}`);
  });
  await peer.grant();
  await subscribing;
  const packets = Array.from({ length: 50 }, (_, index) =>
    publishPacket({ topicName: `e/${index % 7}`, payload: `${index}` }),
  );
  peer.sendRaw(encodeAll(packets, 5));
  const last = client.publish('a', 'end', { qos: 1 });
  await acknowledge(peer);
  await last;
  // Completions do not wait for messages: the last of them may still be on its way.
  for (const index of packets.keys()) expect(await received.take()).toBe(`e/${index % 7}=${index}`);
  expect(received.items).toEqual([]);
  await client.close();
});

/** Answers the next PUBLISH, of QoS 1. */
async function acknowledge(peer: Peer) {
  const packet = await peer.next(PUBLISH);
  peer.send({ type: PUBACK, packetId: packet.packetId, reasonCode: 0, properties: {} });
  return packet;
}
