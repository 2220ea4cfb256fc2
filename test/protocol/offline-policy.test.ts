import { describe, expect, test } from 'vitest';
import type { OfflineQueue } from '../../src/protocol/offline-policy.js';
import { answerAll } from '../support/answer-all.js';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

const OFFLINE = 'GNEISS_ERR_OFFLINE';
const LOST = 'GNEISS_ERR_CONNECTION_LOST';
const SESSION_LOST = 'GNEISS_ERR_SESSION_LOST';

/** QoS 0, 1, 2, SUBSCRIBE and UNSUBSCRIBE: which of them each policy keeps. */
const KEPT: readonly (readonly [OfflineQueue, readonly boolean[]])[] = [
  ['all', [true, true, true, true, true]],
  ['acknowledged', [false, true, true, true, true]],
  ['qos1-plus', [false, true, true, false, false]],
  ['nothing', [false, false, false, false, false]],
];

function submitAll(s: SessionFixture): readonly number[] {
  return [
    s.publish('q0'),
    s.publish('q1', { qos: 1 }),
    s.publish('q2', { qos: 2 }),
    s.subscribe('s'),
    s.unsubscribe('u'),
  ];
}

function otherwise(kept: readonly boolean[], code: string): readonly string[] {
  return kept.map((isKept) => (isKept ? 'open' : code));
}

function ended(kept: readonly boolean[], code: string): readonly string[] {
  const answers = ['done 0x00', 'done 0x00', 'done 0x00', '0x00', '0x00'];
  return kept.map((isKept, kind) => (isKept ? answers[kind]! : code));
}

describe.each(VERSIONS)('version %i', (version) => {
  describe.each(KEPT)('policy %s', (offlineQueue, kept) => {
    test('submitted while offline → kept, or failed at once', () => {
      const s = createSession(version, { offlineQueue });
      const tokens = submitAll(s);
      expect(s.outcomes(...tokens)).toEqual(otherwise(kept, OFFLINE));
      s.connect();
      answerAll(s);
      expect(s.outcomes(...tokens)).toEqual(ended(kept, OFFLINE));
    });

    test('submitted while connecting → as while offline', () => {
      const s = createSession(version, { offlineQueue });
      s.open();
      s.turn();
      const tokens = submitAll(s);
      expect(s.outcomes(...tokens)).toEqual(otherwise(kept, OFFLINE));
      s.connack();
      answerAll(s);
      expect(s.outcomes(...tokens)).toEqual(ended(kept, OFFLINE));
    });

    test('submitted while connecting, which fails → kept over any number of attempts', () => {
      const s = createSession(version, { offlineQueue });
      s.open();
      s.turn();
      const tokens = submitAll(s);
      s.drop();
      s.open();
      s.drop();
      expect(s.outcomes(...tokens)).toEqual(otherwise(kept, OFFLINE));
      s.connect();
      answerAll(s);
      expect(s.outcomes(...tokens)).toEqual(ended(kept, OFFLINE));
    });

    test('queued and never written when the connection broke → kept, or failed then', () => {
      const s = createSession(version, { offlineQueue });
      s.connect();
      const tokens = submitAll(s);
      s.drop();
      expect(s.outcomes(...tokens)).toEqual(otherwise(kept, LOST));
      s.connect();
      answerAll(s);
      expect(s.outcomes(...tokens)).toEqual(ended(kept, LOST));
    });

    test('written and not flushed when the connection broke → QoS 0 kept under all only', () => {
      const s = createSession(version, { offlineQueue });
      s.connect();
      const token = s.publish('q0');
      s.write();
      s.drop();
      expect(s.outcome(token)).toBe(kept[0] === true ? 'open' : LOST);
      s.connect();
      answerAll(s);
      expect(s.outcome(token)).toBe(kept[0] === true ? 'done 0x00' : LOST);
    });

    test('written and unacknowledged when the connection broke → publishes stay for the Session, subscriptions by policy', () => {
      const s = createSession(version, { offlineQueue });
      s.connect();
      const [, ...tokens] = submitAll(s);
      s.turn();
      s.drop();
      const isKept = [true, true, kept[3]!, kept[4]!];
      expect(s.outcomes(...tokens)).toEqual(otherwise(isKept, LOST));
      s.connect({}, { sessionPresent: true });
      answerAll(s);
      expect(s.outcomes(...tokens)).toEqual(ended([true, ...isKept], LOST).slice(1));
    });

    test('written and unacknowledged, Session lost → publishes by policy, too, at CONNACK', () => {
      const s = createSession(version, { offlineQueue });
      s.connect();
      const tokens = [
        s.publish('q1', { qos: 1 }),
        s.publish('q2', { qos: 2 }),
        s.publish('releasing', { qos: 2 }),
        s.publish('released', { qos: 2 }),
      ];
      s.turn();
      s.pubrec(4);
      s.turn();
      s.pubrec(3);
      s.drop();
      expect(s.outcomes(...tokens)).toEqual(tokens.map(() => 'open'));
      s.connect();
      const expected = kept[1] === true ? 'open' : SESSION_LOST;
      expect(s.outcomes(...tokens)).toEqual(tokens.map(() => expected));
      answerAll(s);
      const end = kept[1] === true ? 'done 0x00' : SESSION_LOST;
      expect(s.outcomes(...tokens)).toEqual(tokens.map(() => end));
    });

    test('publishes that nobody awaits → frames released, failures counted', () => {
      const s = createSession(version, { offlineQueue });
      for (const qos of [0, 1, 2] as const) s.publish('a', { qos, awaited: false });
      const failed = kept.slice(0, 3).filter((isKept) => !isKept).length;
      expect(s.sink.failed).toBe(failed);
      s.connect();
      answerAll(s);
      expect(s.sink.failed).toBe(failed);
    });

    test('unawaited QoS 0 of one segment, unflushed when the connection broke → each counted once', () => {
      const s = createSession(version, { offlineQueue });
      s.connect();
      for (let index = 0; index < 5; index++) s.publish('a', { awaited: false, segment: 3 });
      s.write();
      s.drop();
      expect(s.sink.failed).toBe(kept[0] === true ? 0 : 5);
      s.connect();
      answerAll(s);
    });
  });
});
