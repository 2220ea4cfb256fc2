import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/client/message.js';
import { PacketType } from '../../src/codec/packet-types.js';
import { connected, errorOf, Gate, inlineClient, nextEvent } from '../support/inline-client.js';
import { Inbox, type Peer, publishPacket, ScriptedServer } from '../support/scripted-server.js';

const { PUBLISH, PUBACK, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK } = PacketType;

/** More than anything takes that comes to an end. */
const TURNS = 200;

describe('subscribe', () => {
  test('every form → the SUBSCRIBE it stands for', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const defaults = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 };
    const handler = (): void => {};

    const one = client.subscribe('a', handler);
    expect((await peer.grant()).subscriptions).toEqual([{ topicFilter: 'a', ...defaults }]);
    expect((await one).topicFilters).toEqual(['a']);

    const withOptions = client.subscribe(
      'b',
      { qos: 1, noLocal: true, subscriptionIdentifier: 7, userProperties: [['k', 'v']] },
      handler,
    );
    expect(await peer.grant()).toMatchObject({
      subscriptions: [{ topicFilter: 'b', qos: 1, noLocal: true }],
      properties: { subscriptionIdentifier: 7, userProperties: [['k', 'v']] },
    });
    expect(await withOptions).toMatchObject({ grantedQos: [1], subscriptionIdentifier: 7 });

    const several = client.subscribe(['c', { topicFilter: 'd/#', qos: 2, retainHandling: 1 }], {
      qos: 1,
    });
    expect((await peer.grant()).subscriptions).toEqual([
      { topicFilter: 'c', ...defaults, qos: 1 },
      { topicFilter: 'd/#', ...defaults, qos: 2, retainHandling: 1 },
    ]);
    expect((await several).grantedQos).toEqual([1, 2]);

    const object = client.subscribe({ topicFilter: 'e', retainAsPublished: true });
    expect((await peer.grant()).subscriptions).toEqual([
      { topicFilter: 'e', ...defaults, retainAsPublished: true },
    ]);
    await object;
    await client.close();
  });

  test('a filter is refused → GNEISS_ERR_REASON_CODE with the SUBACK; nothing is routed', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const messages = new Inbox<Message>();
    client.on('message', (message) => messages.push(message));
    let handled = 0;
    const refused = errorOf(
      client.subscribe(['a', 'b'], () => {
        handled++;
      }),
    );
    const { packetId } = await peer.next(SUBSCRIBE);
    const properties = { reasonString: 'not you' };
    peer.send({ type: SUBACK, packetId, reasonCodes: [0, 0x87], properties });
    expect(await refused).toMatchObject({
      code: 'GNEISS_ERR_REASON_CODE',
      message: 'The Server answered with a failing reason code: Not authorized (0x87)',
      reasonCode: 0x87,
      reasonString: 'not you',
      packet: { reasonCodes: [0, 0x87] },
    });
    // What was granted is given back.
    expect(await unsubscribed(peer, Promise.resolve())).toEqual(['a']);
    peer.send(publishPacket({ topicName: 'b' }));
    await messages.take();
    expect(handled).toBe(0);
    await client.close();
  });

  test('a filter is refused, the others are of another subscription, too → stay with the Server', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    await subscribed(peer, [client.subscribe('a', () => {})]);
    const refused = errorOf(client.subscribe(['a', 'b'], () => {}));
    const { packetId } = await peer.next(SUBSCRIBE);
    peer.send({ type: SUBACK, packetId, reasonCodes: [0, 0x87], properties: {} });
    await refused;
    await peer.settled();
    await client.close();
  });

  test('beyond what the Server takes → GNEISS_ERR_SUBSCRIPTION_UNSUPPORTED, nothing sent', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server);
    const success = nextEvent(client, 'connectionSuccess');
    client.start();
    const peer = await server.welcome({
      properties: {
        wildcardSubscriptionAvailable: false,
        sharedSubscriptionAvailable: false,
        subscriptionIdentifierAvailable: false,
      },
    });
    await success;
    const refused = [
      client.subscribe('a/#'),
      client.subscribe('$share/g/a'),
      client.subscribe('a', { subscriptionIdentifier: 1 }),
    ];
    for (const subscribing of refused)
      expect((await errorOf(subscribing)).code).toBe('GNEISS_ERR_SUBSCRIPTION_UNSUPPORTED');
    await peer.settled();
    await client.close();
  });

  test('retained messages before the SUBACK → reach the handler', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const messages = new Inbox<Message>();
    const subscribing = client.subscribe('a', (message) => {
      messages.push(message);
    });
    const { packetId } = await peer.next(SUBSCRIBE);
    peer.send(publishPacket({ topicName: 'a', retain: true }));
    expect((await messages.take()).retained).toBe(true);
    peer.send({ type: SUBACK, packetId, reasonCodes: [0], properties: {} });
    await subscribing;
    await client.close();
  });

  test('wrong number of reason codes → Protocol Error, and the promise rejects with the connection', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { offlineQueue: 'nothing' });
    const lost = errorOf(client.subscribe('a'));
    const disconnection = nextEvent(client, 'disconnection');
    const { packetId } = await peer.next(SUBSCRIBE);
    peer.send({ type: SUBACK, packetId, reasonCodes: [0, 0], properties: {} });
    expect((await peer.next(PacketType.DISCONNECT)).reasonCode).toBe(0x82);
    expect((await lost).code).toBe('GNEISS_ERR_CONNECTION_LOST');
    expect((await disconnection)[0].error.code).toBe('GNEISS_ERR_PEER_VIOLATION');
    await client.close();
  });
});

