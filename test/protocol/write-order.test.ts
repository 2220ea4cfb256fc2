import { describe, expect, test } from 'vitest';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

/** One of each, behind two publishes of which only the first may go. */
function submitMix(s: SessionFixture): void {
  s.publish('a', { qos: 2 });
  s.publish('b', { qos: 1 });
  s.subscribe('s');
  s.publish('c');
  s.unsubscribe('u');
  s.publish('d', { qos: 2 });
}

describe.each(VERSIONS)('one publish in flight at most, version %i', (version) => {
  test("'specification' → the others pass the publishes that wait", () => {
    const s = createSession(version, { maximumInflight: 1 });
    s.connect();
    submitMix(s);
    expect(s.turn()).toEqual(['PUBLISH q2 #1 a', 'SUBSCRIBE #2', 'PUBLISH q0 c', 'UNSUBSCRIBE #3']);
    s.publish('quick');
    expect(s.turn()).toEqual(['PUBLISH q0 quick']);
    s.dispose();
  });

  test("'fifo' → everything waits behind the publish that waits, and goes in order", () => {
    const s = createSession(version, { maximumInflight: 1, flowControl: 'fifo' });
    s.connect();
    submitMix(s);
    expect(s.turn()).toEqual(['PUBLISH q2 #1 a']);
    s.publish('late');
    expect(s.turn()).toEqual([]);
    s.pubrec(1);
    expect(s.turn()).toEqual(['PUBREL #1']);
    s.pubcomp(1);
    expect(s.turn()).toEqual(['PUBLISH q1 #2 b', 'SUBSCRIBE #3', 'PUBLISH q0 c', 'UNSUBSCRIBE #4']);
    s.suback(3, 0);
    s.unsuback(4, 0);
    s.puback(2);
    expect(s.turn()).toEqual(['PUBLISH q2 #5 d', 'PUBLISH q0 late']);
    s.dispose();
  });

  test("'fifo' → what answers the Server, and PINGREQ, never wait", () => {
    const s = createSession(version, { maximumInflight: 1, flowControl: 'fifo', keepAlive: 10 });
    s.connect();
    s.publish('a', { qos: 1 });
    s.publish('b', { qos: 1 });
    s.turn();
    s.deliver('in', { qos: 1, packetId: 7 });
    s.handle();
    s.advance(10_000);
    expect(s.turn()).toEqual(['PINGREQ', 'PUBACK #7']);
    s.dispose();
  });

  test("'fifo', Session kept → new operations wait until all is sent again", () => {
    const s = createSession(version, { maximumInflight: 2, flowControl: 'fifo' });
    s.connect();
    s.publish('a', { qos: 1 });
    s.publish('b', { qos: 1 });
    s.turn();
    s.drop();
    s.open();
    s.turn();
    s.subscribe('s');
    s.connack({ sessionPresent: true });
    s.publish('c');
    expect(s.turn()).toEqual([
      'PUBLISH q1 #1 a dup',
      'PUBLISH q1 #2 b dup',
      'SUBSCRIBE #3',
      'PUBLISH q0 c',
    ]);
    s.dispose();
  });

  test("'fifo' → QoS 0 waits behind a publish that waits, with nothing else queued", () => {
    const s = createSession(version, { maximumInflight: 1, flowControl: 'fifo' });
    s.connect();
    s.publish('a', { qos: 1 });
    s.publish('b', { qos: 1 });
    s.turn();
    s.publish('c');
    expect(s.turn()).toEqual([]);
    s.puback(1);
    expect(s.turn()).toEqual(['PUBLISH q1 #2 b', 'PUBLISH q0 c']);
    s.puback(2);
    s.publish('d');
    expect(s.session.operations).toBe(0);
    expect(s.turn()).toEqual(['PUBLISH q0 d']);
  });

  test.each(['specification', 'fifo'] as const)(
    "'%s', a batch with as many QoS 0 as await their flush → the next one in the next batch",
    (flowControl) => {
      const s = createSession(version, {
        flowControl,
        offlineQueue: 'all',
        maximumOperations: 16_384,
      });
      s.connect();
      for (let count = 0; count < 8193; count++) s.publish('a', { payload: '', segment: 1 });
      s.subscribe('s');
      const first = s.write();
      expect(first.filter((text) => text === 'PUBLISH q0 a')).toHaveLength(8192);
      s.flush();
      const rest = ['PUBLISH q0 a', 'SUBSCRIBE #1'];
      expect([...first.slice(8192), ...s.turn()].toSorted()).toEqual(rest);
      if (flowControl === 'fifo') expect(first).toHaveLength(8192);
      s.suback(1, 0);
    },
  );

  test('in flight → never more, over an interruption, too', () => {
    const s = createSession(version, { maximumInflight: 3 });
    s.connect();
    for (let index = 0; index < 10; index++) s.publish('a', { qos: index % 2 === 0 ? 1 : 2 });
    expect(s.turn()).toHaveLength(3);
    expect(s.session.inflight).toBe(3);
    expect(s.reconnect(true)).toEqual([
      'PUBLISH q1 #1 a dup',
      'PUBLISH q2 #2 a dup',
      'PUBLISH q1 #3 a dup',
    ]);
    expect(s.session.inflight).toBe(3);
    s.puback(1);
    expect(s.turn()).toEqual(['PUBLISH q2 #4 a']);
    expect(s.session.inflight).toBe(3);
    s.dispose();
  });
});

