import { expect, test } from 'vitest';
import { mentionsIn, titlesIn } from './titles.js';

const FOUND: readonly (readonly [string, string, readonly string[]])[] = [
  ['a test', `test('[MQTT-1.5.4-1] a', () => {});`, ['MQTT-1.5.4-1: a']],
  ['it', `it('[MQTT-1.5.4-1] a', () => {});`, ['MQTT-1.5.4-1: a']],
  ['of 3.1.1', `test('[MQTT-3.1.1:2.3.1-1] a', f);`, ['MQTT-3.1.1:2.3.1-1: a']],
  ['without a number', `test('[MQTT-5.0:3.3.2-a] a', f);`, ['MQTT-5.0:3.3.2-a: a']],
  [
    'of two ids',
    `test('[MQTT-1.5.4-1] [MQTT-3.1.1:1.5.3-1] a', f);`,
    ['MQTT-1.5.4-1 MQTT-3.1.1:1.5.3-1: a'],
  ],
  ['in a describe', `describe('a', () => { test('[MQTT-1.5.4-1] b', f); });`, ['MQTT-1.5.4-1: b']],
  ['each, the id in the title', `test.each(ROWS)('[MQTT-1.5.4-1] %s', f);`, ['MQTT-1.5.4-1: …']],
  ['each, the id in a row', `test.each([['[MQTT-1.5.4-1] a', 1]])('%s', f);`, ['MQTT-1.5.4-1: a']],
  [
    'each, the id in a table',
    `const ROWS = [bad('[MQTT-1.5.4-1] a')]; test.each(ROWS.map(f))('$title → b', f);`,
    ['MQTT-1.5.4-1: a'],
  ],
  [
    'each, the id alone in a row',
    `test.each([['[MQTT-1.5.4-1]']])('%s a', f);`,
    ['MQTT-1.5.4-1: '],
  ],
  [
    'each of describe',
    `describe.each([4])('%i', () => { test('[MQTT-1.5.4-1] b', f); });`,
    ['MQTT-1.5.4-1: b'],
  ],
  ['a loop', `for (const id of ['[MQTT-1.5.4-1] a']) test(\`\${id} b\`, f);`, ['MQTT-1.5.4-1: a']],
  ['only', `test.only('[MQTT-1.5.4-1] a', f);`, ['MQTT-1.5.4-1: a']],
];

const NOT_FOUND: readonly (readonly [string, string])[] = [
  ['a skipped test', `test.skip('[MQTT-1.5.4-1] a', f);`],
  ['a test to be written', `test.todo('[MQTT-1.5.4-1] a');`],
  ['a test in a skipped describe', `describe.skip('a', () => { test('[MQTT-1.5.4-1] b', f); });`],
  ['a test that not every machine runs', `test.skipIf(x)('[MQTT-1.5.4-1] a', f);`],
  [
    'a describe that not every machine runs',
    `describe.skipIf(x)('a', () => { test('[MQTT-1.5.4-1] b', f); });`,
  ],
  ['a comment', `// test('[MQTT-1.5.4-1] a', f);`],
  ['a string', `const title = '[MQTT-1.5.4-1] a';`],
  ['a table that no test names', `const ROWS = ['[MQTT-1.5.4-1] a']; test.each(OTHERS)('%s', f);`],
  ['a table whose rows are not in the title', `test.each([['[MQTT-1.5.4-1] a']])('b', f);`],
  ['another function', `expect('[MQTT-1.5.4-1] a');`],
];

test.each(FOUND)('%s → found', (_, source, expected) => {
  const titles = titlesIn('x.test.ts', source);
  expect(titles.map(({ ids, text }) => `${ids.join(' ')}: ${text}`)).toEqual(expected);
});

test.each(NOT_FOUND)('%s → not found', (_, source) => {
  expect(titlesIn('x.test.ts', source)).toEqual([]);
});

test('what only looks like an id → is mentioned', () => {
  expect(mentionsIn('// [MQTT-3.3.1] and [MQTT5-3.3.1-2], but not [3.3.1]')).toEqual([
    'MQTT-3.3.1',
    'MQTT5-3.3.1-2',
  ]);
});
