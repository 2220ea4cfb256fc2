import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/client/message.js';
import type { MqttClient } from '../../src/client/mqtt-client.js';
import type { MessageHandler } from '../../src/client/subscription.js';
import { PacketType } from '../../src/codec/packet-types.js';
import type { MqttError } from '../../src/errors/mqtt-error.js';
import type { SubscribeOptions } from '../../src/validation/operations.js';
import { connected, errorOf, Gate, nextEvent } from '../support/inline-client.js';
import { Inbox, type Peer, publishPacket, ScriptedServer } from '../support/scripted-server.js';

const { PUBACK, PUBREC, PUBREL, PUBCOMP } = PacketType;

describe('leases', () => {
  test('handler returned → payload, text, json, copy, retain fail with GNEISS_ERR_LEASE_ENDED', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const messages = await handled(client, peer);
    peer.send(publishPacket({ topicName: 'a', qos: 1, packetId: 1, payload: '{"n":1}' }));
    const message = await messages.take();
    await peer.next(PUBACK);
    expect(message.topicName).toBe('a');
    expect(message.qos).toBe(1);
    expect(message.payloadLength).toBe(7);
    const uses: (() => unknown)[] = [
      () => message.payload,
      () => message.text(),
      () => message.json(),
      () => message.copy(),
      () => message.retain(),
      () => message.properties,
    ];
    for (const use of uses) expect((await errorOf(use)).code).toBe('GNEISS_ERR_LEASE_ENDED');
    await client.close();
  });

  test('asynchronous handler → the lease and the acknowledgement follow its promise', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const gate = new Gate();
    const messages = await handled(client, peer, {}, async () => gate.promise);
    peer.send(publishPacket({ qos: 1, packetId: 1, payload: 'kept' }));
    const message = await messages.take();
    await peer.settled();
    await peer.settled();
    expect(message.text()).toBe('kept');
    gate.open();
    expect((await peer.next(PUBACK)).packetId).toBe(1);
    expect((await errorOf(() => message.payload)).code).toBe('GNEISS_ERR_LEASE_ENDED');
    await client.close();
  });

  test('retain → bytes stay and the acknowledgement waits until it is disposed of, once', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const retained = new Inbox<{ message: Message; lease: Disposable }>();
    await handled(client, peer, {}, (message) => {
      retained.push({ message, lease: message.retain() });
    });
    peer.send(publishPacket({ qos: 1, packetId: 1, payload: 'first' }));
    const { message, lease } = await retained.take();
    for (let index = 0; index < 100; index++) {
      peer.send(publishPacket({ payload: 'x'.repeat(100_000) }));
      (await retained.take()).lease[Symbol.dispose]();
    }
    await peer.settled();
    expect(message.text()).toBe('first');
    lease[Symbol.dispose]();
    lease[Symbol.dispose]();
    await peer.next(PUBACK);
    expect((await errorOf(() => message.payload)).code).toBe('GNEISS_ERR_LEASE_ENDED');
    await client.close();
  });

  test('copy and properties read in time → stay after the lease', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const copies = new Inbox<Uint8Array>();
    const messages = await handled(client, peer, {}, (message) => {
      expect(message.properties.contentType).toBe('text');
      copies.push(message.copy());
    });
    const properties = {
      contentType: 'text',
      correlationData: Uint8Array.of(5),
      userProperties: [['__proto__', 'polluted']] as const,
    };
    peer.send(publishPacket({ qos: 1, packetId: 1, payload: 'copied', properties }));
    await peer.next(PUBACK);
    expect(new TextDecoder().decode(await copies.take())).toBe('copied');
    expect((await messages.take()).properties).toMatchObject(properties);
    expect('polluted' in {}).toBe(false);
    await client.close();
  });

  test('flags of the packet → qos, retained, dup', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const messages = await handled(client, peer);
    peer.send(publishPacket({ qos: 2, packetId: 3, retain: true, dup: true }));
    expect(await messages.take()).toMatchObject({ qos: 2, retained: true, dup: true });
    await peer.next(PUBREC);
    peer.send({ type: PUBREL, packetId: 3, reasonCode: 0, properties: {} });
    await peer.next(PUBCOMP);
    await client.close();
  });
});

