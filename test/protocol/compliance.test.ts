import { describe, expect, test } from 'vitest';
import { PacketType, type ProtocolVersion } from '../../src/codec/packet-types.js';
import {
  COUNTED_TOLERATIONS,
  TOLERATIONS,
  type TolerationName,
} from '../../src/errors/tolerations.js';
import type { SessionOptions } from '../../src/protocol/session-state.js';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

type Act = (s: SessionFixture) => void;

interface Case {
  readonly title: string;
  readonly kind: TolerationName;
  /** Default: both. */
  readonly versions?: readonly ProtocolVersion[];
  readonly options?: Partial<SessionOptions>;
  /** What comes before; default: a connection. */
  readonly given?: Act;
  /** What the Server does. */
  readonly act: Act;
  /** What a forgiving client does then. */
  readonly forgiven: Act;
}

const V4 = [4] as const;
const V5 = [5] as const;
const NO_PROBLEMS = { requestProblemInformation: false };
const REASON = { reasonString: 'why' };
const TOLD = { userProperties: [['a', 'b']] as const };

function subscribed(qos: 0 | 1 | 2, more: object = {}): Act {
  return (s) => {
    s.connect();
    s.subscribe([{ topicFilter: 'a/#', qos, ...more }]);
    s.turn();
    s.suback(s.lastPacketId, qos);
  };
}

function answered(...packets: readonly string[]): Act {
  return (s) => {
    expect(s.turn()).toEqual(packets);
  };
}

function delivered(...payloads: readonly string[]): Act {
  return (s) => {
    expect(s.payloads).toEqual(payloads);
    s.handle();
    s.turn();
  };
}

