import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/client/message.js';
import type { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import { connected, Gate, inlineClient, nextEvent } from '../support/inline-client.js';
import { Prng } from '../support/prng.js';
import { encodeAll, type Peer, publishPacket, ScriptedServer } from '../support/scripted-server.js';

const { PUBLISH, PUBACK, DISCONNECT } = PacketType;
const KIB = 1024;
const SEGMENT = 256 * KIB;

describe('chunks', () => {
  test('packets around, across and beyond the borders of segments → whole, and earlier ones unharmed', async () => {
    await using server = await ScriptedServer.start();
    const maximumPacketSize = 3 * SEGMENT;
    const { client, peer } = await connected(server, { maximumPacketSize });
    const kept: { message: Message; fill: number; lease: Disposable }[] = [];
    await subscribed(client, peer, (message) => {
      kept.push({ message, fill: Number(message.topicName), lease: message.retain() });
    });
    // The fixed header takes 4 bytes here, topic, identifier and properties 2 + 2 + 2 + 1.
    const exactly = (size: number): number => size - 4 - 7;
    const sizes = [
      SEGMENT - 5,
      SEGMENT,
      SEGMENT + 1,
      2 * SEGMENT,
      maximumPacketSize,
      20,
      SEGMENT - 1,
    ];
    for (const [index, size] of sizes.entries()) {
      const payload = new Uint8Array(exactly(size)).fill(10 + index);
      peer.send(
        publishPacket({ topicName: `${10 + index}`, qos: 1, packetId: index + 1, payload }),
      );
    }
    while (kept.length < sizes.length) await client.publish('tick', 'x');
    for (const [index, { message, fill, lease }] of kept.entries()) {
      expect(fill).toBe(10 + index);
      expect(message.payload.every((byte) => byte === fill)).toBe(true);
      expect(message.payload.length).toBeGreaterThan(0);
      lease[Symbol.dispose]();
    }
    for (let acks = 0; acks < sizes.length; ) {
      acks += (await takeAny(peer)) === PUBACK ? 1 : 0;
    }
    expect(client.state).toBe('connected');
    await client.close();
  });

  test('[MQTT-3.1.2-24] [MQTT-5.0:3.1.2-c] one byte more than maximumPacketSize → DISCONNECT 0x95 from the header alone', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { maximumPacketSize: 1000 });
    const lost = nextEvent(client, 'disconnection');
    // Remaining Length 998 and a header of 3 bytes: 1001 in all, of which the body never comes.
    peer.sendRaw(Uint8Array.of(0x30, 0xe6, 0x07));
    expect((await peer.next(DISCONNECT)).reasonCode).toBe(0x95);
    expect((await lost)[0].error).toMatchObject({
      code: 'GNEISS_ERR_PEER_VIOLATION',
      reasonCode: 0x95,
      statement: 'MQTT-3.1.2-24',
    });
    await peer.closed();
    await client.close();
  });

  test('a Remaining Length of 256 MB → refused before any memory is taken', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const before = process.memoryUsage.rss();
    peer.sendRaw(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f));
    expect((await peer.next(DISCONNECT)).reasonCode).toBe(0x95);
    // What comes after it is read to the end, and not listened to.
    peer.sendRaw(new Uint8Array(300 * KIB));
    peer.socket.end();
    await peer.closed();
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * KIB * KIB);
    await client.close();
  });

  test('byte by byte, and glued together → the same messages', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const seen: string[] = [];
    await subscribed(client, peer, (message) => {
      seen.push(`${message.topicName} ${message.text()} ${message.properties.contentType}`);
    });
    const packets = Array.from({ length: 20 }, (_, index) =>
      publishPacket({
        topicName: `t/${index}`,
        payload: `payload ${index}`,
        properties: { contentType: `type ${index}` },
      }),
    );
    const bytes = encodeAll(packets, 5);
    for (const byte of bytes) {
      peer.sendRaw(Uint8Array.of(byte));
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    peer.sendRaw(bytes);
    await peer.settled();
    await client.publish('a', 'x');
    const once = packets.map((_, index) => `t/${index} payload ${index} type ${index}`);
    expect(seen).toEqual([...once, ...once]);
    await client.close();
  });

  test('random packets in random pieces → all of them, in order, at every seed', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, {
      inboundMemoryBytes: 4 * SEGMENT,
      maximumPacketSize: 2 * SEGMENT,
    });
    const random = new Prng(20261122);
    const expected: string[] = [];
    const seen: string[] = [];
    await subscribed(client, peer, (message) => {
      const { payload } = message;
      seen.push(
        `${message.topicName} ${payload.length} ${payload[0] ?? ''} ${payload.at(-1) ?? ''}`,
      );
    });
    const parts: Uint8Array[] = [];
    for (let index = 0; index < 150; index++) {
      const length = random.chance(0.1) ? random.below(SEGMENT + 5000) : random.below(3000);
      const payload =
        random.bytes(Math.min(length, 2)).length === 0 ? new Uint8Array(0) : filled(length, index);
      const topicName = `t/${random.below(40)}`;
      expected.push(`${topicName} ${length} ${payload[0] ?? ''} ${payload.at(-1) ?? ''}`);
      parts.push(encodeAll([publishPacket({ topicName, payload })], 5));
    }
    const bytes = Buffer.concat(parts);
    for (let start = 0; start < bytes.length; ) {
      const end = start + 1 + random.below(random.chance(0.3) ? 200_000 : 700);
      peer.sendRaw(bytes.subarray(start, end));
      start = end;
    }
    await peer.settled();
    while (seen.length < expected.length) await client.publish('tick', 'x');
    expect(seen).toEqual(expected);
    await client.close();
  });

  test('a million small packets at once → no overflow, the event loop goes round, all handled', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const count = 1_000_000;
    const done = new Gate();
    let handled = 0;
    let lastOf = '';
    await subscribed(client, peer, (message) => {
      handled++;
      if (handled === count) {
        lastOf = message.text();
        done.open();
      }
    });
    const one = encodeAll([publishPacket({ topicName: 'a', payload: 'z' })], 5);
    const bytes = new Uint8Array(one.length * count);
    for (let index = 0; index < count; index++) bytes.set(one, index * one.length);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    peer.sendRaw(bytes);
    await done.promise;
    clearInterval(timer);
    expect(lastOf).toBe('z');
    expect(turns).toBeGreaterThan(5);
    await client.close();
  }, 30_000);
});

