import { describe, expect, test } from 'vitest';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

/** A strict client that has subscribed, so that whatever is delivered and does not close the connection was allowed. */
function subscribe(s: SessionFixture, topicFilter: string, qos: 0 | 1 | 2, granted = qos): void {
  s.subscribe([{ topicFilter, qos }]);
  s.turn();
  s.suback(s.lastPacketId, granted);
}

function expectDelivered(s: SessionFixture, ...topics: readonly string[]): void {
  expect(s.state).toBe('connected');
  expect(s.topics).toEqual(topics);
  s.handle();
  s.turn();
}

describe.each(VERSIONS)('a strict client, version %i', (version) => {
  const strict = (): SessionFixture => {
    const s = createSession(version, { compliance: 'strict' });
    s.connect();
    return s;
  };

  test('[MQTT-3.8.4-1] messages between SUBSCRIBE and SUBACK → taken, up to the QoS that was asked for', () => {
    const s = strict();
    s.subscribe([{ topicFilter: 'a', qos: 2 }]);
    s.turn();
    s.deliver('a', { qos: 2, packetId: 7 });
    s.suback(1, 1);
    s.deliver('a', { qos: 1, packetId: 8 });
    expectDelivered(s, 'a', 'a');
    s.deliver('a', { qos: 2, packetId: 9 });
    expect(s.closeReason.error.statement).toBe('MQTT-3.8.4-8');
  });

  test('wildcards, shared subscriptions, overlapping ones → the highest grant of those that match', () => {
    const s = strict();
    subscribe(s, 'a/+', 0);
    subscribe(s, 'a/#', 1);
    subscribe(s, '$share/g/b', 2);
    s.deliver('a', { qos: 1, packetId: 1 });
    s.deliver('a/b', { qos: 1, packetId: 2 });
    s.deliver('b', { qos: 2, packetId: 3 });
    expectDelivered(s, 'a', 'a/b', 'b');
    s.pubrel(3);
    s.turn();
  });

  test('a subscription made again with less → what was queued before may come', () => {
    const s = strict();
    subscribe(s, 'a', 2);
    subscribe(s, 'a', 0);
    s.deliver('a', { qos: 2, packetId: 7 });
    expectDelivered(s, 'a');
  });

  test('an ended subscription → what was on its way may come', () => {
    const s = strict();
    subscribe(s, 'a', 1);
    s.unsubscribe('a');
    s.turn();
    s.unsuback(s.lastPacketId, ...(version === 5 ? [0] : []));
    s.deliver('a', { qos: 1, packetId: 7 });
    expectDelivered(s, 'a');
  });

  test('a renewal that is refused → the subscription stays', () => {
    const s = strict();
    subscribe(s, 'a', 1);
    subscribe(s, 'a', 1, 0x80 as 1);
    s.deliver('a', { qos: 1, packetId: 7 });
    expectDelivered(s, 'a');
  });

  test('a connection lost before SUBACK → the Session may have it', () => {
    const s = strict();
    s.subscribe([{ topicFilter: 'a', qos: 1 }]);
    s.turn();
    s.drop();
    s.connect({}, { sessionPresent: true });
    s.deliver('a', { qos: 1, packetId: 7 });
    s.handle();
    expect(s.turn()).toEqual(['PUBACK #7', 'SUBSCRIBE #2']);
    s.suback(2, 1);
    expectDelivered(s, 'a');
  });

  test('a Session that is lost → nothing is subscribed to', () => {
    const s = strict();
    subscribe(s, 'a', 1);
    s.reconnect(true);
    s.deliver('a');
    expectDelivered(s, 'a');
    s.reconnect(false);
    s.deliver('a');
    expect(s.closeReason.error.statement).toBe('MQTT-3.3.2-3');
  });

  test('RETAIN for a subscription that takes retained messages → taken', () => {
    const s = strict();
    subscribe(s, 'a', 1);
    s.deliver('a', { retain: true });
    expectDelivered(s, 'a');
  });

  test('PUBREL of an identifier that nothing has, in a resumed Session → answered', () => {
    const s = strict();
    subscribe(s, 'a', 2);
    s.deliver('a', { qos: 2, packetId: 7 });
    s.handle();
    s.turn();
    s.pubrel(7);
    s.turn();
    s.reconnect(true);
    s.pubrel(7);
    expect(s.turn()).toEqual([version === 5 ? 'PUBCOMP #7 0x92' : 'PUBCOMP #7']);
  });

  test('a topic that is none → that, not that nobody asked for it', () => {
    const s = strict();
    s.deliver('a/#');
    expect(s.closeReason.error.statement).toBe('MQTT-3.3.2-2');
  });

  test('more filters than are remembered → nothing is held against a message', () => {
    const s = strict();
    s.subscribe(Array.from({ length: 65_537 }, (_, index) => `f/${index}`));
    s.turn();
    s.suback(1, ...Array<number>(65_537).fill(0));
    s.deliver('g', { qos: 2, packetId: 7, retain: true });
    expectDelivered(s, 'g');
    s.reconnect(false);
    s.deliver('g');
    expect(s.closeReason.error.statement).toBe('MQTT-3.3.2-3');
  });
});

