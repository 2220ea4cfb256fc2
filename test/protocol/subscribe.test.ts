import { describe, expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import { createSession, VERSIONS } from '../support/session-fixture.js';

describe.each(VERSIONS)('version %i', (version) => {
  test('SUBSCRIBE → as asked for on the wire; complete with the codes of SUBACK', () => {
    const s = createSession(version);
    s.connect();
    const token = s.subscribe([{ topicFilter: 'a/#', qos: 2 }, 'b', { topicFilter: 'c', qos: 0 }]);
    expect(s.turn()).toEqual(['SUBSCRIBE #1']);
    expect(s.written.at(-1)).toMatchObject({
      subscriptions: [
        { topicFilter: 'a/#', qos: 2 },
        { topicFilter: 'b', qos: 1 },
        { topicFilter: 'c', qos: 0 },
      ],
    });
    s.suback(1, 2, 0x80, 0);
    expect(s.outcome(token)).toBe('0x02 0x80 0x00');
  });

  test('UNSUBSCRIBE → as asked for on the wire; 3.1.1 has one code for each filter made up', () => {
    const s = createSession(version);
    s.connect();
    const token = s.unsubscribe(['a', 'b']);
    expect(s.turn()).toEqual(['UNSUBSCRIBE #1']);
    expect(s.written.at(-1)).toMatchObject({ topicFilters: ['a', 'b'] });
    s.unsuback(1, 0, 0x11);
    expect(s.outcome(token)).toBe(version === 5 ? '0x00 0x11' : '0x00 0x00');
    expect(s.sink.outcomes.get(token)?.packet?.type).toBe(PacketType.UNSUBACK);
  });

  test('[MQTT-2.2.1-3] [MQTT-3.1.1:2.3.1-2] publishes and subscriptions → one space of identifiers', () => {
    const s = createSession(version);
    s.connect();
    s.subscribe('a');
    s.publish('a', { qos: 1 });
    s.unsubscribe('a');
    s.publish('a', { qos: 2 });
    s.turn();
    const ids = s.written.slice(1).map((packet) => ('packetId' in packet ? packet.packetId : 0));
    expect(ids).toEqual([1, 2, 3, 4]);
    s.dispose();
  });

  test('[MQTT-2.2.1-6] [MQTT-3.8.4-2] [MQTT-3.1.1:2.3.1-7] [MQTT-3.1.1:3.8.4-2] acknowledgements out of order → each goes to its own', () => {
    const s = createSession(version);
    s.connect();
    const tokens = [s.subscribe('a'), s.subscribe('b'), s.unsubscribe('c')];
    s.turn();
    s.unsuback(3, 0);
    s.suback(2, 1);
    expect(s.outcomes(...tokens)).toEqual(['open', '0x01', '0x00']);
    s.suback(1, 0);
    expect(s.outcomes(...tokens)).toEqual(['0x00', '0x01', '0x00']);
  });

  test('SUBSCRIBE far larger than the arena → written whole, alone in its batch', () => {
    const s = createSession(version);
    s.connect();
    const filters = Array.from({ length: 300 }, (_, index) => `${'f'.repeat(1000)}/${index}`);
    const token = s.subscribe(filters);
    s.publish('after');
    expect(s.turn()).toEqual(['SUBSCRIBE #1', 'PUBLISH q0 after']);
    const [, subscribe] = s.written;
    expect(subscribe?.type === PacketType.SUBSCRIBE && subscribe.subscriptions).toMatchObject(
      filters.map((topicFilter) => ({ topicFilter })),
    );
    s.suback(1, ...filters.map(() => 1));
    expect(s.outcome(token)).toMatch(/^0x01/);
  });

  test('SUBSCRIBE larger than the arena while something else leaves with every batch → not starved', () => {
    const s = createSession(version);
    s.connect();
    s.subscribe(Array.from({ length: 80 }, (_, index) => `${'f'.repeat(1000)}/${index}`));
    const packets: string[] = [];
    for (let packetId = 1; packetId <= 5 && !packets.includes('SUBSCRIBE #1'); packetId++) {
      s.deliver('a', { qos: 1, packetId, payload: `${packetId}` });
      s.handle(`${packetId}`);
      packets.push(...s.write());
      s.flush();
    }
    expect(packets).toContain('SUBSCRIBE #1');
    s.suback(1, ...Array.from({ length: 80 }, () => 0));
  });

  test('two SUBSCRIBEs that together exceed the arena → both written', () => {
    const s = createSession(version);
    s.connect();
    for (const name of ['f', 'g']) {
      s.subscribe(Array.from({ length: 40 }, (_, index) => `${name.repeat(1000)}/${index}`));
    }
    expect(s.turn()).toEqual(['SUBSCRIBE #1', 'SUBSCRIBE #2']);
    s.dispose();
  });

  test('the subscription that nobody waits for any longer → the answer is taken silently', () => {
    const s = createSession(version);
    s.connect();
    const token = s.subscribe('a', 100);
    s.turn();
    s.advance(100);
    s.turn();
    s.suback(1, 1);
    expect(s.outcome(token)).toBe('GNEISS_ERR_ACK_TIMEOUT');
    expect(s.sink.tolerated).toBe(0);
  });
});

describe('version 5', () => {
  test('Subscription Identifier and options → on the wire', () => {
    const s = createSession(5);
    s.connect();
    const request = {
      topicFilter: 'a',
      qos: 2 as const,
      noLocal: true,
      retainAsPublished: true,
      retainHandling: 2 as const,
    };
    s.subscribe([request], 0, { subscriptionIdentifier: 268_435_455 });
    s.turn();
    expect(s.written.at(-1)).toMatchObject({
      subscriptions: [request],
      properties: { subscriptionIdentifier: 268_435_455 },
    });
    s.suback(1, 2);
  });

  test('properties of SUBACK → handed on', () => {
    const s = createSession(5);
    s.connect();
    const token = s.subscribe('a');
    s.turn();
    s.receive({
      type: PacketType.SUBACK,
      packetId: 1,
      reasonCodes: [0x87],
      properties: { reasonString: 'no' },
    });
    expect(s.sink.outcomes.get(token)).toMatchObject({
      text: '0x87',
      properties: { reasonString: 'no' },
    });
  });
});
