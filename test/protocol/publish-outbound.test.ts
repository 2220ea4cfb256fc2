import { describe, expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import { createSession, VERSIONS } from '../support/session-fixture.js';

describe.each(VERSIONS)('version %i', (version) => {
  test('[MQTT-4.3.1-1] [MQTT-3.1.1:4.3.1-1] QoS 0 → written as it is, complete when flushed and not before', () => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a/b', { payload: 'x', retain: true });
    expect(s.write()).toEqual(['PUBLISH q0 a/b retain']);
    expect(s.outcome(token)).toBe('open');
    expect(s.session.idle).toBe(false);
    s.flush();
    expect(s.outcome(token)).toBe('done 0x00');
    expect(s.session.idle).toBe(true);
    expect(s.written.at(-1)).toMatchObject({ packetId: 0, payload: Uint8Array.of(0x78) });
  });

  test('[MQTT-4.3.2-2] [MQTT-3.1.1:4.3.2-1] QoS 1 → identifier, DUP 0; complete with PUBACK', () => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a']);
    expect([s.session.operations, s.session.inflight]).toEqual([1, 1]);
    expect(s.outcome(token)).toBe('open');
    s.puback(1);
    expect(s.outcome(token)).toBe('done 0x00');
    expect([s.session.operations, s.session.inflight]).toEqual([0, 0]);
  });

  test('[MQTT-4.3.3-4] [MQTT-3.1.1:4.3.3-1] QoS 2 → PUBREC is answered by PUBREL, PUBCOMP completes', () => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 2 });
    expect(s.turn()).toEqual(['PUBLISH q2 #1 a']);
    s.pubrec(1);
    expect(s.session.inflight).toBe(1);
    expect(s.turn()).toEqual(['PUBREL #1']);
    expect(s.outcome(token)).toBe('open');
    s.pubcomp(1);
    expect(s.outcome(token)).toBe('done 0x00');
    expect(s.sink.events.at(-1)).toBe(`published ${token} at QoS 2`);
  });

  test('mixed operations → wire order is submission order', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a', { qos: 1 });
    s.subscribe('b');
    s.publish('c');
    s.publish('d', { qos: 2 });
    s.unsubscribe('e');
    s.publish('f', { qos: 1 });
    s.publish('g');
    expect(s.turn()).toEqual([
      'PUBLISH q1 #1 a',
      'SUBSCRIBE #2',
      'PUBLISH q0 c',
      'PUBLISH q2 #3 d',
      'UNSUBSCRIBE #4',
      'PUBLISH q1 #5 f',
      'PUBLISH q0 g',
    ]);
    s.dispose();
  });

  test('QoS 0 behind a QoS 1 that may go → stays behind it', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a', { qos: 1 });
    s.publish('b');
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a', 'PUBLISH q0 b']);
    s.puback(1);
  });

  test('QoS 0 with nothing before it → into the batch at once', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a');
    expect(s.batch.byteLength).toBeGreaterThan(0);
    expect(s.session.operations).toBe(0);
    s.turn();
  });

  test('publishes that nobody awaits → frames released, no completion', () => {
    const s = createSession(version);
    s.connect();
    for (const qos of [0, 1, 2] as const) s.publish('a', { qos, awaited: false });
    s.turn();
    s.puback(1);
    s.pubrec(2);
    s.turn();
    s.pubcomp(2);
    expect(s.sink.events).toEqual(['connected']);
  });

  test('a run of unawaited QoS 0 in one segment → every frame released at the flush', () => {
    const s = createSession(version);
    s.connect();
    for (let index = 0; index < 20; index++) {
      s.publish('a', { awaited: index % 7 === 3, segment: index < 15 ? 1 : 2 });
    }
    s.write();
    expect(s.sink.heldFrames.size).toBe(2);
    s.flush();
    expect(s.sink.heldFrames.size).toBe(0);
    expect(s.sink.outcomes.size).toBe(3);
  });

  test('more QoS 0 than one batch tracks → all of them complete, in order', () => {
    const s = createSession(version, { maximumOperations: 16_384 });
    s.connect();
    const tokens: number[] = [];
    while (tokens.length < 9000 && s.session.canSubmit(s.batch)) {
      tokens.push(s.publish('t', { payload: '' }));
    }
    expect(tokens.length).toBe(9000);
    expect(s.write()).toHaveLength(8192);
    s.flush();
    expect(s.turn()).toHaveLength(808);
    expect(tokens.every((token) => s.outcome(token) === 'done 0x00')).toBe(true);
  });

  test('[MQTT-4.6.0-4] [MQTT-3.1.1:4.6.0-4] PUBRECs in another order → PUBRELs in the order of the PUBRECs', () => {
    const s = createSession(version);
    s.connect();
    for (const topic of ['a', 'b', 'c']) s.publish(topic, { qos: 2 });
    s.turn();
    s.pubrec(3);
    s.pubrec(1);
    s.pubrec(2);
    expect(s.turn()).toEqual(['PUBREL #3', 'PUBREL #1', 'PUBREL #2']);
    for (const packetId of [1, 2, 3]) s.pubcomp(packetId);
  });

  test('PUBREC again before PUBREL went out → one PUBREL', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a', { qos: 2 });
    s.turn();
    s.pubrec(1);
    s.pubrec(1);
    expect(s.sink.tolerated).toBe(1);
    expect(s.turn()).toEqual(['PUBREL #1']);
    s.pubcomp(1);
  });

  test('[MQTT-4.4.0-1] PUBREC again after PUBREL went out → PUBREL is not re-sent', () => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 2 });
    s.turn();
    s.pubrec(1);
    s.turn();
    s.pubrec(1);
    expect(s.turn()).toEqual([]);
    s.pubcomp(1);
    s.pubcomp(1);
    expect(s.outcome(token)).toBe('done 0x00');
    expect(s.sink.tolerated).toBe(2);
  });

  test('PUBREC again and PUBCOMP in one read → complete, no violation', () => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 2 });
    s.turn();
    s.pubrec(1);
    s.turn();
    s.pubrec(1);
    s.pubcomp(1);
    expect(s.state).toBe('connected');
    expect(s.outcome(token)).toBe('done 0x00');
    expect(s.turn()).toEqual([]);
  });

  test('acknowledgements of unknown identifiers → tolerated, a PUBREC answered', () => {
    const s = createSession(version);
    s.connect();
    s.puback(7);
    s.pubcomp(8);
    s.suback(9, 0);
    s.unsuback(10, 0);
    expect(s.turn()).toEqual([]);
    s.pubrec(11);
    expect(s.turn()).toEqual([version === 5 ? 'PUBREL #11 0x92' : 'PUBREL #11']);
    s.pubcomp(11, version === 5 ? 0x92 : 0);
    expect(s.sink.tolerated).toBe(6);
    expect(s.state).toBe('connected');
  });

  test('a flood of unknown PUBRECs → as many answers as there are places', () => {
    const s = createSession(version);
    s.connect();
    for (let packetId = 1; packetId <= 300; packetId++) s.pubrec(packetId);
    expect(s.turn()).toHaveLength(256);
    expect(s.sink.tolerated).toBe(300);
  });

  test('unknown PUBREC, connection lost → not answered on the next', () => {
    const s = createSession(version);
    s.connect();
    s.pubrec(5);
    expect(s.reconnect(true)).toEqual([]);
  });

  test('larger payload than a batch → written whole, then the next', () => {
    const s = createSession(version);
    s.connect();
    const payload = new Uint8Array(400_000).fill(0x2a);
    s.publish('big', { qos: 1, payload });
    s.publish('next', { qos: 1 });
    expect(s.write()).toEqual(['PUBLISH q1 #1 big']);
    s.flush();
    expect(s.turn()).toEqual(['PUBLISH q1 #2 next']);
    const [, big] = s.written;
    expect(big?.type === PacketType.PUBLISH && Buffer.compare(big.payload, payload)).toBe(0);
    s.puback(1);
    s.puback(2);
  });
});

