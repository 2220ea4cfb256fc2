import { describe, expect, test } from 'vitest';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

describe('Receive Maximum of the Server', () => {
  test('[MQTT-3.3.4-7] [MQTT-4.9.0-2] full → QoS 1 and 2 wait; each acknowledgement lets one go', () => {
    const s = createSession(5);
    s.connect({ receiveMaximum: 2 });
    for (const [topic, qos] of [
      ['a', 2],
      ['b', 1],
      ['c', 1],
      ['d', 2],
    ] as const)
      s.publish(topic, { qos });
    expect(s.turn()).toEqual(['PUBLISH q2 #1 a', 'PUBLISH q1 #2 b']);
    expect(s.session.inflight).toBe(2);
    s.puback(2);
    expect(s.turn()).toEqual(['PUBLISH q1 #3 c']);
    s.pubrec(1);
    expect(s.turn()).toEqual(['PUBREL #1']);
    expect(s.session.inflight).toBe(2);
    s.pubcomp(1);
    expect(s.turn()).toEqual(['PUBLISH q2 #4 d']);
    s.puback(3);
    s.pubrec(4, 0x80);
    expect(s.session.inflight).toBe(0);
  });

  test('[MQTT-3.3.4-8] [MQTT-4.9.0-3] full → everything else passes', () => {
    const s = createSession(5, { keepAlive: 10 });
    s.connect({ receiveMaximum: 1 });
    s.publish('a', { qos: 1 });
    s.publish('blocked', { qos: 1 });
    s.turn();
    s.subscribe('b');
    s.unsubscribe('c');
    s.publish('d');
    s.deliver('e', { qos: 1, packetId: 9 });
    s.handle();
    s.advance(10_000);
    expect(s.turn()).toEqual([
      'PINGREQ',
      'PUBACK #9',
      'SUBSCRIBE #2',
      'UNSUBSCRIBE #3',
      'PUBLISH q0 d',
    ]);
    s.dispose();
  });

  test('full → QoS 0 goes straight into the batch past the blocked QoS 1', () => {
    const s = createSession(5);
    s.connect({ receiveMaximum: 1 });
    s.publish('a', { qos: 1 });
    s.publish('blocked', { qos: 1 });
    s.turn();
    s.publish('quick');
    expect(s.session.operations).toBe(2);
    expect(s.turn()).toEqual(['PUBLISH q0 quick']);
    s.puback(1);
    s.turn();
    s.puback(2);
  });

  test('[MQTT-5.0:4.9-a] unknown acknowledgements → no quota out of nothing', () => {
    const s = createSession(5);
    s.connect({ receiveMaximum: 1 });
    s.puback(500);
    s.pubcomp(501);
    s.publish('a', { qos: 1 });
    s.publish('b', { qos: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a']);
    s.puback(1);
    s.turn();
    s.puback(2);
  });

  test('[MQTT-5.0:4.9-a] next connection → its own Receive Maximum from the start', () => {
    const s = createSession(5);
    s.connect({ receiveMaximum: 3 });
    for (const topic of ['a', 'b', 'c', 'd']) s.publish(topic, { qos: 1 });
    expect(s.turn()).toHaveLength(3);
    expect(s.reconnect(true, { receiveMaximum: 1 })).toEqual(['PUBLISH q1 #1 a dup']);
    s.puback(1);
    expect(s.turn()).toEqual(['PUBLISH q1 #2 b dup']);
    s.puback(2);
    expect(s.turn()).toEqual(['PUBLISH q1 #3 c dup']);
    s.puback(3);
    expect(s.turn()).toEqual(['PUBLISH q1 #4 d']);
    s.puback(4);
  });

  test('PUBREL of an earlier connection → needs no quota, its PUBCOMP gives none', () => {
    const s = createSession(5);
    s.connect({ receiveMaximum: 2 });
    s.publish('a', { qos: 2 });
    s.publish('b', { qos: 1 });
    s.turn();
    s.pubrec(1);
    s.turn();
    expect(s.reconnect(true, { receiveMaximum: 1 })).toEqual(['PUBREL #1', 'PUBLISH q1 #2 b dup']);
    s.publish('c', { qos: 1 });
    s.pubcomp(1);
    expect(s.turn()).toEqual([]);
    s.puback(2);
    expect(s.turn()).toEqual(['PUBLISH q1 #3 c']);
    s.puback(3);
  });

  test('3.1.1 → as many as there are identifiers', () => {
    const s = createSession(4);
    s.connect();
    for (let index = 0; index < 500; index++) s.publish('a', { qos: 1 });
    expect(s.turn()).toHaveLength(500);
    expect(s.session.inflight).toBe(500);
    for (let packetId = 1; packetId <= 500; packetId++) s.puback(packetId);
  });
});

describe('our Receive Maximum', () => {
  test('[MQTT-3.3.4-9] [MQTT-5.0:3.3.4-d] exceeded → DISCONNECT 0x93, nothing after it handled', () => {
    const s = createSession(5, { receiveMaximum: 2 });
    s.connect();
    s.deliver('a', { qos: 1, packetId: 1 });
    s.deliver('a', { qos: 2, packetId: 2 });
    s.deliver('a');
    s.deliver('a', { qos: 1, packetId: 3 });
    expect(s.closeReason.error).toMatchObject({ statement: 'MQTT-3.3.4-9', reasonCode: 0x93 });
    s.deliver('a');
    expect(s.sink.messages).toHaveLength(3);
    expect(s.turn()).toEqual(['DISCONNECT 0x93']);
  });

  test('acknowledged → room for as many more, QoS 2 only with PUBCOMP', () => {
    const s = createSession(5, { receiveMaximum: 2 });
    s.connect();
    for (let round = 0; round < 5; round++) {
      s.deliver('a', { qos: 1, packetId: 1, payload: `q1 ${round}` });
      s.deliver('a', { qos: 2, packetId: 2, payload: `q2 ${round}` });
      s.handle();
      s.turn();
      s.pubrel(2);
      s.turn();
    }
    s.deliver('a', { qos: 2, packetId: 1, payload: 'x' });
    s.deliver('a', { qos: 2, packetId: 2, payload: 'y' });
    s.handle();
    s.turn();
    expect(s.state).toBe('connected');
    s.deliver('a', { qos: 1, packetId: 3 });
    expect(s.state).toBe('closing');
  });

  test('a refusing PUBREC → gives its place back', () => {
    const s = createSession(5, { receiveMaximum: 1 });
    s.connect();
    s.deliver('a', { qos: 2, packetId: 1, payload: 'x' });
    s.handle('x', 0x80);
    s.turn();
    s.deliver('a', { qos: 1, packetId: 2, payload: 'y' });
    expect(s.state).toBe('connected');
    s.handle('y');
    expect(s.turn()).toEqual(['PUBACK #2']);
  });

  test('duplicates of one identifier → count once', () => {
    const s = createSession(5, { receiveMaximum: 1 });
    s.connect();
    s.deliver('a', { qos: 2, packetId: 1 });
    s.deliver('a', { qos: 2, packetId: 1, dup: true });
    expect(s.state).toBe('connected');
    s.handle();
    expect(s.turn()).toEqual(['PUBREC #1']);
  });

  test('next connection → counts from nothing; resumed duplicates count', () => {
    const s = createSession(5, { receiveMaximum: 2 });
    s.connect();
    s.deliver('a', { qos: 2, packetId: 1 });
    s.deliver('a', { qos: 2, packetId: 2 });
    s.reconnect(true);
    s.deliver('a', { qos: 2, packetId: 1, dup: true });
    s.deliver('a', { qos: 2, packetId: 2, dup: true });
    expect(s.state).toBe('connected');
    s.deliver('a', { qos: 1, packetId: 3 });
    expect(s.closeReason.error.reasonCode).toBe(0x93);
  });

  test('[MQTT-3.3.4-9] exceeded by a duplicate of an earlier connection → DISCONNECT 0x93', () => {
    const s = createSession(5, { receiveMaximum: 2 });
    s.connect();
    s.deliver('a', { qos: 2, packetId: 1 });
    s.handle();
    expect(s.turn()).toEqual(['PUBREC #1']);
    s.reconnect(true);
    s.deliver('a', { qos: 1, packetId: 2 });
    s.deliver('a', { qos: 1, packetId: 3 });
    s.deliver('a', { qos: 2, packetId: 1, dup: true });
    expect(s.closeReason.error).toMatchObject({ statement: 'MQTT-3.3.4-9', reasonCode: 0x93 });
    expect(s.sink.messages).toHaveLength(3);
    expect(s.turn()).toEqual(['DISCONNECT 0x93']);
  });

  test('one identifier used over and over by the Server → held back within bounds', () => {
    const s = createSession(5, { receiveMaximum: 4 });
    s.connect();
    // The oldest is never handled: it keeps the place of all that come after it.
    s.deliver('a', { qos: 1, packetId: 1, payload: 'stuck' });
    let received = 0;
    for (; s.session.receivable > 0 && received < 1000; received++) {
      s.deliver('a', { qos: 1, packetId: 2, payload: 'more' });
    }
    expect(received).toBeLessThan(16);
    s.handle();
    expect(s.turn()).toHaveLength(received + 1);
    expect(s.session.receivable > 0).toBe(true);
  });

  test('PUBRELs faster than PUBCOMPs can be written → held back, then all answered', () => {
    const s = createSession(5);
    s.connect();
    let received = 0;
    for (; s.session.receivable > 0 && received < 5000; received++) s.pubrel(received + 1);
    expect(received).toBe(1024);
    expect(s.turn()).toHaveLength(1024);
    expect(s.session.receivable > 0).toBe(true);
  });

  test('connection lost with all the PUBCOMPs owed that there is room for → the next CONNACK is taken', () => {
    const s = createSession(5);
    s.connect();
    for (let packetId = 1; s.session.receivable > 0; packetId++) s.pubrel(packetId);
    s.drop();
    s.open();
    expect(s.session.receivable > 0).toBe(true);
    s.turn();
    s.connack({ sessionPresent: true });
    expect(s.state).toBe('connected');
    expect(s.turn()).toEqual([]);
  });
});

describe.each(VERSIONS)('bounds, version %i', (version) => {
  test('as many operations as may be held → no more until one ends', () => {
    const s = createSession(version, { maximumOperations: 4 });
    s.connect();
    for (let index = 0; index < 4; index++) s.publish('a', { qos: 1 });
    expect(s.session.canSubmit(s.batch)).toBe(false);
    s.turn();
    expect(s.session.canSubmit(s.batch)).toBe(false);
    s.puback(1);
    expect(s.session.canSubmit(s.batch)).toBe(true);
    for (const packetId of [2, 3, 4]) s.puback(packetId);
  });

  test('offline → as many operations as may be held', () => {
    const s = createSession(version, { maximumOperations: 4 });
    for (let index = 0; index < 4; index++) s.publish('a', { qos: 1 });
    expect(s.session.canSubmit(s.batch)).toBe(false);
    s.connect();
    expect(s.turn()).toHaveLength(4);
    for (const packetId of [1, 2, 3, 4]) s.puback(packetId);
  });

  test('batch full of bytes → the rest in the next, in order', () => {
    const s = createSession(version);
    s.connect();
    const payload = new Uint8Array(100_000);
    for (let index = 1; index <= 7; index++) s.publish(`t${index}`, { qos: 1, payload });
    expect(s.write()).toEqual(['PUBLISH q1 #1 t1', 'PUBLISH q1 #2 t2', 'PUBLISH q1 #3 t3']);
    expect(s.session.canSubmit(s.batch)).toBe(false);
    s.flush();
    expect(s.turn()).toHaveLength(4);
    for (let packetId = 1; packetId <= 7; packetId++) s.puback(packetId);
  });

  test('batch full of QoS 0 → no more until it is flushed', () => {
    const s = createSession(version);
    s.connect();
    const payload = new Uint8Array(100_000);
    let submitted = 0;
    for (; s.session.canSubmit(s.batch) && submitted < 50; submitted++) s.publish('a', { payload });
    expect(submitted).toBe(3);
    expect(s.turn()).toHaveLength(3);
    expect(s.session.canSubmit(s.batch)).toBe(true);
  });

  test('batch full → acknowledgements wait for the next', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a', { payload: new Uint8Array(300_000) });
    s.deliver('b', { qos: 1, packetId: 1 });
    s.deliver('b', { qos: 2, packetId: 2 });
    s.handle();
    s.pubrel(50);
    expect(s.write()).toEqual(['PUBLISH q0 a']);
    s.flush();
    const end = version === 5 ? 'PUBCOMP #50 0x92' : 'PUBCOMP #50';
    expect(s.turn()).toEqual(['PUBACK #1', 'PUBREC #2', end]);
  });

  test('batch full → PUBRELs and retransmissions wait for the next', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a', { qos: 2 });
    s.turn();
    s.pubrec(1);
    s.publish('big', { payload: new Uint8Array(300_000) });
    expect(s.write()).toEqual(['PUBLISH q0 big']);
    s.flush();
    expect(s.turn()).toEqual(['PUBREL #1']);
    s.pubcomp(1);
  });

  test('thousands of PUBACKs → more than one arena takes, all written in order', () => {
    const s = createSession(version, { receiveMaximum: 65_535 });
    s.connect();
    for (let packetId = 1; packetId <= 40_000; packetId++)
      s.deliver('a', { qos: 1, packetId, payload: '' });
    s.handle();
    const texts = s.turn();
    expect(texts).toHaveLength(40_000);
    expect(texts[39_999]).toBe('PUBACK #40000');
  });
});