describe('acknowledgement', () => {
  test('[MQTT-4.6.0-2] handlers that finish in another order → acknowledgements in the order of arrival', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const gates = new Map<string, Gate>();
    const messages = await handled(client, peer, {}, async (message) => {
      const gate = new Gate();
      gates.set(message.text(), gate);
      return gate.promise;
    });
    for (const packetId of [11, 12, 13]) {
      peer.send(publishPacket({ qos: 1, packetId, payload: `${packetId}` }));
      await messages.take();
    }
    gates.get('13')!.open();
    gates.get('12')!.open();
    await peer.settled();
    await peer.settled();
    gates.get('11')!.open();
    expect((await peer.take(PUBACK, 3)).map(({ packetId }) => packetId)).toEqual([11, 12, 13]);
    await client.close();
  });

  test.each([
    [5, 'throws', 0x80],
    [5, 'rejects', 0x80],
    [4, 'throws', 0],
  ] as const)(
    'MQTT %i, handler %s → handlerError, acknowledged with 0x%s',
    async (version, how, reasonCode) => {
      await using server = await ScriptedServer.start(version);
      const { client, peer } = await connected(server);
      const cause = new Error('of the handler');
      await handled(client, peer, {}, (message): void | Promise<void> => {
        if (message.text() === 'good') return;
        if (how === 'rejects') return Promise.reject(cause);
        throw cause;
      });
      const failed = nextEvent(client, 'handlerError');
      peer.send(publishPacket({ qos: 1, packetId: 1, payload: 'bad' }));
      const [error, message] = await failed;
      expect(error).toMatchObject({ code: 'GNEISS_ERR_HANDLER_FAILED', origin: 'user', cause });
      expect(message.topicName).toBe('t');
      expect(await peer.next(PUBACK)).toMatchObject({ packetId: 1, reasonCode });
      peer.send(publishPacket({ qos: 1, packetId: 2, payload: 'good' }));
      expect(await peer.next(PUBACK)).toMatchObject({ packetId: 2, reasonCode: 0 });
      await client.close();
    },
  );

  test('[MQTT-4.3.3-9] QoS 2 handler throws → PUBREC 0x80, and the identifier is free again', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    client.on('handlerError', () => {});
    let calls = 0;
    await handled(client, peer, {}, () => {
      calls++;
      throw new Error('of the handler');
    });
    for (let round = 1; round <= 2; round++) {
      peer.send(publishPacket({ qos: 2, packetId: 1 }));
      expect(await peer.next(PUBREC)).toMatchObject({ packetId: 1, reasonCode: 0x80 });
      expect(calls).toBe(round);
    }
    await client.close();
  });

  test('handler throws and nobody listens → the process is warned, and lives', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    await handled(client, peer, {}, () => {
      throw new Error('of the handler');
    });
    const warned = new Promise<Error>((resolve) => {
      process.once('warning', resolve);
    });
    peer.send(publishPacket({ qos: 1, packetId: 1 }));
    expect((await warned) as MqttError).toMatchObject({
      code: 'GNEISS_ERR_HANDLER_FAILED',
      detail: expect.stringMatching(/^"t": Error: of the handler\n {4}at /) as string,
    });
    await peer.next(PUBACK);
    await client.close();
  });

  test('manual → not before acknowledge(), which works once, also after the lease', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const messages = await handled(client, peer, { ackMode: 'manual' });
    peer.send(publishPacket({ qos: 1, packetId: 1 }), publishPacket({ qos: 1, packetId: 2 }));
    const first = await messages.take();
    const second = await messages.take();
    await peer.settled();
    await peer.settled();
    first.acknowledge();
    second.acknowledge(0x99);
    expect(await peer.next(PUBACK)).toMatchObject({ packetId: 1, reasonCode: 0 });
    expect(await peer.next(PUBACK)).toMatchObject({ packetId: 2, reasonCode: 0x99 });
    expect((await errorOf(() => first.acknowledge())).code).toBe('GNEISS_ERR_INVALID_STATE');
    await client.close();
  });

  test('[MQTT-4.6.0-2] [MQTT-4.6.0-3] manual, in any order → on the wire in the order of arrival, PUBACK and PUBREC alike', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const messages = await handled(client, peer, { ackMode: 'manual' });
    const held: Message[] = [];
    for (const packetId of [1, 2, 3, 4]) {
      peer.send(publishPacket({ qos: packetId % 2 === 0 ? 2 : 1, packetId }));
      held.push(await messages.take());
    }
    const acknowledge = (packetId: number): void => held[packetId - 1]!.acknowledge();
    acknowledge(4);
    acknowledge(2);
    await peer.settled();
    await peer.settled();
    acknowledge(1);
    expect((await peer.next(PUBACK)).packetId).toBe(1);
    expect((await peer.next(PUBREC)).packetId).toBe(2);
    await peer.settled();
    acknowledge(3);
    expect((await peer.next(PUBACK)).packetId).toBe(3);
    expect((await peer.next(PUBREC)).packetId).toBe(4);
    await client.close();
  });

  test('manual, connection lost before → the acknowledgement is for the message that came again', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { sessionExpiryInterval: 60 });
    const messages = await handled(client, peer, { ackMode: 'manual' });
    peer.send(publishPacket({ qos: 1, packetId: 1, payload: 'a' }));
    const before = await messages.take();
    peer.destroy();
    const next = await server.welcome({ sessionPresent: true });
    next.send(publishPacket({ qos: 1, packetId: 1, payload: 'a', dup: true }));
    const after = await messages.take();
    // It belongs to a connection that there is no more; the lease is over all the same.
    before.acknowledge();
    await next.settled();
    await next.settled();
    after.acknowledge();
    expect((await next.next(PUBACK)).packetId).toBe(1);
    await client.close();
  });

  // 0x10 is for the Server alone.
  test.each([0x01, 0x10, 0x82, 300, -1, 1.5, Number.NaN, 'x'])(
    '[MQTT-3.4.2-1] [MQTT-3.5.2-1] acknowledge(%s), no reason code of an acknowledgement → GNEISS_ERR_INVALID_OPTION, nothing sent',
    async (reasonCode) => {
      await using server = await ScriptedServer.start();
      const { client, peer } = await connected(server);
      const messages = await handled(client, peer, { ackMode: 'manual' });
      peer.send(publishPacket({ qos: 1, packetId: 1 }));
      const message = await messages.take();
      const error = await errorOf(() => message.acknowledge(reasonCode as number));
      expect(error.code).toBe('GNEISS_ERR_INVALID_OPTION');
      message.acknowledge(0x83);
      expect(await peer.next(PUBACK)).toMatchObject({ packetId: 1, reasonCode: 0x83 });
      await client.close();
    },
  );

  test('not manual → acknowledge() is GNEISS_ERR_INVALID_STATE', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const messages = await handled(client, peer);
    peer.send(publishPacket({ qos: 1, packetId: 1 }));
    const message = await messages.take();
    expect((await errorOf(() => message.acknowledge())).code).toBe('GNEISS_ERR_INVALID_STATE');
    await peer.next(PUBACK);
    await client.close();
  });

  test('[MQTT-4.3.3-10] QoS 2 sent twice before PUBREL → handled once', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const messages = await handled(client, peer);
    peer.send(publishPacket({ qos: 2, packetId: 9, payload: 'once' }));
    await peer.next(PUBREC);
    peer.send(publishPacket({ qos: 2, packetId: 9, payload: 'once', dup: true }));
    await peer.next(PUBREC);
    peer.send({ type: PUBREL, packetId: 9, reasonCode: 0, properties: {} });
    await peer.next(PUBCOMP);
    peer.send(publishPacket({ qos: 2, packetId: 9, payload: 'again' }));
    await peer.next(PUBREC);
    expect((await messages.take()).dup).toBe(false);
    await messages.take();
    expect(messages.items).toEqual([]);
    expect(client.stats().duplicatesSuppressed).toBe(1);
    await client.close();
  });

  test('more receipts held over reconnections than the ring has records → all are let go, and the last are acknowledged', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, {
      receiveMaximum: 4,
      sessionExpiryInterval: 60,
    });
    const gate = new Gate();
    const messages = await handled(client, peer, {}, async () => gate.promise);
    const packetIds = [1, 2, 3, 4];
    let last = peer;
    for (let round = 0; round < 8; round++) {
      if (round > 0) {
        last.destroy();
        last = await server.welcome({ sessionPresent: true });
      }
      last.send(...packetIds.map((packetId) => publishPacket({ qos: 1, packetId })));
      for (const _ of packetIds) await messages.take();
    }
    gate.open();
    expect((await last.take(PUBACK, 4)).map(({ packetId }) => packetId)).toEqual(packetIds);
    last.send(publishPacket({ qos: 1, packetId: 1 }));
    await last.next(PUBACK);
    await client.close();
  });

  test('closed with open leases → letting go later does no harm', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const gate = new Gate();
    const leases: Disposable[] = [];
    const messages = await handled(client, peer, {}, async (message) => {
      leases.push(message.retain());
      return gate.promise;
    });
    peer.send(publishPacket({ qos: 1, packetId: 1, payload: 'x' }));
    const message = await messages.take();
    await client.close();
    expect(message.text()).toBe('x');
    gate.open();
    await setImmediate();
    for (const lease of leases) lease[Symbol.dispose]();
    expect((await errorOf(() => message.text())).code).toBe('GNEISS_ERR_LEASE_ENDED');
  });
});

