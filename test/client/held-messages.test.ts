import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/client/message.js';
import type { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import type { ClientOptions } from '../../src/options/schema.js';
import { connected, errorOf, inlineClient, nextEvent } from '../support/inline-client.js';
import { Inbox, type Peer, publishPacket, ScriptedServer } from '../support/scripted-server.js';

const { PUBACK, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK } = PacketType;

describe('a resumed Session', () => {
  test('messages of a subscription that ended here → dropped and acknowledged [MQTT-3.10.4-3]', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await resumed(server, { receiveMaximum: 4 });
    const [subscription] = await Promise.all([client.subscribe('a/+', () => {}), peer.grant()]);
    await unsubscribed(peer, subscription.unsubscribe());
    for (let packetId = 1; packetId <= 4; packetId++) {
      peer.send(publishPacket({ topicName: 'a/b', qos: 1, packetId }));
    }
    await peer.take(PUBACK, 4);
    // Of the others nobody knows yet who wants them.
    peer.send(publishPacket({ topicName: 'c', qos: 1, packetId: 5, payload: 'waited' }));
    await settle(peer);
    expect(peer.waiting).toEqual([]);
    const messages = new Inbox<string>();
    const subscribing = client.subscribe('c', (message) => {
      messages.push(message.text());
    });
    expect(await messages.take()).toBe('waited');
    await peer.next(PUBACK);
    await peer.grant();
    await subscribing;
    await client.close();
  });

  test('messages of a subscription that the Server refused → dropped and acknowledged', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await resumed(server);
    const refused = errorOf(client.subscribe('a'));
    const { packetId } = await peer.next(SUBSCRIBE);
    peer.send(publishPacket({ topicName: 'a', qos: 1, packetId: 1 }));
    await settle(peer);
    expect(peer.waiting).toEqual([]);
    peer.send({ type: SUBACK, packetId, reasonCodes: [0x87], properties: {} });
    await refused;
    expect((await peer.next(PUBACK)).packetId).toBe(1);
    await client.close();
  });

  test('resumed from this very client → nothing is held', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { sessionExpiryInterval: 60 });
    peer.destroy();
    const next = await server.welcome({ sessionPresent: true });
    next.send(publishPacket({ topicName: 'a', qos: 1, packetId: 1 }));
    await next.next(PUBACK);
    await client.close();
  });

  test('connection lost → messages that came over it are held all the same', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await resumed(server);
    const lost = nextEvent(client, 'disconnection');
    peer.send(publishPacket({ topicName: 'a', payload: 'waited' }));
    peer.socket.end();
    await lost;
    const messages = new Inbox<string>();
    const subscribing = client.subscribe('a', (message) => {
      messages.push(message.text());
    });
    expect(await messages.take()).toBe('waited');
    const next = await server.welcome({ sessionPresent: true });
    await next.grant();
    await subscribing;
    await client.close();
  });

  test('the Session is lost then → what nobody asked for is let go', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await resumed(server);
    peer.send(publishPacket({ topicName: 'a' }));
    await settle(peer);
    peer.destroy();
    const next = await server.welcome({ sessionPresent: false });
    await settle(next);
    const seen: Message[] = [];
    client.on('message', (message) => seen.push(message));
    next.send(publishPacket({ topicName: 'b', qos: 1, packetId: 1 }));
    await next.next(PUBACK);
    expect(seen.map(({ topicName }) => topicName)).toEqual(['b']);
    await client.close();
  });
});

