import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType, type ProtocolVersion } from '../../src/codec/packet-types.js';
import { connected, errorOf } from '../support/inline-client.js';
import { type Peer, ScriptedServer } from '../support/scripted-server.js';
import { VERSIONS } from '../support/session-fixture.js';

const { PUBLISH, SUBSCRIBE, UNSUBSCRIBE } = PacketType;
const LONGEST = 'x'.repeat(65_535);

type Call = (client: MqttClient) => unknown;
type Row = readonly [
  title: string,
  code: string,
  call: Call,
  versions?: readonly ProtocolVersion[],
];

const V5 = [5] as const;
const TOPIC = 'GNEISS_ERR_INVALID_TOPIC';
const FILTER = 'GNEISS_ERR_INVALID_FILTER';
const OPTION = 'GNEISS_ERR_INVALID_OPTION';

/** Hands values to calls that would not compile with them. */
function untyped<T>(value: unknown): T {
  return value as T;
}

function publishing(topicName: string): Call {
  return (client) => client.publish(topicName, 'x');
}

function publishingWith(options: object): Call {
  return (client) => client.publish('a', 'x', untyped(options));
}

function subscribing(topicFilter: string, options: object = {}): Call {
  return (client) => client.subscribe(topicFilter, untyped(options));
}

/** What the application must not ask for; where no version is named, in neither. */
const REFUSED: readonly Row[] = [
  [
    '[MQTT-1.5.4-1] [MQTT-3.3.2-1] [MQTT-3.1.1:1.5.3-1] [MQTT-3.1.1:3.3.2-1] topic that UTF-8 can not say',
    TOPIC,
    publishing('a\ud800b'),
  ],
  [
    '[MQTT-1.5.4-2] [MQTT-4.7.3-2] [MQTT-3.1.1:1.5.3-2] [MQTT-3.1.1:4.7.3-2] topic with U+0000',
    TOPIC,
    publishing('a\0'),
  ],
  [
    '[MQTT-3.3.2-2] [MQTT-4.7.0-1] [MQTT-3.1.1:3.3.2-2] [MQTT-3.1.1:4.7.1-1] topic with #',
    TOPIC,
    publishing('a/#'),
  ],
  [
    '[MQTT-3.3.2-2] [MQTT-4.7.0-1] [MQTT-3.1.1:3.3.2-2] [MQTT-3.1.1:4.7.1-1] topic with +',
    TOPIC,
    publishing('a/+/b'),
  ],
  [
    '[MQTT-3.3.2-2] [MQTT-4.7.0-1] [MQTT-3.1.1:3.3.2-2] [MQTT-3.1.1:4.7.1-1] topic with + in a level',
    TOPIC,
    publishing('a+'),
  ],
  ['[MQTT-4.7.3-1] [MQTT-3.1.1:4.7.3-1] empty topic', TOPIC, publishing('')],
  ['[MQTT-4.7.3-3] [MQTT-3.1.1:4.7.3-3] topic of 65,536 bytes', TOPIC, publishing(`${LONGEST}x`)],
  [
    '[MQTT-4.7.3-3] [MQTT-3.1.1:4.7.3-3] topic of 65,536 bytes in fewer characters',
    TOPIC,
    publishing('é'.repeat(32_768)),
  ],

  [
    '[MQTT-3.8.3-1] [MQTT-3.1.1:3.8.3-1] filter that UTF-8 can not say',
    FILTER,
    subscribing('\udc00'),
  ],
  ['[MQTT-4.7.3-2] [MQTT-3.1.1:4.7.3-2] filter with U+0000', FILTER, subscribing('a\0')],
  ['[MQTT-4.7.3-1] [MQTT-3.1.1:4.7.3-1] empty filter', FILTER, subscribing('')],
  [
    '[MQTT-4.7.3-3] [MQTT-3.1.1:4.7.3-3] filter of 65,536 bytes',
    FILTER,
    subscribing(`${LONGEST}x`),
  ],
  ...['a#', '##', '#/a', 'a/#/b', '/#/'].map(
    (filter): Row => [
      `[MQTT-4.7.1-1] [MQTT-3.1.1:4.7.1-2] filter ${filter}`,
      FILTER,
      subscribing(filter),
    ],
  ),
  ...['a+', '+a', '++', 'a/b+/c', '/+a'].map(
    (filter): Row => [
      `[MQTT-4.7.1-2] [MQTT-3.1.1:4.7.1-3] filter ${filter}`,
      FILTER,
      subscribing(filter),
    ],
  ),
  ...['$share/', '$share//a', '$share/g'].map(
    (filter): Row => [`[MQTT-4.8.2-1] filter ${filter}`, FILTER, subscribing(filter), V5],
  ),
  ...['$share/+/a', '$share/#/a', '$share/g+/a', '$share/g/', '$share/g/a#'].map(
    (filter): Row => [`[MQTT-4.8.2-2] filter ${filter}`, FILTER, subscribing(filter), V5],
  ),
  [
    '[MQTT-3.8.3-2] [MQTT-3.1.1:3.8.3-3] SUBSCRIBE of no filter',
    FILTER,
    (client) => client.subscribe([]),
  ],
  [
    '[MQTT-3.8.3-4] No Local with a shared filter',
    OPTION,
    subscribing('$share/g/a', { noLocal: true }),
    V5,
  ],
  [
    '[MQTT-5.0:3.8.3-a] [MQTT-3.1.1:3.8.3-4] subscription of QoS 3',
    OPTION,
    subscribing('a', { qos: 3 }),
  ],
  ['[MQTT-5.0:3.8.3-a] Retain Handling 3', OPTION, subscribing('a', { retainHandling: 3 }), V5],
  [
    '[MQTT-5.0:3.8.2-a] [MQTT-5.0:3.3.2-e] Subscription Identifier 0',
    OPTION,
    subscribing('a', { subscriptionIdentifier: 0 }),
    V5,
  ],
  [
    '[MQTT-5.0:3.8.2-a] Subscription Identifier of 268,435,456',
    OPTION,
    subscribing('a', { subscriptionIdentifier: 268_435_456 }),
    V5,
  ],
  [
    '[MQTT-5.0:3.8.2-a] two Subscription Identifiers',
    OPTION,
    subscribing('a', { subscriptionIdentifier: [1, 2] }),
    V5,
  ],

  ['[MQTT-3.3.1-4] [MQTT-3.1.1:3.3.1-4] publish of QoS 3', OPTION, publishingWith({ qos: 3 })],
  ['[MQTT-3.3.2-8] Topic Alias 0', OPTION, publishingWith({ topicAlias: 0 }), V5],
  [
    '[MQTT-3.3.2-13] Response Topic that UTF-8 can not say',
    OPTION,
    publishingWith({ responseTopic: '\ud800' }),
    V5,
  ],
  [
    '[MQTT-3.3.2-14] Response Topic with a wildcard',
    OPTION,
    publishingWith({ responseTopic: 'a/+' }),
    V5,
  ],
  [
    '[MQTT-3.3.2-19] Content Type that UTF-8 can not say',
    OPTION,
    publishingWith({ contentType: '\ud800' }),
    V5,
  ],
  [
    '[MQTT-3.3.4-6] publish with a Subscription Identifier',
    OPTION,
    publishingWith({ subscriptionIdentifier: 1 }),
    V5,
  ],
  [
    '[MQTT-1.5.7-1] User Property name that UTF-8 can not say',
    OPTION,
    publishingWith({ userProperties: [['\ud800', '']] }),
    V5,
  ],
  [
    '[MQTT-1.5.7-1] User Property value with U+0000',
    OPTION,
    publishingWith({ userProperties: [['', '\0']] }),
    V5,
  ],

  [
    '[MQTT-3.14.2-1] DISCONNECT with a reason code of a Server',
    OPTION,
    (client) => client.stop(untyped({ reasonCode: 0x8b })),
    V5,
  ],
  [
    '[MQTT-5.0:3.14-b] DISCONNECT that raises a Session Expiry Interval of 0',
    OPTION,
    (client) => client.stop({ sessionExpiryInterval: 1 }),
    V5,
  ],
];