test('slow handlers → the event loop goes round after a few of them', async () => {
  await using server = await ScriptedServer.start();
  const { client, peer } = await connected(server);
  const count = 200;
  let before = 0;
  let longest = 0;
  let seen = 0;
  const messages = await handled(client, peer, {}, () => {
    seen++;
    longest = Math.max(longest, ++before);
    const end = performance.now() + 2;
    while (performance.now() < end);
  });
  peer.send(...Array.from({ length: count }, (_, at) => publishPacket({ payload: `${at}` })));
  while (seen < count) {
    before = 0;
    await setImmediate();
  }
  expect(messages.items).toHaveLength(count);
  expect(longest).toBeLessThan(16);
  await client.close();
});

describe('concurrency', () => {
  test('none given → handlers overlap', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const gate = new Gate();
    const messages = await handled(client, peer, {}, async () => gate.promise);
    for (const packetId of [1, 2, 3]) peer.send(publishPacket({ qos: 1, packetId }));
    for (let count = 0; count < 3; count++) await messages.take();
    gate.open();
    await peer.take(PUBACK, 3);
    await client.close();
  });

  test('1 → the next handler starts when the one before has settled, in the order of arrival', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const trace: string[] = [];
    const gates = [new Gate(), new Gate(), new Gate()];
    const messages = await handled(client, peer, { concurrency: 1 }, async (message) => {
      const text = message.text();
      trace.push(`start ${text}`);
      await gates[Number(text)]!.promise;
      trace.push(`end ${message.text()}`);
    });
    for (const index of [0, 1, 2]) {
      peer.send(publishPacket({ qos: 1, packetId: index + 1, payload: `${index}` }));
    }
    for (const [index, gate] of gates.entries()) {
      await messages.take();
      await peer.settled();
      expect(trace).toHaveLength(2 * index + 1);
      gate.open();
      await peer.next(PUBACK);
    }
    expect(trace).toEqual(['start 0', 'end 0', 'start 1', 'end 1', 'start 2', 'end 2']);
    await client.close();
  });

  test('1, and handlers that return at once → none waits for ever', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    client.on('handlerError', () => {});
    await handled(client, peer, { concurrency: 1 }, (message): void | Promise<void> => {
      const index = Number(message.text());
      if (index % 3 === 0) return undefined;
      if (index % 3 === 1) return Promise.resolve();
      throw new Error('of the handler');
    });
    const packets = Array.from({ length: 30 }, (_, index) =>
      publishPacket({ qos: 1, packetId: index + 1, payload: `${index}` }),
    );
    peer.send(...packets);
    expect((await peer.take(PUBACK, 30)).map(({ packetId }) => packetId)).toEqual(
      packets.map(({ packetId }) => packetId),
    );
    await client.close();
  });
});

/** Subscribes to everything; the messages come out of the inbox as their handler has begun. */
async function handled(
  client: MqttClient,
  peer: Peer,
  options: SubscribeOptions = {},
  handler: MessageHandler = () => {},
): Promise<Inbox<Message>> {
  const messages = new Inbox<Message>();
  const subscribing = client.subscribe('#', { qos: 2, ...options }, (message) => {
    messages.push(message);
    return handler(message);
  });
  await peer.grant();
  await subscribing;
  return messages;
}
