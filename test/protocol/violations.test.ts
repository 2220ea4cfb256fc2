import { describe, expect, test } from 'vitest';
import { PacketType, type ProtocolVersion } from '../../src/codec/packet-types.js';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

type Act = (s: SessionFixture) => void;
type Row = readonly [
  title: string,
  reasonCode: number,
  act: Act,
  versions?: readonly ProtocolVersion[],
];

function bytes(...values: readonly number[]): Act {
  return (s) => {
    s.receiveBytes(Uint8Array.from(values));
  };
}

const V4 = [4] as const;
const V5 = [5] as const;

/** What the Server does on an accepted connection, and the reason code that answers it. */
const VIOLATIONS: readonly Row[] = [
  ['[MQTT-2.1.3-1] [MQTT-3.1.1:2.2.2-2] fixed header flags', 0x81, bytes(0x41, 2, 0, 1)],
  ['[MQTT-5.0:2.1.2-a] packet type 0', 0x81, bytes(0, 0)],
  ['[MQTT-3.3.1-4] [MQTT-3.1.1:3.3.1-4] PUBLISH of QoS 3', 0x81, bytes(0x36, 5, 0, 1, 0x61, 0, 1)],
  [
    '[MQTT-5.0:1.5.5-a] Remaining Length of five bytes',
    0x81,
    bytes(0x30, 0x80, 0x80, 0x80, 0x80, 1),
  ],
  ['[MQTT-5.0:2.1.4-a] PUBLISH whose topic runs past its end', 0x81, bytes(0x30, 3, 0, 9, 0x61)],
  ['[MQTT-5.0:2.1.4-a] PUBACK of one byte', 0x81, bytes(0x40, 1, 0)],
  ['[MQTT-5.0:2.1.4-a] [MQTT-5.0:3.13-a] PINGRESP with a body', 0x81, bytes(0xd0, 1, 0)],
  [
    '[MQTT-1.5.4-1] [MQTT-3.1.1:1.5.3-1] topic that is no UTF-8',
    0x81,
    bytes(0x30, 4, 0, 1, 0xff, 0),
  ],
  ['[MQTT-1.5.4-2] [MQTT-3.1.1:1.5.3-2] topic with U+0000', 0x81, bytes(0x30, 4, 0, 1, 0x00, 0)],
  ['[MQTT-3.3.2-2] [MQTT-3.1.1:3.3.2-2] topic with a wildcard', 0x82, (s) => s.deliver('a/+/b')],
  ['[MQTT-4.7.3-1] empty topic', 0x82, (s) => s.deliver('')],
  [
    '[MQTT-2.2.1-4] [MQTT-3.1.1:2.3.1-1] PUBLISH with identifier 0',
    0x82,
    (s) => s.deliver('a', { qos: 1 }),
  ],
  ['PUBACK of identifier 0', 0x82, (s) => s.puback(0)],
  ['PUBREC of identifier 0', 0x82, (s) => s.pubrec(0)],
  ['PUBREL of identifier 0', 0x82, (s) => s.pubrel(0)],
  ['PUBCOMP of identifier 0', 0x82, (s) => s.pubcomp(0)],
  ['SUBACK of identifier 0', 0x82, (s) => s.suback(0, 0)],
  ['UNSUBACK of identifier 0', 0x82, (s) => s.unsuback(0, 0)],
  ['[MQTT-5.0:2.1.2-b] CONNECT from the Server', 0x82, bytes(0x10, 0)],
  ['[MQTT-5.0:2.1.2-b] SUBSCRIBE from the Server', 0x82, bytes(0x82, 0)],
  ['[MQTT-5.0:2.1.2-b] UNSUBSCRIBE from the Server', 0x82, bytes(0xa2, 0)],
  ['[MQTT-5.0:2.1.2-b] PINGREQ from the Server', 0x82, bytes(0xc0, 0)],
  ['[MQTT-3.2.0-2] CONNACK again', 0x82, (s) => s.connack()],
  [
    '[MQTT-3.1.2-24] packet above our maximum, its header only',
    0x95,
    bytes(0x30, 0xff, 0xff, 0x7f),
  ],
  ['DISCONNECT from the Server', 0x82, bytes(0xe0, 0), V4],
  ['AUTH', 0x81, bytes(0xf0, 0), V4],
  ['PUBACK with a reason code', 0x81, bytes(0x40, 3, 0, 1, 0), V4],
  [
    'AUTH without an exchange',
    0x82,
    (s) =>
      s.receive({
        type: PacketType.AUTH,
        reasonCode: 0x18,
        properties: { authenticationMethod: 'm' },
      }),
    V5,
  ],
  ['[MQTT-5.0:3.15-b] AUTH without a method', 0x82, bytes(0xf0, 0), V5],
  ['[MQTT-3.4.2-1] PUBACK with a reason code not its own', 0x82, bytes(0x40, 3, 0, 1, 0x92), V5],
  ['[MQTT-5.0:2.2.2-a] unknown property', 0x81, bytes(0x30, 6, 0, 1, 0x61, 2, 0x04, 0), V5],
  ['property twice', 0x82, bytes(0x30, 8, 0, 1, 0x61, 4, 1, 0, 1, 0), V5],
  [
    '[MQTT-3.14.2-2] DISCONNECT with a Session Expiry Interval',
    0x82,
    bytes(0xe0, 7, 0, 5, 0x11, 0, 0, 0, 1),
    V5,
  ],
  [
    'topic alias above our maximum',
    0x94,
    (s) => s.deliver('a', { properties: { topicAlias: 11 } }),
    V5,
  ],
];

