import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/client/message.js';
import type { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import { connected, errorOf, Gate, inlineClient, nextEvent } from '../support/inline-client.js';
import { Inbox, type Peer, publishPacket, ScriptedServer } from '../support/scripted-server.js';

const { PUBLISH, PUBACK, PINGREQ, PINGRESP } = PacketType;
const KIB = 1024;
const MIB = 1024 * KIB;

describe('outbound', () => {
  test('Server does not read → tryPublish says false, ready and drain come once it reads, nothing is lost', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { outboundMemoryBytes: MIB });
    peer.socket.pause();
    const payload = new Uint8Array(16 * KIB);
    let sent = 0;
    const fill = (): void => {
      while (client.tryPublish('a', payload)) sent++;
    };
    fill();
    expect(sent).toBeGreaterThan(50);
    expect(client.writableNeedDrain).toBe(true);
    expect((await errorOf(client.publish('a', payload))).code).toBe('GNEISS_ERR_QUEUE_FULL');
    let drains = 0;
    client.on('drain', () => drains++);
    // Until the buffers of the operating system are full, too, there is room again and again.
    for (let quiet = 0; quiet < 3; ) {
      const before = sent;
      await settle();
      fill();
      quiet = sent === before ? quiet + 1 : 0;
    }
    const full = { sent, drains };
    await settle();
    expect({ sent, drains }).toEqual(full);
    const drained = nextEvent(client, 'drain');
    const ready = client.ready();
    peer.socket.resume();
    await Promise.all([drained, ready]);
    expect(client.writableNeedDrain).toBe(false);
    expect(client.tryPublish('a', payload)).toBe(true);
    await peer.take(PUBLISH, sent + 1);
    await client.close();
  });

  test('a frame larger than what is free → waits for enough room, not for any', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server, { outboundMemoryBytes: 4 * 256 * KIB });
    const small = new Uint8Array(200 * KIB);
    const results = [1, 2, 3, 4].map(() => client.publish('small', small, { qos: 1 }));
    expect(client.tryPublish('large', new Uint8Array(600 * KIB), { qos: 1 })).toBe(false);
    let ready = 0;
    const waiting = client.ready().then(() => ready++);
    client.start();
    const peer = await server.welcome();
    const packets = await peer.take(PUBLISH, 4);
    for (const { packetId } of packets.slice(0, 1)) {
      peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    }
    await results[0];
    await peer.settled();
    expect(ready).toBe(0);
    for (const { packetId } of packets.slice(1)) {
      peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    }
    await waiting;
    expect(client.tryPublish('large', new Uint8Array(600 * KIB), { qos: 1 })).toBe(true);
    const { packetId, payload } = await peer.next(PUBLISH);
    expect(payload.length).toBe(600 * KIB);
    peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    await Promise.all(results);
    await client.close();
  });

  test('all pending operations taken → GNEISS_ERR_QUEUE_FULL; ready waits until one completes', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { maximumPendingOperations: 16 });
    const results = Array.from({ length: 16 }, () => client.publish('a', 'x', { qos: 1 }));
    expect((await errorOf(client.publish('a', 'y', { qos: 1 }))).code).toBe(
      'GNEISS_ERR_QUEUE_FULL',
    );
    expect((await errorOf(client.subscribe('a'))).code).toBe('GNEISS_ERR_QUEUE_FULL');
    const packets = await peer.take(PUBLISH, 16);
    let isReady = false;
    const ready = client.ready().then(() => {
      isReady = true;
    });
    await peer.settled();
    expect(isReady).toBe(false);
    for (const { packetId } of packets) {
      peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    }
    await ready;
    await Promise.all(results);
    await client.close();
  });

  test('nothing was refused → ready resolves at once', async () => {
    await using server = await ScriptedServer.start();
    const { client } = await connected(server);
    await client.ready();
    expect(client.writableNeedDrain).toBe(false);
    await client.close();
  });

  test('client closes while somebody waits for room → GNEISS_ERR_CLOSED', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server, { outboundMemoryBytes: 512 * KIB });
    while (client.tryPublish('a', new Uint8Array(10 * KIB), { qos: 1 }));
    const waiting = errorOf(client.ready());
    await client.close();
    expect((await waiting).code).toBe('GNEISS_ERR_CLOSED');
  });
});

