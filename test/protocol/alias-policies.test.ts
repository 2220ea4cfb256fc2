import { describe, expect, test } from 'vitest';
import { AliasBindings } from '../../src/protocol/alias-bindings.js';
import { LruAliases } from '../../src/protocol/lru-aliases.js';
import type { TopicAliasResolver } from '../../src/validation/topic-alias-resolver.js';
import { Prng } from '../support/prng.js';
import { createSession, type SessionFixture } from '../support/session-fixture.js';

/** Publishes at QoS 0. @returns Topic and alias of each, `*` for a topic that is left out. */
function publish(s: SessionFixture, ...topics: readonly string[]): string {
  for (const topic of topics) s.publish(topic);
  return s
    .turn()
    .map((text) => text.replace('PUBLISH q0 ', '').replace(/^-/, '*').replace(' alias ', ''))
    .join(' ');
}

describe("policy 'none'", () => {
  test('whatever is asked for → no alias', () => {
    const s = createSession(5, { topicAliasPolicy: 'none' });
    s.connect({ topicAliasMaximum: 5 });
    for (const topicAlias of [0, 1, 5, 6]) s.publish('a', { topicAlias });
    expect(s.turn()).toEqual(Array(4).fill('PUBLISH q0 a'));
  });
});

describe("policy 'manual'", () => {
  test('[MQTT-3.2.2-17] the Topic Alias Maximum itself → taken', () => {
    const s = createSession(5);
    s.connect({ topicAliasMaximum: 5 });
    s.publish('a', { topicAlias: 5 });
    s.publish('a', { topicAlias: 5 });
    expect(s.turn()).toEqual(['PUBLISH q0 a alias 5', 'PUBLISH q0 - alias 5']);
  });

  test('known by its alias → measured as it is sent, without the topic', () => {
    const s = createSession(5);
    const topic = 't'.repeat(50);
    s.connect({ topicAliasMaximum: 1, maximumPacketSize: 60 });
    s.publish(topic, { topicAlias: 1, payload: '' });
    const token = s.publish(topic, { topicAlias: 1, payload: 'x'.repeat(52) });
    const tooLarge = s.publish(topic, { topicAlias: 1, payload: 'x'.repeat(53) });
    const plain = s.publish(topic, { payload: 'x'.repeat(10) });
    expect(s.turn()).toEqual([`PUBLISH q0 ${topic} alias 1`, 'PUBLISH q0 - alias 1']);
    expect(s.outcomes(token, tooLarge, plain)).toEqual([
      'done 0x00',
      'GNEISS_ERR_PACKET_TOO_LARGE',
      'GNEISS_ERR_PACKET_TOO_LARGE',
    ]);
  });

  test('sent again to a Server that takes smaller packets → without its alias', () => {
    const s = createSession(5);
    s.connect({ topicAliasMaximum: 1 });
    s.publish('a', { qos: 1, topicAlias: 1, payload: 'x'.repeat(20) });
    s.turn();
    const sizes = { topicAliasMaximum: 1, maximumPacketSize: 28 };
    expect(s.reconnect(true, sizes)).toEqual(['PUBLISH q1 #1 a dup']);
    s.puback(1);
  });
});

