import { describe, expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import type { DisconnectPacket } from '../../src/codec/packets.js';
import { disconnectPacket } from '../../src/protocol/close-reason.js';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

function stop(s: SessionFixture, disconnect: DisconnectPacket | null = disconnectPacket(0)): void {
  s.session.close({ error: { code: 'GNEISS_ERR_STOPPED' }, disconnect });
}

describe.each(VERSIONS)('version %i', (version) => {
  test('[MQTT-3.14.4-2] [MQTT-3.1.1:3.14.4-1] stopped → DISCONNECT, then finished', () => {
    const s = createSession(version);
    s.connect();
    stop(s);
    expect(s.session.isFinished).toBe(false);
    expect(s.turn()).toEqual(['DISCONNECT']);
    expect(s.session.isFinished).toBe(true);
    expect(s.turn()).toEqual([]);
  });

  test('stopped abruptly → nothing is written', () => {
    const s = createSession(version);
    s.connect();
    stop(s, null);
    expect(s.turn()).toEqual([]);
    expect(s.session.isFinished).toBe(true);
  });

  test('stopped while connecting → DISCONNECT only behind a CONNECT', () => {
    const s = createSession(version);
    s.open();
    s.turn();
    stop(s);
    expect(s.turn()).toEqual(['DISCONNECT']);
  });

  test('closed twice → the first reason stays', () => {
    const s = createSession(version);
    s.connect();
    stop(s);
    s.connack();
    s.session.close({ error: { code: 'GNEISS_ERR_CLOSED' }, disconnect: null });
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_STOPPED');
  });

  test('closed while offline → nothing', () => {
    const s = createSession(version);
    stop(s);
    expect(s.state).toBe('offline');
  });

  test('[MQTT-3.14.4-1] [MQTT-3.1.1:3.14.4-2] things are owed and queued when closed → nothing of it after DISCONNECT', () => {
    const s = createSession(version, { keepAlive: 10 });
    s.connect();
    s.publish('a', { qos: 2 });
    s.turn();
    s.pubrec(1);
    s.deliver('x', { qos: 1, packetId: 1 });
    s.handle();
    s.subscribe('b');
    s.publish('c', { qos: 1 });
    stop(s);
    s.advance(60_000);
    expect(s.turn()).toEqual(['DISCONNECT']);
    s.dispose();
  });

  test('[MQTT-3.14.4-1] [MQTT-3.1.1:3.14.4-2] closing → no further operation is taken, so none is written', () => {
    const s = createSession(version);
    s.connect();
    stop(s);
    expect(s.session.canSubmit(s.batch)).toBe(false);
    s.turn();
    expect(s.session.canSubmit(s.batch)).toBe(false);
    s.drop();
    expect(s.session.canSubmit(s.batch)).toBe(true);
  });

  test('QoS 0 in the batch when closed → goes before DISCONNECT and is complete', () => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a');
    stop(s);
    expect(s.turn()).toEqual(['PUBLISH q0 a', 'DISCONNECT']);
    expect(s.outcome(token)).toBe('done 0x00');
  });

  test('closed while a batch is with the transport → DISCONNECT behind it', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a', { payload: new Uint8Array(300_000) });
    s.write();
    stop(s);
    s.flush();
    expect(s.turn()).toEqual(['DISCONNECT']);
  });

  test('packets that arrive while closing → ignored', () => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 1 });
    s.turn();
    stop(s);
    s.turn();
    s.puback(1);
    s.deliver('x', { qos: 1, packetId: 1 });
    s.receiveBytes(Uint8Array.of(0, 0));
    expect(s.outcome(token)).toBe('open');
    expect(s.sink.messages).toEqual([]);
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_STOPPED');
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup']);
    s.puback(1);
  });

  test('disposed with operations of every kind and state → each fails once', () => {
    const s = createSession(version, { offlineQueue: 'all' });
    s.connect();
    const tokens = [
      s.publish('q1', { qos: 1 }),
      s.publish('q2', { qos: 2 }),
      s.publish('releasing', { qos: 2 }),
      s.publish('released', { qos: 2 }),
      s.subscribe('s'),
      s.unsubscribe('u'),
    ];
    s.publish('unawaited', { qos: 1, awaited: false });
    s.turn();
    s.pubrec(4);
    s.turn();
    s.pubrec(3);
    tokens.push(s.publish('q0'));
    s.write();
    tokens.push(s.publish('late', { qos: 1 }));
    s.dispose();
    expect(s.outcomes(...tokens)).toEqual(tokens.map(() => 'GNEISS_ERR_CLOSED'));
    expect(s.sink.failed).toBe(tokens.length + 1);
    expect(s.session.idle).toBe(true);
  });

  test('disposed while something is owed to the Server → idle', () => {
    const s = createSession(version);
    s.connect();
    s.deliver('a', { qos: 1, packetId: 1 });
    s.handle();
    s.pubrel(9);
    s.pubrec(8);
    s.dispose();
    expect(s.session.idle).toBe(true);
  });
});

