import { describe, expect, test } from 'vitest';
import type { OfflineQueue } from '../../src/protocol/offline-policy.js';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

/** Interrupts a QoS 1, a SUBSCRIBE, a QoS 2, an UNSUBSCRIBE and a QoS 0; five more are queued. */
function interruptTen(s: SessionFixture): void {
  s.connect();
  s.publish('q1', { qos: 1 });
  s.subscribe('s');
  s.publish('q2', { qos: 2 });
  s.unsubscribe('u');
  s.publish('q0');
  s.write();
  s.drop();
  if (s.session.canSubmit(s.batch)) {
    s.publish('later q1', { qos: 1 });
    s.subscribe('later');
    s.publish('later q2', { qos: 2 });
    s.unsubscribe('later');
    s.publish('later q0');
  }
}

/** The Server answers one packet. */
function answer(s: SessionFixture, text: string): void {
  const packetId = Number(/#(\d+)/.exec(text)?.[1] ?? 0);
  if (text.startsWith('PUBLISH q1')) s.puback(packetId);
  else if (text.startsWith('PUBLISH q2')) s.pubrec(packetId);
  else if (text.startsWith('PUBREL')) s.pubcomp(packetId);
  else if (text.startsWith('SUBSCRIBE')) s.suback(packetId, 0);
  else if (text.startsWith('UNSUBSCRIBE')) s.unsuback(packetId, 0);
}

/** What is written in each turn, when the Server answers after each. A turn of several packets is the last. */
function turns(s: SessionFixture): readonly (readonly string[])[] {
  const all: (readonly string[])[] = [];
  for (let texts = s.turn(); texts.length > 0; texts = s.turn()) {
    all.push(texts);
    expect(s.turn()).toEqual([]);
    for (const text of texts) answer(s, text);
    if (texts.length > 1) break;
  }
  return all;
}

const BY_POLICY: readonly (readonly [OfflineQueue, present: string[][], lost: string[][]])[] = [
  [
    'all',
    [
      ['PUBLISH q1 #1 q1 dup'],
      ['PUBLISH q2 #3 q2 dup'],
      ['PUBREL #3'],
      ['SUBSCRIBE #5'],
      ['UNSUBSCRIBE #6'],
      [
        'PUBLISH q0 q0',
        'PUBLISH q1 #7 later q1',
        'SUBSCRIBE #8',
        'PUBLISH q2 #9 later q2',
        'UNSUBSCRIBE #10',
        'PUBLISH q0 later q0',
      ],
    ],
    [
      ['PUBLISH q1 #5 q1'],
      ['SUBSCRIBE #6'],
      ['PUBLISH q2 #7 q2'],
      ['PUBREL #7'],
      ['UNSUBSCRIBE #8'],
      [
        'PUBLISH q0 q0',
        'PUBLISH q1 #9 later q1',
        'SUBSCRIBE #10',
        'PUBLISH q2 #11 later q2',
        'UNSUBSCRIBE #12',
        'PUBLISH q0 later q0',
      ],
    ],
  ],
  [
    'acknowledged',
    [
      ['PUBLISH q1 #1 q1 dup'],
      ['PUBLISH q2 #3 q2 dup'],
      ['PUBREL #3'],
      ['SUBSCRIBE #5'],
      ['UNSUBSCRIBE #6'],
      ['PUBLISH q1 #7 later q1', 'SUBSCRIBE #8', 'PUBLISH q2 #9 later q2', 'UNSUBSCRIBE #10'],
    ],
    [
      ['PUBLISH q1 #5 q1'],
      ['SUBSCRIBE #6'],
      ['PUBLISH q2 #7 q2'],
      ['PUBREL #7'],
      ['UNSUBSCRIBE #8'],
      ['PUBLISH q1 #9 later q1', 'SUBSCRIBE #10', 'PUBLISH q2 #11 later q2', 'UNSUBSCRIBE #12'],
    ],
  ],
  [
    'qos1-plus',
    [
      ['PUBLISH q1 #1 q1 dup'],
      ['PUBLISH q2 #3 q2 dup'],
      ['PUBREL #3'],
      ['PUBLISH q1 #5 later q1', 'PUBLISH q2 #6 later q2'],
    ],
    [
      ['PUBLISH q1 #5 q1'],
      ['PUBLISH q2 #6 q2'],
      ['PUBREL #6'],
      ['PUBLISH q1 #7 later q1', 'PUBLISH q2 #8 later q2'],
    ],
  ],
  ['nothing', [['PUBLISH q1 #1 q1 dup'], ['PUBLISH q2 #3 q2 dup'], ['PUBREL #3']], []],
];

describe.each(VERSIONS)('slow start, version %i', (version) => {
  test.each(BY_POLICY)(
    'ten operations, policy %s → those that were interrupted one at a time, then all the rest at once',
    (offlineQueue, present, lost) => {
      for (const sessionPresent of [true, false]) {
        const s = createSession(version, { offlineQueue, slowStart: true });
        interruptTen(s);
        s.connect({}, { sessionPresent });
        expect(turns(s)).toEqual(sessionPresent ? present : lost);
        for (const text of s.turn()) answer(s, text);
        expect(s.session.operations).toBe(0);
      }
    },
  );

  test('without the option → all at once', () => {
    const s = createSession(version);
    interruptTen(s);
    s.connect({}, { sessionPresent: true });
    expect(s.turn()).toHaveLength(8);
    s.dispose();
  });

  test('first connection, and one that follows nothing interrupted → all at once', () => {
    const s = createSession(version, { slowStart: true });
    s.publish('a', { qos: 1 });
    s.publish('b', { qos: 1 });
    s.connect();
    expect(s.turn()).toHaveLength(2);
    s.puback(1);
    s.puback(2);
    s.drop();
    s.publish('c', { qos: 1 });
    s.subscribe('d');
    s.connect();
    expect(s.turn()).toHaveLength(2);
    s.dispose();
  });

  test('submitted meanwhile → behind, QoS 0 too, also one at a time', () => {
    const s = createSession(version, { slowStart: true });
    s.connect();
    s.publish('a', { qos: 1 });
    s.turn();
    s.publish('b', { qos: 1 });
    s.drop();
    s.connect({}, { sessionPresent: true });
    s.publish('quick');
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a dup']);
    s.publish('quicker');
    expect(s.turn()).toEqual([]);
    s.puback(1);
    expect(s.turn()).toEqual(['PUBLISH q1 #2 b', 'PUBLISH q0 quick', 'PUBLISH q0 quicker']);
    s.publish('usual');
    expect(s.turn()).toEqual(['PUBLISH q0 usual']);
    s.puback(2);
  });

  test('QoS 0, nothing queued → waits for what was interrupted all the same', () => {
    const s = createSession(version, { slowStart: true });
    s.connect();
    s.publish('a', { qos: 1 });
    s.turn();
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup']);
    s.publish('b');
    expect(s.turn()).toEqual([]);
    s.puback(1);
    expect(s.turn()).toEqual(['PUBLISH q0 b']);
  });

  test('QoS 0 before what was interrupted → nobody answers it, nothing waits for it', () => {
    const s = createSession(version, { slowStart: true, offlineQueue: 'all' });
    s.connect();
    s.publish('a');
    s.publish('b', { qos: 1 });
    s.publish('c', { qos: 1 });
    s.write();
    s.drop();
    s.connect();
    expect(s.write()).toEqual(['PUBLISH q0 a', 'PUBLISH q1 #3 b']);
    s.flush();
    s.puback(3);
    expect(s.turn()).toEqual(['PUBLISH q1 #4 c']);
    s.puback(4);
  });

  test('interrupted again before all were sent → the marks of the others stay', () => {
    const s = createSession(version, { slowStart: true });
    s.connect();
    for (const topic of ['a', 'b', 'c']) s.publish(topic, { qos: 1 });
    s.subscribe('d');
    s.turn();
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup']);
    // Only a was sent on that connection.
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup']);
    s.publish('never interrupted', { qos: 1 });
    s.puback(1);
    expect(s.turn()).toEqual(['PUBLISH q1 #2 b dup']);
    expect(s.reconnect(false)).toEqual(['PUBLISH q1 #5 b']);
    s.puback(5);
    expect(s.turn()).toEqual(['PUBLISH q1 #6 c']);
    s.puback(6);
    expect(s.turn()).toEqual(['SUBSCRIBE #7']);
    s.suback(7, 0);
    s.publish('also not', { qos: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #8 never interrupted', 'PUBLISH q1 #9 also not']);
    s.puback(8);
    s.puback(9);
  });

  test('an attempt that fails → the marks stay', () => {
    const s = createSession(version, { slowStart: true });
    s.connect();
    s.publish('a', { qos: 1 });
    s.publish('b', { qos: 1 });
    s.turn();
    s.drop();
    s.open();
    s.turn();
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup']);
    s.dispose();
  });

  test('QoS 2 → holds the others up to PUBCOMP, from PUBREL on where it stands there', () => {
    const s = createSession(version, { slowStart: true });
    s.connect();
    s.publish('a', { qos: 2 });
    s.publish('b', { qos: 2 });
    s.turn();
    s.pubrec(1);
    expect(s.reconnect(true)).toEqual(['PUBREL #1']);
    s.pubcomp(1);
    expect(s.turn()).toEqual(['PUBLISH q2 #2 b dup']);
    s.publish('c', { qos: 1 });
    s.pubrec(2);
    expect(s.turn()).toEqual(['PUBREL #2']);
    s.pubcomp(2);
    expect(s.turn()).toEqual(['PUBLISH q1 #3 c']);
    s.puback(3);
  });

  test('given up by its caller meanwhile → nothing waits for it any more', () => {
    const s = createSession(version, { slowStart: true });
    s.connect();
    const token = s.publish('a', { qos: 1, ackTimeoutMs: 500 });
    s.publish('b', { qos: 1 });
    s.turn();
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup']);
    s.advance(500);
    expect(s.turn()).toEqual(['PUBLISH q1 #2 b dup']);
    expect(s.outcome(token)).toBe('GNEISS_ERR_ACK_TIMEOUT');
    // It may never be answered: on the next connection nobody waits for it either.
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup', 'PUBLISH q1 #2 b dup']);
    s.dispose();
  });

  test('aborted while it waits for its turn → the slow start does without it', () => {
    const s = createSession(version, { slowStart: true });
    s.connect();
    s.publish('a', { qos: 1 });
    const token = s.subscribe('b');
    s.turn();
    s.publish('c', { qos: 1 });
    s.publish('d', { qos: 1 });
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup']);
    s.session.abort(token);
    s.puback(1);
    expect(s.turn()).toEqual(['PUBLISH q1 #3 c', 'PUBLISH q1 #4 d']);
    s.puback(3);
    s.puback(4);
  });

  test('what answers the Server, and PINGREQ → never wait', () => {
    const s = createSession(version, { slowStart: true, keepAlive: 10 });
    s.connect();
    s.publish('a', { qos: 1 });
    s.subscribe('b');
    s.turn();
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup']);
    s.deliver('in', { qos: 2, packetId: 9 });
    s.handle();
    s.advance(10_000);
    expect(s.turn()).toEqual(['PINGREQ', 'PUBREC #9']);
    s.dispose();
  });

  test('the place of one that ended is taken by a new operation → it is not taken for the old one', () => {
    const s = createSession(version, { slowStart: true, maximumOperations: 2 });
    s.connect();
    s.publish('a', { qos: 1 });
    s.publish('b', { qos: 1 });
    s.turn();
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup']);
    s.puback(1);
    s.publish('c', { qos: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #2 b dup']);
    s.puback(2);
    s.publish('d', { qos: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #3 c', 'PUBLISH q1 #4 d']);
    s.puback(3);
    s.puback(4);
  });
});

test('refused by the limits of the new connection → the next one is sent', () => {
  const s = createSession(5, { slowStart: true });
  s.connect();
  s.publish('a', { qos: 2 });
  s.publish('b', { qos: 1 });
  s.publish('c', { qos: 1 });
  s.turn();
  expect(s.reconnect(true, { maximumQos: 1 })).toEqual(['PUBLISH q1 #2 b dup']);
  s.puback(2);
  expect(s.turn()).toEqual(['PUBLISH q1 #3 c dup']);
  s.publish('d', { qos: 1 });
  s.publish('e', { qos: 1 });
  s.puback(3);
  expect(s.turn()).toEqual(['PUBLISH q1 #4 d', 'PUBLISH q1 #5 e']);
  s.dispose();
});