describe('routing', () => {
  test('overlapping subscriptions → each once, one message, one acknowledgement after all', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const gate = new Gate();
    const seen: [string, Message][] = [];
    await subscribed(peer, [
      client.subscribe(['a/+', 'a/#'], { qos: 1 }, (message) => void seen.push(['both', message])),
      client.subscribe('a/b', { qos: 1 }, async (message) => {
        seen.push(['exact', message]);
        return gate.promise;
      }),
      client.subscribe('c', { qos: 1 }, (message) => void seen.push(['other', message])),
    ]);
    peer.send(publishPacket({ topicName: 'a/b', qos: 1, packetId: 1, payload: 'x' }));
    await peer.settled();
    await peer.settled();
    expect(seen.map(([name]) => name)).toEqual(['both', 'exact']);
    expect(seen[0]![1]).toBe(seen[1]![1]);
    expect(seen[0]![1].text()).toBe('x');
    gate.open();
    await peer.next(PUBACK);
    await client.close();
  });

  test('shared subscription → messages of its filter, without the prefix', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const messages = new Inbox<Message>();
    await subscribed(peer, [
      client.subscribe('$share/group/a/+', (message) => messages.push(message) as undefined),
    ]);
    peer.send(publishPacket({ topicName: 'a/b' }));
    expect((await messages.take()).topicName).toBe('a/b');
    await client.close();
  });

  test('a subscription is added and removed → the topic cache follows', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const seen: string[] = [];
    const send = async (): Promise<string[]> => {
      peer.send(publishPacket({ topicName: 'a', qos: 1, packetId: 1 }));
      await peer.next(PUBACK);
      return seen.splice(0);
    };
    await subscribed(peer, [client.subscribe('a', () => void seen.push('first'))]);
    expect(await send()).toEqual(['first']);
    const [second] = await subscribed(peer, [
      client.subscribe('+', () => void seen.push('second')),
    ]);
    expect((await send()).toSorted()).toEqual(['first', 'second']);
    await unsubscribed(peer, second!.unsubscribe());
    expect(await send()).toEqual(['first']);
    await client.close();
  });

  test('topic aliases → the topic that each stands for now', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { topicAliasMaximum: 2 });
    const topics = new Inbox<string>();
    await subscribed(peer, [
      client.subscribe('#', ({ topicName }) => {
        topics.push(topicName);
      }),
    ]);
    for (const [topicName, topicAlias] of [
      ['one', 1],
      ['', 1],
      ['two', 2],
      ['', 1],
      ['', 2],
      ['three', 1],
      ['', 1],
      ['one', undefined],
    ] as const) {
      peer.send(publishPacket({ topicName, properties: { topicAlias } }));
    }
    for (const topic of ['one', 'one', 'two', 'one', 'two', 'three', 'three', 'one'])
      expect(await topics.take()).toBe(topic);
    await client.close();
  });

  test('message that nobody subscribed to → event, or dropped and acknowledged', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    peer.send(publishPacket({ qos: 1, packetId: 1 }));
    await peer.next(PUBACK);
    const message = nextEvent(client, 'message');
    peer.send(publishPacket({ qos: 1, packetId: 2, topicName: 'late' }));
    expect((await message)[0].topicName).toBe('late');
    await peer.next(PUBACK);
    await client.close();
  });

  test('listener of the event throws → handlerError, acknowledged as failed', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    client.on('message', () => {
      throw new Error('of the listener');
    });
    const failed = nextEvent(client, 'handlerError');
    peer.send(publishPacket({ qos: 1, packetId: 1 }));
    expect((await failed)[0].code).toBe('GNEISS_ERR_HANDLER_FAILED');
    expect((await peer.next(PUBACK)).reasonCode).toBe(0x80);
    await client.close();
  });
});