describe('version 5', () => {
  test('properties → on the wire as submitted', () => {
    const s = createSession(5);
    s.connect();
    const properties = {
      messageExpiryInterval: 60,
      payloadFormatIndicator: 1,
      contentType: 'text/plain',
      responseTopic: 'answer',
      correlationData: Uint8Array.of(1, 2),
      userProperties: [['k', 'v'] as const],
    };
    s.publish('a', { qos: 1, properties });
    s.turn();
    expect(s.written.at(-1)).toMatchObject({ properties });
    s.puback(1);
  });

  test('PUBACK with a failing code and properties → both handed on', () => {
    const s = createSession(5);
    s.connect();
    const token = s.publish('a', { qos: 1 });
    s.turn();
    s.puback(1, 0x97, { reasonString: 'full', userProperties: [['a', 'b']] });
    expect(s.sink.outcomes.get(token)).toMatchObject({
      text: 'done 0x97',
      properties: { reasonString: 'full', userProperties: [['a', 'b']] },
    });
  });

  test('[MQTT-4.4.0-2] PUBREC with a failing code → complete, no PUBREL, quota back', () => {
    const s = createSession(5);
    s.connect({ receiveMaximum: 1 });
    const token = s.publish('a', { qos: 2 });
    s.turn();
    s.pubrec(1, 0x97);
    expect(s.outcome(token)).toBe('done 0x97');
    s.publish('b', { qos: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #2 b']);
    s.puback(2);
  });

  test('PUBREC 0x10 → PUBREL; PUBCOMP 0x92 → complete with that code', () => {
    const s = createSession(5);
    s.connect();
    const token = s.publish('a', { qos: 2 });
    s.turn();
    s.pubrec(1, 0x10);
    expect(s.turn()).toEqual(['PUBREL #1']);
    s.pubcomp(1, 0x92);
    expect(s.outcome(token)).toBe('done 0x92');
  });

  test('failing PUBACK of a publish that nobody awaits → counted as failed', () => {
    const s = createSession(5);
    s.connect();
    s.publish('a', { qos: 1, awaited: false });
    s.turn();
    s.puback(1, 0x97);
    expect(s.sink.failed).toBe(1);
  });
});
