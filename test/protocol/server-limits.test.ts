import { describe, expect, test } from 'vitest';
import { createSession } from '../support/session-fixture.js';

// MQTT 3.1.1 has no such limits.
describe('limits of the Server: only the operation fails, and nothing of it is sent', () => {
  test.each([
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const)('[MQTT-3.2.2-11] Maximum QoS %i → QoS %i fails', (maximumQos, qos) => {
    const s = createSession(5);
    s.connect({ maximumQos });
    const token = s.publish('a', { qos });
    const fine = s.publish('a', { qos: maximumQos });
    expect(s.turn()).toEqual([maximumQos === 0 ? 'PUBLISH q0 a' : 'PUBLISH q1 #1 a']);
    if (maximumQos === 1) s.puback(1);
    expect(s.outcomes(token, fine)).toEqual(['GNEISS_ERR_QOS_UNSUPPORTED', 'done 0x00']);
  });

  test('[MQTT-3.2.2-14] Retain Available 0 → RETAIN fails at every QoS', () => {
    const s = createSession(5);
    s.connect({ retainAvailable: false });
    const tokens = ([0, 1, 2] as const).map((qos) => s.publish('a', { qos, retain: true }));
    expect(s.turn()).toEqual([]);
    expect(s.outcomes(...tokens)).toEqual(tokens.map(() => 'GNEISS_ERR_RETAIN_UNSUPPORTED'));
  });

  test('[MQTT-3.2.2-15] Maximum Packet Size → what is larger by one byte fails, the rest goes', () => {
    const s = createSession(5);
    s.connect({ maximumPacketSize: 30 });
    const large = [
      s.publish('a', { payload: 'x'.repeat(25) }),
      s.publish('a', { qos: 1, payload: 'x'.repeat(23) }),
      s.publish('a', { qos: 2, payload: 'x'.repeat(23) }),
      s.subscribe('f'.repeat(23)),
      s.unsubscribe('f'.repeat(24)),
    ];
    const fitting = [
      s.publish('a', { payload: 'x'.repeat(24) }),
      s.publish('a', { qos: 1, payload: 'x'.repeat(22) }),
      s.subscribe('f'.repeat(22)),
      s.unsubscribe('f'.repeat(23)),
    ];
    expect(s.turn()).toEqual(['PUBLISH q0 a', 'PUBLISH q1 #1 a', 'SUBSCRIBE #2', 'UNSUBSCRIBE #3']);
    s.puback(1);
    s.suback(2, 0);
    s.unsuback(3, 0);
    expect(s.outcomes(...large)).toEqual(large.map(() => 'GNEISS_ERR_PACKET_TOO_LARGE'));
    expect(s.outcomes(...fitting)).toEqual(['done 0x00', 'done 0x00', '0x00', '0x00']);
    expect(s.state).toBe('connected');
  });

  test('submitted before the limits were known → checked when they are', () => {
    const s = createSession(5, { offlineQueue: 'all' });
    const tokens = [
      s.publish('a', { qos: 2 }),
      s.publish('a', { retain: true }),
      s.publish('a', { qos: 1, payload: 'x'.repeat(100) }),
      s.publish('a', { qos: 1, payload: '' }),
    ];
    s.connect({ maximumQos: 1, retainAvailable: false, maximumPacketSize: 50 });
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a']);
    s.puback(1);
    expect(s.outcomes(...tokens)).toEqual([
      'GNEISS_ERR_QOS_UNSUPPORTED',
      'GNEISS_ERR_RETAIN_UNSUPPORTED',
      'GNEISS_ERR_PACKET_TOO_LARGE',
      'done 0x00',
    ]);
  });

  test('next connection with other limits → what still waits is checked against those', () => {
    const s = createSession(5);
    s.connect({ receiveMaximum: 1 });
    s.publish('a', { qos: 1 });
    const token = s.publish('b', { qos: 2 });
    s.turn();
    expect(s.reconnect(true, { maximumQos: 1 })).toEqual(['PUBLISH q1 #1 a dup']);
    expect(s.outcome(token)).toBe('GNEISS_ERR_QOS_UNSUPPORTED');
    s.puback(1);
  });

  test('[MQTT-5.0:3.2.2-c] no wildcard subscriptions → a filter with one fails the SUBSCRIBE', () => {
    const s = createSession(5);
    s.connect({ wildcardSubscriptionAvailable: false });
    const tokens = [s.subscribe('a/+'), s.subscribe(['a', '#']), s.subscribe('$share/g/a/#')];
    const fine = [s.subscribe('$share/g/a'), s.unsubscribe('a/#')];
    expect(s.turn()).toEqual(['SUBSCRIBE #1', 'UNSUBSCRIBE #2']);
    s.suback(1, 0);
    s.unsuback(2, 0);
    expect(s.outcomes(...tokens)).toEqual(tokens.map(() => 'GNEISS_ERR_SUBSCRIPTION_UNSUPPORTED'));
    expect(s.outcomes(...fine)).toEqual(['0x00', '0x00']);
  });

  test('[MQTT-5.0:3.2.2-e] no shared subscriptions → $share fails', () => {
    const s = createSession(5);
    s.connect({ sharedSubscriptionAvailable: false });
    const token = s.subscribe('$share/g/a');
    const fine = s.subscribe('a/#');
    expect(s.turn()).toEqual(['SUBSCRIBE #1']);
    s.suback(1, 0);
    expect(s.outcomes(token, fine)).toEqual(['GNEISS_ERR_SUBSCRIPTION_UNSUPPORTED', '0x00']);
  });

  test('[MQTT-5.0:3.2.2-d] no Subscription Identifiers → a SUBSCRIBE with one fails', () => {
    const s = createSession(5);
    s.connect({ subscriptionIdentifierAvailable: false });
    const token = s.subscribe('a', 0, { subscriptionIdentifier: 1 });
    expect(s.turn()).toEqual([]);
    expect(s.outcome(token)).toBe('GNEISS_ERR_SUBSCRIPTION_UNSUPPORTED');
  });

  test('refused operations → no identifier, no quota', () => {
    const s = createSession(5);
    s.connect({ maximumQos: 1, receiveMaximum: 1 });
    for (let index = 0; index < 5; index++) s.publish('a', { qos: 2 });
    s.publish('b', { qos: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #1 b']);
    s.puback(1);
  });
});