describe('Packet Identifiers', () => {
  function exhaust(s: SessionFixture): void {
    for (let packetId = 1; packetId <= 65_535; packetId++) {
      s.subscribe('a');
      if (packetId % 5000 === 0) s.turn();
    }
    s.turn();
  }

  test('65,535 exchanges → identifiers wrap to 1 and skip what is taken', () => {
    const s = createSession(4);
    s.connect();
    s.publish('first', { qos: 1 });
    s.publish('third', { qos: 2 });
    s.turn();
    for (let packetId = 3; packetId <= 65_535; packetId++) {
      s.publish('a', { qos: 1 });
      if (packetId % 500 === 0 || packetId === 65_535) {
        s.turn();
        const first = packetId % 500 === 0 ? packetId - 499 : 65_501;
        for (let id = Math.max(first, 3); id <= packetId; id++) s.puback(id);
      }
    }
    s.publish('b', { qos: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #3 b']);
    s.puback(3);
    s.puback(1);
    s.publish('c', { qos: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #4 c']);
    s.puback(4);
    s.pubrec(2);
    s.turn();
    s.pubcomp(2);
  });

  test('all of them taken → operations wait, no error; one given back lets one go', () => {
    const s = createSession(5, { maximumOperations: 131_072 });
    s.connect();
    exhaust(s);
    const waiting = s.publish('waiting', { qos: 1 });
    expect(s.turn()).toEqual([]);
    s.suback(777, 0);
    expect(s.turn()).toEqual(['PUBLISH q1 #777 waiting']);
    expect(s.outcome(waiting)).toBe('open');
    s.puback(777);
    for (let packetId = 1; packetId <= 65_535; packetId++)
      if (packetId !== 777) s.suback(packetId, 0);
    s.lastPacketId = 777;
  });

  test('all of them taken → QoS 0 with an alias needs none and goes', () => {
    const s = createSession(5, { maximumOperations: 131_072 });
    s.connect({ topicAliasMaximum: 1 });
    exhaust(s);
    s.publish('quick', { topicAlias: 1 });
    expect(s.turn()).toEqual(['PUBLISH q0 quick alias 1']);
    s.dispose();
  });
});