describe.each(VERSIONS)('version %i', (version) => {
  const ofVersion = REFUSED.filter(([, , , versions]) => versions?.includes(version) ?? true);
  const rows = ofVersion.map(([title, code, call]) => [title, code, call] as const);

  describe('what is refused where it is asked for, and sends nothing', () => {
    let server: ScriptedServer;
    let client: MqttClient;
    let peer: Peer;

    beforeAll(async () => {
      server = await ScriptedServer.start(version);
      const options = version === 5 ? { sessionExpiryInterval: 0 } : {};
      ({ client, peer } = await connected(server, options));
    });

    afterAll(async () => {
      await client.close();
      await server[Symbol.asyncDispose]();
    });

    test.each(rows)('%s', async (_, code, call) => {
      expect(await errorOf(() => call(client))).toMatchObject({ code, origin: 'user' });
      await client.publish('sentinel', 'x');
      expect((await peer.next(PUBLISH)).topicName).toBe('sentinel');
      expect(client.state).toBe('connected');
    });
  });

  test('[MQTT-3.10.3-1] [MQTT-3.10.3-2] [MQTT-3.1.1:3.10.3-1] [MQTT-3.1.1:3.10.3-2] UNSUBSCRIBE → the filters that were subscribed to, one at least', async () => {
    await using server = await ScriptedServer.start(version);
    const { client, peer } = await connected(server);
    const subscribing = client.subscribe(['é/+', 'b'], () => {});
    await peer.grant();
    const ended = (await subscribing).unsubscribe();
    const { packetId, topicFilters } = await peer.next(UNSUBSCRIBE);
    expect(topicFilters).toEqual(['é/+', 'b']);
    peer.send({ type: PacketType.UNSUBACK, packetId, reasonCodes: [0, 0], properties: {} });
    await ended;
    await client.close();
  });

  test('[MQTT-4.7.3-3] [MQTT-3.1.1:4.7.3-3] topic and filter of 65,535 bytes → sent', async () => {
    await using server = await ScriptedServer.start(version);
    const { client, peer } = await connected(server);
    await client.publish(LONGEST, 'x');
    expect((await peer.next(PUBLISH)).topicName).toBe(LONGEST);
    const subscribed = client.subscribe(LONGEST, () => {});
    expect((await peer.grant()).subscriptions[0]?.topicFilter).toBe(LONGEST);
    await subscribed;
    await client.close();
  });

  test.each(['#', '/#', 'a/#', '+', '+/+', '/+', 'a/+/b', '+/b/#', 'a//b', ' '])(
    '[MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-3.1.1:4.7.1-2] [MQTT-3.1.1:4.7.1-3] filter "%s" → sent as it is',
    async (filter) => {
      await using server = await ScriptedServer.start(version);
      const { client, peer } = await connected(server);
      const subscribed = client.subscribe(filter, () => {});
      expect((await peer.next(SUBSCRIBE)).subscriptions[0]?.topicFilter).toBe(filter);
      client.destroy();
      await subscribed.catch(() => {});
    },
  );

  test('[MQTT-1.5.4-3] [MQTT-3.1.1:1.5.3-3] U+FEFF at the beginning of a topic → kept, out and in', async () => {
    await using server = await ScriptedServer.start(version);
    const { client, peer } = await connected(server);
    const received = new Promise<string>((resolve) => {
      client.on('message', ({ topicName }) => resolve(topicName));
    });
    await client.publish('\ufeffa', 'x');
    const packet = await peer.next(PUBLISH);
    expect(packet.topicName).toBe('\ufeffa');
    peer.send(packet);
    expect(await received).toBe('\ufeffa');
    await client.close();
  });

  test('[MQTT-5.0:1.5.4-a] control characters and non-characters in a topic → passed on, out and in', async () => {
    await using server = await ScriptedServer.start(version);
    const { client, peer } = await connected(server);
    const received = new Promise<string>((resolve) => {
      client.on('message', ({ topicName }) => resolve(topicName));
    });
    await client.publish('\u0001\u009f\uffff', 'x');
    peer.send(await peer.next(PUBLISH));
    expect(await received).toBe('\u0001\u009f\uffff');
    await client.close();
  });
});