describe('iteration', () => {
  test('messages from before and after it begins → in order, acknowledged as each next is asked for', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [subscription] = await subscribed(peer, [client.subscribe('#', { qos: 1 })]);
    for (const packetId of [1, 2]) {
      peer.send(publishPacket({ qos: 1, packetId, payload: `${packetId}` }));
    }
    await peer.settled();
    await peer.settled();
    expect(peer.waiting).toEqual([]);
    const iterator = subscription![Symbol.asyncIterator]();
    expect(textOf(await iterator.next())).toBe('1');
    await peer.settled();
    expect(textOf(await iterator.next())).toBe('2');
    expect((await peer.next(PUBACK)).packetId).toBe(1);
    const third = iterator.next();
    expect((await peer.next(PUBACK)).packetId).toBe(2);
    peer.send(publishPacket({ qos: 1, packetId: 3, payload: '3' }));
    expect(textOf(await third)).toBe('3');
    await iterator.return?.();
    expect((await peer.next(PUBACK)).packetId).toBe(3);
    await client.close();
  });

  test('nobody reads at first, then a listener of the event → it gets what waited, and each is acknowledged', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    await subscribed(peer, [client.subscribe('#', { qos: 1 })]);
    for (const packetId of [1, 2, 3]) peer.send(publishPacket({ qos: 1, packetId }));
    await peer.settled();
    await peer.settled();
    const packetIds: number[] = [];
    client.on('message', (message) => packetIds.push(message.qos));
    expect((await peer.take(PUBACK, 3)).map(({ packetId }) => packetId)).toEqual([1, 2, 3]);
    expect(packetIds).toHaveLength(3);
    await client.close();
  });

  test('unsubscribed with messages that nobody reads → they are given back and acknowledged', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [subscription] = await subscribed(peer, [client.subscribe('#', { qos: 1 })]);
    peer.send(publishPacket({ qos: 1, packetId: 1 }));
    await peer.settled();
    await peer.settled();
    const ending = subscription!.unsubscribe();
    // Given back before UNSUBSCRIBE is sent: for want of memory its answer might not be read.
    expect((await peer.next(PUBACK)).packetId).toBe(1);
    await unsubscribed(peer, ending);
    await client.close();
  });

  test('unsubscribed → what is queued still comes, then it is done', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [subscription] = await subscribed(peer, [client.subscribe('#')]);
    const iterator = subscription![Symbol.asyncIterator]();
    peer.send(publishPacket({ payload: '1' }), publishPacket({ payload: '2' }));
    await peer.settled();
    await unsubscribed(peer, subscription!.unsubscribe());
    expect(textOf(await iterator.next())).toBe('1');
    expect(textOf(await iterator.next())).toBe('2');
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(subscription!.ended).toBe(true);
    await client.close();
  });

  test('client closes → the loop ends; client is destroyed with an error → the loop fails with it', async () => {
    await using server = await ScriptedServer.start();
    for (const how of ['close', 'destroy'] as const) {
      const { client, peer } = await connected(server);
      const [subscription] = await subscribed(peer, [client.subscribe('#')]);
      const next = subscription![Symbol.asyncIterator]().next();
      if (how === 'close') {
        await client.close();
        expect(await next).toEqual({ done: true, value: undefined });
      } else {
        const { MqttError } = await import('../../src/errors/mqtt-error.js');
        const error = new MqttError('GNEISS_ERR_STOPPED');
        client.destroy(error);
        expect(await errorOf(next)).toBe(error);
      }
    }
  });

  test('the iteration ends while it waits → the next message is for those who come after', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [subscription] = await subscribed(peer, [client.subscribe('#', { qos: 1 })]);
    const abandoned = subscription![Symbol.asyncIterator]();
    const pending = abandoned.next();
    await abandoned.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
    peer.send(publishPacket({ qos: 1, packetId: 1, payload: 'kept' }));
    const iterator = subscription![Symbol.asyncIterator]();
    expect(textOf(await iterator.next())).toBe('kept');
    await iterator.return?.();
    await peer.next(PUBACK);
    await client.close();
  });

  test('as a stream that is destroyed → nothing stays leased', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [subscription] = await subscribed(peer, [client.subscribe('#', { qos: 1 })]);
    const stream = Readable.from(subscription!, { highWaterMark: 1 });
    const texts = new Inbox<string>();
    stream.on('data', (message: Message) => texts.push(message.text()));
    peer.send(publishPacket({ qos: 1, packetId: 1, payload: '1' }));
    expect(await texts.take()).toBe('1');
    await peer.next(PUBACK);
    stream.destroy();
    await setImmediate();
    peer.send(publishPacket({ qos: 1, packetId: 2, payload: '2' }));
    const iterator = subscription![Symbol.asyncIterator]();
    expect(textOf(await iterator.next())).toBe('2');
    await iterator.return?.();
    await peer.next(PUBACK);
    await client.close();
  });
});

