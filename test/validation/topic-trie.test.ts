import { describe, expect, test } from 'vitest';
import { TopicTrie } from '../../src/validation/topic-trie.js';
import { Prng } from '../support/prng.js';

function matches<T>(trie: TopicTrie<T>, topicName: string): T[] {
  const values: T[] = [];
  trie.match(topicName, (value) => values.push(value));
  return values;
}

/** The rules of §4.7 level by level, for comparison. */
function naiveMatch(filter: string, topicName: string): boolean {
  if (topicName.startsWith('$') && /^[#+]/.test(filter)) return false;
  const levels = topicName.split('/');
  const wanted = filter.split('/');
  for (const [at, level] of wanted.entries()) {
    if (level === '#') return true;
    if (at >= levels.length || (level !== '+' && level !== levels[at])) return false;
  }
  return wanted.length === levels.length;
}

describe('matching', () => {
  test.each([
    ['#', 'a/b', true],
    ['#', '/', true],
    ['sport/#', 'sport', true],
    ['sport/#', 'sports', false],
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['+', 'a', true],
    ['+', '/a', false],
    ['/+', '/a', true],
    ['+/+', '/a', true],
    ['+/#', 'a', true],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['a/+/b', 'a//b', true],
    ['a', 'A', false],
    ['a', 'a/', false],
    ['/a', 'a', false],
    ['constructor', 'constructor', true],
    ['__proto__/+', '__proto__/x', true],
  ])('%s against %s → %s', (filter, topicName, expected) => {
    const trie = new TopicTrie<string>();
    trie.add(filter, 'value');
    expect(matches(trie, topicName)).toEqual(expected ? ['value'] : []);
    expect(naiveMatch(filter, topicName)).toBe(expected);
  });

  test.each([
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['+', '$SYS', false],
    ['+/#', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
    ['$SYS/+', '$SYS/x', true],
    ['a/+', 'a/$b', true],
    ['a/#', 'a/$b', true],
  ])('[MQTT-4.7.2-1] %s against %s → %s', (filter, topicName, expected) => {
    const trie = new TopicTrie<string>();
    trie.add(filter, 'value');
    expect(matches(trie, topicName)).toEqual(expected ? ['value'] : []);
    expect(naiveMatch(filter, topicName)).toBe(expected);
  });

  test('[MQTT-4.7.3-4] names that only look the same → do not match', () => {
    const trie = new TopicTrie<string>();
    trie.add('caf\u00e9', 'composed');
    expect(matches(trie, 'cafe\u0301')).toEqual([]);
    expect(matches(trie, 'caf\u00e9')).toEqual(['composed']);
  });

  test('wildcard characters in a topic name → names like any other', () => {
    const trie = new TopicTrie<string>();
    trie.add('a/b', 'plain');
    trie.add('a/+', 'plus');
    trie.add('a/#', 'rest');
    expect(matches(trie, 'a/+')).toEqual(['plus', 'rest']);
    expect(matches(trie, 'a/#')).toEqual(['plus', 'rest']);
    expect(matches(trie, '+/b')).toEqual([]);
  });

  test('several matches → visited in the order of addition', () => {
    const trie = new TopicTrie<number>();
    const filters = ['a/+', '#', 'a/b', '+/b', 'a/#', 'a/b/#', '+/+', 'a/b'];
    filters.forEach((filter, at) => {
      trie.add(filter, at);
    });
    expect(matches(trie, 'a/b')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    trie.delete('a/b', 2);
    trie.add('a/b', 2);
    expect(matches(trie, 'a/b')).toEqual([0, 1, 3, 4, 5, 6, 7, 2]);
  });

  test('a value under two filters → visited once for each', () => {
    const trie = new TopicTrie<string>();
    trie.add('a/+', 'x');
    trie.add('a/#', 'x');
    expect(matches(trie, 'a/b')).toEqual(['x', 'x']);
  });

  test('a visitor that changes the trie → the matches stay those of the start', () => {
    const trie = new TopicTrie<string>();
    trie.add('a', 'first');
    trie.add('a', 'second');
    const visited: string[] = [];
    trie.match('a', (value) => {
      visited.push(value);
      trie.delete('a', 'second');
      trie.add('#', 'third');
    });
    expect(visited).toEqual(['first', 'second']);
    expect(matches(trie, 'a')).toEqual(['first', 'third']);
  });
});

describe('adding and deleting', () => {
  test('the same pair twice → counted and visited once', () => {
    const trie = new TopicTrie<string>();
    trie.add('a/#', 'x');
    trie.add('a/#', 'x');
    expect(trie.size).toBe(1);
    expect(matches(trie, 'a')).toEqual(['x']);
    expect(trie.delete('a/#', 'x')).toBe(true);
    expect(trie.delete('a/#', 'x')).toBe(false);
    expect(trie.size).toBe(0);
  });

  test('a pair that is not there → false, and nothing changes', () => {
    const trie = new TopicTrie<string>();
    trie.add('a/b', 'x');
    for (const filter of ['a', 'a/#', 'a/+', '#', 'a/b/c', 'a/b/#', 'a/b/', '/a/b']) {
      expect(trie.delete(filter, 'x')).toBe(false);
    }
    expect(trie.delete('a/b', 'y')).toBe(false);
    expect(matches(trie, 'a/b')).toEqual(['x']);
  });

  test('deleting a filter → those that share its levels stay', () => {
    const trie = new TopicTrie<string>();
    const filters = ['a', 'a/b', 'a/b/c', 'a/+', 'a/+/c', 'a/#', 'a/b/#'];
    for (const filter of filters) trie.add(filter, filter);
    for (const [at, filter] of filters.entries()) {
      expect(trie.delete(filter, filter)).toBe(true);
      const left = filters.slice(at + 1);
      for (const topicName of ['a', 'a/b', 'a/b/c', 'a/x', 'a/x/c']) {
        expect(matches(trie, topicName)).toEqual(left.filter((one) => naiveMatch(one, topicName)));
      }
    }
    expect(trie.size).toBe(0);
  });
});

describe('against the naive matcher', () => {
  const LEVELS = ['a', 'b', '', '$', '$SYS', 'é'];

  function randomTopic(prng: Prng): string {
    return Array.from({ length: 1 + prng.below(4) }, () => prng.pick(LEVELS)).join('/');
  }

  function randomFilter(prng: Prng): string {
    const levels = Array.from({ length: 1 + prng.below(4) }, () =>
      prng.chance(0.3) ? '+' : prng.pick(LEVELS),
    );
    if (prng.chance(0.3)) levels.push('#');
    return prng.chance(0.05) ? '#' : levels.join('/');
  }

  test.each([1, 2, 3, 4, 5])('random filters and topics, seed %i → the same matches', (seed) => {
    const prng = new Prng(seed);
    const trie = new TopicTrie<number>();
    const model: { filter: string; value: number }[] = [];
    for (let round = 0; round < 1500; round++) {
      if (model.length > 0 && prng.chance(0.4)) {
        const [gone] = model.splice(prng.below(model.length), 1);
        expect(trie.delete(gone!.filter, gone!.value)).toBe(true);
      } else {
        const added = { filter: randomFilter(prng), value: round };
        model.push(added);
        trie.add(added.filter, added.value);
      }
      const topicName = randomTopic(prng);
      const expected = model.filter(({ filter }) => naiveMatch(filter, topicName));
      expect(matches(trie, topicName)).toEqual(expected.map(({ value }) => value));
      expect(trie.size).toBe(model.length);
    }
  });
});

describe('extremes', () => {
  const deep = 'a/'.repeat(32_767);
  const slashes = '/'.repeat(65_535);

  test('32,768 levels → added, matched and deleted without recursion', () => {
    const trie = new TopicTrie<string>();
    const plus = deep.replaceAll('a', '+').slice(0, -1);
    for (const filter of [deep, slashes, `${deep}#`, plus, '#']) trie.add(filter, filter);
    expect(matches(trie, deep)).toEqual([deep, `${deep}#`, '#']);
    expect(matches(trie, deep.slice(0, -1))).toEqual([`${deep}#`, plus, '#']);
    expect(matches(trie, slashes)).toEqual([slashes, '#']);
    for (const filter of [deep, slashes, `${deep}#`, plus, '#']) {
      expect(trie.delete(filter, filter)).toBe(true);
    }
    expect(trie.size).toBe(0);
    expect(matches(trie, deep)).toEqual([]);
  });

  test('one level of 65,535 bytes → matched', () => {
    const trie = new TopicTrie<string>();
    trie.add('+', 'x');
    expect(matches(trie, 'a'.repeat(65_535))).toEqual(['x']);
  });
});