describe('version 5', () => {
  test("'fifo', every identifier taken → whatever needs one holds back all behind it; QoS 0 needs none", () => {
    const s = createSession(5, { flowControl: 'fifo', maximumOperations: 131_072 });
    s.connect();
    for (let packetId = 1; packetId <= 65_535; packetId++) {
      s.subscribe('a');
      if (packetId % 5000 === 0) s.turn();
    }
    s.turn();
    s.publish('quick');
    s.publish('b', { qos: 1 });
    s.subscribe('c');
    s.publish('d');
    expect(s.turn()).toEqual(['PUBLISH q0 quick']);
    s.suback(7, 0);
    expect(s.turn()).toEqual(['PUBLISH q1 #7 b']);
    s.suback(8, 0);
    expect(s.turn()).toEqual(['SUBSCRIBE #8', 'PUBLISH q0 d']);
    s.dispose();
  });

  test.each([
    [2, 5],
    [5, 2],
  ])('maximumInflight %i, Receive Maximum %i → the smaller', (maximumInflight, receiveMaximum) => {
    const s = createSession(5, { maximumInflight });
    s.connect({ receiveMaximum });
    for (let index = 0; index < 8; index++) s.publish('a', { qos: 1 });
    expect(s.turn()).toHaveLength(2);
    s.dispose();
  });

  test("'fifo' → what waits to be sent again holds back all that is new", () => {
    const s = createSession(5, { flowControl: 'fifo' });
    s.connect();
    s.publish('a', { qos: 1 });
    s.publish('b', { qos: 1 });
    s.turn();
    s.subscribe('s');
    expect(s.reconnect(true, { receiveMaximum: 1 })).toEqual(['PUBLISH q1 #1 a dup']);
    s.publish('c');
    expect(s.turn()).toEqual([]);
    s.puback(1);
    expect(s.turn()).toEqual(['PUBLISH q1 #2 b dup', 'SUBSCRIBE #3', 'PUBLISH q0 c']);
    s.dispose();
  });

  test("'fifo', nothing new queued → QoS 0 waits for what is to be sent again", () => {
    const s = createSession(5, { flowControl: 'fifo' });
    s.connect();
    s.publish('a', { qos: 1 });
    s.publish('b', { qos: 1 });
    s.turn();
    s.reconnect(true, { receiveMaximum: 1 });
    s.publish('c');
    expect(s.turn()).toEqual([]);
    s.puback(1);
    expect(s.turn()).toEqual(['PUBLISH q1 #2 b dup', 'PUBLISH q0 c']);
    s.puback(2);
  });

  test.each(['specification', 'fifo'] as const)(
    "'%s', no quota left → a PUBREL that is to be sent again goes, a new publish does not",
    (flowControl) => {
      const s = createSession(5, { flowControl });
      s.connect();
      s.publish('a', { qos: 1 });
      s.publish('b', { qos: 2 });
      s.publish('c', { qos: 1 });
      s.turn();
      s.pubrec(2);
      s.publish('d', { qos: 1 });
      expect(s.reconnect(true, { receiveMaximum: 1 })).toEqual([
        'PUBLISH q1 #1 a dup',
        'PUBREL #2',
      ]);
      s.puback(1);
      expect(s.turn()).toEqual(['PUBLISH q1 #3 c dup']);
      s.puback(3);
      expect(s.turn()).toEqual(['PUBLISH q1 #4 d']);
      s.puback(4);
      s.pubcomp(2);
    },
  );
});