describe('messages before UNSUBACK', () => {
  test('handled although the promise resolves while they wait for their turn', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    let handled = 0;
    const [subscription] = await Promise.all([
      client.subscribe('a', { qos: 1 }, () => {
        handled++;
        busy(1);
      }),
      peer.grant(),
    ]);
    const ending = subscription.unsubscribe();
    const { packetId } = await peer.next(UNSUBSCRIBE);
    const count = 100;
    peer.send(
      ...Array.from({ length: count }, (_, at) =>
        publishPacket({ topicName: 'a', qos: 1, packetId: at + 1 }),
      ),
      { type: UNSUBACK, packetId, reasonCodes: [0], properties: {} },
    );
    await ending;
    expect(subscription.ended).toBe(true);
    expect(handled).toBeLessThan(count);
    await peer.take(PUBACK, count);
    expect(handled).toBe(count);
    await client.close();
  });

  test('iterated over, too; then the iteration is done', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [subscription] = await Promise.all([client.subscribe('a', { qos: 1 }), peer.grant()]);
    // Takes the time of the other one's messages.
    await Promise.all([client.subscribe('#', { qos: 1 }, () => busy(1)), peer.grant()]);
    const count = 100;
    let seen = 0;
    const iterating = (async () => {
      for await (const _ of subscription) seen++;
    })();
    const ending = subscription.unsubscribe();
    const { packetId } = await peer.next(UNSUBSCRIBE);
    peer.send(
      ...Array.from({ length: count }, (_, at) =>
        publishPacket({ topicName: 'a', qos: 1, packetId: at + 1 }),
      ),
      { type: UNSUBACK, packetId, reasonCodes: [0], properties: {} },
    );
    await ending;
    await peer.take(PUBACK, count);
    await iterating;
    expect(seen).toBe(count);
    await client.close();
  });

  test('closed meanwhile → the iteration is done', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [subscription] = await Promise.all([client.subscribe('a'), peer.grant()]);
    await Promise.all([client.subscribe('#', () => busy(1)), peer.grant()]);
    const iterating = (async () => {
      for await (const _ of subscription);
    })();
    const ending = subscription.unsubscribe();
    const { packetId } = await peer.next(UNSUBSCRIBE);
    peer.send(...Array.from({ length: 100 }, () => publishPacket({ topicName: 'a' })), {
      type: UNSUBACK,
      packetId,
      reasonCodes: [0],
      properties: {},
    });
    await ending;
    client.destroy();
    await iterating;
  });
});

describe("ackMode 'manual'", () => {
  test('of the subscription, messages that nobody reads → acknowledged when it is unsubscribed', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [subscription] = await Promise.all([
      client.subscribe('a', { qos: 1, ackMode: 'manual' }),
      peer.grant(),
    ]);
    peer.send(publishPacket({ topicName: 'a', qos: 1, packetId: 1 }));
    await settle(peer);
    const ending = subscription.unsubscribe();
    expect((await peer.next(PUBACK)).packetId).toBe(1);
    await unsubscribed(peer, ending);
    await client.close();
  });

  test.each([
    ['of the client, no subscription', 'manual', undefined],
    ['of the client and its subscriptions', 'manual', 'a'],
  ] as const)('%s → holds for listeners of the event', async (_, ackMode, topicFilter) => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { ackMode });
    if (topicFilter !== undefined) {
      await Promise.all([client.subscribe(topicFilter, { qos: 1 }), peer.grant()]);
    }
    await manualByEvent(client, peer);
  });

  test('of the subscription alone → holds for listeners of the event', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    await Promise.all([client.subscribe('a', { qos: 1, ackMode: 'manual' }), peer.grant()]);
    await manualByEvent(client, peer);
  });

  test("'handled' of the subscription → its messages are acknowledged after the listeners", async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { ackMode: 'manual' });
    await Promise.all([client.subscribe('a', { qos: 1, ackMode: 'handled' }), peer.grant()]);
    client.on('message', () => {});
    peer.send(publishPacket({ topicName: 'a', qos: 1, packetId: 1 }));
    await peer.next(PUBACK);
    await client.close();
  });

  test('nobody listens and nobody subscribed → dropped and acknowledged', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { ackMode: 'manual' });
    peer.send(publishPacket({ topicName: 'a', qos: 1, packetId: 1 }));
    await peer.next(PUBACK);
    await client.close();
  });
});

async function manualByEvent(client: MqttClient, peer: Peer): Promise<void> {
  const messages = new Inbox<Message>();
  client.on('message', (message) => messages.push(message));
  peer.send(publishPacket({ topicName: 'a', qos: 1, packetId: 1 }));
  const message = await messages.take();
  await settle(peer);
  expect(peer.waiting).toEqual([]);
  message.acknowledge();
  await peer.next(PUBACK);
  await client.close();
}

/** A client that continues a Session of a process before it. */
async function resumed(
  server: ScriptedServer,
  options: ClientOptions = {},
): Promise<{ client: MqttClient; peer: Peer }> {
  const client = inlineClient(server, {
    rejoinSession: 'always',
    sessionExpiryInterval: 60,
    ...options,
  });
  const success = nextEvent(client, 'connectionSuccess');
  client.start();
  const peer = await server.welcome({ sessionPresent: true });
  await success;
  return { client, peer };
}

async function unsubscribed(peer: Peer, unsubscribing: Promise<void>): Promise<void> {
  const { packetId, topicFilters } = await peer.next(UNSUBSCRIBE);
  const reasonCodes = topicFilters.map(() => 0);
  peer.send({ type: UNSUBACK, packetId, reasonCodes, properties: {} });
  await unsubscribing;
}

/** What was sent before has come to the handlers. */
async function settle(peer: Peer): Promise<void> {
  await peer.settled();
  await peer.settled();
}

/** Takes the thread for so long. */
function busy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}
