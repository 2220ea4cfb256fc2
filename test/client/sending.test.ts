import { describe, expect, test } from 'vitest';
import { PacketType, type ProtocolVersion } from '../../src/codec/packet-types.js';
import { connected, errorOf } from '../support/inline-client.js';
import { type Peer, ScriptedServer } from '../support/scripted-server.js';

const { PUBACK, PUBLISH, SUBSCRIBE, UNSUBSCRIBE } = PacketType;
const VERSIONS: readonly ProtocolVersion[] = [4, 5];

function puback(peer: Peer, packetId: number): void {
  peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
}

describe.each(VERSIONS)('version %i', (version) => {
  test('maximumInflight 1 → one publish after the other; a subscribe passes', async () => {
    await using server = await ScriptedServer.start(version);
    const { client, peer } = await connected(server, { maximumInflight: 1 });
    const published = [1, 2, 3].map((count) => client.publish(`t${count}`, 'x', { qos: 1 }));
    const subscribed = client.subscribe('a', () => {});
    const first = await peer.next(PUBLISH);
    await peer.grant();
    await subscribed;
    await peer.settled();
    expect(client.stats().inflight).toBe(1);
    puback(peer, first.packetId);
    for (const topicName of ['t2', 't3']) {
      const publish = await peer.next(PUBLISH);
      expect(publish.topicName).toBe(topicName);
      puback(peer, publish.packetId);
    }
    await Promise.all(published);
    await client.close();
  });

  test("flowControl 'fifo' → a subscribe waits behind a publish that waits", async () => {
    await using server = await ScriptedServer.start(version);
    const { client, peer } = await connected(server, { maximumInflight: 1, flowControl: 'fifo' });
    const published = [1, 2].map((count) => client.publish(`t${count}`, 'x', { qos: 1 }));
    const subscribed = client.subscribe('a', () => {});
    puback(peer, (await peer.next(PUBLISH)).packetId);
    puback(peer, (await peer.next(PUBLISH)).packetId);
    await peer.grant();
    await Promise.all([...published, subscribed]);
    await client.close();
  });

  test('slowStart and maximumInterruptedRetries, a Server that closes over one message → all others arrive', async () => {
    await using server = await ScriptedServer.start(version);
    const options = { clientId: 'c', slowStart: true, maximumInterruptedRetries: 2 };
    const { client, peer } = await connected(server, options);
    const topics = ['a', 'poison', 'b', 'c'];
    const outcomes = Promise.allSettled(
      topics.map((topic) => client.publish(topic, topic, { qos: 1 })),
    );
    await peer.take(PUBLISH, 4);
    peer.destroy();
    const arrived: string[] = [];
    while (arrived.length < 3) {
      const next = await server.welcome({ sessionPresent: true });
      for (let publish = await next.next(PUBLISH); ; publish = await next.next(PUBLISH)) {
        if (publish.topicName === 'poison') {
          next.destroy();
          break;
        }
        puback(next, publish.packetId);
        arrived.push(publish.topicName);
        if (arrived.length === 3) break;
      }
    }
    expect(arrived).toEqual(['a', 'b', 'c']);
    expect((await outcomes).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    const [, poison] = await outcomes;
    expect(poison).toMatchObject({ reason: { code: 'GNEISS_ERR_RETRIES_EXHAUSTED' } });
    await client.close();
  });

  test('ackTimeoutMs of the client → for every operation that has none of its own', async () => {
    await using server = await ScriptedServer.start(version);
    const { client, peer } = await connected(server, { ackTimeoutMs: 500 });
    const subscribing = client.subscribe('a', { ackTimeoutMs: 0 }, () => {});
    await peer.grant();
    const subscription = await subscribing;
    const errors = Promise.all([
      errorOf(client.publish('a', 'x', { qos: 1 })),
      errorOf(client.publish('a', 'x', { qos: 2 })),
      errorOf(client.subscribe('b', () => {})),
      errorOf(subscription.unsubscribe()),
    ]);
    const unhurried = client.publish('b', 'x', { qos: 1, ackTimeoutMs: 0 });
    await peer.take(PUBLISH, 2);
    await peer.next(SUBSCRIBE);
    await peer.next(UNSUBSCRIBE);
    const { packetId } = await peer.next(PUBLISH);
    for (const { code } of await errors) expect(code).toBe('GNEISS_ERR_ACK_TIMEOUT');
    puback(peer, packetId);
    await unhurried;
    await client.close({ timeoutMs: 0 });
  });
});
