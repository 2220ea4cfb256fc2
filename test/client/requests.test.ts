import { describe, expect, test, vi } from 'vitest';
import type { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import type { ClientOptions } from '../../src/options/schema.js';
import { startBroker, type TestBroker } from '../../src/testing/broker.js';
import { connected, errorOf, Gate, inlineClient, nextEvent } from '../support/inline-client.js';
import { PlayedClient, written } from '../support/played-client.js';
import {
  encodeAll,
  Inbox,
  type PacketOf,
  type Peer,
  publishPacket,
  ScriptedServer,
} from '../support/scripted-server.js';

async function clientOf(broker: TestBroker, options: ClientOptions = {}): Promise<MqttClient> {
  const client = inlineClient(broker, options);
  const success = nextEvent(client, 'connectionSuccess');
  client.start();
  await success;
  return client;
}

function publish(
  peer: Peer,
  packet: Partial<PacketOf<typeof PacketType.PUBLISH>> & { readonly topicName: string },
): void {
  const payload = new Uint8Array();
  const flags = { qos: 0, retain: false, dup: false } as const;
  peer.send({
    packetId: 0,
    payload,
    properties: {},
    ...flags,
    ...packet,
    type: PacketType.PUBLISH,
  });
}

function acknowledge(peer: Peer, packetId: number): void {
  peer.send({ type: PacketType.PUBACK, packetId, reasonCode: 0, properties: {} });
}

describe('request', () => {
  test('answered → the payload and properties of the answer, yours for good', async () => {
    await using broker = await startBroker();
    await using server = await clientOf(broker);
    await using client = await clientOf(broker);
    await server.respond('rpc/add', (request) => {
      const [a, b] = request.json() as [number, number];
      return { payload: JSON.stringify(a + b), contentType: 'application/json' };
    });
    const response = await client.request('rpc/add', '[1,2]');
    expect(response.json()).toBe(3);
    expect(response.text()).toBe('3');
    expect(response.payload).toEqual(new TextEncoder().encode('3'));
    expect(response.properties.contentType).toBe('application/json');
  });

  test('many at once, answered in another order → each its own answer, over one subscription', async () => {
    await using broker = await startBroker();
    await using server = await clientOf(broker);
    await using client = await clientOf(broker);
    const all = new Gate();
    let open = 0;
    await server.respond('echo', async (request) => {
      const text = request.text();
      open++;
      if (open === 50) all.open();
      await all.promise;
      if (Number(text) % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      return text;
    });
    const numbers = Array.from({ length: 50 }, (_, number) => `${number}`);
    const responses = await Promise.all(numbers.map((number) => client.request('echo', number)));
    expect(responses.map((response) => response.text())).toEqual(numbers);
  });

  test('bytes that change after the call → what was passed is sent', async () => {
    await using broker = await startBroker();
    await using server = await clientOf(broker);
    await using client = await clientOf(broker);
    await server.respond('echo', (request) => request.copy());
    const payload = Uint8Array.of(1, 2, 3);
    const response = client.request('echo', payload);
    payload.fill(0);
    expect((await response).payload).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('the packets → a Response Topic of the client alone, Correlation Data, QoS 1', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const responses = ['a', 'b'].map((topic) => client.request(topic, 'x'));
    const { topicFilter } = (await peer.grant()).subscriptions[0]!;
    expect(topicFilter).toMatch(/^response\/[\da-f-]{36}$/);
    const correlations = new Set<string>();
    for (const topicName of ['a', 'b']) {
      const request = await peer.next(PacketType.PUBLISH);
      const { responseTopic, correlationData } = request.properties;
      expect(request).toMatchObject({ topicName, qos: 1 });
      expect(responseTopic).toBe(topicFilter);
      correlations.add(Buffer.from(correlationData!).toString('hex'));
      acknowledge(peer, request.packetId);
      const answer = {
        topicName: topicFilter,
        payload: request.payload,
        properties: { correlationData },
      };
      // Those that nobody asks for, or that do not say what they answer, are dropped.
      for (const other of [{ correlationData: Uint8Array.of(1) }, {}])
        publish(peer, { ...answer, properties: other });
      publish(peer, answer);
      publish(peer, answer);
    }
    expect(correlations.size).toBe(2);
    await Promise.all(responses);
    client.destroy();
  });

  test('the Server says where responses go → there', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server, { requestResponseInformation: true });
    const success = nextEvent(client, 'connectionSuccess');
    client.start();
    const peer = await server.welcome({ properties: { responseInformation: 'mine' } });
    await success;
    const failed = errorOf(client.request('a', 'x'));
    const { subscriptions } = await peer.next(PacketType.SUBSCRIBE);
    expect(subscriptions[0]?.topicFilter).toMatch(/^mine\/[\da-f-]{36}$/);
    client.destroy();
    expect((await failed).code).toBe('GNEISS_ERR_CLOSED');
  });
});

describe('a request that is not answered', () => {
  test('in time → GNEISS_ERR_RESPONSE_TIMEOUT', async () => {
    await using broker = await startBroker();
    await using client = await clientOf(broker);
    expect((await errorOf(client.request('nobody', 'x', { timeoutMs: 20 }))).code).toBe(
      'GNEISS_ERR_RESPONSE_TIMEOUT',
    );
  });

  test('in time by the clock alone, as the thread was held up → answered', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const played = new PlayedClient();
      const transport = await played.connected();
      const response = played.client.request('a', 'x', { timeoutMs: 1000 });
      const { packetId } = await written(transport, PacketType.SUBSCRIBE);
      transport.receive(
        encodeAll([{ type: PacketType.SUBACK, packetId, reasonCodes: [0], properties: {} }], 5),
      );
      const { properties } = await written(transport, PacketType.PUBLISH);
      const { correlationData, responseTopic: topicName = '' } = properties;
      const payload = 'in the socket';
      transport.receive(
        encodeAll([publishPacket({ topicName, payload, properties: { correlationData } })], 5),
      );
      vi.advanceTimersByTime(1000);
      expect((await response).text()).toBe(payload);
      played.client.destroy();
    } finally {
      vi.useRealTimers();
    }
  });

  test('because it is aborted → GNEISS_ERR_ABORTED, and nothing is published that was not', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const controller = new AbortController();
    const aborted = errorOf(client.request('a', 'x', { signal: controller.signal }));
    const { packetId } = await peer.next(PacketType.SUBSCRIBE);
    controller.abort();
    expect((await aborted).code).toBe('GNEISS_ERR_ABORTED');
    peer.send({ type: PacketType.SUBACK, packetId, reasonCodes: [0], properties: {} });
    await peer.settled();
    expect(peer.waiting).toEqual([]);
    const { signal } = controller;
    expect((await errorOf(client.request('a', 'x', { signal }))).code).toBe('GNEISS_ERR_ABORTED');
    client.destroy();
  });

  test('because the client is closed → GNEISS_ERR_CLOSED', async () => {
    await using broker = await startBroker();
    const client = await clientOf(broker);
    const failed = errorOf(client.request('nobody', 'x'));
    await client.close();
    expect((await failed).code).toBe('GNEISS_ERR_CLOSED');
    expect((await errorOf(client.request('nobody', 'x'))).code).toBe('GNEISS_ERR_CLOSED');
  });

  test('because responses can not be subscribed to → the refusal; the next request asks again', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    for (let round = 0; round < 2; round++) {
      const failed = errorOf(client.request('a', 'x'));
      const { packetId } = await peer.next(PacketType.SUBSCRIBE);
      peer.send({ type: PacketType.SUBACK, packetId, reasonCodes: [0x87], properties: {} });
      expect(await failed).toMatchObject({ code: 'GNEISS_ERR_REASON_CODE', reasonCode: 0x87 });
    }
    client.destroy();
  });

  test('because too many are open → GNEISS_ERR_QUEUE_FULL, until one has ended', async () => {
    await using broker = await startBroker();
    await using client = await clientOf(broker, { maximumOpenRequests: 2 });
    const first = errorOf(client.request('nobody', 'x', { timeoutMs: 20 }));
    const second = errorOf(client.request('nobody', 'x'));
    expect((await errorOf(client.request('nobody', 'x'))).code).toBe('GNEISS_ERR_QUEUE_FULL');
    await first;
    const third = errorOf(client.request('nobody', 'x', { timeoutMs: 1 }));
    expect((await third).code).toBe('GNEISS_ERR_RESPONSE_TIMEOUT');
    await client.close();
    await second;
  });

  test.each<[string, unknown, string]>([
    ['a/#', {}, 'GNEISS_ERR_INVALID_TOPIC'],
    ['a', { timeoutMs: 0 }, 'GNEISS_ERR_INVALID_OPTION'],
    ['a', { qos: 3 }, 'GNEISS_ERR_INVALID_OPTION'],
    ['a', { nope: 1 }, 'GNEISS_ERR_INVALID_OPTION'],
  ])('because it is wrong: %s %j → %s, and nothing is sent', async (topic, options, code) => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    expect((await errorOf(client.request(topic, 'x', options as object))).code).toBe(code);
    await peer.settled();
    expect(peer.waiting).toEqual([]);
    client.destroy();
  });

  test('because MQTT 3.1.1 knows no requests → GNEISS_ERR_INVALID_STATE', async () => {
    await using broker = await startBroker();
    await using client = await clientOf(broker, { protocolVersion: 4 });
    expect((await errorOf(client.request('a', 'x'))).code).toBe('GNEISS_ERR_INVALID_STATE');
  });
});

