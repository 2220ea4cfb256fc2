import { describe, expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import { createSession, type SessionFixture } from '../support/session-fixture.js';

function deliverAliased(
  s: SessionFixture,
  topicName: string,
  topicAlias: number,
  payload = '',
): void {
  s.deliver(topicName, { payload, properties: { topicAlias } });
}

describe('aliases of the Server', () => {
  test('[MQTT-5.0:3.3.4-c] bound, resolved, bound anew → the topic each time', () => {
    const s = createSession(5);
    s.connect();
    deliverAliased(s, 'a', 1);
    deliverAliased(s, '', 1);
    deliverAliased(s, 'b', 2);
    deliverAliased(s, '', 1);
    deliverAliased(s, 'c', 1);
    deliverAliased(s, '', 1);
    deliverAliased(s, '', 2);
    expect(s.topics).toEqual(['a', 'a', 'b', 'a', 'c', 'c', 'b']);
  });

  test('the same topic spelled out, between and with an alias → told apart from the alias', () => {
    const s = createSession(5);
    s.connect();
    s.deliver('a');
    deliverAliased(s, 'a', 1);
    s.deliver('b');
    deliverAliased(s, 'b', 1);
    s.deliver('a');
    deliverAliased(s, '', 1);
    expect(s.topics).toEqual(['a', 'a', 'b', 'b', 'a', 'b']);
  });

  test('[MQTT-3.3.2-10] every alias up to our maximum → accepted', () => {
    const s = createSession(5, { topicAliasMaximum: 10 });
    s.connect();
    for (let alias = 1; alias <= 10; alias++) deliverAliased(s, `t${alias}`, alias);
    for (let alias = 10; alias >= 1; alias--) deliverAliased(s, '', alias);
    expect(s.topics.slice(10)).toEqual(s.topics.slice(0, 10).reverse());
  });

  test('[MQTT-3.3.2-11] [MQTT-3.1.2-26] [MQTT-5.0:3.3.4-a] alias above our maximum → DISCONNECT 0x94', () => {
    const s = createSession(5, { topicAliasMaximum: 10 });
    s.connect();
    deliverAliased(s, 'a', 11);
    expect(s.sink.messages).toEqual([]);
    expect(s.turn()).toEqual(['DISCONNECT 0x94']);
  });

  test('[MQTT-3.1.2-27] any alias when we take none → DISCONNECT 0x94', () => {
    const s = createSession(5, { topicAliasMaximum: 0 });
    s.connect();
    deliverAliased(s, 'a', 1);
    expect(s.turn()).toEqual(['DISCONNECT 0x94']);
  });

  test('[MQTT-3.3.2-8] [MQTT-5.0:3.3.4-a] alias 0 → DISCONNECT 0x94', () => {
    const s = createSession(5);
    s.connect();
    deliverAliased(s, 'a', 0);
    expect(s.turn()).toEqual(['DISCONNECT 0x94']);
  });

  test('[MQTT-5.0:3.3.4-b] alias that stands for nothing → DISCONNECT 0x82', () => {
    const s = createSession(5);
    s.connect();
    deliverAliased(s, 'a', 1);
    deliverAliased(s, '', 2);
    expect(s.topics).toEqual(['a']);
    expect(s.turn()).toEqual(['DISCONNECT 0x82']);
  });

  test('[MQTT-5.0:3.3.2-a] no topic and no alias → DISCONNECT 0x82', () => {
    const s = createSession(5);
    s.connect();
    s.deliver('');
    expect(s.turn()).toEqual(['DISCONNECT 0x82']);
  });

  test('[MQTT-3.3.2-7] next connection → no alias stands for anything', () => {
    const s = createSession(5);
    s.connect();
    deliverAliased(s, 'a', 1);
    s.reconnect(true);
    deliverAliased(s, '', 1);
    expect(s.turn()).toEqual(['DISCONNECT 0x82']);
    s.reconnect(true);
    deliverAliased(s, 'b', 1);
    deliverAliased(s, '', 1);
    expect(s.topics).toEqual(['a', 'b', 'b']);
  });

  test('a topic that is none → nothing bound', () => {
    const s = createSession(5);
    s.connect();
    deliverAliased(s, 'a/#', 1);
    expect(s.closeReason.error.statement).toBe('MQTT-3.3.2-2');
    expect(s.sink.messages).toEqual([]);
  });

  test('bound by a suppressed duplicate → known all the same', () => {
    const s = createSession(5);
    s.connect();
    s.deliver('a', { qos: 2, packetId: 1, properties: { topicAlias: 3 } });
    s.reconnect(true);
    s.deliver('a', { qos: 2, packetId: 1, dup: true, properties: { topicAlias: 3 } });
    expect(s.sink.topicsTold).toEqual(['a', 'a']);
    deliverAliased(s, '', 3);
    expect(s.topics).toEqual(['a', 'a']);
    s.handle();
    expect(s.turn()).toEqual(['PUBREC #1']);
  });

  test('a suppressed duplicate without a topic → nothing more is told', () => {
    const s = createSession(5);
    s.connect();
    s.deliver('a', { qos: 2, packetId: 1, properties: { topicAlias: 3 } });
    s.deliver('', { qos: 2, packetId: 1, dup: true, properties: { topicAlias: 3 } });
    expect(s.sink.topicsTold).toEqual(['a']);
    s.handle();
    s.turn();
  });
});

describe('our aliases', () => {
  test('first use → topic and alias; after that the alias alone', () => {
    const s = createSession(5);
    s.connect({ topicAliasMaximum: 2 });
    for (const qos of [0, 1, 2] as const) s.publish('a/b', { qos, topicAlias: 1, payload: 'x' });
    expect(s.turn()).toEqual([
      'PUBLISH q0 a/b alias 1',
      'PUBLISH q1 #1 - alias 1',
      'PUBLISH q2 #2 - alias 1',
    ]);
    for (const packet of s.written.slice(1))
      expect(packet).toMatchObject({ payload: Uint8Array.of(0x78) });
    s.puback(1);
    s.pubrec(2, 0x80);
  });

  test('another topic under the alias → bound anew', () => {
    const s = createSession(5);
    s.connect({ topicAliasMaximum: 2 });
    for (const topic of ['a', 'b', 'b', 'a', 'ab', 'a']) s.publish(topic, { topicAlias: 1 });
    s.publish('a', { topicAlias: 2 });
    s.publish('a', { topicAlias: 2 });
    expect(s.turn()).toEqual([
      'PUBLISH q0 a alias 1',
      'PUBLISH q0 b alias 1',
      'PUBLISH q0 - alias 1',
      'PUBLISH q0 a alias 1',
      'PUBLISH q0 ab alias 1',
      'PUBLISH q0 a alias 1',
      'PUBLISH q0 a alias 2',
      'PUBLISH q0 - alias 2',
    ]);
  });

  test('properties and payloads of all lengths → as without an alias', () => {
    const s = createSession(5);
    s.connect({ topicAliasMaximum: 1 });
    for (const length of [0, 1, 100, 120, 125, 126, 127, 128, 16_370, 16_384, 70_000]) {
      const contentType = 'c'.repeat(Math.min(length, 60_000));
      const payload = new Uint8Array(length).fill(7);
      s.publish('a', { qos: 1, topicAlias: 1, payload, properties: { contentType } });
      s.turn();
      const packet = s.written.at(-1);
      if (packet?.type !== PacketType.PUBLISH) throw new Error('no PUBLISH');
      expect(packet.properties).toEqual({ topicAlias: 1, contentType });
      expect(Buffer.compare(packet.payload, payload)).toBe(0);
      s.puback(packet.packetId);
    }
  });

  test('[MQTT-3.2.2-17] [MQTT-3.3.2-9] above the maximum of the Server → only that publish fails', () => {
    const s = createSession(5);
    s.connect({ topicAliasMaximum: 2 });
    const tokens = ([0, 1, 2] as const).map((qos) => s.publish('a', { qos, topicAlias: 3 }));
    expect(s.turn()).toEqual([]);
    expect(s.outcomes(...tokens)).toEqual(tokens.map(() => 'GNEISS_ERR_TOPIC_ALIAS_INVALID'));
  });

  test('[MQTT-3.2.2-18] a Server that takes none → alias 1 fails', () => {
    const s = createSession(5);
    s.connect();
    const token = s.publish('a', { topicAlias: 1 });
    s.turn();
    expect(s.outcome(token)).toBe('GNEISS_ERR_TOPIC_ALIAS_INVALID');
  });

  test('[MQTT-3.3.2-7] next connection → the topic is sent again, also by a retransmission', () => {
    const s = createSession(5);
    s.connect({ topicAliasMaximum: 1 });
    s.publish('a', { qos: 1, topicAlias: 1 });
    s.publish('a', { qos: 1, topicAlias: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a alias 1', 'PUBLISH q1 #2 - alias 1']);
    expect(s.reconnect(true, { topicAliasMaximum: 1 })).toEqual([
      'PUBLISH q1 #1 a alias 1 dup',
      'PUBLISH q1 #2 - alias 1 dup',
    ]);
    s.puback(1);
    s.puback(2);
  });

  test('retransmission to a Server that takes fewer → the topic, no alias', () => {
    const s = createSession(5);
    s.connect({ topicAliasMaximum: 5 });
    s.publish('a', { qos: 1, topicAlias: 5 });
    s.turn();
    expect(s.reconnect(true, { topicAliasMaximum: 4 })).toEqual(['PUBLISH q1 #1 a dup']);
    s.puback(1);
  });

  test('the publish that would have bound it was refused → not bound', () => {
    const s = createSession(5);
    s.connect({ topicAliasMaximum: 1, maximumQos: 1, receiveMaximum: 1 });
    s.publish('a', { qos: 2, topicAlias: 1 });
    s.publish('a', { qos: 1, topicAlias: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a alias 1']);
    s.puback(1);
  });

  test('aborted before it was sent → not bound', () => {
    const s = createSession(5);
    s.connect({ topicAliasMaximum: 1, receiveMaximum: 1 });
    s.publish('x', { qos: 1 });
    s.turn();
    s.session.abort(s.publish('a', { qos: 1, topicAlias: 1 }));
    s.puback(1);
    s.publish('a', { topicAlias: 1 });
    expect(s.turn()).toEqual(['PUBLISH q0 a alias 1']);
  });

  test('too large with the alias → fails before it is bound', () => {
    const s = createSession(5);
    s.connect({ topicAliasMaximum: 1, maximumPacketSize: 30 });
    const token = s.publish('a', { topicAlias: 1, payload: 'x'.repeat(24) });
    s.publish('a', { topicAlias: 1, payload: '' });
    expect(s.turn()).toEqual(['PUBLISH q0 a alias 1']);
    expect(s.outcome(token)).toBe('GNEISS_ERR_PACKET_TOO_LARGE');
  });

  test.each([
    [27, 'GNEISS_ERR_PACKET_TOO_LARGE'],
    [28, 'done 0x00'],
  ])('Maximum Packet Size %i for 28 bytes, alias and all → %s', (maximumPacketSize, expected) => {
    const s = createSession(5);
    s.connect({ topicAliasMaximum: 1, maximumPacketSize });
    const token = s.publish('a', { topicAlias: 1, payload: 'x'.repeat(19) });
    s.turn();
    expect(s.outcome(token)).toBe(expected);
  });

  test('thousands in one batch → first use once, every byte in its place', () => {
    const s = createSession(5, { maximumOperations: 8192 });
    s.connect({ topicAliasMaximum: 3 });
    for (let index = 0; index < 3000; index++)
      s.publish(`t${index % 3}`, { topicAlias: 1 + (index % 3), payload: `${index}` });
    const texts = s.turn();
    expect(texts.slice(0, 4)).toEqual([
      'PUBLISH q0 t0 alias 1',
      'PUBLISH q0 t1 alias 2',
      'PUBLISH q0 t2 alias 3',
      'PUBLISH q0 - alias 1',
    ]);
    expect(texts).toHaveLength(3000);
    expect(texts.filter((text) => !text.includes(' - '))).toHaveLength(3);
  });
});
