import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/client/message.js';
import type { Subscription } from '../../src/client/subscription.js';
import { PacketType } from '../../src/codec/packet-types.js';
import { MqttError } from '../../src/errors/mqtt-error.js';
import { connected, errorOf } from '../support/inline-client.js';
import { type Peer, publishPacket, ScriptedServer } from '../support/scripted-server.js';

const { PUBACK } = PacketType;

async function subscribedTo(peer: Peer, subscribing: Promise<Subscription>): Promise<Subscription> {
  await peer.grant();
  return subscribing;
}

/** Sends QoS 1 messages with these identifiers, which are their payloads, too. */
function send(peer: Peer, ...packetIds: readonly number[]): void {
  peer.send(
    ...packetIds.map((packetId) => publishPacket({ qos: 1, packetId, payload: `${packetId}` })),
  );
}

/** The batch of a result that is not the end. */
function batchOf(result: IteratorResult<readonly Message[]>): readonly Message[] {
  if (result.done === true) throw new Error('the iteration is done');
  return result.value;
}

function textsOf(result: IteratorResult<readonly Message[]>): readonly string[] | 'done' {
  return result.done === true ? 'done' : result.value.map((message) => message.text());
}

function textOf(result: IteratorResult<Message>): string {
  return result.done === true ? 'done' : result.value.text();
}

async function acknowledged(peer: Peer, count: number): Promise<readonly number[]> {
  return (await peer.take(PUBACK, count)).map(({ packetId }) => packetId);
}

describe('batches', () => {
  test('what waits → one batch, up to the maximum; leased and unacknowledged until the next is asked for', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const subscription = await subscribedTo(peer, client.subscribe('#', { qos: 1 }));
    send(peer, 1, 2, 3, 4, 5);
    await peer.settled();
    await peer.settled();
    const batches = subscription.batches({ maximum: 3 });
    const first = batchOf(await batches.next());
    expect(first.map((message) => message.text())).toEqual(['1', '2', '3']);
    await peer.settled();
    expect(peer.waiting).toEqual([]);
    expect(textsOf(await batches.next())).toEqual(['4', '5']);
    expect(() => first[0]!.payload).toThrow(
      expect.objectContaining({ code: 'GNEISS_ERR_LEASE_ENDED' }),
    );
    expect(await acknowledged(peer, 3)).toEqual([1, 2, 3]);
    await batches.return?.();
    expect(await acknowledged(peer, 2)).toEqual([4, 5]);
    await client.close();
  });

  test('waiting when messages come → all that come together are one batch', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const subscription = await subscribedTo(peer, client.subscribe('#', { qos: 1 }));
    const batches = subscription.batches();
    const waiting = batches.next();
    send(peer, 1, 2, 3);
    expect(textsOf(await waiting)).toEqual(['1', '2', '3']);
    await batches.return?.();
    await client.close();
  });

  test('for await, left by break → all of the batch is acknowledged; what comes then is for another loop', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const subscription = await subscribedTo(peer, client.subscribe('#', { qos: 1 }));
    send(peer, 1, 2);
    for await (const batch of subscription.batches()) {
      expect(batch.map((message) => message.text())).toEqual(['1', '2']);
      break;
    }
    expect(await acknowledged(peer, 2)).toEqual([1, 2]);
    send(peer, 3);
    for await (const message of subscription) {
      expect(message.text()).toBe('3');
      break;
    }
    expect(await acknowledged(peer, 1)).toEqual([3]);
    await client.close();
  });

  test('one loop by message and one by batch → each message goes to one of them', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const subscription = await subscribedTo(peer, client.subscribe('#', { qos: 1 }));
    const batches = subscription.batches();
    const messages = subscription[Symbol.asyncIterator]();
    const batch = batches.next();
    const message = messages.next();
    send(peer, 1, 2);
    const texts = [textOf(await message), ...textsOf(await batch)];
    expect(texts.sort()).toEqual(['1', '2']);
    await batches.return?.();
    await messages.return?.();
    expect(await acknowledged(peer, 2)).toEqual([1, 2]);
    await client.close();
  });

  test("ackMode 'manual' → each is acknowledged by hand, in whatever order, and the batch gives back memory alone", async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const subscription = await subscribedTo(
      peer,
      client.subscribe('#', { qos: 1, ackMode: 'manual' }),
    );
    send(peer, 1, 2);
    const batches = subscription.batches();
    const batch = batchOf(await batches.next());
    await batches.return?.();
    await peer.settled();
    expect(peer.waiting).toEqual([]);
    batch[1]!.acknowledge();
    batch[0]!.acknowledge();
    expect(await acknowledged(peer, 2)).toEqual([1, 2]);
    await client.close();
  });

  test('dropped out of a batch by its reader → let go with the rest', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const subscription = await subscribedTo(peer, client.subscribe('#', { qos: 1 }));
    send(peer, 1, 2);
    const batches = subscription.batches();
    const batch = batchOf(await batches.next());
    (batch as Message[]).length = 0;
    await batches.return?.();
    expect(await acknowledged(peer, 2)).toEqual([1, 2]);
    await client.close();
  });

  test('the iteration ends while it waits → done, and the next message is for those who come after', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const subscription = await subscribedTo(peer, client.subscribe('#', { qos: 1 }));
    const abandoned = subscription.batches();
    const pending = abandoned.next();
    await abandoned.return?.();
    expect(textsOf(await pending)).toBe('done');
    send(peer, 1);
    expect(textsOf(await subscription.batches().next())).toEqual(['1']);
    await client.close();
  });

  test('the client is closed, or destroyed with an error → the loop ends, or fails with it', async () => {
    await using server = await ScriptedServer.start();
    for (const how of ['close', 'destroy'] as const) {
      const { client, peer } = await connected(server);
      const subscription = await subscribedTo(peer, client.subscribe('#'));
      const next = subscription.batches().next();
      if (how === 'close') {
        await client.close();
        expect(textsOf(await next)).toBe('done');
      } else {
        const error = new MqttError('GNEISS_ERR_STOPPED');
        client.destroy(error);
        expect(await errorOf(next)).toBe(error);
      }
    }
  });

  test.each([
    [{ maximum: 0 }, 'maximum'],
    [{ maximum: 4097 }, 'maximum'],
    [{ maximum: 1.5 }, 'maximum'],
    [{ size: 3 }, 'size'],
    [7, 'options'],
  ])('%j → GNEISS_ERR_INVALID_OPTION that names it', async (options, name) => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const subscription = await subscribedTo(peer, client.subscribe('#'));
    expect(() => subscription.batches(options as object)).toThrow(
      expect.objectContaining({
        code: 'GNEISS_ERR_INVALID_OPTION',
        message: expect.stringContaining(name) as string,
      }),
    );
    await client.close();
  });
});