describe('unsubscribe', () => {
  test('a filter that another subscription uses → stays with the Server until the last one goes', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [one, other] = await subscribed(peer, [
      client.subscribe(['a', 'b'], () => {}),
      client.subscribe('a', () => {}),
    ]);
    expect(await unsubscribed(peer, one!.unsubscribe())).toEqual(['b']);
    expect(await unsubscribed(peer, other!.unsubscribe())).toEqual(['a']);
    await one!.unsubscribe();
    await peer.settled();
    await client.close();
  });

  test('a filter that is just being subscribed to again → is not taken away', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [first] = await subscribed(peer, [client.subscribe('a', () => {})]);
    const messages = new Inbox<Message>();
    const second = client.subscribe('a', (message) => void messages.push(message));
    await first!.unsubscribe();
    await peer.grant();
    await second;
    await peer.settled();
    expect(peer.waiting).toEqual([]);
    await client.close();
  });

  test('with await using → at the end of the block', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const using = (async () => {
      await using subscription = await client.subscribe('a', () => {});
      expect(subscription.ended).toBe(false);
    })();
    await peer.grant();
    expect(await unsubscribed(peer, using)).toEqual(['a']);
    await client.close();
  });

  test('refused → GNEISS_ERR_REASON_CODE, and the subscription stays', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [subscription] = await subscribed(peer, [client.subscribe('a', () => {})]);
    const refused = errorOf(subscription!.unsubscribe());
    const { packetId } = await peer.next(UNSUBSCRIBE);
    peer.send({ type: UNSUBACK, packetId, reasonCodes: [0x87], properties: {} });
    expect(await refused).toMatchObject({ code: 'GNEISS_ERR_REASON_CODE', reasonCode: 0x87 });
    expect(subscription!.ended).toBe(false);
    await client.close();
  });
});