const CASES: readonly Case[] = [
  ...(
    [
      ['PUBACK', (s) => s.puback(7)],
      ['PUBCOMP', (s) => s.pubcomp(7)],
      ['SUBACK', (s) => s.suback(7, 0)],
      ['UNSUBACK', (s) => s.unsuback(7, 0)],
    ] as const satisfies readonly (readonly [string, Act])[]
  ).map(
    ([packet, act]): Case => ({
      title: `${packet} of an identifier that nothing has`,
      kind: 'unknownAcknowledgement',
      act,
      forgiven: answered(),
    }),
  ),
  {
    title: 'PUBACK before the PUBLISH is sent again on a new connection',
    kind: 'unknownAcknowledgement',
    given: (s) => {
      s.connect();
      s.publish('a', { qos: 1 });
      s.turn();
      s.drop();
      s.connect({}, { sessionPresent: true });
    },
    act: (s) => s.puback(1),
    forgiven: (s) => {
      expect(s.turn()).toEqual(['PUBLISH q1 #1 a dup']);
      s.puback(1);
    },
  },
  {
    title: 'PUBREC of an identifier that nothing has',
    kind: 'unknownPubrec',
    versions: V5,
    act: (s) => s.pubrec(7),
    forgiven: answered('PUBREL #7 0x92'),
  },
  {
    title: 'PUBREC of an identifier that nothing has, in 3.1.1',
    kind: 'unknownPubrec',
    versions: V4,
    act: (s) => s.pubrec(7),
    forgiven: answered('PUBREL #7'),
  },
  {
    title: 'PUBREC again',
    kind: 'repeatedPubrec',
    given: (s) => {
      s.connect();
      s.publish('a', { qos: 2 });
      s.turn();
      s.pubrec(1);
      s.turn();
    },
    act: (s) => s.pubrec(1),
    forgiven: (s) => {
      expect(s.turn()).toEqual([]);
      s.pubcomp(1);
    },
  },
  {
    title: 'PUBREL of an identifier that nothing has',
    kind: 'unknownPubrel',
    versions: V5,
    act: (s) => s.pubrel(7),
    forgiven: answered('PUBCOMP #7 0x92'),
  },
  {
    title: 'PUBREL of an identifier that nothing has, in 3.1.1',
    kind: 'unknownPubrel',
    versions: V4,
    act: (s) => s.pubrel(7),
    forgiven: answered('PUBCOMP #7'),
  },
  {
    title: 'PUBREL before PUBREC',
    kind: 'earlyPubrel',
    given: (s) => {
      subscribed(2)(s);
      s.deliver('a/b', { qos: 2, packetId: 7 });
    },
    act: (s) => s.pubrel(7),
    forgiven: (s) => {
      expect(s.turn()).toEqual(['PUBCOMP #7']);
      s.handle();
      expect(s.turn()).toEqual([]);
    },
  },
  {
    title: 'SUBACK with more than was asked for',
    kind: 'grantAboveRequest',
    given: (s) => {
      s.connect();
      s.subscribe([
        { topicFilter: 'a', qos: 0 },
        { topicFilter: 'b', qos: 1 },
      ]);
      s.turn();
    },
    act: (s) => s.suback(1, 0, 2),
    forgiven: (s) => expect(s.outcome(0)).toBe('0x00 0x02'),
  },
  {
    title: 'PINGRESP without a PINGREQ',
    kind: 'pingrespUnasked',
    act: (s) => s.pingresp(),
    forgiven: answered(),
  },
  {
    title: '[MQTT-3.2.2-4] a Session that this client knows nothing of',
    kind: 'sessionWithoutState',
    options: { rejoinSession: 'always' },
    given: (s) => {
      s.open();
      s.turn();
    },
    act: (s) => s.connack({ sessionPresent: true }),
    forgiven: (s) => expect(s.sink.connections[0]?.settings.sessionPresent).toBe(true),
  },
  {
    title: '[MQTT-3.2.2-16] no Client Identifier assigned',
    kind: 'assignedClientIdMissing',
    versions: V5,
    options: { clientId: '' },
    given: (s) => {
      s.open();
      s.turn();
    },
    act: (s) => s.connack(),
    forgiven: (s) => expect(s.sink.connections[0]?.settings.clientId).toBe(''),
  },
  {
    title: 'a Client Identifier assigned to a client that has one',
    kind: 'assignedClientIdUnasked',
    versions: V5,
    given: (s) => {
      s.open();
      s.turn();
    },
    act: (s) => s.connack({ properties: { assignedClientIdentifier: 'x' } }),
    forgiven: (s) => expect(s.sink.connections[0]?.settings.clientId).toBe('x'),
  },
  {
    title: '[MQTT-3.1.2-28] Response Information that was not asked for',
    kind: 'responseInformationUnasked',
    versions: V5,
    given: (s) => {
      s.open();
      s.turn();
    },
    act: (s) => s.connack({ properties: { responseInformation: 'r/' } }),
    forgiven: (s) => expect(s.sink.connections[0]?.settings.responseInformation).toBe('r/'),
  },
  {
    title:
      '[MQTT-3.1.2-29] [MQTT-5.0:3.1.2-d] Reason String in PUBACK after Request Problem Information 0',
    kind: 'problemInformationUnasked',
    versions: V5,
    options: NO_PROBLEMS,
    given: (s) => {
      s.connect();
      s.publish('a', { qos: 1 });
      s.turn();
    },
    act: (s) => s.puback(1, 0x80, REASON),
    forgiven: (s) => expect(s.sink.outcomes.get(0)).toMatchObject({ properties: REASON }),
  },
  {
    title:
      '[MQTT-3.1.2-29] [MQTT-5.0:3.1.2-d] User Property in PUBREC after Request Problem Information 0',
    kind: 'problemInformationUnasked',
    versions: V5,
    options: NO_PROBLEMS,
    given: (s) => {
      s.connect();
      s.publish('a', { qos: 2 });
      s.turn();
    },
    act: (s) => s.pubrec(1, 0x80, TOLD),
    forgiven: (s) => expect(s.sink.outcomes.get(0)).toMatchObject({ properties: TOLD }),
  },
  {
    title:
      '[MQTT-3.1.2-29] [MQTT-5.0:3.1.2-d] Reason String in PUBREL after Request Problem Information 0',
    kind: 'problemInformationUnasked',
    versions: V5,
    options: NO_PROBLEMS,
    given: (s) => {
      subscribed(2)(s);
      s.deliver('a/b', { qos: 2, packetId: 7 });
      s.handle();
      s.turn();
    },
    act: (s) =>
      s.receive({ type: PacketType.PUBREL, packetId: 7, reasonCode: 0, properties: REASON }),
    forgiven: answered('PUBCOMP #7'),
  },
  {
    title:
      '[MQTT-3.1.2-29] [MQTT-5.0:3.1.2-d] Reason String in PUBCOMP after Request Problem Information 0',
    kind: 'problemInformationUnasked',
    versions: V5,
    options: NO_PROBLEMS,
    given: (s) => {
      s.connect();
      s.publish('a', { qos: 2 });
      s.turn();
      s.pubrec(1);
      s.turn();
    },
    act: (s) =>
      s.receive({ type: PacketType.PUBCOMP, packetId: 1, reasonCode: 0, properties: REASON }),
    forgiven: (s) => expect(s.outcome(0)).toBe('done 0x00'),
  },
  {
    title:
      '[MQTT-3.1.2-29] [MQTT-5.0:3.1.2-d] Reason String in SUBACK after Request Problem Information 0',
    kind: 'problemInformationUnasked',
    versions: V5,
    options: NO_PROBLEMS,
    given: (s) => {
      s.connect();
      s.subscribe('a');
      s.turn();
    },
    act: (s) =>
      s.receive({ type: PacketType.SUBACK, packetId: 1, reasonCodes: [1], properties: REASON }),
    forgiven: (s) => expect(s.sink.outcomes.get(0)).toMatchObject({ properties: REASON }),
  },
  {
    title:
      '[MQTT-3.1.2-29] [MQTT-5.0:3.1.2-d] User Property in UNSUBACK after Request Problem Information 0',
    kind: 'problemInformationUnasked',
    versions: V5,
    options: NO_PROBLEMS,
    given: (s) => {
      s.connect();
      s.unsubscribe('a');
      s.turn();
    },
    act: (s) =>
      s.receive({ type: PacketType.UNSUBACK, packetId: 1, reasonCodes: [0], properties: TOLD }),
    forgiven: (s) => expect(s.sink.outcomes.get(0)).toMatchObject({ properties: TOLD }),
  },
  {
    title: '[MQTT-2.2.1-4] PUBLISH of QoS 1 with an identifier that awaits its PUBACK',
    kind: 'packetIdInUse',
    given: (s) => {
      subscribed(1)(s);
      s.deliver('a/b', { qos: 1, packetId: 7, payload: '1' });
    },
    act: (s) => s.deliver('a/b', { qos: 1, packetId: 7, payload: '2' }),
    forgiven: delivered('1', '2'),
  },
  {
    title: '[MQTT-2.2.1-4] PUBLISH of QoS 2 with an identifier that awaits its PUBREL',
    kind: 'packetIdInUse',
    given: (s) => {
      subscribed(2)(s);
      s.deliver('a/b', { qos: 2, packetId: 7, payload: '1' });
      s.handle();
      s.turn();
    },
    act: (s) => s.deliver('a/b', { qos: 2, packetId: 7, payload: '2' }),
    forgiven: delivered('1'),
  },
  {
    title: '[MQTT-3.3.1-1] PUBLISH of QoS 2 without DUP, again on a new connection',
    kind: 'packetIdInUse',
    given: (s) => {
      subscribed(2)(s);
      s.deliver('a/b', { qos: 2, packetId: 7, payload: '1' });
      s.reconnect(true);
    },
    act: (s) => s.deliver('a/b', { qos: 2, packetId: 7, payload: '1' }),
    forgiven: delivered('1'),
  },
  {
    title: 'PUBLISH of QoS 1 again while the connection lasts',
    kind: 'repeatedPublish',
    versions: V5,
    given: (s) => {
      subscribed(1)(s);
      s.deliver('a/b', { qos: 1, packetId: 7, payload: '1' });
    },
    act: (s) => s.deliver('a/b', { qos: 1, packetId: 7, payload: '1', dup: true }),
    forgiven: delivered('1', '1'),
  },
  {
    title: 'PUBLISH of QoS 2 again while the connection lasts',
    kind: 'repeatedPublish',
    versions: V5,
    given: (s) => {
      subscribed(2)(s);
      s.deliver('a/b', { qos: 2, packetId: 7, payload: '1' });
    },
    act: (s) => s.deliver('a/b', { qos: 2, packetId: 7, payload: '1', dup: true }),
    forgiven: delivered('1'),
  },
  {
    title: '[MQTT-3.3.1-2] DUP at QoS 0',
    kind: 'dupAtQos0',
    given: subscribed(0),
    act: (s) => s.deliver('a/b', { dup: true, payload: '1' }),
    forgiven: delivered('1'),
  },
  {
    title: '[MQTT-3.3.2-3] a message without a subscription',
    kind: 'unsolicitedMessage',
    given: subscribed(0),
    act: (s) => s.deliver('b', { payload: '1' }),
    forgiven: delivered('1'),
  },
  {
    title: 'a message for a filter that was refused',
    kind: 'unsolicitedMessage',
    given: (s) => {
      s.connect();
      s.subscribe('a/#');
      s.turn();
      s.suback(1, 0x80);
    },
    act: (s) => s.deliver('a/b', { payload: '1' }),
    forgiven: delivered('1'),
  },
  {
    title: '[MQTT-4.7.2-1] a message on a $ topic for #',
    kind: 'unsolicitedMessage',
    given: (s) => {
      s.connect();
      s.subscribe('#');
      s.turn();
      s.suback(1, 1);
    },
    act: (s) => s.deliver('$SYS/x', { payload: '1' }),
    forgiven: delivered('1'),
  },
  {
    title: 'a message under an alias whose topic has no subscription',
    kind: 'unsolicitedMessage',
    versions: V5,
    given: (s) => {
      s.connect();
      s.subscribe('a');
      s.turn();
      s.suback(1, 1);
      s.deliver('a', { properties: { topicAlias: 1 }, payload: '1' });
    },
    act: (s) => s.deliver('b', { properties: { topicAlias: 1 }, payload: '2' }),
    forgiven: delivered('1', '2'),
  },
  {
    title: 'a message of a higher QoS than was granted',
    kind: 'qosAboveGrant',
    given: subscribed(1),
    act: (s) => s.deliver('a/b', { qos: 2, packetId: 7, payload: '1' }),
    forgiven: delivered('1'),
  },
  {
    title: 'RETAIN for a subscription with Retain Handling 2',
    kind: 'retainUnasked',
    versions: V5,
    given: subscribed(0, { retainHandling: 2 }),
    act: (s) => s.deliver('a/b', { retain: true, payload: '1' }),
    forgiven: delivered('1'),
  },
  {
    title: 'a Subscription Identifier that nobody gave',
    kind: 'subscriptionIdUnasked',
    versions: V5,
    given: subscribed(0),
    act: (s) => s.deliver('a/b', { payload: '1', properties: { subscriptionIdentifiers: [3] } }),
    forgiven: delivered('1'),
  },
  {
    title: 'a payload that is not the UTF-8 it says it is',
    kind: 'payloadFormat',
    versions: V5,
    given: subscribed(0),
    act: (s) => {
      const bytes = [0x30, 0x09, 0, 3, 0x61, 0x2f, 0x62, 2, 0x01, 0x01, 0xff];
      s.receiveBytes(Uint8Array.from(bytes));
    },
    forgiven: (s) => expect(s.sink.messages).toHaveLength(1),
  },
];

