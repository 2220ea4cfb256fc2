import { describe, expect, test } from 'vitest';
import { connect } from '../../src/client/connect.js';
import { MqttClient } from '../../src/client/mqtt-client.js';
import type { Payload } from '../../src/client/payload.js';
import { PacketType } from '../../src/codec/packet-types.js';
import { connected, errorOf } from '../support/inline-client.js';
import { ScriptedServer } from '../support/scripted-server.js';

const LONG = 'x'.repeat(65_536);
const KIB = 1024;

/** Hands values to calls that would not compile with them. */
function untyped<T>(value: unknown): T {
  return value as T;
}

const TOPIC = 'GNEISS_ERR_INVALID_TOPIC';
const FILTER = 'GNEISS_ERR_INVALID_FILTER';
const OPTION = 'GNEISS_ERR_INVALID_OPTION';
const PAYLOAD = 'GNEISS_ERR_INVALID_PAYLOAD';

/** Calls that are refused where they are made: name, code, and the call. */
const REFUSED: readonly (readonly [string, string, (client: MqttClient) => unknown])[] = [
  ...['', 'a/#', '+', 'a\u0000b', '\ud800', LONG].map(
    (topic) =>
      [`topic ${describeText(topic)}`, TOPIC, (c: MqttClient) => c.publish(topic, 'x')] as const,
  ),
  ...[undefined, null, 7, {}].map(
    (topic) =>
      [`topic ${String(topic)}`, TOPIC, (c: MqttClient) => c.publish(untyped(topic), 'x')] as const,
  ),
  ...[undefined, null, 7, {}, [1], true].map(
    (payload) =>
      [
        `payload ${JSON.stringify(payload)}`,
        PAYLOAD,
        (c: MqttClient) => c.publish('a', untyped<Payload>(payload)),
      ] as const,
  ),
  ...[
    { qos: 3 },
    { qos: '1' },
    { qos: -1 },
    { qos: null },
    { retain: 1 },
    { topicAlias: 0 },
    { topicAlias: 65_536 },
    { messageExpiryInterval: -1 },
    { messageExpiryInterval: 2 ** 32 },
    { messageExpiryInterval: 1.5 },
    { payloadFormatIndicator: 2 },
    { responseTopic: '#' },
    { responseTopic: LONG },
    { correlationData: 'text' },
    { correlationData: new Uint8Array(65_536) },
    { contentType: LONG },
    { contentType: '\udc00' },
    { userProperties: [['a']] },
    { userProperties: [['a', 1]] },
    { userProperties: { a: 'b' } },
    { userProperties: [['a', LONG]] },
    { ackTimeoutMs: -1 },
    { signal: 'now' },
    { signal: null },
    { signal: {} },
    { colour: 'red' },
    null,
    'qos',
    7,
  ].map(
    (options) =>
      [
        `publish with ${describeText(JSON.stringify(options))}`,
        OPTION,
        (c: MqttClient) => c.publish('a', 'x', untyped(options)),
      ] as const,
  ),
  ...['', 'a#', '#/a', 'a+', '$share/g', '$share//a', '$share/+/a', 'a\u0000', LONG].map(
    (filter) =>
      [`filter ${describeText(filter)}`, FILTER, (c: MqttClient) => c.subscribe(filter)] as const,
  ),
  ...[undefined, null, 7, [], [undefined], [[]]].map(
    (filter) =>
      [
        `filter ${JSON.stringify(filter)}`,
        FILTER,
        (c: MqttClient) => c.subscribe(untyped(filter)),
      ] as const,
  ),
  ['filter of an empty request', FILTER, (c) => c.subscribe(untyped({}))],
  ['one bad filter of two', FILTER, (c) => c.subscribe(['a', 'b#'])],
  ...[
    { qos: 3 },
    { retainHandling: 3 },
    { noLocal: 1 },
    { subscriptionIdentifier: 0 },
    { subscriptionIdentifier: 268_435_456 },
    { ackMode: 'never' },
    { concurrency: 0 },
    { concurrency: Number.NaN },
    { signal: 'now' },
    { colour: 'red' },
    null,
    7,
  ].map(
    (options) =>
      [
        `subscribe with ${JSON.stringify(options)}`,
        OPTION,
        (c: MqttClient) => c.subscribe('a', untyped(options)),
      ] as const,
  ),
  ['noLocal on a shared subscription', OPTION, (c) => c.subscribe('$share/g/a', { noLocal: true })],
  ['handler that is none', OPTION, (c) => c.subscribe('a', {}, untyped('handler'))],
  ['stop with an unknown option', OPTION, (c) => c.stop(untyped({ colour: 'red' }))],
  ['stop with reason code 1', OPTION, (c) => c.stop(untyped({ reasonCode: 1 }))],
  ['stop, abrupt with a reason', OPTION, (c) => c.stop({ abrupt: true, reasonString: 'x' })],
  ['stop raising the expiry of 0', OPTION, (c) => c.stop({ sessionExpiryInterval: 1 })],
  ['close with null', OPTION, (c) => c.close(untyped(null))],
];

