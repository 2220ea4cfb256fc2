import { describe, expect, test } from 'vitest';
import { createSession, VERSIONS } from '../support/session-fixture.js';

const TIMEOUT = 30_000;
const NEVER = Number.POSITIVE_INFINITY;

describe.each(VERSIONS)('version %i', (version) => {
  test.each(['subscribe', 'unsubscribe', 'QoS 1', 'QoS 2'])(
    '%s unanswered → fails at the timeout and not before; the connection stays',
    (what) => {
      const s = createSession(version);
      s.connect();
      const token =
        what === 'subscribe'
          ? s.subscribe('a', TIMEOUT)
          : what === 'unsubscribe'
            ? s.unsubscribe('a', TIMEOUT)
            : s.publish('a', { qos: what === 'QoS 1' ? 1 : 2, ackTimeoutMs: TIMEOUT });
      s.turn();
      const deadline = s.now + TIMEOUT;
      expect(s.session.nextDeadline()).toBe(deadline);
      s.now = deadline - 1;
      s.turn();
      expect(s.outcome(token)).toBe('open');
      s.now = deadline;
      s.session.expire(s.now);
      expect(s.outcome(token)).toBe('GNEISS_ERR_ACK_TIMEOUT');
      expect(s.state).toBe('connected');
      expect(s.session.nextDeadline()).toBe(NEVER);
      expect(s.session.operations).toBe(1);
      switch (what) {
        case 'subscribe':
          s.suback(1, 0);
          break;
        case 'unsubscribe':
          s.unsuback(1, 0);
          break;
        case 'QoS 1':
          s.puback(1);
          break;
        default:
          s.pubrec(1);
          expect(s.turn()).toEqual(['PUBREL #1']);
          s.pubcomp(1);
      }
      expect(s.sink.tolerated).toBe(0);
      expect(s.sink.failed).toBe(1);
    },
  );

  test('timer runs from sending, not from submission', () => {
    const s = createSession(version);
    const token = s.publish('a', { qos: 1, ackTimeoutMs: TIMEOUT });
    s.advance(100_000);
    s.connect();
    s.turn();
    expect(s.session.nextDeadline()).toBe(s.now + TIMEOUT);
    s.puback(1);
    expect(s.outcome(token)).toBe('done 0x00');
    expect(s.session.nextDeadline()).toBe(NEVER);
  });

  test('QoS 2 → one timeout for the whole exchange, from the PUBLISH', () => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 2, ackTimeoutMs: TIMEOUT });
    s.turn();
    const deadline = s.now + TIMEOUT;
    s.advance(20_000);
    s.pubrec(1);
    s.turn();
    expect(s.session.nextDeadline()).toBe(deadline);
    s.now = deadline;
    s.turn();
    expect(s.outcome(token)).toBe('GNEISS_ERR_ACK_TIMEOUT');
    s.pubcomp(1);
    expect(s.session.operations).toBe(0);
  });

  test('timed out → identifier and quota stay taken until the late acknowledgement', () => {
    const s = createSession(version);
    s.connect(version === 5 ? { receiveMaximum: 1 } : {});
    s.publish('a', { qos: 1, ackTimeoutMs: TIMEOUT });
    s.turn();
    s.advance(TIMEOUT);
    s.turn();
    s.publish('b', { qos: 1 });
    expect(s.turn()).toEqual(version === 5 ? [] : ['PUBLISH q1 #2 b']);
    s.puback(1);
    expect(s.turn()).toEqual(version === 5 ? ['PUBLISH q1 #2 b'] : []);
    s.puback(2);
  });

  test('timed out, then the connection is lost with the Session kept → sent again and ended in silence', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a', { qos: 1, ackTimeoutMs: TIMEOUT });
    s.publish('b', { qos: 2, ackTimeoutMs: TIMEOUT });
    s.turn();
    s.pubrec(2);
    s.turn();
    s.advance(TIMEOUT);
    s.turn();
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup', 'PUBREL #2']);
    expect(s.session.nextDeadline()).toBe(NEVER);
    s.puback(1);
    s.pubcomp(2);
    expect(s.sink.failed).toBe(2);
  });

  test('timed out, then the Session is lost → not begun anew, counted once', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a', { qos: 1, ackTimeoutMs: TIMEOUT });
    s.subscribe('b', TIMEOUT);
    s.turn();
    s.advance(TIMEOUT);
    s.turn();
    expect(s.reconnect(false)).toEqual([]);
    expect(s.session.operations).toBe(0);
    expect(s.sink.failed).toBe(2);
  });

  test('interrupted in time → the timer stops, and starts anew when sent again', () => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 1, ackTimeoutMs: TIMEOUT });
    s.turn();
    s.drop();
    expect(s.session.nextDeadline()).toBe(NEVER);
    s.advance(10 * TIMEOUT);
    s.connect({}, { sessionPresent: true });
    s.turn();
    expect(s.outcome(token)).toBe('open');
    expect(s.session.nextDeadline()).toBe(s.now + TIMEOUT);
    s.puback(1);
  });

  test('many timeouts of different lengths → each at its time', () => {
    const s = createSession(version);
    s.connect();
    const lengths = [500, 100, 300, 200, 400, 100, 600];
    const tokens = lengths.map((ackTimeoutMs) => s.publish('a', { qos: 1, ackTimeoutMs }));
    s.turn();
    s.puback(3);
    const start = s.now;
    for (const at of [100, 200, 300, 400, 500, 600]) {
      s.now = start + at;
      s.session.expire(s.now);
      const expected = lengths.map((length, index) => {
        if (index === 2) return 'done 0x00';
        return length <= at ? 'GNEISS_ERR_ACK_TIMEOUT' : 'open';
      });
      expect(s.outcomes(...tokens)).toEqual(expected);
    }
    for (const packetId of [1, 2, 4, 5, 6, 7]) s.puback(packetId);
  });

  test('QoS 0, and publishes that nobody awaits → no timer', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a', { ackTimeoutMs: TIMEOUT });
    s.publish('a', { qos: 1, awaited: false, ackTimeoutMs: TIMEOUT });
    s.turn();
    expect(s.session.nextDeadline()).toBe(NEVER);
    s.puback(1);
  });
});

test('late acknowledgement with a failing code → not counted as failed twice', () => {
  const s = createSession(5);
  s.connect();
  s.publish('a', { qos: 1, ackTimeoutMs: TIMEOUT });
  s.turn();
  s.advance(TIMEOUT);
  s.turn();
  s.puback(1, 0x80);
  expect(s.sink.failed).toBe(1);
});