test('no answer in time → GNEISS_ERR_ACK_TIMEOUT by the default of the client, or by that of the call', async () => {
  await using server = await ScriptedServer.start();
  const { client, peer } = await connected(server, { ackTimeoutMs: 500 });
  const subscribing = client.subscribe('a', { ackTimeoutMs: 0 }, () => {});
  const refused = errorOf(client.subscribe('b', () => {}));
  expect((await refused).code).toBe('GNEISS_ERR_ACK_TIMEOUT');
  const [first, second] = await peer.take(SUBSCRIBE, 2);
  // The one without a limit has outlasted the other.
  for (const { packetId } of [first!, second!])
    peer.send({ type: SUBACK, packetId, reasonCodes: [0], properties: {} });
  const subscription = await subscribing;
  expect((await errorOf(subscription.unsubscribe())).code).toBe('GNEISS_ERR_ACK_TIMEOUT');
  expect(subscription.ended).toBe(false);
  const { packetId } = await peer.next(UNSUBSCRIBE);
  peer.send({ type: UNSUBACK, packetId, reasonCodes: [0], properties: {} });
  expect(await unsubscribed(peer, subscription.unsubscribe({ ackTimeoutMs: 0 }))).toEqual(['a']);
  expect(client.state).toBe('connected');
  await client.close();
});