describe('version 5', () => {
  test('stop with properties → on the wire', () => {
    const s = createSession(5);
    s.connect();
    const properties = { sessionExpiryInterval: 0, reasonString: 'done', userProperties: [] };
    stop(s, { type: PacketType.DISCONNECT, reasonCode: 0x04, properties });
    expect(s.turn()).toEqual(['DISCONNECT 0x04']);
    expect(s.written.at(-1)).toMatchObject({
      properties: { sessionExpiryInterval: 0, reasonString: 'done' },
    });
  });

  test('[MQTT-3.14.2-3] [MQTT-3.14.2-4] DISCONNECT above the Maximum Packet Size → without its properties', () => {
    const s = createSession(5);
    s.connect({ maximumPacketSize: 100 });
    const properties = { reasonString: 'r'.repeat(100) };
    stop(s, { type: PacketType.DISCONNECT, reasonCode: 0x04, properties });
    expect(s.turn()).toEqual(['DISCONNECT 0x04']);
    expect(s.written.at(-1)).toMatchObject({ properties: {} });
  });

  test('DISCONNECT larger than the arena → whole', () => {
    const s = createSession(5);
    s.connect();
    const userProperties = Array.from({ length: 3 }, () => ['k', 'v'.repeat(50_000)] as const);
    stop(s, { type: PacketType.DISCONNECT, reasonCode: 0, properties: { userProperties } });
    expect(s.turn()).toEqual(['DISCONNECT']);
    expect(s.written.at(-1)).toMatchObject({ properties: { userProperties } });
  });

  test('[MQTT-4.13.2-1] [MQTT-5.0:3.14-c] DISCONNECT from the Server → closed with its reason, nothing answered, nothing after it handled', () => {
    const s = createSession(5);
    s.connect();
    const type = PacketType.DISCONNECT;
    const properties = { reasonString: 'elsewhere', serverReference: 'other:1883' };
    s.receive({ type, reasonCode: 0x9d, properties });
    s.deliver('a');
    expect(s.closeReason).toMatchObject({
      error: {
        code: 'GNEISS_ERR_SERVER_DISCONNECT',
        reasonCode: 0x9d,
        reasonString: 'elsewhere',
        packet: { type, reasonCode: 0x9d, properties },
      },
      disconnect: null,
    });
    expect(s.sink.messages).toEqual([]);
    expect(s.turn()).toEqual([]);
    expect(s.session.isFinished).toBe(true);
  });
});

test('3.1.1: DISCONNECT from the Server → violation', () => {
  const s = createSession(4);
  s.connect();
  s.receiveBytes(Uint8Array.of(0xe0, 0x00));
  expect(s.closeReason).toMatchObject({
    error: { code: 'GNEISS_ERR_PEER_VIOLATION' },
    disconnect: null,
  });
});
