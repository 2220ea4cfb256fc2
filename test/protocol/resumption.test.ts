import { describe, expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import type { OfflineQueue } from '../../src/protocol/offline-policy.js';
import { createSession, VERSIONS } from '../support/session-fixture.js';

const POLICIES: readonly OfflineQueue[] = ['all', 'acknowledged', 'qos1-plus', 'nothing'];

describe.each(VERSIONS)('version %i', (version) => {
  // 'nothing' proves that the Session comes before the policy.
  test.each(POLICIES)(
    '[MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT-3.1.1:4.4.0-1] [MQTT-3.1.1:4.6.0-1] Session kept, policy %s → sent again in order, DUP, same identifiers; PUBREL after PUBREC',
    (offlineQueue) => {
      const s = createSession(version, { offlineQueue });
      s.connect();
      const tokens = [
        s.publish('a', { qos: 1 }),
        s.publish('b', { qos: 2 }),
        s.publish('c', { qos: 2 }),
        s.publish('d', { qos: 1 }),
        s.publish('e', { qos: 2 }),
      ];
      s.turn();
      s.pubrec(5);
      s.turn();
      s.pubrec(2);
      expect(s.reconnect(true)).toEqual([
        'PUBLISH q1 #1 a dup',
        'PUBREL #2',
        'PUBLISH q2 #3 c dup',
        'PUBLISH q1 #4 d dup',
        'PUBREL #5',
      ]);
      s.puback(1);
      s.pubcomp(2);
      s.pubrec(3);
      expect(s.turn()).toEqual(['PUBREL #3']);
      s.pubcomp(3);
      s.puback(4);
      s.pubcomp(5);
      expect(s.outcomes(...tokens)).toEqual(tokens.map(() => 'done 0x00'));
      expect(s.sink.tolerated).toBe(0);
    },
  );

  test('[MQTT-4.3.3-6] [MQTT-3.1.1:4.3.3-1] interrupted again and again → PUBLISH until PUBREC, PUBREL after it', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a', { qos: 2, payload: 'kept' });
    s.turn();
    for (let round = 0; round < 3; round++)
      expect(s.reconnect(true)).toEqual(['PUBLISH q2 #1 a dup']);
    s.pubrec(1);
    for (let round = 0; round < 3; round++) expect(s.reconnect(true)).toEqual(['PUBREL #1']);
    s.pubcomp(1);
  });

  test('interrupted before the retransmission was written → kept for the next connection', () => {
    const s = createSession(version, { offlineQueue: 'nothing' });
    s.connect();
    s.publish('a', { qos: 1 });
    s.publish('b', { qos: 2 });
    s.turn();
    s.pubrec(2);
    s.drop();
    s.connect({}, { sessionPresent: true });
    s.drop();
    s.open();
    s.turn();
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup', 'PUBREL #2']);
    s.puback(1);
    s.pubcomp(2);
  });

  test('Session kept → retransmissions before what was queued, whatever its age', () => {
    const s = createSession(version, { offlineQueue: 'all' });
    s.connect();
    s.publish('a', { qos: 1 });
    s.turn();
    s.subscribe('s');
    s.publish('b', { qos: 1 });
    s.publish('c');
    s.drop();
    s.publish('d', { qos: 2 });
    s.connect({}, { sessionPresent: true });
    expect(s.turn()).toEqual([
      'PUBLISH q1 #1 a dup',
      'SUBSCRIBE #2',
      'PUBLISH q1 #3 b',
      'PUBLISH q0 c',
      'PUBLISH q2 #4 d',
    ]);
    s.dispose();
  });

  test('[MQTT-4.4.0-1] [MQTT-5.0:4.4-a] connection kept → nothing is ever sent again', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a', { qos: 1 });
    s.publish('b', { qos: 2 });
    s.turn();
    s.pubrec(2);
    s.turn();
    s.advance(3_600_000);
    expect(s.turn()).toEqual([]);
    s.dispose();
  });

  test('Session lost → begun anew in the order of submission: fresh identifiers, DUP 0, QoS 2 from PUBLISH', () => {
    const s = createSession(version);
    s.connect();
    const tokens = [
      s.publish('a', { qos: 1 }),
      s.subscribe('s'),
      s.publish('b', { qos: 2 }),
      s.publish('c', { qos: 2 }),
      s.unsubscribe('u'),
    ];
    s.turn();
    s.pubrec(3);
    s.turn();
    s.pubrec(4);
    s.publish('d', { qos: 1, awaited: false });
    expect(s.reconnect(false)).toEqual([
      'PUBLISH q1 #6 a',
      'SUBSCRIBE #7',
      'PUBLISH q2 #8 b',
      'PUBLISH q2 #9 c',
      'UNSUBSCRIBE #10',
      'PUBLISH q1 #11 d',
    ]);
    s.puback(6);
    s.suback(7, 1);
    s.pubrec(8);
    s.pubrec(9);
    s.turn();
    s.pubcomp(8);
    s.pubcomp(9);
    s.unsuback(10, 0);
    s.puback(11);
    expect(s.outcomes(...tokens)).toEqual(['done 0x00', '0x01', 'done 0x00', 'done 0x00', '0x00']);
  });

  test('[MQTT-4.3.2-2] [MQTT-3.1.1:4.3.2-1] Session lost after a retransmission → DUP is 0 again', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a', { qos: 1 });
    s.turn();
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup']);
    expect(s.reconnect(false)).toEqual(['PUBLISH q1 #2 a']);
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #2 a dup']);
    s.puback(2);
  });

  test('subscriptions unanswered, Session kept → begun anew with fresh identifiers', () => {
    const s = createSession(version);
    s.connect();
    const tokens = [s.subscribe('a'), s.unsubscribe('b')];
    s.turn();
    expect(s.reconnect(true)).toEqual(['SUBSCRIBE #3', 'UNSUBSCRIBE #4']);
    s.suback(3, 0);
    s.unsuback(4, 0);
    expect(s.outcomes(...tokens)).toEqual(['0x00', '0x00']);
  });

  test('UNSUBSCRIBE unanswered, SUBACK of a later SUBSCRIBE for one of its filters → begun anew without that filter', () => {
    const s = createSession(version);
    s.connect();
    const ending = s.unsubscribe(['a', 'b', 'c']);
    const later = s.subscribe(['b', 'c']);
    s.turn();
    s.suback(2, 1, 0x80);
    expect(s.reconnect(true)).toEqual(['UNSUBSCRIBE #3']);
    expect(s.written.at(-1)).toMatchObject({ topicFilters: ['a', 'c'] });
    s.unsuback(3, 0, 0);
    expect(s.outcomes(ending, later)).toEqual(['0x00 0x00', '0x01 0x80']);
  });

  test('UNSUBSCRIBE unanswered, SUBACK of a later SUBSCRIBE for all of its filters → complete', () => {
    const s = createSession(version, { slowStart: true, maximumInterruptedRetries: 0 });
    s.connect();
    const tokens = [s.unsubscribe(['a', 'b']), s.subscribe('b'), s.subscribe('a')];
    s.turn();
    s.suback(3, 0);
    s.suback(2, 0);
    expect(s.reconnect(true)).toEqual([]);
    expect(s.outcomes(...tokens)).toEqual(['0x00 0x00', '0x00', '0x00']);
    expect(s.session.operations).toBe(0);
  });

  test('UNSUBSCRIBE unanswered, SUBACK of an earlier SUBSCRIBE, or one answered before → begun anew as it was', () => {
    const s = createSession(version);
    s.connect();
    s.subscribe('a');
    const ended = s.unsubscribe('b');
    s.turn();
    s.unsuback(2, 0);
    s.unsubscribe(['a', 'b']);
    s.turn();
    s.suback(1, 0);
    s.reconnect(true);
    expect(s.written.at(-1)).toMatchObject({ topicFilters: ['a', 'b'] });
    expect(s.outcome(ended)).toBe('0x00');
    s.unsuback(4, 0, 0);
  });

  test('QoS 0 unflushed under policy all → sent again, DUP 0; in order with the rest', () => {
    const s = createSession(version, { offlineQueue: 'all' });
    s.connect();
    const token = s.publish('a');
    s.write();
    s.publish('b', { qos: 1 });
    expect(s.reconnect(false)).toEqual(['PUBLISH q0 a', 'PUBLISH q1 #1 b']);
    s.puback(1);
    expect(s.outcome(token)).toBe('done 0x00');
  });

  test('acknowledgements of an earlier connection, before the retransmission → tolerated', () => {
    const s = createSession(version);
    s.connect();
    const tokens = [
      s.publish('a', { qos: 1 }),
      s.publish('b', { qos: 2 }),
      s.publish('c', { qos: 2 }),
    ];
    s.turn();
    s.pubrec(3);
    s.turn();
    s.drop();
    s.connect({}, { sessionPresent: true });
    s.puback(1);
    s.pubrec(2);
    s.pubcomp(3);
    expect(s.sink.tolerated).toBe(3);
    expect(s.outcomes(...tokens)).toEqual(['open', 'open', 'open']);
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a dup', 'PUBLISH q2 #2 b dup', 'PUBREL #3']);
    s.puback(1);
    s.pubrec(2);
    s.turn();
    s.pubcomp(2);
    s.pubcomp(3);
  });

  test('Session lost, identifiers of the old exchanges answered → tolerated', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a', { qos: 1 });
    s.turn();
    s.drop();
    s.connect();
    s.puback(1);
    expect(s.sink.tolerated).toBe(1);
    expect(s.turn()).toEqual(['PUBLISH q1 #2 a']);
    s.puback(2);
  });

  test('retransmission of a large backlog → several batches, order kept', () => {
    const s = createSession(version);
    s.connect();
    const payload = new Uint8Array(50_000);
    for (let index = 1; index <= 20; index++) s.publish(`t${index}`, { qos: 1, payload });
    s.turn();
    const texts = s.reconnect(true);
    expect(texts).toEqual(
      Array.from({ length: 20 }, (_, index) => `PUBLISH q1 #${index + 1} t${index + 1} dup`),
    );
    for (let packetId = 1; packetId <= 20; packetId++) s.puback(packetId);
  });

  test('payload → the same bytes each time it is sent', () => {
    const s = createSession(version);
    s.connect();
    s.publish('topic', { qos: 1, payload: 'unchanged', retain: true });
    for (let round = 0; round < 2; round++) {
      s.turn();
      const last = s.written.at(-1);
      expect(last?.type === PacketType.PUBLISH && Buffer.from(last.payload).toString()).toBe(
        'unchanged',
      );
      expect(last).toMatchObject({ retain: true, topicName: 'topic' });
      s.reconnect(true);
    }
    s.puback(1);
  });

  test('connected is told before what the Session failed', () => {
    const s = createSession(version, { offlineQueue: 'nothing' });
    s.connect();
    const token = s.publish('a', { qos: 1 });
    s.turn();
    s.reconnect(false);
    expect(s.sink.events.slice(1)).toEqual([
      'connected',
      `failed ${token} GNEISS_ERR_SESSION_LOST`,
    ]);
  });
});

describe('a Server that has come back with lower limits', () => {
  test('[MQTT-3.2.2-11] [MQTT-3.2.2-14] [MQTT-3.2.2-15] → not sent again, fails; the identifier stays taken', () => {
    const s = createSession(5);
    s.connect();
    const tokens = [
      s.publish('a', { qos: 2 }),
      s.publish('b', { qos: 1, retain: true }),
      s.publish('c', { qos: 1, payload: 'x'.repeat(100) }),
      s.publish('d', { qos: 1 }),
    ];
    s.turn();
    const limits = { maximumQos: 1, retainAvailable: false, maximumPacketSize: 64 };
    expect(s.reconnect(true, limits)).toEqual(['PUBLISH q1 #4 d dup']);
    expect(s.outcomes(...tokens.slice(0, 3))).toEqual([
      'GNEISS_ERR_QOS_UNSUPPORTED',
      'GNEISS_ERR_RETAIN_UNSUPPORTED',
      'GNEISS_ERR_PACKET_TOO_LARGE',
    ]);
    s.publish('e', { qos: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #5 e']);
    s.puback(4);
    s.puback(5);
    // Without the Session their exchanges are over, and nobody waits for them to begin anew.
    expect(s.reconnect(false)).toEqual([]);
  });
});