describe('a lost Session', () => {
  test('Session Present 0 → every subscription once, in its order; Session Present 1 → none', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { sessionExpiryInterval: 100 });
    await subscribed(peer, [
      client.subscribe('a', { qos: 1 }, () => {}),
      client.subscribe(['b', 'c'], { subscriptionIdentifier: 3 }, () => {}),
    ]);
    let last = peer;
    for (let round = 0; round < 3; round++) {
      last.destroy();
      last = await server.welcome({ sessionPresent: round === 1 });
      if (round === 1) {
        await last.settled();
        continue;
      }
      const packets = [await last.grant(), await last.grant()];
      expect(packets.map(({ subscriptions }) => subscriptions.map((s) => s.topicFilter))).toEqual([
        ['a'],
        ['b', 'c'],
      ]);
      expect(packets[1]!.properties.subscriptionIdentifier).toBe(3);
      await last.settled();
    }
    await client.close();
  });

  test('connections that break before the SUBACK, again and again → no more SUBSCRIBEs than subscriptions', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    await subscribed(peer, [client.subscribe('a', () => {}), client.subscribe('b', () => {})]);
    let last = peer;
    for (let round = 0; round < 5; round++) {
      last.destroy();
      last = await server.welcome();
      await last.take(SUBSCRIBE, 2);
      await last.settled();
    }
    await client.close({ timeoutMs: 0 });
  });

  test('lost while an UNSUBSCRIBE is on its way → not made again', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [subscription] = await subscribed(peer, [client.subscribe('a', () => {})]);
    const ending = subscription!.unsubscribe();
    await peer.next(UNSUBSCRIBE);
    peer.destroy();
    const next = await server.welcome();
    expect(await unsubscribed(next, ending)).toEqual(['a']);
    await next.settled();
    expect(next.waiting).toEqual([]);
    expect(subscription!.ended).toBe(true);
    await client.close();
  });

  test('User Properties that are changed after the call → as they were in the call', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const userProperties: [string, string][] = [['key', 'value']];
    const subscribing = client.subscribe('a', { userProperties }, () => {});
    userProperties[0]![1] = 'other';
    userProperties.push(['more', 'value']);
    await peer.grant();
    await subscribing;
    peer.destroy();
    const next = await server.welcome();
    const { properties } = await next.next(SUBSCRIBE);
    expect(properties.userProperties).toEqual([['key', 'value']]);
    await client.close();
  });

  test('lost while an UNSUBSCRIBE is on its way that fails → made again', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [subscription] = await subscribed(peer, [client.subscribe('a', () => {})]);
    const refused = errorOf(subscription!.unsubscribe());
    await peer.next(UNSUBSCRIBE);
    peer.destroy();
    const next = await server.welcome();
    const { packetId } = await next.next(UNSUBSCRIBE);
    next.send({ type: UNSUBACK, packetId, reasonCodes: [0x87], properties: {} });
    await refused;
    expect((await next.grant()).subscriptions).toMatchObject([{ topicFilter: 'a' }]);
    expect(subscription!.ended).toBe(false);
    await client.close();
  });

  test.each([
    ['the SUBACK refuses', undefined, 'GNEISS_ERR_REASON_CODE'],
    ['the Server no longer takes it', false, 'GNEISS_ERR_SUBSCRIPTION_UNSUPPORTED'],
  ] as const)('%s → subscriptionLost, and the subscription ends', async (_, available, code) => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [subscription] = await subscribed(peer, [client.subscribe('a/#', () => {})]);
    const lost = nextEvent(client, 'subscriptionLost');
    peer.destroy();
    const next = await server.welcome({ properties: { wildcardSubscriptionAvailable: available } });
    if (available === undefined) {
      const { packetId } = await next.next(SUBSCRIBE);
      next.send({ type: SUBACK, packetId, reasonCodes: [0x87], properties: {} });
    }
    const [error, topicFilters] = await lost;
    expect(error.code).toBe(code);
    expect(topicFilters).toEqual(['a/#']);
    expect(subscription!.ended).toBe(true);
    await client.close();
  });

  test('renewal lost with its connection, Session kept then → tried again all the same', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { offlineQueue: 'nothing' });
    await subscribed(peer, [client.subscribe('a', () => {}), client.subscribe('b', () => {})]);
    peer.destroy();
    let next = await server.welcome();
    for (let round = 0; round < 3; round++) {
      const packets = await next.take(SUBSCRIBE, 2);
      expect(packets.map(({ subscriptions }) => subscriptions[0]!.topicFilter)).toEqual(['a', 'b']);
      next.destroy();
      next = await server.welcome({ sessionPresent: true });
    }
    await next.grant();
    await next.grant();
    next.destroy();
    const last = await server.welcome({ sessionPresent: true });
    await last.settled();
    expect(last.waiting).toEqual([]);
    await client.close();
  });

  test('no room for the renewals → they follow when there is', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { maximumPendingOperations: 16 });
    await subscribed(peer, [client.subscribe('a', () => {}), client.subscribe('b', () => {})]);
    const lost = nextEvent(client, 'disconnection');
    peer.destroy();
    await lost;
    const results = Array.from({ length: 16 }, () => client.publish('t', 'x', { qos: 1 }));
    const next = await server.welcome();
    for (const { packetId } of await next.take(PUBLISH, 16)) {
      next.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    }
    const packets = [await next.grant(), await next.grant()];
    expect(packets.map(({ subscriptions }) => subscriptions[0]!.topicFilter)).toEqual(['a', 'b']);
    await Promise.all(results);
    await client.close();
  });

  test('renewals that the offline policy does not keep, room for one → not tried for ever', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, {
      maximumPendingOperations: 16,
      offlineQueue: 'qos1-plus',
    });
    await subscribed(peer, [client.subscribe('a', () => {}), client.subscribe('b', () => {})]);
    peer.destroy();
    const next = await server.welcome();
    await next.take(SUBSCRIBE, 2);
    const lost = nextEvent(client, 'disconnection');
    next.destroy();
    await lost;
    const controller = new AbortController();
    const first = errorOf(client.publish('t', 'x', { qos: 1, signal: controller.signal }));
    for (let count = 1; count < 16; count++) {
      client.publish('t', 'x', { qos: 1 }).catch(() => {});
    }
    const refused = await errorOf(client.publish('t', 'x', { qos: 1 }));
    expect(refused.code).toBe('GNEISS_ERR_QUEUE_FULL');
    const ready = client.ready();
    controller.abort();
    expect((await first).code).toBe('GNEISS_ERR_ABORTED');
    await ready;
    const turns = async (): Promise<number> => {
      for (let turn = 0; turn < TURNS; turn++) await setImmediate();
      return client.stats().portPostsToWorker;
    };
    expect(await turns()).toBe(await turns());
    client.destroy();
  });

  test('resubscribe false → what came before is handed over, then each ends with GNEISS_ERR_SESSION_LOST', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { resubscribe: false });
    const [handled, iterated] = await subscribed(peer, [
      client.subscribe('a', () => {}),
      client.subscribe(['b', 'c']),
    ]);
    const lost: (readonly [string, readonly string[]])[] = [];
    client.on('subscriptionLost', (error, topicFilters) => lost.push([error.code, topicFilters]));
    const iterator = iterated![Symbol.asyncIterator]();
    peer.send(publishPacket({ topicName: 'b', payload: 'before' }));
    await peer.settled();
    peer.destroy();
    const next = await server.welcome();
    await next.settled();
    expect(next.waiting).toEqual([]);
    expect(lost).toEqual([
      ['GNEISS_ERR_SESSION_LOST', ['a']],
      ['GNEISS_ERR_SESSION_LOST', ['b', 'c']],
    ]);
    expect([handled!.ended, iterated!.ended]).toEqual([true, true]);
    expect(textOf(await iterator.next())).toBe('before');
    expect((await errorOf(iterator.next())).code).toBe('GNEISS_ERR_SESSION_LOST');
    const later = iterated![Symbol.asyncIterator]();
    expect((await errorOf(later.next())).code).toBe('GNEISS_ERR_SESSION_LOST');
    await client.close();
  });

  test('resubscribe false, subscribed anew by a listener → that one stays', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { resubscribe: false });
    await subscribed(peer, [client.subscribe('a', () => {})]);
    const texts = new Inbox<string>();
    client.on('subscriptionLost', (_, topicFilters) => {
      void client.subscribe([...topicFilters], (message) => texts.push(message.text()));
    });
    peer.destroy();
    const next = await server.welcome();
    await next.grant();
    next.send(publishPacket({ topicName: 'a', payload: 'after' }));
    expect(await texts.take()).toBe('after');
    await client.close();
  });

  test('resubscribe false, Session kept → nothing is lost', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { resubscribe: false });
    const [subscription] = await subscribed(peer, [client.subscribe('a', () => {})]);
    peer.destroy();
    const next = await server.welcome({ sessionPresent: true });
    await next.settled();
    expect(subscription!.ended).toBe(false);
    await client.close();
  });

  test('resumed Session, message before anyone subscribed → held until a handler claims it', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server, { rejoinSession: 'always', sessionExpiryInterval: 60 });
    const success = nextEvent(client, 'connectionSuccess');
    client.start();
    const peer = await server.welcome({ sessionPresent: true });
    await success;
    peer.send(publishPacket({ topicName: 'a', qos: 1, packetId: 1, payload: 'waited' }));
    await peer.settled();
    await peer.settled();
    const messages = new Inbox<string>();
    const subscribing = client.subscribe('a', { qos: 1 }, (message) => {
      messages.push(message.text());
    });
    expect(await messages.take()).toBe('waited');
    expect((await peer.next(PUBACK)).packetId).toBe(1);
    await peer.grant();
    await subscribing;
    await client.close();
  });
});

