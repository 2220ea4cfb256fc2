import { describe, expect, test } from 'vitest';
import type { OfflineQueueFull } from '../../src/protocol/waiting-messages.js';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

const DROPPED = 'GNEISS_ERR_DROPPED';
const DROPPING: readonly OfflineQueueFull[] = ['drop-oldest', 'drop-newest'];

function bounded(
  version: 4 | 5,
  offlineQueueFull: OfflineQueueFull,
  messages: number,
  bytes = 1 << 20,
): SessionFixture {
  return createSession(version, {
    offlineQueue: 'all',
    offlineQueueFull,
    offlineQueueMaximumMessages: messages,
    offlineQueueMaximumBytes: bytes,
  });
}

/** The publishes that have not ended, by the letters they were given. */
function open(s: SessionFixture, tokens: Readonly<Record<string, number>>): string {
  return thoseThat(s, tokens, 'open');
}

function dropped(s: SessionFixture, tokens: Readonly<Record<string, number>>): string {
  return thoseThat(s, tokens, DROPPED);
}

function thoseThat(
  s: SessionFixture,
  tokens: Readonly<Record<string, number>>,
  outcome: string,
): string {
  return Object.keys(tokens)
    .filter((name) => s.outcome(tokens[name]!) === outcome)
    .join('');
}

/** Publishes one message a letter: upper case at QoS 0, lower case at QoS 1. */
function publishAll(s: SessionFixture, names: string): Record<string, number> {
  return Object.fromEntries(
    Array.from(names, (name) => [name, s.publish(name, { qos: name < 'a' ? 0 : 1 })]),
  );
}

describe.each(VERSIONS)('version %i', (version) => {
  test('drop-oldest → the oldest fails, of whatever QoS, and what is kept is sent in order', () => {
    const s = bounded(version, 'drop-oldest', 3);
    const tokens = publishAll(s, 'aBcDe');
    expect(dropped(s, tokens)).toBe('aB');
    expect(open(s, tokens)).toBe('cDe');
    expect(s.session.waiting).toMatchObject({ messages: 3 });
    s.connect();
    expect(s.turn()).toEqual(['PUBLISH q1 #1 c', 'PUBLISH q0 D', 'PUBLISH q1 #2 e']);
    s.puback(1);
    s.puback(2);
  });

  test('drop-newest → the new one fails, and everything else stays', () => {
    const s = bounded(version, 'drop-newest', 3);
    const tokens = publishAll(s, 'aBcDe');
    expect(dropped(s, tokens)).toBe('De');
    s.connect();
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a', 'PUBLISH q0 B', 'PUBLISH q1 #2 c']);
    s.puback(1);
    s.puback(2);
  });

  test.each(DROPPING)('%s, bound in bytes → never exceeded, and reached', (policy) => {
    const s = bounded(version, policy, 1000, 100);
    for (let length = 1; length < 60; length += 7) {
      s.publish('t', { qos: 1, payload: 'x'.repeat(length) });
      expect(s.session.waiting.bytes).toBeLessThanOrEqual(100);
    }
    expect(s.session.waiting.bytes).toBeGreaterThan(40);
    const before = s.session.waiting.bytes;
    const tooLarge = s.publish('t', { qos: 1, payload: 'x'.repeat(100) });
    // It could never fit: nothing else is dropped for it.
    expect(s.outcome(tooLarge)).toBe(DROPPED);
    expect(s.session.waiting.bytes).toBe(before);
    s.dispose();
  });

  test.each(DROPPING)(
    '%s → subscribes and unsubscribes do not count, and are not dropped',
    (policy) => {
      const s = bounded(version, policy, 1);
      const kept = [s.subscribe('f'), s.unsubscribe('g')];
      const tokens = publishAll(s, 'ABC');
      expect(open(s, tokens)).toBe(policy === 'drop-oldest' ? 'C' : 'A');
      expect(s.outcomes(...kept)).toEqual(['open', 'open']);
      s.connect();
      expect(s.turn().slice(0, 2)).toEqual(['SUBSCRIBE #1', 'UNSUBSCRIBE #2']);
      s.suback(1, 0);
      s.unsuback(2, 0);
    },
  );

  test.each(DROPPING)(
    '%s, connection lost → what it has not carried is cut to the bounds',
    (policy) => {
      const s = bounded(version, policy, 2);
      s.connect();
      const carried = publishAll(s, 'a');
      s.turn();
      const tokens = publishAll(s, 'bcDe');
      expect(s.session.waiting.messages).toBe(0);
      s.drop();
      expect(open(s, carried)).toBe('a');
      expect(open(s, tokens)).toBe(policy === 'drop-oldest' ? 'De' : 'bc');
      expect(s.session.waiting.messages).toBe(2);
      s.dispose();
    },
  );

  test.each(DROPPING)(
    '%s → what a connection has carried is never dropped, even when it is begun anew',
    (policy) => {
      const s = bounded(version, policy, 1);
      s.connect();
      const carried = publishAll(s, 'Aab');
      s.write();
      s.drop();
      const waiting = publishAll(s, 'cd');
      // The Session is lost, and with it the exchanges; then the connection, before they are begun anew.
      s.connect({}, { sessionPresent: false });
      s.drop();
      expect(open(s, carried)).toBe('Aab');
      expect(open(s, waiting)).toBe(policy === 'drop-oldest' ? 'd' : 'c');
      expect(s.session.waiting.messages).toBe(1);
      s.dispose();
    },
  );

  test.each(['reject', 'wait'] as const)(
    '%s → nothing is dropped: the other thread keeps the bounds',
    (policy) => {
      const s = bounded(version, policy, 1);
      const tokens = publishAll(s, 'abc');
      expect(open(s, tokens)).toBe('abc');
      expect(s.session.waiting.messages).toBe(3);
      s.dispose();
    },
  );

  test('aborted while it waits → its room is free', () => {
    const s = bounded(version, 'drop-newest', 2);
    const token = s.publish('a', { qos: 1 });
    publishAll(s, 'b');
    s.session.abort(token);
    expect(s.session.waiting.messages).toBe(1);
    const next = publishAll(s, 'cd');
    expect(open(s, next)).toBe('c');
    expect(dropped(s, next)).toBe('d');
    s.dispose();
    expect(s.session.waiting).toMatchObject({ messages: 0, bytes: 0 });
  });

  test('connected → nothing is counted, nothing dropped, and nothing lost of the order', () => {
    const s = bounded(version, 'drop-oldest', 1);
    s.connect();
    const tokens = publishAll(s, 'abcdef');
    expect(open(s, tokens)).toBe('abcdef');
    s.turn();
    for (let packetId = 1; packetId <= 6; packetId++) s.puback(packetId);
    expect(s.session.waiting.messages).toBe(0);
  });

  test('drop-oldest, a thousand times over its bound, behind a subscribe → frames are given back one by one', () => {
    const s = bounded(version, 'drop-oldest', 8);
    const subscribing = s.subscribe('f');
    const tokens: number[] = [];
    for (let index = 0; index < 8000; index++) {
      tokens.push(s.publish('t', { qos: 0, payload: '' }));
      expect(s.sink.heldFrames.size).toBeLessThanOrEqual(8);
    }
    expect(tokens.filter((token) => s.outcome(token) === DROPPED)).toEqual(tokens.slice(0, -8));
    expect(s.outcome(subscribing)).toBe('open');
    s.dispose();
  });
});
