import { describe, expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import { createSession, type SessionFixture } from '../support/session-fixture.js';

const EXPIRES = { properties: { messageExpiryInterval: 10, contentType: 'c' } };

function intervals(s: SessionFixture): readonly (number | undefined)[] {
  return s.written.flatMap((packet) =>
    packet.type === PacketType.PUBLISH ? [packet.properties.messageExpiryInterval] : [],
  );
}

describe('Message Expiry Interval, counted down in whole seconds while a message waits', () => {
  test.each([
    [0, 10],
    [999, 10],
    [1000, 9],
    [9999, 1],
  ])('waited %i ms of 10 s → sent with %i s', (waited, expected) => {
    const s = createSession(5, { offlineQueue: 'all' });
    for (const qos of [0, 1, 2] as const) s.publish('topic', { qos, ...EXPIRES });
    s.advance(waited);
    s.connect();
    s.turn();
    expect(intervals(s)).toEqual([expected, expected, expected]);
    s.puback(1);
    s.pubrec(2, 0x80);
  });

  test('waited for all of it → fails, not sent, no identifier', () => {
    const s = createSession(5, { offlineQueue: 'all' });
    const tokens = ([0, 1, 2] as const).map((qos) => s.publish('topic', { qos, ...EXPIRES }));
    const lasting = s.publish('lasting', { qos: 1 });
    s.advance(10_000);
    s.connect();
    expect(s.turn()).toEqual(['PUBLISH q1 #1 lasting']);
    s.puback(1);
    expect(s.outcomes(...tokens)).toEqual(tokens.map(() => 'GNEISS_ERR_MESSAGE_EXPIRED'));
    expect(s.outcome(lasting)).toBe('done 0x00');
  });

  test('waited for quota → counted down, too', () => {
    const s = createSession(5);
    s.connect({ receiveMaximum: 1 });
    s.publish('a', { qos: 1 });
    s.publish('b', { qos: 1, ...EXPIRES });
    const late = s.publish('c', { qos: 1, ...EXPIRES });
    s.turn();
    s.advance(3000);
    s.puback(1);
    s.turn();
    expect(intervals(s)).toEqual([undefined, 7]);
    s.advance(7000);
    s.puback(2);
    expect(s.turn()).toEqual([]);
    expect(s.outcome(late)).toBe('GNEISS_ERR_MESSAGE_EXPIRED');
  });

  test('submitted and written in one turn → as it is', () => {
    const s = createSession(5);
    s.connect();
    s.publish('a', EXPIRES);
    s.turn();
    expect(intervals(s)).toEqual([10]);
  });

  test('with a topic alias → counted down where it then stands', () => {
    const s = createSession(5);
    s.publish('a', { qos: 1, topicAlias: 1, ...EXPIRES });
    s.advance(4000);
    s.connect({ topicAliasMaximum: 1 });
    s.turn();
    expect(s.written.at(-1)).toMatchObject({
      topicName: 'a',
      properties: { messageExpiryInterval: 6, contentType: 'c', topicAlias: 1 },
    });
    s.puback(1);
  });

  test('the longest interval there is → no overflow', () => {
    const s = createSession(5);
    s.publish('a', { qos: 1, properties: { messageExpiryInterval: 0xffff_ffff } });
    s.advance(5000);
    s.connect();
    s.turn();
    expect(intervals(s)).toEqual([0xffff_fffa]);
    s.puback(1);
  });

  test('[MQTT-4.3.3-7] sent once → sent again after it has expired', () => {
    const s = createSession(5);
    s.connect();
    s.publish('a', { qos: 1, ...EXPIRES });
    s.publish('b', { qos: 2, ...EXPIRES });
    s.turn();
    s.advance(60_000);
    expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup', 'PUBLISH q2 #2 b dup']);
    // As it was sent the first time, which the Server may have taken.
    expect(intervals(s)).toEqual([10, 10]);
    s.puback(1);
    s.pubrec(2);
    expect(s.turn()).toEqual(['PUBREL #2']);
    s.pubcomp(2);
  });

  test('sent once, Session lost → begun anew, and expired', () => {
    const s = createSession(5);
    s.connect();
    const token = s.publish('a', { qos: 1, ...EXPIRES });
    s.turn();
    s.advance(10_000);
    expect(s.reconnect(false)).toEqual([]);
    expect(s.outcome(token)).toBe('GNEISS_ERR_MESSAGE_EXPIRED');
  });

  test('sent once, Session lost in time → begun anew with what is left of it', () => {
    const s = createSession(5);
    s.connect();
    s.publish('a', { qos: 1, ...EXPIRES });
    s.turn();
    s.advance(4000);
    expect(s.reconnect(false)).toEqual(['PUBLISH q1 #2 a']);
    expect(intervals(s)).toEqual([6]);
    s.puback(2);
  });
});

describe('expired without a connection', () => {
  test('fails when its time is over, not with the next connection; the others stay in order', () => {
    const s = createSession(5);
    const first = s.publish('a', { qos: 1, ...EXPIRES });
    const kept = s.publish('b', { qos: 1 });
    s.advance(3000);
    const second = s.publish('c', { qos: 2, ...EXPIRES });
    const subscribing = s.subscribe('f');
    expect(s.session.nextDeadline()).toBe(s.now + 7000);
    s.advance(6999);
    s.session.expire(s.now);
    expect(s.outcomes(first, second)).toEqual(['open', 'open']);
    s.advance(1);
    s.session.expire(s.now);
    expect(s.outcomes(first, second)).toEqual(['GNEISS_ERR_MESSAGE_EXPIRED', 'open']);
    expect(s.session.waiting.messages).toBe(2);
    expect(s.session.nextDeadline()).toBe(s.now + 3000);
    s.open();
    s.advance(3000);
    s.session.expire(s.now);
    expect(s.outcome(second)).toBe('GNEISS_ERR_MESSAGE_EXPIRED');
    s.turn();
    s.connack();
    expect(s.turn()).toEqual(['PUBLISH q1 #1 b', 'SUBSCRIBE #2']);
    s.puback(1);
    s.suback(2, 0);
    expect(s.outcomes(kept, subscribing)).toEqual(['done 0x00', '0x00']);
  });

  test('many, one after another → looked for once a second', () => {
    const s = createSession(5);
    for (let index = 0; index < 100; index++) {
      s.publish('a', { qos: 1, ...EXPIRES });
      s.advance(10);
    }
    let sweeps = 0;
    while (s.session.nextDeadline() < Number.POSITIVE_INFINITY && sweeps < 10) {
      s.now = s.session.nextDeadline();
      s.session.expire(s.now);
      if (s.session.operations === 0) break;
      sweeps++;
    }
    expect(sweeps).toBe(1);
  });

  test('makes room for others where they are dropped', () => {
    const s = createSession(5, {
      offlineQueueFull: 'drop-newest',
      offlineQueueMaximumMessages: 1,
    });
    const expiring = s.publish('a', { qos: 1, ...EXPIRES });
    s.advance(10_000);
    s.session.expire(s.now);
    const next = s.publish('b', { qos: 1 });
    expect(s.outcomes(expiring, next)).toEqual(['GNEISS_ERR_MESSAGE_EXPIRED', 'open']);
    s.dispose();
  });
});
