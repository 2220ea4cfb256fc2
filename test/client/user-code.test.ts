import { describe, expect, test } from 'vitest';
import { connect } from '../../src/client/connect.js';
import { PacketType } from '../../src/codec/packet-types.js';
import { connected, INLINE, inlineClient } from '../support/inline-client.js';
import { type Peer, publishPacket, ScriptedServer } from '../support/scripted-server.js';
import { uncaughtExceptions } from '../support/uncaught.js';

const { PUBLISH, PUBACK, SUBACK } = PacketType;
const KIB = 1024;

describe('a listener that throws', () => {
  test.each(['connectionAttempt', 'connectionSuccess', 'disconnection', 'stopped'] as const)(
    '%s → an uncaught exception, and the client goes on',
    async (name) => {
      await using server = await ScriptedServer.start();
      using thrown = uncaughtExceptions();
      const client = inlineClient(server);
      const cause = new Error(`of ${name}`);
      const throwing = (): never => {
        throw cause;
      };
      client.on(name, throwing);
      client.start();
      (await server.welcome()).destroy();
      const peer = await server.welcome();
      await acknowledged(peer, client.publish('a', 'x', { qos: 1 }));
      await client.stop();
      expect(await thrown.take()).toBe(cause);
      await client.close();
    },
  );

  test('closed → an uncaught exception, and close resolves', async () => {
    await using server = await ScriptedServer.start();
    using thrown = uncaughtExceptions();
    const { client } = await connected(server);
    const cause = new Error('of closed');
    client.on('closed', () => {
      throw cause;
    });
    await client.close();
    expect(await thrown.take()).toBe(cause);
    expect(client.state).toBe('closed');
  });

  test('drain → an uncaught exception, and later publishes complete', async () => {
    await using server = await ScriptedServer.start();
    using thrown = uncaughtExceptions();
    const { client, peer } = await connected(server, { outboundMemoryBytes: 1024 * KIB });
    const cause = new Error('of drain');
    client.once('drain', () => {
      throw cause;
    });
    let sent = 0;
    while (client.tryPublish('a', new Uint8Array(100 * KIB), { qos: 1 })) sent++;
    for (const { packetId } of await peer.take(PUBLISH, sent)) {
      peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    }
    expect(await thrown.take()).toBe(cause);
    for (let round = 0; round < 3; round++) {
      await acknowledged(peer, client.publish('a', 'later', { qos: 1 }));
    }
    await client.close();
  });

  test('handlerError → an uncaught exception, and the message is acknowledged as failed', async () => {
    await using server = await ScriptedServer.start();
    using thrown = uncaughtExceptions();
    const { client, peer } = await connected(server);
    const cause = new Error('of handlerError');
    client.on('handlerError', () => {
      throw cause;
    });
    const seen: string[] = [];
    const subscribing = client.subscribe('#', { qos: 1, concurrency: 1 }, (message) => {
      seen.push(message.text());
      if (message.text() === 'rejects') return Promise.reject(new Error('of the handler'));
      throw new Error('of the handler');
    });
    await peer.grant();
    await subscribing;
    for (const [index, payload] of ['throws', 'rejects', 'rejects', 'throws'].entries()) {
      peer.send(publishPacket({ qos: 1, packetId: index + 1, payload }));
    }
    const acks = await peer.take(PUBACK, 4);
    expect(acks.map(({ packetId, reasonCode }) => [packetId, reasonCode])).toEqual([
      [1, 0x80],
      [2, 0x80],
      [3, 0x80],
      [4, 0x80],
    ]);
    expect(seen).toEqual(['throws', 'rejects', 'rejects', 'throws']);
    for (let count = 0; count < 4; count++) expect(await thrown.take()).toBe(cause);
    await client.close();
  });

  test('subscriptionLost → an uncaught exception', async () => {
    await using server = await ScriptedServer.start();
    using thrown = uncaughtExceptions();
    const { client, peer } = await connected(server);
    const cause = new Error('of subscriptionLost');
    client.on('subscriptionLost', () => {
      throw cause;
    });
    const subscribing = client.subscribe('a', () => {});
    await peer.grant();
    await subscribing;
    peer.destroy();
    const next = await server.welcome();
    const { packetId } = await next.next(PacketType.SUBSCRIBE);
    next.send({ type: SUBACK, packetId, reasonCodes: [0x87], properties: {} });
    expect(await thrown.take()).toBe(cause);
    await acknowledged(next, client.publish('a', 'x', { qos: 1 }));
    await client.close();
  });
});

test('shouldReconnect throws → an uncaught exception, and the client connects again', async () => {
  await using server = await ScriptedServer.start();
  using thrown = uncaughtExceptions();
  const cause = new Error('of shouldReconnect');
  const connecting = connect(server.url, {
    ...INLINE,
    retryInitialConnect: true,
    shouldReconnect: () => {
      throw cause;
    },
  });
  (await server.accept()).destroy();
  const peer = await server.welcome();
  const client = await connecting;
  expect(await thrown.take()).toBe(cause);
  await acknowledged(peer, client.publish('a', 'x', { qos: 1 }));
  await client.close();
});

/** Answers the PUBLISH of a publish. */
async function acknowledged(peer: Peer, publishing: Promise<unknown>): Promise<void> {
  const { packetId } = await peer.next(PUBLISH);
  peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
  await publishing;
}