describe("policy 'lru'", () => {
  const lru = (topicAliasMaximum: number, topicAliasCacheSize = 16): SessionFixture => {
    const s = createSession(5, { topicAliasPolicy: 'lru', topicAliasCacheSize });
    s.connect(topicAliasMaximum === 0 ? {} : { topicAliasMaximum });
    return s;
  };

  test.each([
    ['a a', 'a1 *1'],
    ['b a b', 'b1 a2 *1'],
    ['a b a b', 'a1 b2 *1 *2'],
    ['a b c b c b c a', 'a1 b2 c1 *2 *1 *2 *1 a2'],
    ['a b c a c b', 'a1 b2 c1 a2 *1 b2'],
    ['a b a c b a', 'a1 b2 *1 c2 b1 a2'],
  ])('two aliases, %s → %s', (topics, expected) => {
    expect(publish(lru(2), ...topics.split(' '))).toBe(expected);
  });

  test('[MQTT-3.2.2-18] a Server that takes none → none', () => {
    expect(publish(lru(0), 'a', 'a')).toBe('a a');
  });

  test('no more than the cache, nor than the Server takes', () => {
    expect(publish(lru(1), 'a', 'b', 'b', 'a')).toBe('a1 b1 *1 a1');
    expect(publish(lru(100, 1), 'a', 'b', 'b', 'a')).toBe('a1 b1 *1 a1');
  });

  test('an alias that the caller asks for → ignored', () => {
    const s = lru(2);
    s.publish('a', { topicAlias: 2 });
    s.publish('a', { topicAlias: 9 });
    expect(s.turn()).toEqual(['PUBLISH q0 a alias 1', 'PUBLISH q0 - alias 1']);
  });

  test('[MQTT-3.3.2-7] the next connection → everything forgotten, its maximum taken', () => {
    const s = lru(2);
    expect(publish(s, 'a', 'b')).toBe('a1 b2');
    s.reconnect(true, { topicAliasMaximum: 1 });
    expect(publish(s, 'b', 'a', 'a')).toBe('b1 a1 *1');
    s.reconnect(true, {});
    expect(publish(s, 'a', 'a')).toBe('a a');
  });

  test('sent again → as on any connection, each at its turn', () => {
    const s = lru(2);
    for (const topic of ['a', 'b', 'a']) s.publish(topic, { qos: 1 });
    expect(s.turn()).toEqual([
      'PUBLISH q1 #1 a alias 1',
      'PUBLISH q1 #2 b alias 2',
      'PUBLISH q1 #3 - alias 1',
    ]);
    s.puback(1);
    expect(s.reconnect(true, { topicAliasMaximum: 2 })).toEqual([
      'PUBLISH q1 #2 b alias 1 dup',
      'PUBLISH q1 #3 a alias 2 dup',
    ]);
    s.puback(2);
    s.puback(3);
  });

  test('a publish that is refused → takes no alias, and makes none recent', () => {
    const s = createSession(5, { topicAliasPolicy: 'lru' });
    s.connect({ topicAliasMaximum: 2, maximumQos: 0 });
    s.publish('x', { qos: 1 });
    expect(publish(s, 'a', 'b')).toBe('a1 b2');
    s.publish('a', { qos: 1 });
    expect(publish(s, 'c', 'a')).toBe('c1 a2');
  });

  test('no room for the alias → the topic alone; for the topic → the alias alone', () => {
    const s = createSession(5, { topicAliasPolicy: 'lru' });
    s.connect({ topicAliasMaximum: 2, maximumPacketSize: 30 });
    const first = s.publish('aaaa', { payload: 'x'.repeat(21) });
    const second = s.publish('aaaa', { payload: '' });
    const third = s.publish('aaaa', { payload: 'x'.repeat(22) });
    const fourth = s.publish('aaaa', { payload: 'x'.repeat(23) });
    expect(s.turn()).toEqual([
      'PUBLISH q0 aaaa',
      'PUBLISH q0 aaaa alias 1',
      'PUBLISH q0 - alias 1',
    ]);
    expect(s.outcomes(first, second, third, fourth)).toEqual([
      ...Array<string>(3).fill('done 0x00'),
      'GNEISS_ERR_PACKET_TOO_LARGE',
    ]);
  });

  test('QoS 0, 1 and 2 with what is written at once → the order of the calls', () => {
    const s = lru(3);
    for (const qos of [0, 1, 2] as const) s.publish('a', { qos });
    s.publish('b');
    expect(s.turn()).toEqual([
      'PUBLISH q0 a alias 1',
      'PUBLISH q1 #1 - alias 1',
      'PUBLISH q2 #2 - alias 1',
      'PUBLISH q0 b alias 2',
    ]);
    s.puback(1);
    s.pubrec(2, 0x80);
  });

  test('thousands of topics at random → as a list that is kept by hand', () => {
    const memory = new Uint8Array(1 << 16);
    const bindings = new AliasBindings(memory);
    const capacity = 13;
    const aliases = new LruAliases(capacity, memory, bindings);
    const prng = new Prng(1);
    for (let connection = 0; connection < 3; connection++) {
      bindings.clear();
      aliases.startConnection(100);
      /** Topic and alias, the most recent last. */
      const model: [string, number][] = [];
      for (let round = 0; round < 5000; round++) {
        const topic = `t/${prng.below(20)}`.repeat(1 + prng.below(2));
        const start = prng.below(1000);
        memory.set(new TextEncoder().encode(topic), start);
        const alias = aliases.choose(start, topic.length);
        const at = model.findIndex(([name]) => name === topic);
        const [, expected] =
          at >= 0 ? model[at]! : model.length < capacity ? ['', model.length + 1] : model[0]!;
        expect(alias).toBe(expected);
        const isKnown = bindings.isBound(alias, start, topic.length);
        expect(isKnown).toBe(at >= 0);
        // Now and then the publish is refused.
        if (prng.chance(0.1)) continue;
        if (!isKnown) bindings.bind(alias, start, topic.length);
        aliases.sent(start, topic.length, alias, isKnown);
        if (at >= 0) model.splice(at, 1);
        else if (model.length === capacity) model.shift();
        model.push([topic, alias]);
      }
    }
  });
});

