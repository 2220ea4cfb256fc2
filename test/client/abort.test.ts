import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connect } from '../../src/client/connect.js';
import { PacketType } from '../../src/codec/packet-types.js';
import { connected, errorOf, INLINE, inlineClient } from '../support/inline-client.js';
import { ScriptedServer } from '../support/scripted-server.js';

const { PUBLISH, PUBACK, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK } = PacketType;
const ABORTED = 'GNEISS_ERR_ABORTED';

/** How many listen to the signal. */
function listeners({ signal }: AbortController): number {
  return getEventListeners(signal, 'abort').length;
}

describe('aborted before the call → GNEISS_ERR_ABORTED, and nothing is sent', () => {
  const signal = AbortSignal.abort();

  test('connect → no connection', async () => {
    await using server = await ScriptedServer.start();
    expect((await errorOf(connect(server.url, { ...INLINE, signal }))).code).toBe(ABORTED);
    expect(server.connections).toBe(0);
  });

  test('publish, subscribe, unsubscribe, ready', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const subscribing = client.subscribe('a', () => {});
    await peer.grant();
    const subscription = await subscribing;
    const calls = [
      client.publish('a', 'x', { signal }),
      client.publish('a', 'x', { qos: 2, signal }),
      client.subscribe('b', { signal }, () => {}),
      subscription.unsubscribe({ signal }),
      client.ready({ signal }),
    ];
    for (const call of calls) expect((await errorOf(call)).code).toBe(ABORTED);
    await peer.settled();
    expect(peer.waiting).toEqual([]);
    expect(subscription.ended).toBe(false);
    await client.close();
  });
});

describe('aborted after it was sent → rejects, and the protocol goes on', () => {
  test('subscribe → its SUBACK is taken, and its identifier is free again', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const controller = new AbortController();
    const aborted = errorOf(client.subscribe('a', { signal: controller.signal }, () => {}));
    const { packetId } = await peer.next(SUBSCRIBE);
    controller.abort();
    expect((await aborted).code).toBe(ABORTED);
    await setImmediate();
    expect(client.stats().queued).toBe(1);
    peer.send({ type: SUBACK, packetId, reasonCodes: [0], properties: {} });
    await peer.settled();
    expect(client.stats().queued).toBe(0);
    await client.close();
  });

  test('unsubscribe → its UNSUBACK is taken; the subscription stays, and can be ended again', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const subscribing = client.subscribe('a', () => {});
    await peer.grant();
    const subscription = await subscribing;
    const controller = new AbortController();
    const aborted = errorOf(subscription.unsubscribe({ signal: controller.signal }));
    const first = await peer.next(UNSUBSCRIBE);
    controller.abort();
    expect((await aborted).code).toBe(ABORTED);
    expect(subscription.ended).toBe(false);
    const again = subscription.unsubscribe();
    const second = await peer.next(UNSUBSCRIBE);
    expect(second.packetId).not.toBe(first.packetId);
    for (const { packetId } of [first, second])
      peer.send({ type: UNSUBACK, packetId, reasonCodes: [0x11], properties: {} });
    await again;
    expect(subscription.ended).toBe(true);
    await client.close();
  });

  test('publish of QoS 1 → the quota stays taken until PUBACK', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server);
    client.start();
    const peer = await server.welcome({ properties: { receiveMaximum: 1 } });
    const controller = new AbortController();
    const aborted = errorOf(client.publish('a', '1', { qos: 1, signal: controller.signal }));
    const { packetId } = await peer.next(PUBLISH);
    controller.abort();
    await aborted;
    const second = client.publish('a', '2', { qos: 1 });
    await peer.settled();
    expect(client.stats().inflight).toBe(1);
    expect(peer.waiting).toEqual([]);
    peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    const next = await peer.next(PUBLISH);
    peer.send({ type: PUBACK, packetId: next.packetId, reasonCode: 0, properties: {} });
    await second;
    await client.close();
  });
});