describe('requestMany', () => {
  test('several answer → each in turn; the iteration ends with the time', async () => {
    await using broker = await startBroker();
    await using client = await clientOf(broker);
    await using one = await clientOf(broker);
    await using other = await clientOf(broker);
    await one.respond('who', () => 'one');
    await other.respond('who', () => 'other');
    const answers: string[] = [];
    for await (const answer of client.requestMany('who', '', { timeoutMs: 1500 }))
      answers.push(answer.text());
    expect(answers.toSorted()).toEqual(['one', 'other']);
  });

  test('as many as were wanted → the iteration ends at once', async () => {
    await using broker = await startBroker();
    await using client = await clientOf(broker);
    await using one = await clientOf(broker);
    await one.respond('who', () => 'one');
    const answers: string[] = [];
    for await (const answer of client.requestMany('who', '', { maximumResponses: 1 }))
      answers.push(answer.text());
    expect(answers).toEqual(['one']);
  });

  test('left, or failed → no request stays open', async () => {
    await using broker = await startBroker();
    await using client = await clientOf(broker, { maximumOpenRequests: 1 });
    await using one = await clientOf(broker);
    await one.respond('who', () => 'one');
    for await (const _ of client.requestMany('who', '')) break;
    const signal = AbortSignal.abort();
    expect((await errorOf(client.requestMany('who', '', { signal }).next())).code).toBe(
      'GNEISS_ERR_ABORTED',
    );
    expect((await client.request('who', '')).text()).toBe('one');
  });
});