/** Answers that are none to what we asked for, beyond those of the scenarios; the identifier is 1 each time. */
const MISMATCHES: readonly (readonly [string, Act, string, Act])[] = [
  [
    'SUBSCRIBE of two filters',
    (s) => s.subscribe(['a', 'b']),
    'SUBACK with too few codes',
    (s) => s.suback(1, 0),
  ],
  [
    'PUBLISH of QoS 2',
    (s) => s.publish('a', { qos: 2 }),
    'PUBCOMP before PUBREL was written',
    (s) => {
      s.pubrec(1);
      s.pubcomp(1);
    },
  ],
  [
    'PUBLISH of QoS 2',
    (s) => s.publish('a', { qos: 2 }),
    'PUBACK after PUBREC',
    (s) => {
      s.pubrec(1);
      s.turn();
      s.puback(1);
    },
  ],
];

function expectViolation(s: SessionFixture, reasonCode: number): void {
  expect(s.closeReason.error.code).toBe('GNEISS_ERR_PEER_VIOLATION');
  expect(s.closeReason.error.reasonCode).toBe(reasonCode);
  expect(s.closeReason.error.statement).toMatch(/^(MQTT-)?\d/);
  const { length } = s.sink.messages;
  s.deliver('after');
  expect(s.sink.messages).toHaveLength(length);
  const answer = s.turn();
  // A DISCONNECT would cancel the Will, and 3.1.1 has none with a reason.
  if (s.version === 4) expect(answer).toEqual([]);
  else expect(answer).toEqual([`DISCONNECT 0x${reasonCode.toString(16)}`]);
  expect(s.session.isFinished).toBe(true);
  expect(s.turn()).toEqual([]);
}

describe.each(VERSIONS)('version %i', (version) => {
  const rows = VIOLATIONS.filter(([, , , versions]) => versions?.includes(version) ?? true);
  test.each(rows.map(([title, reasonCode, act]) => [title, reasonCode, act] as const))(
    '%s → closed with reason code %i',
    (_title, reasonCode, act) => {
      const s = createSession(version);
      s.connect();
      act(s);
      expectViolation(s, reasonCode);
    },
  );

  test.each(MISMATCHES.map(([asked, ask, answer, act]) => [asked, answer, ask, act] as const))(
    '%s answered by %s → closed with 0x82',
    (_asked, _answer, ask, act) => {
      const s = createSession(version);
      s.connect();
      ask(s);
      s.turn();
      act(s);
      expectViolation(s, 0x82);
      expect(s.sink.outcomes.size).toBe(0);
      s.dispose();
    },
  );

  test('messages before the violation in one read → delivered, those after it not', () => {
    const s = createSession(version);
    s.connect();
    const publish = (payload: string) =>
      ({
        type: PacketType.PUBLISH,
        topicName: 'a',
        payload: new TextEncoder().encode(payload),
        qos: 0,
        retain: false,
        dup: false,
        packetId: 0,
        properties: {},
      }) as const;
    s.receive(publish('1'), publish('2'), { type: PacketType.PINGREQ }, publish('3'));
    expect(s.payloads).toEqual(['1', '2']);
    expect(s.state).toBe('closing');
  });

  test('after a violation → what was submitted survives for the next connection', () => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 1 });
    s.turn();
    s.connack();
    s.turn();
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup']);
    s.puback(1);
    expect(s.outcome(token)).toBe('done 0x00');
  });

  test('bytes that are no packet while offline or closing → ignored', () => {
    const s = createSession(version);
    bytes(0, 0)(s);
    expect(s.state).toBe('offline');
    s.connect();
    s.connack();
    const { error } = s.closeReason;
    bytes(0, 0)(s);
    expect(s.closeReason.error).toBe(error);
  });

  test('packets while offline → ignored', () => {
    const s = createSession(version);
    s.deliver('a', { qos: 1, packetId: 1 });
    s.connack();
    s.puback(1);
    expect(s.state).toBe('offline');
    expect(s.sink.events).toEqual([]);
  });
});