test('input that is not valid → a typed error at the call, nothing sent, the connection lives', async () => {
  await using server = await ScriptedServer.start();
  const { client, peer } = await connected(server);
  for (const [name, code, call] of REFUSED) {
    const error = await errorOf(() => call(client));
    expect(error.code, name).toBe(code);
    expect(error.origin, name).toBe('user');
    expect(error.message.length, name).toBeLessThan(300);
  }
  expect(client.state).toBe('connected');
  await client.publish('sentinel', 'x');
  expect((await peer.next(PacketType.PUBLISH)).topicName).toBe('sentinel');
  expect(peer.waiting).toEqual([]);
  expect(client.stats()).toMatchObject({ messagesPublished: 1, queued: 0 });
  await client.close();
});

test('tryPublish with such input → throws', async () => {
  await using server = await ScriptedServer.start();
  const { client } = await connected(server);
  expect((await errorOf(() => client.tryPublish('#', 'x'))).code).toBe(TOPIC);
  expect((await errorOf(() => client.tryPublish('a', untyped<Payload>(1)))).code).toBe(PAYLOAD);
  expect((await errorOf(() => client.tryPublish('a', 'x', untyped({ qos: 3 })))).code).toBe(OPTION);
  await client.close();
});

test('packet larger than the memory for it, or than the protocol allows → GNEISS_ERR_PACKET_TOO_LARGE', async () => {
  await using server = await ScriptedServer.start();
  const { client, peer } = await connected(server, { outboundMemoryBytes: 512 * KIB });
  const payload = new Uint8Array(512 * KIB);
  expect((await errorOf(client.publish('a', payload))).code).toBe('GNEISS_ERR_PACKET_TOO_LARGE');
  const error = await errorOf(() => client.tryPublish('a', payload));
  expect(error.code).toBe('GNEISS_ERR_PACKET_TOO_LARGE');
  const fitting = new Uint8Array(512 * KIB - 10).fill(3);
  await client.publish('a', fitting);
  expect((await peer.next(PacketType.PUBLISH)).payload).toEqual(fitting);
  await client.close();
});

test('MQTT 3.1.1 with what only MQTT 5 has → GNEISS_ERR_INVALID_OPTION', async () => {
  await using server = await ScriptedServer.start(4);
  const { client, peer } = await connected(server);
  for (const options of [
    { topicAlias: 1 },
    { messageExpiryInterval: 1 },
    { contentType: 'x' },
    { userProperties: [] },
  ]) {
    expect((await errorOf(client.publish('a', 'x', options))).code).toBe(OPTION);
  }
  expect((await errorOf(client.subscribe('a', { noLocal: true }))).code).toBe(OPTION);
  expect((await errorOf(client.stop({ reasonCode: 4 }))).code).toBe(OPTION);
  await peer.settled();
  await client.close();
});

describe('clients', () => {
  test.each([
    ['GNEISS_ERR_INVALID_URL', 'http://localhost', {}],
    ['GNEISS_ERR_INVALID_URL', '', {}],
    ['GNEISS_ERR_INVALID_URL', 7, {}],
    [OPTION, 'mqtt://h', { keepAlive: 65_536 }],
    [OPTION, 'mqtt://h', { keepAlive: '30' }],
    [OPTION, 'mqtt://h', { clientId: LONG }],
    [OPTION, 'mqtt://h', { protocolVersion: 3 }],
    [OPTION, 'mqtt://h', { will: { topicName: '#', payload: '' } }],
    [OPTION, 'mqtt://h', { colour: 'red' }],
    [OPTION, 'mqtt://h', null],
  ])('%s for %j %j → from the constructor and from connect', async (code, url, options) => {
    expect((await errorOf(() => new MqttClient(untyped(url), untyped(options)))).code).toBe(code);
    expect((await errorOf(connect(untyped(url), untyped(options)))).code).toBe(code);
  });
});

function describeText(text: string): string {
  const shown = JSON.stringify(text);
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
}