describe.each(VERSIONS)('version %i', (version) => {
  const cases = CASES.filter(({ versions }) => versions?.includes(version) ?? true);
  const start = (it: Case, compliance: 'forgiving' | 'strict'): SessionFixture => {
    const s = createSession(version, { ...it.options, compliance });
    if (it.given === undefined) s.connect();
    else it.given(s);
    return s;
  };

  test.each(cases)('forgiving: $title → let pass', (it) => {
    const s = start(it, 'forgiving');
    const before = s.sink.tolerated;
    it.act(s);
    expect(s.state).toBe('connected');
    const isCounted = (COUNTED_TOLERATIONS as readonly string[]).includes(it.kind);
    expect(s.sink.tolerations.slice(before)).toEqual(isCounted ? [it.kind] : []);
    it.forgiven(s);
  });

  test.each(cases)('strict: $title → closed with the reason code of its row', (it) => {
    const s = start(it, 'strict');
    expect(s.state, 'what comes before is in order').not.toBe('closing');
    const messages = s.sink.messages.length;
    it.act(s);
    const { reasonCode, statement, text } = TOLERATIONS[it.kind];
    const code = 'GNEISS_ERR_PEER_VIOLATION';
    expect(s.closeReason.error).toEqual({ code, detail: text, statement, reasonCode });
    expect(s.sink.messages).toHaveLength(messages);
    expect(s.sink.tolerated).toBe(0);
    // A DISCONNECT would cancel the Will, and 3.1.1 has none with a reason.
    expect(s.turn()).toEqual(version === 4 ? [] : [`DISCONNECT 0x${reasonCode.toString(16)}`]);
    s.dispose();
  });
});

test('[MQTT-3.1.2-29] strict, Request Problem Information 0: packets that tell of none → in order', () => {
  const s = createSession(5, { ...NO_PROBLEMS, compliance: 'strict', keepAlive: 10 });
  s.connect();
  const tokens = [s.publish('a', { qos: 1 }), s.subscribe('b')];
  s.advance(10_000);
  s.turn();
  s.pingresp();
  s.puback(1);
  s.suback(2, 1);
  expect(s.outcomes(...tokens)).toEqual(['done 0x00', '0x01']);
  expect(s.state).toBe('connected');
});

test('every row of the table → has a case', () => {
  const met = new Set<string>(CASES.map(({ kind }) => kind));
  expect(Object.keys(TOLERATIONS).filter((name) => !met.has(name))).toEqual([]);
});
