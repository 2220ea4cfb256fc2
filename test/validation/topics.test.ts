import { describe, expect, test } from 'vitest';
import {
  hasWildcard,
  parseSharedFilter,
  topicFilterProblem,
  topicNameProblem,
} from '../../src/validation/topics.js';

const LONE_SURROGATES = ['\ud800', 'a/\udc00', '\ud800\ud800', '\udc00\ud800'];

describe('topic names', () => {
  test.each([
    '/',
    'a',
    '/a',
    'a/',
    'a//b',
    ' ',
    'é/😀',
    '$SYS/x',
    '$share/g/a',
    '\u0001',
    '\ufeff',
  ])('%j → valid', (topicName) => {
    expect(topicNameProblem(topicName)).toBeNull();
  });

  test('[MQTT-4.7.3-1] an empty name → refused', () => {
    expect(topicNameProblem('')).toBe('must not be empty');
  });

  test.each(['#', '+', 'a/#', 'a+', 'é#'])('[MQTT-3.3.2-2] wildcards in %j → refused', (name) => {
    expect(topicNameProblem(name)).toBe('must not contain wildcards');
  });

  test.each(['\0', 'a\0', 'é\0'])('[MQTT-4.7.3-2] U+0000 in %j → refused', (name) => {
    expect(topicNameProblem(name)).toMatch(/U\+0000/);
  });

  test.each(LONE_SURROGATES)('[MQTT-1.5.4-1] lone surrogate in %j → refused', (name) => {
    expect(topicNameProblem(name)).toMatch(/lone surrogates/);
  });

  test('[MQTT-4.7.3-3] length counts in bytes of UTF-8 → 65535 at most', () => {
    expect(topicNameProblem('a'.repeat(65_535))).toBeNull();
    expect(topicNameProblem('a'.repeat(65_536))).toMatch(/65535/);
    expect(topicNameProblem('é'.repeat(32_767))).toBeNull();
    expect(topicNameProblem('é'.repeat(32_768))).toMatch(/65535/);
    expect(topicNameProblem(`${'😀'.repeat(16_383)}abc`)).toBeNull();
    expect(topicNameProblem('😀'.repeat(16_384))).toMatch(/65535/);
  });

  test.each([undefined, null, 1, {}, ['a'], new String('a')])('%j → not a string', (value) => {
    expect(topicNameProblem(value)).toBe('must be a string');
    expect(topicFilterProblem(value)).toBe('must be a string');
  });
});

describe('topic filters', () => {
  test.each([
    ...['#', '+', '/', 'a', '/a', 'a/', 'a//b', 'sport/+', '+/+', '/+', 'sport/#', '+/tennis/#'],
    ...['$SYS/#', '$share/g/a/#', '$share/g//a', '$share/g/$SYS/x', '/#', '+/', '//', '$share'],
    ...['$shared/g', 'a/$share/+', '$share/g/+', '$share/g/#', '$share/é/a'],
  ])('%j → valid', (filter) => {
    expect(topicFilterProblem(filter)).toBeNull();
  });

  test.each([
    '',
    ...['a#', 'a/#/b', '#/a', 'a+', 'a/+b', '##', '++', '#+', '+#', 'a/+#', '/#/', '+a/b'],
    ...['a\0', ...LONE_SURROGATES],
  ])('%j → refused', (filter) => {
    expect(topicFilterProblem(filter)).toEqual(expect.any(String));
  });

  test.each([
    ['$share/', 'empty share name'],
    ['$share//a', 'empty share name'],
  ])('[MQTT-4.8.2-1] %j → refused, it has an %s', (filter, problem) => {
    expect(topicFilterProblem(filter)).toContain(problem);
  });

  test.each([
    ['$share/g', 'nothing after its share name'],
    ['$share/g/', 'nothing after its share name'],
    ['$share/g+/a', 'wildcard in its share name'],
    ['$share/g#/a', 'wildcard in its share name'],
    ['$share/+', 'wildcard in its share name'],
  ])('[MQTT-4.8.2-2] %j → refused, it has %s', (filter, problem) => {
    expect(topicFilterProblem(filter)).toContain(problem);
  });

  test.each([
    ['a#', 'not alone'],
    ['a/#/b', 'not its last'],
    ['$share/g/a#', 'not alone'],
    ['$share/g/#/a', 'not its last'],
  ])('[MQTT-4.7.1-1] %j → refused, its # is %s', (filter, problem) => {
    expect(topicFilterProblem(filter)).toContain(problem);
  });

  test.each(['a+', '+a', 'a/+b', '++', '$share/g/a+/b'])(
    '[MQTT-4.7.1-2] %j → refused',
    (filter) => {
      expect(topicFilterProblem(filter)).toContain('not alone');
    },
  );

  test('length counts in bytes of UTF-8 → 65535 at most, the share included', () => {
    expect(topicFilterProblem(`${'a'.repeat(65_533)}/#`)).toBeNull();
    expect(topicFilterProblem(`${'a'.repeat(65_534)}/#`)).toMatch(/65535/);
    expect(topicFilterProblem(`$share/g/${'a'.repeat(65_526)}`)).toBeNull();
    expect(topicFilterProblem(`$share/g/${'a'.repeat(65_527)}`)).toMatch(/65535/);
    expect(topicFilterProblem('é'.repeat(32_768))).toMatch(/65535/);
  });

  test('shared filters → taken apart; others → null', () => {
    expect(parseSharedFilter('$share/g/a/#')).toEqual({ shareName: 'g', topicFilter: 'a/#' });
    expect(parseSharedFilter('$share/g//a')).toEqual({ shareName: 'g', topicFilter: '/a' });
    expect(parseSharedFilter('$share/g/$share/h/a')?.topicFilter).toBe('$share/h/a');
    for (const filter of ['a', '$share', '$shared/g/a', 'a/$share/g/b', '$share/g']) {
      expect(parseSharedFilter(filter)).toBeNull();
    }
  });

  test('wildcards → seen in any level', () => {
    expect(['#', 'a/+/b', '$share/g/+'].every(hasWildcard)).toBe(true);
    expect(['a', '/', '$share/g/a'].some(hasWildcard)).toBe(false);
  });
});
