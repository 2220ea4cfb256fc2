import { describe, expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';
import { createSession, VERSIONS } from '../support/session-fixture.js';

const NO_PROPERTIES = { properties: {} };
const FULL_CONNACK = {
  sessionExpiryInterval: 77,
  receiveMaximum: 3,
  maximumQos: 1,
  retainAvailable: false,
  maximumPacketSize: 4096,
  assignedClientIdentifier: 'named-by-server',
  topicAliasMaximum: 9,
  wildcardSubscriptionAvailable: false,
  subscriptionIdentifierAvailable: false,
  sharedSubscriptionAvailable: false,
  serverKeepAlive: 44,
  responseInformation: 'answers/',
};

/** What a Server might send instead of a CONNACK. */
const WRONG_FIRST_PACKETS: readonly Packet[] = [
  {
    type: PacketType.PUBLISH,
    topicName: 'a',
    payload: new Uint8Array(0),
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    ...NO_PROPERTIES,
  },
  { type: PacketType.PUBACK, packetId: 1, reasonCode: 0, ...NO_PROPERTIES },
  { type: PacketType.PUBREC, packetId: 1, reasonCode: 0, ...NO_PROPERTIES },
  { type: PacketType.PUBREL, packetId: 1, reasonCode: 0, ...NO_PROPERTIES },
  { type: PacketType.PUBCOMP, packetId: 1, reasonCode: 0, ...NO_PROPERTIES },
  { type: PacketType.SUBACK, packetId: 1, reasonCodes: [0], ...NO_PROPERTIES },
  { type: PacketType.UNSUBACK, packetId: 1, reasonCodes: [0], ...NO_PROPERTIES },
  { type: PacketType.PINGREQ },
  { type: PacketType.PINGRESP },
  { type: PacketType.DISCONNECT, reasonCode: 0x89, ...NO_PROPERTIES },
  {
    type: PacketType.CONNECT,
    protocolVersion: 5,
    cleanStart: true,
    keepAlive: 0,
    clientId: '',
    ...NO_PROPERTIES,
  },
];

describe.each(VERSIONS)('version %i', (version) => {
  test('offline → nothing is due, nothing is written', () => {
    const s = createSession(version);
    expect(s.turn()).toEqual([]);
    expect(s.session.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    expect(s.state).toBe('offline');
    expect(s.session.isFinished).toBe(false);
    expect(s.session.acceptedAt).toBe(0);
  });

  test('[MQTT-3.1.0-1] [MQTT-5.0:3.1.4-a] [MQTT-3.1.1:3.1.0-1] transport opened → CONNECT first, once, and nothing before CONNACK', () => {
    const s = createSession(version);
    const token = s.publish('a', { qos: 1 });
    s.open();
    expect(s.turn()).toEqual(['CONNECT']);
    expect(s.turn()).toEqual([]);
    s.connack();
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a']);
    s.puback(1);
    expect(s.outcome(token)).toBe('done 0x00');
  });

  test('[MQTT-3.1.0-2] [MQTT-3.1.1:3.1.0-2] connected → CONNECT is not written again', () => {
    const s = createSession(version);
    s.connect();
    expect(s.turn()).toEqual([]);
    expect(s.written).toHaveLength(1);
  });

  test('CONNACK success → connected is told first, with the time', () => {
    const s = createSession(version);
    s.open();
    s.turn();
    s.advance(123);
    s.connack();
    expect(s.state).toBe('connected');
    expect(s.session.acceptedAt).toBe(s.now);
    expect(s.sink.events).toEqual(['connected']);
    expect(s.session.idle).toBe(true);
  });

  test('[MQTT-5.0:3.2.2-b] CONNACK without properties → defaults of the specification', () => {
    const s = createSession(version, { keepAlive: 30, sessionExpiryInterval: 5 });
    s.connect();
    expect(s.sink.connections[0]?.settings).toEqual({
      protocolVersion: version,
      clientId: 'client',
      sessionPresent: false,
      sessionExpiryInterval: version === 5 ? 5 : 0,
      keepAlive: 30,
      receiveMaximum: 65_535,
      maximumPacketSize: 268_435_460,
      topicAliasMaximum: 0,
      maximumQos: 2,
      retainAvailable: true,
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifierAvailable: true,
      sharedSubscriptionAvailable: true,
      responseInformation: undefined,
    });
  });

  test('CONNACK before CONNECT was written → violation, closed without a word', () => {
    const s = createSession(version);
    s.open();
    s.connack();
    expect(s.closeReason.error).toMatchObject({
      code: 'GNEISS_ERR_PEER_VIOLATION',
      statement: 'MQTT-3.2.0-1',
    });
    expect(s.turn()).toEqual([]);
    expect(s.session.isFinished).toBe(true);
  });

  test('the first bytes are no packet → the error says that the port may not be one for MQTT', () => {
    const s = createSession(version);
    s.open();
    s.turn();
    s.receiveBytes(new TextEncoder().encode('HTTP/1.1 400 Bad Request'));
    expect(s.closeReason.error).toMatchObject({
      code: 'GNEISS_ERR_PEER_VIOLATION',
      detail: expect.stringContaining('; the port may be one for another protocol') as string,
    });
  });

  test('[MQTT-3.2.2-7] [MQTT-4.13.2-1] [MQTT-3.1.1:3.2.2-5] CONNACK refuses → closed without DISCONNECT, the packet in the error', () => {
    const s = createSession(version);
    s.open();
    s.turn();
    s.connack({ reasonCode: 0x88, properties: { reasonString: 'later' } });
    expect(s.closeReason).toMatchObject({
      error: {
        code: 'GNEISS_ERR_CONNECTION_REFUSED',
        reasonCode: 0x88,
        packet: { type: PacketType.CONNACK },
      },
      disconnect: null,
    });
    expect(s.closeReason.error.reasonString).toBe(version === 5 ? 'later' : undefined);
    expect(s.turn()).toEqual([]);
    expect(s.session.isFinished).toBe(true);
    expect(s.session.acceptedAt).toBe(0);
  });

  test('CONNACK refuses → what was submitted stays for the next connection', () => {
    const s = createSession(version);
    const token = s.publish('a', { qos: 1 });
    s.open();
    s.turn();
    s.connack({ reasonCode: 0x87 });
    expect(s.reconnect(false)).toEqual(['PUBLISH q1 #1 a']);
    s.puback(1);
    expect(s.outcome(token)).toBe('done 0x00');
  });

  test('[MQTT-5.0:3.2-a] no CONNACK by the deadline → closed then and not before, without DISCONNECT', () => {
    const s = createSession(version);
    s.open();
    const deadline = s.now + 10_000;
    s.turn();
    expect(s.session.nextDeadline()).toBe(deadline);
    s.now = deadline - 1;
    s.turn();
    expect(s.state).toBe('connecting');
    s.now = deadline;
    s.session.expire(s.now);
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_CONNECT_TIMEOUT');
    expect(s.turn()).toEqual([]);
    expect(s.session.isFinished).toBe(true);
    expect(s.session.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('transport closed while connecting, before and after CONNECT → offline, then anew', () => {
    const s = createSession(version);
    s.open();
    s.drop();
    expect(s.state).toBe('offline');
    s.open();
    s.turn();
    s.drop();
    expect(s.state).toBe('offline');
    s.connect();
    expect(s.state).toBe('connected');
  });

  test('bytes that are no packet instead of CONNACK → violation', () => {
    const s = createSession(version);
    s.open();
    s.turn();
    s.receiveBytes(Uint8Array.of(0x00, 0x00));
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_PEER_VIOLATION');
    expect(s.turn()).toEqual(version === 5 ? ['DISCONNECT 0x81'] : []);
  });

  test('[MQTT-3.2.2-1] malformed CONNACK → violation, no connection', () => {
    const s = createSession(version);
    s.open();
    s.turn();
    s.receiveBytes(version === 5 ? Uint8Array.of(0x20, 3, 2, 0, 0) : Uint8Array.of(0x20, 2, 2, 0));
    expect(s.closeReason.error).toMatchObject({
      code: 'GNEISS_ERR_PEER_VIOLATION',
      statement: 'MQTT-3.2.2-1',
      reasonCode: 0x81,
    });
    expect(s.sink.connections).toEqual([]);
    expect(s.turn()).toEqual(version === 5 ? ['DISCONNECT 0x81'] : []);
  });

  test.each(WRONG_FIRST_PACKETS.map((packet) => [packet.type, packet] as const))(
    '[MQTT-3.2.0-1] [MQTT-3.1.1:3.2.0-1] packet of type %i instead of CONNACK → violation',
    (_type, packet) => {
      const s = createSession(version);
      s.open();
      s.turn();
      s.receive(packet);
      expect(s.closeReason.error).toMatchObject({
        code: 'GNEISS_ERR_PEER_VIOLATION',
        statement: 'MQTT-3.2.0-1',
      });
      expect(s.turn()).toEqual(version === 5 ? ['DISCONNECT 0x82'] : []);
      s.connack();
      expect(s.state).toBe('closing');
    },
  );

  test('[MQTT-3.2.0-2] second CONNACK → violation', () => {
    const s = createSession(version);
    s.connect();
    s.connack();
    expect(s.closeReason.error.statement).toBe('MQTT-3.2.0-2');
    expect(s.turn()).toEqual(version === 5 ? ['DISCONNECT 0x82'] : []);
  });

  test('[MQTT-3.2.2-2] [MQTT-3.1.1:3.2.2-1] Session Present after a clean start → violation', () => {
    const s = createSession(version, { rejoinSession: 'never' });
    s.open();
    s.turn();
    s.connack({ sessionPresent: true });
    expect(s.closeReason.error.statement).toBe('MQTT-3.2.2-2');
    expect(s.sink.connections).toEqual([]);
    expect(s.turn()).toEqual(version === 5 ? ['DISCONNECT 0x82'] : []);
  });

  test('Session Present of a Session that we never had, when it was asked for → accepted', () => {
    const s = createSession(version, { rejoinSession: 'always' });
    expect(s.connect({}, { sessionPresent: true }).cleanStart).toBe(false);
    expect(s.state).toBe('connected');
    expect(s.sink.connections[0]?.settings.sessionPresent).toBe(true);
  });

  test.each([
    ['always', [false, false, false]],
    ['never', [true, true, true]],
    ['post-success', [true, false, false]],
  ] as const)(
    '[MQTT-3.1.2-4] rejoinSession %s over three connections → cleanStart %j',
    (rejoinSession, expected) => {
      const s = createSession(version, { rejoinSession });
      const cleanStarts = expected.map(() => {
        const { cleanStart } = s.connect();
        s.drop();
        return cleanStart;
      });
      expect(cleanStarts).toEqual(expected);
    },
  );

  test('post-success before any success → cleanStart stays', () => {
    const s = createSession(version);
    s.open();
    s.turn();
    s.connack({ reasonCode: 0x88 });
    s.drop();
    expect(s.connect().cleanStart).toBe(true);
    s.drop();
    expect(s.connect().cleanStart).toBe(false);
  });

  test('options → all of them in CONNECT', () => {
    const password = Uint8Array.of(1, 2, 3);
    const will = {
      topicName: 'gone',
      payload: Uint8Array.of(9),
      qos: 1 as const,
      retain: true,
      properties: version === 5 ? { willDelayInterval: 5 } : {},
    };
    const s = createSession(version, {
      keepAlive: 60,
      username: 'user',
      password,
      will,
      receiveMaximum: 17,
      topicAliasMaximum: 4,
      maximumPacketSize: 4096,
      requestResponseInformation: true,
      requestProblemInformation: false,
      userProperties: [['k', 'v']],
    });
    expect(s.connect()).toEqual({
      type: PacketType.CONNECT,
      protocolVersion: version,
      cleanStart: true,
      keepAlive: 60,
      clientId: 'client',
      username: 'user',
      password,
      will,
      properties:
        version === 4
          ? {}
          : {
              sessionExpiryInterval: 3600,
              receiveMaximum: 17,
              maximumPacketSize: 4096,
              topicAliasMaximum: 4,
              requestResponseInformation: true,
              requestProblemInformation: false,
              userProperties: [['k', 'v']],
            },
    });
  });

  test('CONNECT larger than the arena of a batch → written whole', () => {
    const password = new Uint8Array(60_000).fill(7);
    const username = 'u'.repeat(60_000);
    const s = createSession(version, { username, password });
    const connect = s.connect();
    expect(connect.username).toBe(username);
    expect(connect.password).toEqual(password);
    expect(s.state).toBe('connected');
  });

  test('closed before CONNECT was written → nothing is written', () => {
    const s = createSession(version);
    s.open();
    s.session.close({
      error: { code: 'GNEISS_ERR_STOPPED' },
      disconnect: { type: PacketType.DISCONNECT, reasonCode: 0, properties: {} },
    });
    expect(s.turn()).toEqual([]);
    expect(s.session.isFinished).toBe(true);
  });
});

describe('version 5', () => {
  test('CONNACK with all properties → it wins over CONNECT', () => {
    const s = createSession(5, { keepAlive: 10 });
    s.connect(FULL_CONNACK);
    expect(s.sink.connections[0]?.settings).toEqual({
      protocolVersion: 5,
      clientId: 'named-by-server',
      sessionPresent: false,
      sessionExpiryInterval: 77,
      keepAlive: 44,
      receiveMaximum: 3,
      maximumPacketSize: 4096,
      topicAliasMaximum: 9,
      maximumQos: 1,
      retainAvailable: false,
      wildcardSubscriptionAvailable: false,
      subscriptionIdentifierAvailable: false,
      sharedSubscriptionAvailable: false,
      responseInformation: 'answers/',
    });
  });

  test('[MQTT-3.1.3-7] Assigned Client Identifier → used on every later connection', () => {
    const s = createSession(5, { clientId: '' });
    expect(s.connect({ assignedClientIdentifier: 'x-1' }).clientId).toBe('');
    s.drop();
    expect(s.connect().clientId).toBe('x-1');
    s.drop();
    expect(s.connect().clientId).toBe('x-1');
    expect(s.sink.connections[1]?.settings.clientId).toBe('x-1');
  });

  test('AUTH instead of CONNACK, without an Authentication Method → violation', () => {
    const s = createSession(5);
    s.open();
    s.turn();
    s.receive({
      type: PacketType.AUTH,
      reasonCode: 0x18,
      properties: { authenticationMethod: 'm' },
    });
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_PEER_VIOLATION');
    expect(s.turn()).toEqual(['DISCONNECT 0x82']);
  });

  test('[MQTT-3.2.2-5] Session Present 0 → the old state of inbound QoS 2 is forgotten', () => {
    const s = createSession(5);
    s.connect();
    s.deliver('a', { qos: 2, packetId: 9, payload: 'first' });
    s.handle();
    expect(s.turn()).toEqual(['PUBREC #9']);
    s.reconnect(false);
    s.deliver('a', { qos: 2, packetId: 9, payload: 'second' });
    expect(s.payloads).toEqual(['first', 'second']);
    s.handle();
    s.turn();
    s.pubrel(9);
    expect(s.turn()).toEqual(['PUBCOMP #9']);
  });
});
