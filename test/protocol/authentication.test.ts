import { describe, expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import type { AuthPacket, ConnectPacket, Packet } from '../../src/codec/packets.js';
import { encodeAll } from '../support/scripted-server.js';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

const METHOD = 'SCRAM-SHA-1';
const SUCCESS = 0x00;
const CONTINUE = 0x18;
const TIMEOUT_MS = 5000;

function data(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function auth(reasonCode: number, text?: string, authenticationMethod = METHOD): AuthPacket {
  const authenticationData = text === undefined ? undefined : data(text);
  const properties = { authenticationMethod, authenticationData };
  return { type: PacketType.AUTH, reasonCode, properties };
}

/** A session whose application answers an exchange when the test says so. */
function createAuthenticating(options: Parameters<typeof createSession>[1] = {}): SessionFixture {
  return createSession(5, { authenticationMethod: METHOD, ...options });
}

function answer(s: SessionFixture, text?: string): void {
  const bytes = text === undefined ? undefined : data(text);
  s.session.authentication.answer(s.sink.exchange, bytes, s.now);
}

/** The Server accepts what was said so far. */
function accept(s: SessionFixture, sessionPresent = false): void {
  s.connack({ sessionPresent, properties: { authenticationMethod: METHOD } });
}

/** A connection with CONNECT, one AUTH each way, and CONNACK. */
function authenticate(s: SessionFixture, sessionPresent = false): void {
  s.open();
  answer(s, 'first');
  s.turn();
  s.receive(auth(CONTINUE, 'challenge'));
  answer(s, 'response');
  s.turn();
  accept(s, sessionPresent);
  answer(s);
}

/** A re-authentication up to the AUTH 0x19 that begins it. */
function reauthenticate(s: SessionFixture): void {
  expect(s.session.authentication.reauthenticate(s.now)).toBe(true);
  answer(s, 'again');
  expect(s.turn()).toEqual(['AUTH 0x19']);
}

/** What happened after the connection was accepted. */
function lastEvent(s: SessionFixture): string | undefined {
  return s.sink.events.at(-1);
}

/** Leaves the fixture with a session that no longer needs an application. */
function end(s: SessionFixture): void {
  s.drop();
  authenticate(s, s.sink.connections.length > 0);
}

describe('before the CONNACK', () => {
  test('the application is asked first; CONNECT carries its answer', () => {
    const s = createAuthenticating();
    s.open();
    expect(s.turn()).toEqual([]);
    expect(s.sink.asked).toEqual([null]);
    answer(s, 'first');
    expect(s.turn()).toEqual(['CONNECT']);
    const [connect] = s.written as [ConnectPacket];
    expect(connect.properties).toMatchObject({
      authenticationMethod: METHOD,
      authenticationData: data('first'),
      receiveMaximum: 100,
    });
    accept(s);
    answer(s);
  });

  test('no Authentication Data → the method alone', () => {
    const s = createAuthenticating();
    s.open();
    answer(s);
    s.turn();
    const [connect] = s.written as [ConnectPacket];
    expect(connect.properties.authenticationMethod).toBe(METHOD);
    expect(connect.properties.authenticationData).toBeUndefined();
    accept(s);
    answer(s);
  });

  test('[MQTT-4.12.0-3] AUTH from the Server → answered by AUTH 0x18, as often as it asks', () => {
    const s = createAuthenticating();
    s.open();
    answer(s, 'first');
    s.turn();
    for (const round of ['1', '2', '3']) {
      s.receive(auth(CONTINUE, round));
      expect(s.sink.asked.at(-1)).toMatchObject({
        properties: { authenticationData: data(round) },
      });
      expect(s.turn()).toEqual([]);
      answer(s, `re ${round}`);
      expect(s.turn()).toEqual(['AUTH 0x18']);
      expect(s.written.at(-1)).toEqual(auth(CONTINUE, `re ${round}`));
    }
    accept(s);
    answer(s);
    expect(s.state).toBe('connected');
  });

  test('[MQTT-3.1.2-30] operations wait → nothing but CONNECT and AUTH until the CONNACK', () => {
    const s = createAuthenticating();
    const token = s.publish('a', { qos: 1 });
    s.subscribe('b');
    s.open();
    answer(s, 'first');
    expect(s.turn()).toEqual(['CONNECT']);
    s.receive(auth(CONTINUE));
    s.advance(9000);
    answer(s, 'response');
    expect(s.turn()).toEqual(['AUTH 0x18']);
    accept(s);
    expect(s.turn()).toEqual([]);
    answer(s);
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a', 'SUBSCRIBE #2']);
    s.puback(1);
    s.suback(2, 1);
    expect(s.outcome(token)).toBe('done 0x00');
  });

  test('[MQTT-3.1.2-30] the application fails after CONNECT → DISCONNECT, the only other packet allowed', () => {
    const s = createAuthenticating();
    s.open();
    answer(s, 'first');
    s.turn();
    s.receive(auth(CONTINUE));
    s.session.authentication.refuse(s.sink.exchange);
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_AUTHENTICATION_FAILED');
    expect(s.turn()).toEqual(['DISCONNECT 0x80']);
    end(s);
  });

  test('the application fails before CONNECT → closed without a word', () => {
    const s = createAuthenticating();
    s.open();
    s.session.authentication.refuse(s.sink.exchange);
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_AUTHENTICATION_FAILED');
    expect(s.turn()).toEqual([]);
    expect(s.session.isFinished).toBe(true);
    end(s);
  });

  test('the application is slow → the deadline covers the exchange', () => {
    const s = createAuthenticating();
    s.open();
    const deadline = s.session.nextDeadline();
    s.advance(deadline - s.now);
    s.session.expire(s.now);
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_CONNECT_TIMEOUT');
    expect(s.turn()).toEqual([]);
    end(s);
  });

  test('[MQTT-4.12.0-4] CONNACK 0x87 in the middle → refused, and the answer that comes then is void', () => {
    const s = createAuthenticating();
    s.open();
    answer(s, 'first');
    s.turn();
    s.receive(auth(CONTINUE, 'challenge'));
    s.connack({ reasonCode: 0x87 });
    expect(s.closeReason.error).toMatchObject({
      code: 'GNEISS_ERR_CONNECTION_REFUSED',
      reasonCode: 0x87,
    });
    answer(s, 'response');
    expect(s.turn()).toEqual([]);
    end(s);
  });

  test('the answer to an earlier attempt → void', () => {
    const s = createAuthenticating();
    s.open();
    const earlier = s.sink.exchange;
    s.drop();
    s.open();
    s.session.authentication.answer(earlier, data('stale'), s.now);
    expect(s.turn()).toEqual([]);
    s.session.authentication.refuse(earlier);
    expect(s.state).toBe('connecting');
    answer(s, 'fresh');
    s.turn();
    const [connect] = s.written as [ConnectPacket];
    expect(connect.properties.authenticationData).toEqual(data('fresh'));
    accept(s);
    answer(s);
  });

  test('an answer that was not asked for → void', () => {
    const s = createAuthenticating();
    s.open();
    answer(s, 'first');
    answer(s, 'twice');
    s.turn();
    answer(s, 'thrice');
    s.session.authentication.refuse(s.sink.exchange);
    expect(s.turn()).toEqual([]);
    expect(s.state).toBe('connecting');
    accept(s);
    answer(s);
  });

  test('each connection → an exchange of its own', () => {
    const s = createAuthenticating();
    authenticate(s);
    const first = s.sink.exchange;
    s.drop();
    authenticate(s, true);
    expect(s.sink.exchange).toBe(first + 1);
    expect(s.sink.asked.filter((packet) => packet === null)).toHaveLength(2);
  });
});

describe('the CONNACK', () => {
  test('what came with it → the application decides; nothing is received until it has', () => {
    const s = createAuthenticating();
    s.open();
    answer(s, 'first');
    s.turn();
    s.connack({ properties: { authenticationMethod: METHOD, authenticationData: data('proof') } });
    expect(s.sink.asked.at(-1)).toMatchObject({
      properties: { authenticationData: data('proof') },
    });
    expect(s.state).toBe('verifying');
    expect(s.session.receivable > 0).toBe(false);
    expect(s.sink.connections).toHaveLength(0);
    expect(s.session.acceptedAt).toBe(0);
    s.advance(7);
    answer(s);
    expect(s.state).toBe('connected');
    expect(s.session.receivable > 0).toBe(true);
    expect(s.session.acceptedAt).toBe(s.now);
    expect(lastEvent(s)).toBe('connected');
  });

  test('the application does not accept it → DISCONNECT 0x80, and the attempt has failed', () => {
    const s = createAuthenticating();
    s.open();
    answer(s, 'first');
    s.turn();
    accept(s);
    s.session.authentication.refuse(s.sink.exchange);
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_AUTHENTICATION_FAILED');
    expect(s.turn()).toEqual(['DISCONNECT 0x80']);
    expect(s.session.acceptedAt).toBe(0);
    expect(s.sink.connections).toHaveLength(0);
    end(s);
  });

  test('the application does not decide → the deadline of the attempt closes', () => {
    const s = createAuthenticating();
    s.open();
    answer(s, 'first');
    s.turn();
    const deadline = s.session.nextDeadline();
    accept(s);
    expect(s.session.nextDeadline()).toBe(deadline);
    s.advance(deadline - s.now);
    s.session.expire(s.now);
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_CONNECT_TIMEOUT');
    end(s);
  });

  test('the connection is lost meanwhile → the decision is void', () => {
    const s = createAuthenticating();
    s.open();
    answer(s, 'first');
    s.turn();
    accept(s);
    const { exchange } = s.sink;
    s.drop();
    s.session.authentication.answer(exchange, undefined, s.now);
    expect(s.state).toBe('offline');
    expect(s.sink.connections).toHaveLength(0);
    authenticate(s);
  });
});

describe('re-authentication', () => {
  test('[MQTT-4.12.1-1] AUTH 0x19 with the method of the CONNECT, then 0x18, until the Server says 0x00', () => {
    const s = createAuthenticating();
    authenticate(s);
    s.session.authentication.reauthenticate(s.now);
    expect(s.sink.asked.at(-1)).toBeNull();
    expect(s.turn()).toEqual([]);
    answer(s, 'again');
    expect(s.turn()).toEqual(['AUTH 0x19']);
    expect(s.written.at(-1)).toEqual(auth(0x19, 'again'));
    s.receive(auth(CONTINUE, 'challenge'));
    answer(s, 'response');
    expect(s.turn()).toEqual(['AUTH 0x18']);
    expect(s.written.at(-1)).toEqual(auth(CONTINUE, 'response'));
    s.receive(auth(SUCCESS, 'proof'));
    expect(lastEvent(s)).toBe('asked AUTH');
    answer(s);
    expect(lastEvent(s)).toBe('reauthenticated done');
    expect(s.state).toBe('connected');
  });

  test('meanwhile → publishes and acknowledgements go on', () => {
    const s = createAuthenticating();
    authenticate(s);
    reauthenticate(s);
    const token = s.publish('a', { qos: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a']);
    s.receive(auth(CONTINUE));
    s.puback(1);
    expect(s.outcome(token)).toBe('done 0x00');
    s.deliver('b', { qos: 1, packetId: 9, payload: 'x' });
    s.handle();
    answer(s, 'response');
    expect(s.turn()).toEqual(['AUTH 0x18', 'PUBACK #9']);
    s.receive(auth(SUCCESS));
    s.deliver('b', { payload: 'while the application decides' });
    answer(s);
    expect(s.payloads).toEqual(['x', 'while the application decides']);
    expect(lastEvent(s)).toBe('reauthenticated done');
  });

  test('one at a time, and one after the other', () => {
    const s = createAuthenticating();
    authenticate(s);
    reauthenticate(s);
    expect(s.session.authentication.reauthenticate(s.now)).toBe(false);
    s.receive(auth(SUCCESS));
    answer(s);
    reauthenticate(s);
    s.receive(auth(SUCCESS));
    answer(s);
    expect(s.sink.events.filter((event) => event === 'reauthenticated done')).toHaveLength(2);
  });

  test('[MQTT-4.12.1-2] the application does not accept the Server → DISCONNECT, closed', () => {
    const s = createAuthenticating();
    authenticate(s);
    reauthenticate(s);
    s.receive(auth(SUCCESS, 'no proof'));
    s.session.authentication.refuse(s.sink.exchange);
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_AUTHENTICATION_FAILED');
    expect(lastEvent(s)).toBe('reauthenticated GNEISS_ERR_AUTHENTICATION_FAILED');
    expect(s.turn()).toEqual(['DISCONNECT 0x80']);
    end(s);
  });

  test('the application has nothing to begin with → failed, the connection stays as it is', () => {
    const s = createAuthenticating();
    authenticate(s);
    s.session.authentication.reauthenticate(s.now);
    s.session.authentication.refuse(s.sink.exchange);
    expect(lastEvent(s)).toBe('reauthenticated GNEISS_ERR_AUTHENTICATION_FAILED');
    expect(s.state).toBe('connected');
    expect(s.turn()).toEqual([]);
    reauthenticate(s);
    s.receive(auth(SUCCESS));
    answer(s);
  });

  test('[MQTT-4.12.1-2] DISCONNECT 0x87 → refused', () => {
    const s = createAuthenticating();
    authenticate(s);
    reauthenticate(s);
    s.receive({ type: PacketType.DISCONNECT, reasonCode: 0x87, properties: {} });
    expect(lastEvent(s)).toBe('reauthenticated GNEISS_ERR_SERVER_DISCONNECT');
    expect(s.turn()).toEqual([]);
    end(s);
  });

  test('[MQTT-4.12.1-2] no answer in time → DISCONNECT, closed', () => {
    const s = createAuthenticating();
    authenticate(s);
    reauthenticate(s);
    expect(s.session.nextDeadline()).toBe(s.now + TIMEOUT_MS);
    s.advance(TIMEOUT_MS - 1);
    s.session.expire(s.now);
    expect(s.state).toBe('connected');
    s.advance(1);
    s.session.expire(s.now);
    expect(lastEvent(s)).toBe('reauthenticated GNEISS_ERR_AUTHENTICATION_TIMEOUT');
    expect(s.turn()).toEqual(['DISCONNECT 0x80']);
    end(s);
  });

  test('done in time → no timer is left', () => {
    const s = createAuthenticating();
    authenticate(s);
    reauthenticate(s);
    s.receive(auth(SUCCESS));
    answer(s);
    expect(s.session.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('the connection is lost → told once, and the next connection begins anew', () => {
    const s = createAuthenticating();
    authenticate(s);
    reauthenticate(s);
    s.drop();
    expect(lastEvent(s)).toBe('reauthenticated GNEISS_ERR_CONNECTION_LOST');
    authenticate(s, true);
    expect(s.sink.events.filter((event) => event.startsWith('reauthenticated'))).toHaveLength(1);
    reauthenticate(s);
    s.receive(auth(SUCCESS));
    answer(s);
    expect(lastEvent(s)).toBe('reauthenticated done');
  });

  test('aborted before its first byte → it does not take place', () => {
    const s = createAuthenticating();
    authenticate(s);
    s.session.authentication.reauthenticate(s.now);
    const { exchange } = s.sink;
    s.session.authentication.abort();
    expect(lastEvent(s)).toBe('reauthenticated GNEISS_ERR_ABORTED');
    s.session.authentication.answer(exchange, data('late'), s.now);
    expect(s.turn()).toEqual([]);
    s.session.authentication.reauthenticate(s.now);
    answer(s, 'answered, not written');
    s.session.authentication.abort();
    expect(s.turn()).toEqual([]);
    expect(s.session.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('aborted later → it goes on', () => {
    const s = createAuthenticating();
    authenticate(s);
    reauthenticate(s);
    s.session.authentication.abort();
    s.receive(auth(CONTINUE));
    s.session.authentication.abort();
    answer(s, 'response');
    s.session.authentication.abort();
    expect(s.turn()).toEqual(['AUTH 0x18']);
    s.receive(auth(SUCCESS));
    s.session.authentication.abort();
    answer(s);
    expect(lastEvent(s)).toBe('reauthenticated done');
  });

  test('abort while nothing goes on, or before the CONNACK → nothing', () => {
    const s = createAuthenticating();
    s.open();
    s.session.authentication.abort();
    answer(s, 'first');
    expect(s.turn()).toEqual(['CONNECT']);
    accept(s);
    answer(s);
    s.session.authentication.abort();
    expect(lastEvent(s)).toBe('connected');
  });

  test('while it goes on → the session is not idle: a stop waits for it', () => {
    const s = createAuthenticating();
    authenticate(s);
    expect(s.session.idle).toBe(true);
    reauthenticate(s);
    expect(s.session.idle).toBe(false);
    s.receive(auth(SUCCESS));
    answer(s);
    expect(s.session.idle).toBe(true);
  });

  test('the session ends for good → told once', () => {
    const s = createAuthenticating();
    authenticate(s);
    reauthenticate(s);
    s.dispose();
    expect(s.sink.events.filter((event) => event.startsWith('reauthenticated'))).toHaveLength(1);
    authenticate(s);
  });

  test('[MQTT-3.2.2-15] an AUTH larger than the Server takes → not sent: failed at first, closed later', () => {
    const s = createAuthenticating();
    s.open();
    answer(s, 'first');
    s.turn();
    s.connack({ properties: { authenticationMethod: METHOD, maximumPacketSize: 40 } });
    answer(s);
    s.session.authentication.reauthenticate(s.now);
    answer(s, 'x'.repeat(40));
    expect(s.turn()).toEqual([]);
    expect(lastEvent(s)).toBe('reauthenticated GNEISS_ERR_PACKET_TOO_LARGE');
    expect(s.state).toBe('connected');
    reauthenticate(s);
    s.receive(auth(CONTINUE));
    answer(s, 'x'.repeat(40));
    expect(s.turn()).toEqual(['DISCONNECT 0x80']);
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_PACKET_TOO_LARGE');
    end(s);
  });

  test('an AUTH of the greatest length, behind a full batch → written whole', () => {
    const s = createAuthenticating();
    authenticate(s);
    s.session.authentication.reauthenticate(s.now);
    const authenticationData = new Uint8Array(65_535).fill(7);
    s.session.authentication.answer(s.sink.exchange, authenticationData, s.now);
    const tokens = Array.from({ length: 300 }, () => s.publish('a'));
    expect(s.turn()).toContain('AUTH 0x19');
    expect(s.written).toContainEqual({
      ...auth(0x19),
      properties: { authenticationMethod: METHOD, authenticationData },
    });
    expect(new Set(s.outcomes(...tokens))).toEqual(new Set(['done 0x00']));
    s.receive(auth(SUCCESS));
    answer(s);
  });

  test('[MQTT-3.15.2-2] [MQTT-3.15.2-3] AUTH → neither Reason String nor User Property', () => {
    const s = createAuthenticating({ userProperties: [['a', 'b']] });
    authenticate(s);
    reauthenticate(s);
    s.receive(auth(SUCCESS));
    answer(s);
    const sent = s.written.filter((packet) => packet.type === PacketType.AUTH);
    expect(sent).toHaveLength(2);
    for (const { properties } of sent) {
      expect(properties.reasonString).toBeUndefined();
      expect(properties.userProperties).toBeUndefined();
    }
  });
});

type Act = (s: SessionFixture) => void;

/** What the Server may not say, and the statement that it breaks. */
const VIOLATIONS: readonly (readonly [string, string, 'connecting' | 'connected', Act])[] = [
  [
    '[MQTT-4.12.0-2] AUTH 0x00 before the CONNACK',
    'MQTT-4.12.0-2',
    'connecting',
    (s) => s.receive(auth(SUCCESS, 'too early')),
  ],
  [
    '[MQTT-4.12.0-5] AUTH of another method',
    'MQTT-4.12.0-5',
    'connecting',
    (s) => s.receive(auth(CONTINUE, 'x', 'PLAIN')),
  ],
  ['[MQTT-4.12.0-5] CONNACK without a method', 'MQTT-4.12.0-5', 'connecting', (s) => s.connack()],
  [
    '[MQTT-4.12.0-5] CONNACK of another method',
    'MQTT-4.12.0-5',
    'connecting',
    (s) => s.connack({ properties: { authenticationMethod: 'PLAIN' } }),
  ],
  [
    'two AUTH in a row',
    '4.12',
    'connecting',
    (s) => s.receive(auth(CONTINUE, '1'), auth(CONTINUE, '2')),
  ],
  [
    'success before our answer',
    '4.12',
    'connecting',
    (s) => {
      s.receive(auth(CONTINUE, '1'));
      accept(s);
    },
  ],
  ['[MQTT-5.0:3.15-a] AUTH without a method', 'MQTT-4.12.0-5', 'connecting', rawAuth(CONTINUE, [])],
  [
    '[MQTT-5.0:3.15-b] an empty AUTH',
    'MQTT-4.12.0-5',
    'connecting',
    (s) => s.receiveBytes(Uint8Array.of(0xf0, 0)),
  ],
  [
    '[MQTT-5.0:3.15-a] AUTH with its method twice',
    '2.2.2.2',
    'connecting',
    rawAuth(CONTINUE, [0x15, 0, 1, 0x6d, 0x15, 0, 1, 0x6d]),
  ],
  [
    '[MQTT-3.15.2-1] AUTH 0x19 from the Server',
    'MQTT-3.15.2-1',
    'connecting',
    rawAuth(0x19, [0x15, 0, 1, 0x6d]),
  ],
  ['[MQTT-3.15.2-1] AUTH 0x01', 'MQTT-3.15.2-1', 'connecting', rawAuth(0x01, [0x15, 0, 1, 0x6d])],
  [
    '[MQTT-3.15.1-1] AUTH with flags',
    'MQTT-2.1.3-1',
    'connecting',
    (s) => {
      const [, ...rest] = encodeAll([auth(CONTINUE, 'x')], 5);
      s.receiveBytes(Uint8Array.of(0xf1, ...rest));
    },
  ],
  ['AUTH that nobody asked for', '4.12', 'connected', (s) => s.receive(auth(CONTINUE, 'x'))],
  ['AUTH of success that nobody asked for', '4.12', 'connected', (s) => s.receive(auth(SUCCESS))],
  [
    '[MQTT-4.12.0-5] AUTH of another method, re-authenticating',
    'MQTT-4.12.0-5',
    'connected',
    (s) => {
      reauthenticate(s);
      s.receive(auth(CONTINUE, 'x', 'PLAIN'));
    },
  ],
  [
    'two AUTH in a row, re-authenticating',
    '4.12',
    'connected',
    (s) => {
      reauthenticate(s);
      s.receive(auth(CONTINUE, 'x'), auth(SUCCESS, 'y'));
    },
  ],
  [
    'AUTH before ours is written',
    '4.12',
    'connected',
    (s) => {
      s.session.authentication.reauthenticate(s.now);
      s.receive(auth(CONTINUE, 'x'));
    },
  ],
];

/** An AUTH, byte by byte. */
function rawAuth(reasonCode: number, properties: readonly number[]): Act {
  return (s) => {
    const length = properties.length;
    s.receiveBytes(Uint8Array.of(0xf0, length + 2, reasonCode, length, ...properties));
  };
}

describe('violations', () => {
  test.each(VIOLATIONS)('%s → closed as a violation of %s', (_, statement, state, act) => {
    const s = createAuthenticating();
    if (state === 'connected') {
      authenticate(s);
    } else {
      s.open();
      answer(s, 'first');
      s.turn();
    }
    act(s);
    const { error } = s.closeReason;
    expect(error).toMatchObject({ code: 'GNEISS_ERR_PEER_VIOLATION', statement });
    expect(error.reasonCode === 0x81 || error.reasonCode === 0x82).toBe(true);
    expect(s.turn().at(-1)).toMatch(/^DISCONNECT 0x8[12]$/);
    end(s);
  });

  test.each([
    ['AUTH', auth(CONTINUE, 'x')],
    [
      'CONNACK with a method',
      {
        type: PacketType.CONNACK,
        sessionPresent: false,
        reasonCode: 0,
        properties: { authenticationMethod: METHOD },
      },
    ],
  ] as const satisfies readonly (readonly [string, Packet])[])(
    '[MQTT-4.12.0-6] no method in the CONNECT, %s → closed',
    (_, packet) => {
      const s = createSession(5);
      s.open();
      s.turn();
      s.receive(packet);
      expect(s.closeReason.error.statement).toBe('MQTT-4.12.0-6');
      expect(s.turn()).toEqual(['DISCONNECT 0x82']);
    },
  );

  test('[MQTT-4.12.0-6] no method in the CONNECT, AUTH on the connection → closed', () => {
    const s = createSession(5);
    s.connect();
    s.receive(auth(SUCCESS));
    expect(s.closeReason.error.statement).toBe('MQTT-4.12.0-6');
  });

  test('[MQTT-5.0:3.2.2-f] Authentication Data without a method in a CONNACK → closed', () => {
    const s = createAuthenticating();
    s.open();
    answer(s, 'first');
    s.turn();
    s.receiveBytes(Uint8Array.of(0x20, 7, 0, 0, 4, 0x16, 0, 1, 9));
    expect(s.closeReason.error).toMatchObject({
      code: 'GNEISS_ERR_PEER_VIOLATION',
      statement: '3.1.2.11.10',
    });
    end(s);
  });
});

test.each(VERSIONS)(
  '[MQTT-4.12.0-7] version %i, no method in the CONNECT → the application is not asked, no AUTH is written',
  (version) => {
    const s = createSession(version);
    const { properties } = s.connect();
    expect(properties.authenticationMethod).toBeUndefined();
    expect(s.session.authentication.reauthenticate(s.now)).toBe(false);
    expect(s.turn()).toEqual([]);
    expect(s.sink.asked).toEqual([]);
  },
);
