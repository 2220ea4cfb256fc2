import { describe, expect, test } from 'vitest';
import type { OfflineQueue } from '../../src/protocol/offline-policy.js';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

const EXHAUSTED = 'GNEISS_ERR_RETRIES_EXHAUSTED';
const POLICIES: readonly OfflineQueue[] = ['all', 'acknowledged', 'qos1-plus', 'nothing'];

function submitAll(s: SessionFixture): readonly number[] {
  return [
    s.publish('q1', { qos: 1 }),
    s.subscribe('s'),
    s.publish('q2', { qos: 2 }),
    s.unsubscribe('u'),
  ];
}

describe.each(VERSIONS)('maximumInterruptedRetries, version %i', (version) => {
  test.each([0, 1, 2, 3])(
    '%i → as many interruptions are survived, the next one fails',
    (limit) => {
      for (const sessionPresent of [true, false]) {
        const s = createSession(version, {
          offlineQueue: 'all',
          maximumInterruptedRetries: limit,
        });
        s.connect();
        const tokens = submitAll(s);
        s.turn();
        for (let interruption = 0; interruption < limit; interruption++) {
          expect(s.reconnect(sessionPresent)).toHaveLength(4);
          expect(s.outcomes(...tokens)).toEqual(tokens.map(() => 'open'));
        }
        s.drop();
        expect(s.outcomes(...tokens)).toEqual(tokens.map(() => EXHAUSTED));
        s.dispose();
      }
    },
  );

  test('not given → no end to it', () => {
    const s = createSession(version);
    s.connect();
    const tokens = submitAll(s);
    s.turn();
    for (let interruption = 0; interruption < 100; interruption++) s.reconnect(true);
    expect(s.outcomes(...tokens)).toEqual(tokens.map(() => 'open'));
    s.dispose();
  });

  test.each(POLICIES)('policy %s → makes no difference to what was sent', (offlineQueue) => {
    const s = createSession(version, { offlineQueue, maximumInterruptedRetries: 0 });
    s.connect();
    const tokens = submitAll(s);
    s.turn();
    s.drop();
    expect(s.outcomes(...tokens)).toEqual(tokens.map(() => EXHAUSTED));
    s.dispose();
  });

  test('queued, or waiting to be sent again → not counted', () => {
    const s = createSession(version, { maximumInterruptedRetries: 1, maximumInflight: 1 });
    s.connect();
    const sent = s.publish('a', { qos: 1 });
    const queued = s.publish('b', { qos: 1 });
    const subscription = s.subscribe('s');
    s.write();
    s.drop();
    for (let connection = 0; connection < 5; connection++) {
      s.connect({}, { sessionPresent: true });
      s.drop();
    }
    expect(s.outcomes(sent, queued, subscription)).toEqual(['open', 'open', 'open']);
    s.connect({}, { sessionPresent: true });
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a dup', 'SUBSCRIBE #3']);
    s.drop();
    expect(s.outcomes(sent, queued, subscription)).toEqual([EXHAUSTED, 'open', EXHAUSTED]);
    s.dispose();
  });

  test('QoS 0 kept by the policy → not counted', () => {
    const s = createSession(version, { offlineQueue: 'all', maximumInterruptedRetries: 0 });
    s.connect();
    const token = s.publish('a');
    for (let interruption = 0; interruption < 3; interruption++) {
      s.write();
      s.drop();
      s.connect();
    }
    expect(s.turn()).toEqual(['PUBLISH q0 a']);
    expect(s.outcome(token)).toBe('done 0x00');
  });

  test('a new operation in the place of an old one → counts from nothing', () => {
    const s = createSession(version, { maximumOperations: 1, maximumInterruptedRetries: 1 });
    s.connect();
    s.publish('a', { qos: 1 });
    s.turn();
    s.reconnect(true);
    s.puback(1);
    const token = s.publish('b', { qos: 1 });
    s.turn();
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #2 b dup']);
    s.puback(2);
    expect(s.outcome(token)).toBe('done 0x00');
  });

  test('counts over a lost Session, too', () => {
    const s = createSession(version, { maximumInterruptedRetries: 1 });
    s.connect();
    const token = s.publish('a', { qos: 1 });
    s.turn();
    s.reconnect(false);
    s.drop();
    expect(s.outcome(token)).toBe(EXHAUSTED);
  });

  test('QoS 1 and subscriptions → their place and identifier are free: the Server keeps nothing of them', () => {
    const s = createSession(version, { maximumInterruptedRetries: 0, maximumOperations: 4 });
    s.connect();
    s.publish('a', { qos: 1 });
    s.subscribe('b');
    s.turn();
    s.drop();
    expect(s.session.operations).toBe(0);
    expect(s.sink.heldFrames.size).toBe(0);
    s.connect({}, { sessionPresent: true });
    expect(s.turn()).toEqual([]);
  });

  test.each(['PUBLISH unanswered', 'PUBREC came', 'PUBREL sent'])(
    'QoS 2, %s, Session kept → the message is not sent again, its exchange is ended by PUBREL',
    (moment) => {
      const s = createSession(version, { maximumInterruptedRetries: 0, maximumOperations: 1 });
      s.connect();
      const token = s.publish('a', { qos: 2 });
      s.turn();
      if (moment !== 'PUBLISH unanswered') s.pubrec(1);
      if (moment === 'PUBREL sent') s.turn();
      s.drop();
      expect(s.outcome(token)).toBe(EXHAUSTED);
      // However often that is interrupted.
      for (let connection = 0; connection < 3; connection++) {
        expect(s.session.canSubmit(s.batch)).toBe(false);
        expect(s.reconnect(true)).toEqual(['PUBREL #1']);
      }
      s.pubcomp(1, version === 5 ? 0x92 : 0);
      expect(s.sink.failed).toBe(1);
      expect(s.sink.tolerated).toBe(0);
      expect(s.session.canSubmit(s.batch)).toBe(true);
    },
  );

  test('QoS 2, Session lost → its exchange is over', () => {
    const s = createSession(version, { maximumInterruptedRetries: 0 });
    s.connect();
    s.publish('a', { qos: 2 });
    s.turn();
    expect(s.reconnect(false)).toEqual([]);
    expect(s.session.operations).toBe(0);
    expect(s.sink.failed).toBe(1);
  });

  test('given up by its caller before → ends in silence', () => {
    const s = createSession(version, { maximumInterruptedRetries: 1 });
    s.connect();
    const token = s.publish('a', { qos: 1 });
    s.turn();
    s.session.abort(token);
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup']);
    s.drop();
    expect(s.outcome(token)).toBe('GNEISS_ERR_ABORTED');
    expect(s.sink.failed).toBe(1);
    expect(s.session.operations).toBe(0);
  });

  test('with slow start, a Server that closes over one message → that one fails, all others arrive', () => {
    const s = createSession(version, { slowStart: true, maximumInterruptedRetries: 2 });
    s.connect();
    const tokens = ['a', 'b', 'poison', 'c', 'd'].map((topic) => s.publish(topic, { qos: 1 }));
    s.turn();
    s.drop();
    for (let connection = 0; connection < 20 && s.session.operations > 0; connection++) {
      s.connect({}, { sessionPresent: true });
      for (let texts = s.turn(); texts.length > 0; texts = s.turn()) {
        if (texts.some((text) => text.includes('poison'))) break;
        for (const text of texts) s.puback(Number(/#(\d+)/.exec(text)?.[1]));
      }
      s.drop();
    }
    expect(s.outcomes(...tokens)).toEqual([
      'done 0x00',
      'done 0x00',
      EXHAUSTED,
      'done 0x00',
      'done 0x00',
    ]);
  });
});