describe('a hostile Server', () => {
  /** What it sends after CONNACK, and the reason code that answers it. */
  const attacks: readonly (readonly [string, readonly number[], number])[] = [
    ['reserved packet type 0', [0x00, 0x00], 0x81],
    ['a second CONNACK', [0x20, 0x03, 0x00, 0x00, 0x00], 0x82],
    ['CONNECT from a Server', [0x10, 0x00], 0x82],
    ['SUBSCRIBE from a Server', [0x82, 0x06, 0, 1, 0, 0, 1, 0x61], 0x82],
    ['wrong flags', [0x41, 0x02, 0x00, 0x01], 0x81],
    ['QoS 3', [0x36, 0x06, 0x00, 0x01, 0x61, 0x00, 0x01, 0x00], 0x81],
    ['a Remaining Length of five bytes', [0x30, 0x80, 0x80, 0x80, 0x80, 0x01], 0x81],
    ['a Remaining Length that is not minimal', [0x30, 0x84, 0x00], 0x81],
    ['a topic that runs past the end', [0x30, 0x03, 0x00, 0x09, 0x61], 0x81],
    ['a property length that runs past the end', [0x30, 0x05, 0x00, 0x01, 0x61, 0x7f, 0x01], 0x81],
    ['an unknown property', [0x30, 0x06, 0x00, 0x01, 0x61, 0x02, 0x7e, 0x00], 0x81],
    ['ill-formed UTF-8', [0x30, 0x05, 0x00, 0x02, 0xc3, 0x28, 0x00], 0x81],
    ['U+0000 in a topic', [0x30, 0x04, 0x00, 0x01, 0x00, 0x00], 0x81],
    ['a wildcard in a topic', [0x30, 0x04, 0x00, 0x01, 0x23, 0x00], 0x82],
    ['no topic and no alias', [0x30, 0x03, 0x00, 0x00, 0x00], 0x82],
    ['an alias that was never bound', [0x30, 0x06, 0x00, 0x00, 0x03, 0x23, 0x00, 0x01], 0x82],
    ['an alias beyond the maximum', [0x30, 0x07, 0x00, 0x01, 0x61, 0x03, 0x23, 0x00, 0x63], 0x94],
    ['an alias of 0', [0x30, 0x07, 0x00, 0x01, 0x61, 0x03, 0x23, 0x00, 0x00], 0x94],
    ['identifier 0 at QoS 1', [0x32, 0x06, 0x00, 0x01, 0x61, 0x00, 0x00, 0x00], 0x82],
    ['AUTH without being asked', [0xf0, 0x00], 0x82],
    ['PUBACK with a reason code of SUBACK', [0x40, 0x03, 0x00, 0x01, 0x01], 0x82],
  ];

  test.each(attacks)(
    '%s → DISCONNECT, a typed event, nothing after it in the chunk, and it goes on',
    async (name, bytes, reasonCode) => {
      await using server = await ScriptedServer.start();
      const { client, peer } = await connected(server, { topicAliasMaximum: 10 });
      let handled = 0;
      client.on('message', () => handled++);
      const lost = nextEvent(client, 'disconnection');
      const tail = encodeAll([publishPacket({ topicName: 'after' })], 5);
      peer.sendRaw(Buffer.concat([Uint8Array.from(bytes), tail]));
      const packet = await peer.next(DISCONNECT);
      const [{ error }] = await lost;
      expect(error.code, name).toBe('GNEISS_ERR_PEER_VIOLATION');
      expect(error.origin).toBe('server');
      expect(error.statement).toMatch(/^(MQTT-)?\d/);
      expect([packet.reasonCode, error.reasonCode]).toEqual([reasonCode, reasonCode]);
      await server.welcome();
      expect(handled).toBe(0);
      await client.close();
    },
  );

  test('MQTT 3.1.1 → closed without a DISCONNECT, which would cancel the Will', async () => {
    await using server = await ScriptedServer.start(4);
    const { client, peer } = await connected(server);
    const lost = nextEvent(client, 'disconnection');
    peer.sendRaw(Uint8Array.of(0xf0, 0x00));
    await peer.closed();
    expect(peer.waiting).toEqual([]);
    expect((await lost)[0].error.code).toBe('GNEISS_ERR_PEER_VIOLATION');
    await client.close();
  });

  test('more QoS 1 messages than Receive Maximum → 0x93', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { receiveMaximum: 2 });
    const gate = new Gate();
    await subscribed(client, peer, async () => gate.promise);
    for (const packetId of [1, 2, 3]) peer.send(publishPacket({ qos: 1, packetId }));
    expect((await peer.next(DISCONNECT)).reasonCode).toBe(0x93);
    gate.open();
    await client.close();
  });

  test('garbage instead of CONNACK → connectionFailure, again and again, memory flat', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server);
    const codes = new Set<string>();
    client.on('connectionFailure', ({ error }) => codes.add(error.code));
    const random = new Prng(7);
    client.start();
    for (let round = 0; round < 100; round++) {
      const peer = await server.accept();
      await peer.next(PacketType.CONNECT);
      peer.sendRaw(random.bytes(1 + random.below(300)));
      peer.socket.end();
      await peer.closed();
    }
    const success = nextEvent(client, 'connectionSuccess');
    await server.welcome();
    await success;
    expect([...codes].every((code) => CODES_OF_GARBAGE.has(code))).toBe(true);
    await client.close();
  });

  test('garbage on a connection, at every seed → one typed event, and the next connection works', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const codes = new Set<string>();
    client.on('disconnection', ({ error }) => codes.add(error.code));
    const random = new Prng(99);
    let last = peer;
    for (let round = 0; round < 60; round++) {
      last.sendRaw(random.bytes(1 + random.below(500)));
      last.socket.end();
      last = await server.welcome();
    }
    const published = client.publish('a', 'x', { qos: 1 });
    const { packetId } = await last.next(PUBLISH);
    last.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    await published;
    expect([...codes].every((code) => CODES_OF_GARBAGE.has(code))).toBe(true);
    await client.close();
  });

  test('acknowledgements of nothing → tolerated and counted', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    for (const type of [PUBACK, PacketType.PUBREC, PacketType.PUBCOMP]) {
      peer.send({ type, packetId: 77, reasonCode: 0, properties: {} });
    }
    peer.send({ type: PacketType.SUBACK, packetId: 78, reasonCodes: [0], properties: {} });
    peer.send({ type: PacketType.PINGRESP });
    expect(await peer.next(PacketType.PUBREL)).toMatchObject({ packetId: 77, reasonCode: 0x92 });
    await peer.settled();
    expect(client.state).toBe('connected');
    expect(client.stats().toleratedViolations).toBeGreaterThanOrEqual(5);
    await client.close();
  });
});

const CODES_OF_GARBAGE = new Set([
  'GNEISS_ERR_PEER_VIOLATION',
  'GNEISS_ERR_CONNECT_FAILED',
  'GNEISS_ERR_CONNECTION_REFUSED',
  'GNEISS_ERR_CONNECTION_CLOSED',
  'GNEISS_ERR_SERVER_DISCONNECT',
]);

function filled(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed) & 0xff);
}

async function takeAny(peer: Peer): Promise<PacketType> {
  for (;;) {
    const packet = peer.waiting[0];
    if (packet !== undefined) {
      await peer.next(packet.type);
      return packet.type;
    }
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

async function subscribed(
  client: MqttClient,
  peer: Peer,
  handler: (message: Message) => void | Promise<void>,
): Promise<void> {
  const subscribing = client.subscribe('#', { qos: 1 }, handler);
  await peer.grant();
  await subscribing;
}