test('20000 unread messages → bounded, and read later', async () => {
  await using server = await ScriptedServer.start();
  const { client, peer } = await connected(server);
  const [subscription] = await subscribed(peer, [client.subscribe('#')]);
  const count = 20_000;
  for (let index = 0; index < count; index += 1000) {
    const packets = Array.from({ length: 1000 }, (_, at) =>
      publishPacket({ payload: `${index + at}` }),
    );
    peer.send(...packets);
  }
  let next = 0;
  for await (const message of subscription!) {
    expect(message.text()).toBe(`${next++}`);
    if (next === count) break;
  }
  await client.publish('a', 'done');
  await peer.next(PUBLISH);
  await client.close();
});

function textOf(result: IteratorResult<Message>): string {
  if (result.done === true) throw new Error('the iteration is over');
  return result.value.text();
}

/** Grants subscriptions in their order. */
async function subscribed<T>(peer: Peer, subscribing: readonly Promise<T>[]): Promise<T[]> {
  for (const _ of subscribing) await peer.grant();
  return Promise.all(subscribing);
}

/** Answers an UNSUBSCRIBE. @returns Its filters. */
async function unsubscribed(peer: Peer, unsubscribing: Promise<void>): Promise<readonly string[]> {
  const { packetId, topicFilters } = await peer.next(UNSUBSCRIBE);
  const reasonCodes = topicFilters.map(() => 0);
  peer.send({ type: UNSUBACK, packetId, reasonCodes, properties: {} });
  await unsubscribing;
  return topicFilters;
}