describe('a signal that outlives its operations → nobody listens to it any more', () => {
  test('connect, publish, subscribe, unsubscribe and ready that succeed', async () => {
    await using server = await ScriptedServer.start();
    const controller = new AbortController();
    const { signal } = controller;
    const connecting = connect(server.url, { ...INLINE, signal });
    const peer = await server.welcome();
    const client = await connecting;
    expect(listeners(controller)).toBe(0);
    const subscribing = client.subscribe('a', { signal }, () => {});
    await peer.grant();
    const subscription = await subscribing;
    expect(listeners(controller)).toBe(0);
    const publishing = [
      client.publish('a', 'x', { signal }),
      client.publish('a', 'x', { qos: 1, signal }),
    ];
    expect(listeners(controller)).toBe(1);
    const [, { packetId }] = (await peer.take(PUBLISH, 2)) as [unknown, { packetId: number }];
    peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    await Promise.all(publishing);
    await client.ready({ signal });
    expect(listeners(controller)).toBe(0);
    const ending = subscription.unsubscribe({ signal });
    const unsubscribe = await peer.next(UNSUBSCRIBE);
    peer.send({
      type: UNSUBACK,
      packetId: unsubscribe.packetId,
      reasonCodes: [0],
      properties: {},
    });
    await ending;
    expect(listeners(controller)).toBe(0);
    await client.close();
  });

  test('operations that fail: refused, timed out, invalid, without room, dropped, closed', async () => {
    await using server = await ScriptedServer.start();
    const controller = new AbortController();
    const { signal } = controller;
    const client = inlineClient(server, {
      offlineQueueFull: 'drop-oldest',
      offlineQueueMaximumMessages: 1,
    });
    const codes: string[] = [];
    const note = async (operation: Promise<unknown>): Promise<void> => {
      codes.push((await errorOf(operation)).code);
    };
    await note(client.publish('#', 'x', { signal }));
    await note(client.publish('a', 'x', { signal }));
    await note(client.subscribe('a/#/b', { signal }, () => {}));
    const dropped = note(client.publish('a', 'dropped', { qos: 1, signal }));
    const refused = note(client.publish('a', 'refused', { qos: 1, signal }));
    await dropped;
    client.start();
    const peer = await server.welcome();
    const { packetId } = await peer.next(PUBLISH);
    peer.send({ type: PUBACK, packetId, reasonCode: 0x87, properties: {} });
    await refused;
    await note(client.publish('a', 'x', { qos: 1, signal, ackTimeoutMs: 1 }));
    await note(client.subscribe('a', { signal, ackTimeoutMs: 1 }, () => {}));
    expect(listeners(controller)).toBe(0);
    const closed = note(client.publish('a', 'x', { qos: 1, signal }));
    await client.close({ timeoutMs: 0 });
    await closed;
    expect(codes).toEqual([
      'GNEISS_ERR_INVALID_TOPIC',
      'GNEISS_ERR_OFFLINE',
      'GNEISS_ERR_INVALID_FILTER',
      'GNEISS_ERR_DROPPED',
      'GNEISS_ERR_REASON_CODE',
      'GNEISS_ERR_ACK_TIMEOUT',
      'GNEISS_ERR_ACK_TIMEOUT',
      'GNEISS_ERR_CLOSED',
    ]);
    expect(listeners(controller)).toBe(0);
  });

  test('operations that are aborted, those that wait for room among them', async () => {
    await using server = await ScriptedServer.start();
    const controller = new AbortController();
    const { signal } = controller;
    const client = inlineClient(server, {
      offlineQueueFull: 'wait',
      offlineQueueMaximumMessages: 1,
    });
    const calls = [
      client.publish('a', 'queued', { qos: 1, signal }),
      client.publish('a', 'waiting', { qos: 1, signal }),
      client.subscribe('a', { signal }, () => {}),
      client.ready({ signal }),
      connect(server.url, { ...INLINE, signal }),
    ];
    expect(listeners(controller)).toBe(1);
    controller.abort();
    for (const call of calls) expect((await errorOf(call)).code).toBe(ABORTED);
    expect(listeners(controller)).toBe(0);
    await client.close();
  });
});

test('one signal for many operations → one listener, none when all have settled, and each is aborted', async () => {
  await using server = await ScriptedServer.start();
  const { client, peer } = await connected(server);
  const controller = new AbortController();
  const { signal } = controller;
  const first = client.publish('a', 'first', { qos: 1, signal });
  expect(listeners(controller)).toBe(1);
  const { packetId } = await peer.next(PUBLISH);
  peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
  await first;
  expect(listeners(controller)).toBe(0);

  const many = Array.from({ length: 50 }, () =>
    errorOf(client.publish('a', 'x', { qos: 1, signal })),
  );
  expect(listeners(controller)).toBe(1);
  controller.abort();
  for (const { code } of await Promise.all(many)) expect(code).toBe(ABORTED);
  expect(listeners(controller)).toBe(0);
  await client.close();
});