describe('inbound', () => {
  const options = { inboundMemoryBytes: 512 * KIB, maximumPacketSize: 64 * KIB };

  test('slow consumer → reading pauses within bounded memory, the Server feels it; nothing is lost', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, options);
    const gate = new Gate();
    const seen: string[] = [];
    await subscribed(client, peer, async (message) => {
      seen.push(message.text().slice(0, 6).trim());
      return gate.promise;
    });
    const count = 2000;
    const packets = Array.from({ length: count }, (_, index) =>
      publishPacket({ payload: `${index}`.padEnd(6).padEnd(8 * KIB) }),
    );
    peer.send(...packets);
    await stalled(client);
    const { bytesReceived, pausesInbound } = client.stats();
    expect(pausesInbound).toBeGreaterThan(0);
    // The pool, one segment for the largest packet, one that is being read into, and one read beyond.
    expect(bytesReceived).toBeLessThan(512 * KIB + 3 * 256 * KIB);
    expect(peer.socket.writableLength).toBeGreaterThan(0);
    gate.open();
    await client.publish('a', 'x');
    await peer.next(PUBLISH);
    while (seen.length < count) await settle();
    expect(seen).toEqual(packets.map((_, index) => `${index}`));
    await client.close();
  });

  test('reading is paused for longer than the PINGRESP may take → the connection lives', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, {
      ...options,
      keepAlive: 1,
      pingTimeoutMs: 900,
    });
    const gate = new Gate();
    await subscribed(client, peer, async () => gate.promise);
    peer.send(
      ...Array.from({ length: 300 }, () => publishPacket({ payload: new Uint8Array(8 * KIB) })),
    );
    await peer.next(PINGREQ);
    peer.send({ type: PINGRESP });
    await peer.next(PINGREQ);
    peer.send({ type: PINGRESP });
    expect(client.state).toBe('connected');
    expect(client.stats().connections).toBe(1);
    gate.open();
    await peer.settled();
    while (client.stats().messagesReceived < 300) await settle();
    expect(client.stats().connections).toBe(1);
    await client.close();
  });

  test('paused at every read → nothing is lost, torn or reordered', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, options);
    const messages = new Inbox<Message>();
    const leases: Disposable[] = [];
    await subscribed(client, peer, (message) => {
      leases.push(message.retain());
      messages.push(message);
    });
    const lengths = Array.from({ length: 400 }, (_, index) => (index * 7919) % (60 * KIB));
    for (const [index, length] of lengths.entries()) {
      peer.send(
        publishPacket({ topicName: `t/${index}`, payload: new Uint8Array(length).fill(index) }),
      );
    }
    for (const [index, length] of lengths.entries()) {
      const message = await messages.take();
      expect(message.topicName).toBe(`t/${index}`);
      expect(message.payload.length).toBe(length);
      expect(message.payload.every((byte) => byte === (index & 0xff))).toBe(true);
      leases.shift()![Symbol.dispose]();
    }
    expect(client.stats().pausesInbound).toBeGreaterThan(5);
    await client.close();
  });

  test('connection lost while reading is paused → the next one reads again', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, options);
    const gate = new Gate();
    let handled = 0;
    await subscribed(client, peer, async () => {
      handled++;
      return gate.promise;
    });
    peer.send(
      ...Array.from({ length: 300 }, () => publishPacket({ payload: new Uint8Array(8 * KIB) })),
    );
    await stalled(client);
    const before = handled;
    const lost = nextEvent(client, 'disconnection');
    await client.publish('a', 'x');
    peer.socket.resetAndDestroy();
    // Only a write, or the keep-alive, shows a paused socket that its peer is gone.
    while (client.state === 'connected') {
      client.tryPublish('a', 'x');
      await settle();
    }
    await lost;
    gate.open();
    const next = await server.welcome();
    await next.grant();
    next.send(publishPacket({ qos: 1, packetId: 1 }));
    await next.next(PUBACK);
    expect(handled).toBe(before + 1);
    await client.close();
  });
});

/** Lets everything that is on its way in this process arrive. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** Waits until nothing more is read. */
async function stalled(client: MqttClient): Promise<void> {
  let before = -1;
  while (before !== client.stats().bytesReceived || client.stats().pausesInbound === 0) {
    before = client.stats().bytesReceived;
    await settle();
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

test('as many promises in one burst as may be pending → none is refused', async () => {
  await using server = await ScriptedServer.start();
  const { client } = await connected(server);
  await Promise.all(Array.from({ length: 20_000 }, () => client.publish('a', 'x')));
  await client.close();
});

test('more publishes that nobody awaits than may be pending → refused, until there is room again', async () => {
  await using server = await ScriptedServer.start();
  const { client } = await connected(server, { maximumPendingOperations: 16 });
  let taken = 0;
  while (client.tryPublish('a', 'x')) taken++;
  expect(taken).toBe(16);
  await client.ready();
  expect(client.tryPublish('a', 'x')).toBe(true);
  await client.close();
});