describe('a strict client', () => {
  const strict = (): SessionFixture => {
    const s = createSession(5, { compliance: 'strict' });
    s.connect();
    return s;
  };

  test('Subscription Identifiers that were asked for → taken; with one that was not → closed', () => {
    const s = strict();
    s.subscribe(['a'], 0, { subscriptionIdentifier: 7 });
    s.turn();
    s.suback(1, 1);
    s.subscribe(['#'], 0, { subscriptionIdentifier: 268_435_455 });
    s.turn();
    s.suback(2, 1);
    s.deliver('a', { properties: { subscriptionIdentifiers: [7, 268_435_455] } });
    expectDelivered(s, 'a');
    s.deliver('a', { properties: { subscriptionIdentifiers: [7, 8] } });
    expect(s.closeReason.error.statement).toBe('3.3.2.3.8');
  });

  test('RETAIN with Retain As Published, or for one of several subscriptions → taken', () => {
    const s = strict();
    s.subscribe([
      { topicFilter: 'a', retainHandling: 2, retainAsPublished: true },
      { topicFilter: 'b/#', retainHandling: 2 },
      { topicFilter: 'b', retainHandling: 1 },
    ]);
    s.turn();
    s.suback(1, 1, 1, 1);
    s.deliver('a', { retain: true });
    s.deliver('b', { retain: true });
    expectDelivered(s, 'a', 'b');
    s.deliver('b/c', { retain: true });
    expect(s.closeReason.error.statement).toBe('MQTT-3.3.1-12');
  });

  test('messages under an alias → looked at by the topic that it stands for', () => {
    const s = strict();
    subscribe(s, 'a', 0);
    s.deliver('a', { properties: { topicAlias: 1 } });
    s.deliver('', { properties: { topicAlias: 1 } });
    expectDelivered(s, 'a', 'a');
    s.deliver('', { qos: 1, packetId: 7, properties: { topicAlias: 1 } });
    expect(s.closeReason.error.statement).toBe('MQTT-3.8.4-8');
    s.reconnect(true);
    s.deliver('', { properties: { topicAlias: 1 } });
    expect(s.closeReason.error.statement).toBe('3.3.2.3.4');
  });

  test('text payloads, U+0000 among their characters → taken', () => {
    const s = strict();
    subscribe(s, 'a', 0);
    const properties = { payloadFormatIndicator: 1 };
    for (const payload of ['', 'a\0b', 'é€😀', 'plain']) s.deliver('a', { payload, properties });
    expectDelivered(s, 'a', 'a', 'a', 'a');
  });
});