describe('a resolver of the user', () => {
  /** Aliases by the length of the topic, and a record of what it was told. */
  class ByLength implements TopicAliasResolver {
    readonly calls: string[] = [];
    startConnection(topicAliasMaximum: number): void {
      this.calls.push(`start ${topicAliasMaximum}`);
    }
    resolve(topicName: string, topicAlias: number): number {
      this.calls.push(`resolve ${topicName} ${topicAlias}`);
      return topicName.length;
    }
    sent(topicName: string, topicAlias: number): void {
      this.calls.push(`sent ${topicName} ${topicAlias}`);
    }
  }

  function resolved(resolver: TopicAliasResolver, topicAliasMaximum = 3): SessionFixture {
    const s = createSession(5, { topicAliasResolver: resolver });
    s.connect({ topicAliasMaximum, maximumQos: 1 });
    return s;
  }

  test('chooses; the topic is left out only where the Server knows it', () => {
    const resolver = new ByLength();
    const s = resolved(resolver);
    expect(publish(s, 'a', 'a', 'b', 'bé')).toBe('a1 *1 b1 bé2');
    expect(resolver.calls.slice(0, 3)).toEqual(['start 3', 'resolve a 0', 'sent a 1']);
    s.publish('a', { topicAlias: 7 });
    expect(s.turn()).toEqual(['PUBLISH q0 a alias 1']);
    expect(resolver.calls.slice(-2)).toEqual(['resolve a 7', 'sent a 1']);
  });

  test('told of what is sent, not of what is refused', () => {
    const resolver = new ByLength();
    const s = resolved(resolver);
    const token = s.publish('a', { qos: 2 });
    s.turn();
    expect(s.outcome(token)).toBe('GNEISS_ERR_QOS_UNSUPPORTED');
    expect(resolver.calls).toEqual(['start 3', 'resolve a 0']);
  });

  test('0 → no alias; what is no alias of the connection → only that publish fails', () => {
    const answers: unknown[] = [0, 4, -1, 1.5, Number.NaN, '1', undefined, 3];
    const resolver = { ...stub(), resolve: () => answers.shift() as number };
    const s = resolved(resolver);
    const tokens = answers.map(() => s.publish('a'));
    expect(s.turn()).toEqual(['PUBLISH q0 a', 'PUBLISH q0 a alias 3']);
    const failed = Array<string>(6).fill('GNEISS_ERR_TOPIC_ALIAS_INVALID');
    expect(s.outcomes(...tokens)).toEqual(['done 0x00', ...failed, 'done 0x00']);
    s.drop();
  });

  test('a Server that takes none → not asked', () => {
    const resolver = new ByLength();
    const s = createSession(5, { topicAliasResolver: resolver });
    s.connect();
    expect(publish(s, 'a')).toBe('a');
    expect(resolver.calls).toEqual([]);
  });

  test('resolve() throws → that publish fails, a retransmission goes without', () => {
    let fails = false;
    const resolver = {
      ...stub(),
      resolve: () => {
        if (fails) throw new Error('no alias');
        return 1;
      },
    };
    const s = resolved(resolver);
    s.publish('a', { qos: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a alias 1']);
    fails = true;
    const token = s.publish('a');
    expect(s.turn()).toEqual([]);
    expect(s.outcome(token)).toBe('GNEISS_ERR_TOPIC_ALIAS_INVALID');
    expect(s.reconnect(true, { topicAliasMaximum: 1 })).toEqual(['PUBLISH q1 #1 a dup']);
    s.puback(1);
    s.drop();
  });

  test.each(['startConnection', 'sent'] as const)(
    '%s() throws → publishes fail until the next connection',
    (method) => {
      let fails = true;
      const resolver = {
        ...stub(),
        [method]: () => {
          if (fails) throw new Error('lost');
        },
      };
      const s = resolved(resolver);
      if (method === 'sent') expect(publish(s, 'a')).toBe('a1');
      const token = s.publish('a');
      expect(s.turn()).toEqual([]);
      expect(s.outcome(token)).toBe('GNEISS_ERR_TOPIC_ALIAS_INVALID');
      fails = false;
      s.reconnect(true, { topicAliasMaximum: 1 });
      expect(publish(s, 'a', 'a')).toBe('a1 *1');
    },
  );

  function stub(): TopicAliasResolver {
    return { startConnection: () => undefined, resolve: () => 1, sent: () => undefined };
  }
});