describe('respond', () => {
  test('nothing returned, or no Response Topic → nothing is published, the request is acknowledged', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const handled = new Inbox<string>();
    const responding = client.respond('a', (request) => {
      handled.push(request.text());
      return request.text() === 'silent' ? undefined : 'answer';
    });
    await peer.grant();
    await responding;
    const request = { topicName: 'a', qos: 1 as const };
    const text = new TextEncoder();
    publish(peer, {
      ...request,
      packetId: 1,
      payload: text.encode('silent'),
      properties: { responseTopic: 'r' },
    });
    await peer.next(PacketType.PUBACK);
    publish(peer, { ...request, packetId: 2, payload: text.encode('lost') });
    await peer.next(PacketType.PUBACK);
    const correlationData = Uint8Array.of(7);
    publish(peer, {
      ...request,
      packetId: 3,
      payload: text.encode('asked'),
      properties: { responseTopic: 'r', correlationData },
    });
    const answer = await peer.next(PacketType.PUBLISH);
    expect(answer).toMatchObject({ topicName: 'r', qos: 1, properties: { correlationData } });
    expect(peer.waiting).toEqual([]);
    acknowledge(peer, answer.packetId);
    expect((await peer.next(PacketType.PUBACK)).packetId).toBe(3);
    expect(await handled.take()).toBe('silent');
    client.destroy();
  });

  test('a handler that throws, or a Response Topic with wildcards → handlerError, and it goes on', async () => {
    await using broker = await startBroker();
    await using client = await clientOf(broker);
    const errors = new Inbox<string>();
    client.on('handlerError', (error) => errors.push(String(error.cause)));
    await client.respond('a', (request) => {
      if (request.text() === 'throw') throw new Error('thrown');
      return 'x';
    });
    await client.publish('a', 'throw', { qos: 1, responseTopic: 'r' });
    expect(await errors.take()).toContain('thrown');
    expect((await client.request('a', 'x')).text()).toBe('x');
  });
});
