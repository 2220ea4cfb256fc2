import { describe, expect, test } from 'vitest';
import { createSession, VERSIONS } from '../support/session-fixture.js';

const SECOND = 1000;
const NEVER = Number.POSITIVE_INFINITY;

describe.each(VERSIONS)('version %i', (version) => {
  test('[MQTT-3.1.2-20] [MQTT-3.1.1:3.1.2-23] five idle intervals → one PINGREQ each, K after the one before', () => {
    const s = createSession(version, { keepAlive: 20 });
    s.connect();
    for (let ping = 0; ping < 5; ping++) {
      expect(s.session.nextDeadline()).toBe(s.now + 20 * SECOND);
      s.advance(20 * SECOND - 1);
      expect(s.turn()).toEqual([]);
      s.advance(1);
      expect(s.turn()).toEqual(['PINGREQ']);
      expect(s.session.nextDeadline()).toBe(s.now + 10 * SECOND);
      s.pingresp();
    }
    expect(s.sink.tolerated).toBe(0);
  });

  test('QoS 0, and QoS 1 that nobody acknowledges → push nothing', () => {
    const s = createSession(version, { keepAlive: 20 });
    s.connect();
    const connectedAt = s.now;
    s.advance(666);
    s.publish('a');
    s.publish('a', { qos: 1 });
    s.turn();
    expect(s.session.nextDeadline()).toBe(connectedAt + 20 * SECOND);
    s.dispose();
  });

  test('acknowledged long after → never pulls the PINGREQ forward', () => {
    const s = createSession(version, { keepAlive: 20 });
    s.connect();
    s.publish('a', { qos: 1 });
    s.turn();
    s.advance(20 * SECOND);
    expect(s.turn()).toEqual(['PINGREQ']);
    s.pingresp();
    s.puback(1);
    expect(s.session.nextDeadline()).toBe(s.now + 20 * SECOND);
  });

  test('[MQTT-3.12.4-1] [MQTT-5.0:3.1.2-a] [MQTT-3.1.1:3.12.4-1] no PINGRESP → closed at the timeout and not before, without DISCONNECT', () => {
    const s = createSession(version, { keepAlive: 60, pingTimeoutMs: 10 * SECOND });
    s.connect();
    s.advance(60 * SECOND);
    s.turn();
    s.advance(10 * SECOND - 1);
    expect(s.turn()).toEqual([]);
    expect(s.state).toBe('connected');
    s.advance(1);
    s.session.expire(s.now);
    expect(s.closeReason).toMatchObject({
      error: { code: 'GNEISS_ERR_KEEP_ALIVE_TIMEOUT' },
      disconnect: null,
    });
    expect(s.turn()).toEqual([]);
    expect(s.session.isFinished).toBe(true);
  });

  test('ping timeout above K/2 → K/2', () => {
    const s = createSession(version, { keepAlive: 20, pingTimeoutMs: 30 * SECOND });
    s.connect();
    s.advance(20 * SECOND);
    s.turn();
    expect(s.session.nextDeadline()).toBe(s.now + 10 * SECOND);
    s.pingresp();
  });

  test('K = 1 s → pings, answered within half a second, keep the connection', () => {
    const s = createSession(version, { keepAlive: 1 });
    s.connect();
    for (let ping = 0; ping < 10; ping++) {
      s.advance(SECOND);
      expect(s.turn()).toEqual(['PINGREQ']);
      s.advance(499);
      s.turn();
      s.pingresp();
      s.advance(-499);
    }
    expect(s.state).toBe('connected');
  });

  test('K = 0 → no PINGREQ in an hour, nothing is ever due', () => {
    const s = createSession(version, { keepAlive: 0 });
    s.connect();
    for (let minute = 0; minute < 60; minute++) {
      s.advance(60 * SECOND);
      expect(s.turn()).toEqual([]);
      expect(s.session.nextDeadline()).toBe(NEVER);
    }
  });

  test('K = 0 and an acknowledged publish → still none', () => {
    const s = createSession(version, { keepAlive: 0 });
    s.connect();
    s.publish('a', { qos: 1 });
    s.turn();
    s.puback(1);
    expect(s.session.nextDeadline()).toBe(NEVER);
  });

  test('[MQTT-5.0:3.13-a] unsolicited PINGRESP → tolerated and counted', () => {
    const s = createSession(version, { keepAlive: 20 });
    s.connect();
    s.pingresp();
    expect(s.state).toBe('connected');
    expect(s.sink.tolerated).toBe(1);
  });

  test('PINGREQ due while a batch is with the transport → owed, its timeout counts from then', () => {
    const s = createSession(version, { keepAlive: 20 });
    s.connect();
    s.publish('a');
    s.write();
    s.advance(20 * SECOND);
    s.session.expire(s.now);
    expect(s.session.nextDeadline()).toBe(s.now + 10 * SECOND);
    s.advance(3 * SECOND);
    s.session.expire(s.now);
    s.flush();
    expect(s.turn()).toEqual(['PINGREQ']);
    s.pingresp();
    expect(s.session.nextDeadline()).toBe(s.now - 3 * SECOND + 20 * SECOND);
  });

  test('a write is stuck → the owed PINGREQ times out all the same', () => {
    const s = createSession(version, { keepAlive: 20 });
    s.connect();
    s.publish('a');
    s.write();
    s.advance(20 * SECOND);
    s.session.expire(s.now);
    s.advance(10 * SECOND);
    s.session.expire(s.now);
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_KEEP_ALIVE_TIMEOUT');
  });

  test('reading is paused → a missing PINGRESP proves nothing', () => {
    const s = createSession(version, { keepAlive: 20 });
    s.connect();
    s.advance(20 * SECOND);
    s.turn();
    s.session.keepAlive.setReadingPaused(true, s.now);
    s.advance(15 * SECOND);
    s.turn();
    expect(s.state).toBe('connected');
    s.session.keepAlive.setReadingPaused(false, s.now);
    s.advance(5 * SECOND);
    expect(s.turn()).toEqual(['PINGREQ']);
    expect(s.session.nextDeadline()).toBe(s.now + 5 * SECOND);
    s.advance(5 * SECOND);
    s.session.expire(s.now);
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_KEEP_ALIVE_TIMEOUT');
  });

  test('bytes come while PINGRESP is missing → the timeout runs from the last of them', () => {
    const s = createSession(version, { keepAlive: 20, pingTimeoutMs: 10 * SECOND });
    s.connect();
    s.advance(20 * SECOND);
    expect(s.turn()).toEqual(['PINGREQ']);
    s.advance(9 * SECOND);
    s.session.keepAlive.bytesReceived(s.now);
    s.advance(9 * SECOND);
    s.session.expire(s.now);
    expect(s.state).toBe('connected');
    s.advance(1 * SECOND);
    s.session.expire(s.now);
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_KEEP_ALIVE_TIMEOUT');
  });

  test('[MQTT-3.1.2-20] [MQTT-3.1.1:3.1.2-23] reading is paused for long → PINGREQ goes on every K', () => {
    const s = createSession(version, { keepAlive: 20 });
    s.connect();
    s.session.keepAlive.setReadingPaused(true, s.now);
    for (let ping = 0; ping < 4; ping++) {
      s.advance(20 * SECOND);
      expect(s.turn()).toEqual(['PINGREQ']);
      expect(s.session.nextDeadline()).toBe(s.now + 20 * SECOND);
    }
    s.session.keepAlive.setReadingPaused(false, s.now);
    for (let answer = 0; answer < 4; answer++) s.pingresp();
    expect(s.sink.tolerated).toBe(0);
    expect(s.session.nextDeadline()).toBe(s.now + 20 * SECOND);
    s.pingresp();
    expect(s.sink.tolerated).toBe(1);
  });

  test('several PINGREQ unanswered, one PINGRESP → proof enough', () => {
    const s = createSession(version, { keepAlive: 20 });
    s.connect();
    s.session.keepAlive.setReadingPaused(true, s.now);
    s.advance(20 * SECOND);
    s.turn();
    s.advance(20 * SECOND);
    s.turn();
    s.session.keepAlive.setReadingPaused(false, s.now);
    s.pingresp();
    s.advance(20 * SECOND);
    expect(s.turn()).toEqual(['PINGREQ']);
    expect(s.state).toBe('connected');
    s.pingresp();
    s.pingresp();
    expect(s.sink.tolerated).toBe(0);
  });

  test('connection lost while reading was paused → the next one times out as ever', () => {
    const s = createSession(version, { keepAlive: 20 });
    s.connect();
    s.session.keepAlive.setReadingPaused(true, s.now);
    s.reconnect(true);
    s.advance(20 * SECOND);
    expect(s.turn()).toEqual(['PINGREQ']);
    expect(s.session.nextDeadline()).toBe(s.now + 10 * SECOND);
    s.advance(10 * SECOND);
    s.session.expire(s.now);
    expect(s.closeReason.error.code).toBe('GNEISS_ERR_KEEP_ALIVE_TIMEOUT');
  });

  test('connection lost with a PINGREQ unanswered → a PINGRESP on the next is unsolicited', () => {
    const s = createSession(version, { keepAlive: 20 });
    s.connect();
    s.advance(20 * SECOND);
    s.turn();
    s.reconnect(true);
    s.pingresp();
    expect(s.sink.tolerated).toBe(1);
  });

  test('connection lost with a PINGREQ owed → the next connection begins without', () => {
    const s = createSession(version, { keepAlive: 20 });
    s.connect();
    s.publish('a');
    s.write();
    s.advance(20 * SECOND);
    s.session.expire(s.now);
    expect(s.reconnect(true)).toEqual([]);
    expect(s.session.nextDeadline()).toBe(s.now + 20 * SECOND);
  });

  test('closing → no PINGREQ', () => {
    const s = createSession(version, { keepAlive: 20 });
    s.connect();
    s.connack();
    s.turn();
    s.advance(60 * SECOND);
    expect(s.turn()).toEqual([]);
    expect(s.session.nextDeadline()).toBe(NEVER);
  });
});

describe('version 5', () => {
  test('[MQTT-3.2.2-21] Server Keep Alive → replaces ours', () => {
    const s = createSession(5, { keepAlive: 600 });
    s.connect({ serverKeepAlive: 5 });
    s.advance(5 * SECOND);
    expect(s.turn()).toEqual(['PINGREQ']);
    s.pingresp();
  });

  test('Server Keep Alive 0 → no PINGREQ', () => {
    const s = createSession(5, { keepAlive: 5 });
    s.connect({ serverKeepAlive: 0 });
    expect(s.session.nextDeadline()).toBe(NEVER);
  });

  test('[MQTT-3.1.2-21] Server Keep Alive where ours is 0 → theirs', () => {
    const s = createSession(5, { keepAlive: 0 });
    s.connect({ serverKeepAlive: 7 });
    expect(s.session.nextDeadline()).toBe(s.now + 7 * SECOND);
  });
});
