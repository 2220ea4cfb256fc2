import { describe, expect, test } from 'vitest';
import { createSession, VERSIONS } from '../support/session-fixture.js';

const ABORTED = 'GNEISS_ERR_ABORTED';

describe.each(VERSIONS)('version %i', (version) => {
  test('aborted while queued → never sent, the others are', () => {
    const s = createSession(version);
    const tokens = [s.publish('a', { qos: 1 }), s.subscribe('b'), s.publish('c', { qos: 2 })];
    const kept = s.publish('d', { qos: 1 });
    for (const token of tokens) s.session.abort(token);
    s.connect();
    expect(s.turn()).toEqual(['PUBLISH q1 #1 d']);
    s.puback(1);
    expect(s.outcomes(...tokens)).toEqual([ABORTED, ABORTED, ABORTED]);
    expect(s.outcome(kept)).toBe('done 0x00');
  });

  test('aborted while it waits for quota, as QoS 0 in the table → never sent', () => {
    const s = createSession(version, { offlineQueue: 'all' });
    s.connect();
    const token = s.publish('a');
    s.session.abort(token);
    expect(s.turn()).toEqual([]);
    expect(s.outcome(token)).toBe(ABORTED);
  });

  test('a token that the session does not know → says so, and keeps nothing of it', () => {
    const s = createSession(version);
    s.connect();
    expect(s.session.abort(0)).toBe(false);
    const token = s.publish('a');
    expect(s.turn()).toEqual(['PUBLISH q0 a']);
    expect(s.outcome(token)).toBe('done 0x00');
  });

  test('aborted without a connection → fails at once, and its place is free', () => {
    const s = createSession(version);
    const tokens = [
      s.publish('a', { qos: 1 }),
      s.publish('b', { qos: 1 }),
      s.publish('c', { qos: 1 }),
    ];
    expect(s.session.abort(tokens[1]!)).toBe(true);
    expect(s.outcome(tokens[1]!)).toBe(ABORTED);
    expect(s.session.operations).toBe(2);
    s.connect();
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a', 'PUBLISH q1 #2 c']);
    s.puback(1);
    s.puback(2);
  });

  test('aborted when sent → the exchange goes on and ends once', () => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 2 });
    s.turn();
    s.session.abort(token);
    s.pubrec(1);
    expect(s.turn()).toEqual(['PUBREL #1']);
    s.pubcomp(1);
    expect(s.outcome(token)).toBe(ABORTED);
  });

  test('aborted as QoS 0 in the table, written and not yet flushed → ends once, not again at the flush', () => {
    const s = createSession(version, { offlineQueue: 'all' });
    s.connect();
    const token = s.publish('a');
    s.write();
    s.session.abort(token);
    s.flush();
    expect(s.outcome(token)).toBe(ABORTED);
  });

  test('aborted when sent, then its timeout passes → settled once', () => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 1, ackTimeoutMs: 500 });
    s.turn();
    s.session.abort(token);
    s.advance(500);
    s.turn();
    expect(s.outcome(token)).toBe(ABORTED);
    expect(s.sink.failed).toBe(1);
    s.puback(1);
  });

  test('aborted when sent, connection lost with the Session kept → sent again: the Server may have it', () => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 1 });
    s.turn();
    s.session.abort(token);
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup']);
    s.puback(1);
    expect(s.outcome(token)).toBe(ABORTED);
  });

  test('aborted when sent, Session lost → not begun anew', () => {
    const s = createSession(version);
    s.connect();
    const tokens = [s.publish('a', { qos: 1 }), s.publish('b', { qos: 2 }), s.subscribe('c')];
    s.turn();
    s.pubrec(2);
    s.turn();
    for (const token of tokens) s.session.abort(token);
    expect(s.reconnect(false)).toEqual([]);
    expect(s.outcomes(...tokens)).toEqual([ABORTED, ABORTED, ABORTED]);
  });

  test('aborted, never submitted, more often than there are places → still bounded, still working', () => {
    const s = createSession(version, { maximumOperations: 8 });
    s.connect();
    for (let token = 1000; token < 1100; token++) s.session.abort(token);
    const token = s.publish('a', { qos: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a']);
    s.puback(1);
    expect(s.outcome(token)).toBe('done 0x00');
  });
});
