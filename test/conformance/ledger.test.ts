import { expect, test } from 'vitest';
import { TOLERATIONS } from '../../src/errors/tolerations.js';
import { VIOLATIONS } from '../../src/errors/violations.js';
import { toDocument } from './document.js';
import { MQTT_311 } from './ledger/mqtt-3.1.1.js';
import { MQTT_5 } from './ledger/mqtt-5.0.js';
import { entries, mentions } from './reconcile.js';

const ENTRIES = entries();
const IDS = new Set(ENTRIES.map(({ id }) => id));
const CLIENT = ENTRIES.filter(({ concerns }) => concerns !== 'server');

test('the ledger → has every numbered statement of both versions, and the rules without a number', () => {
  const numbered = (ids: readonly string[]) => ids.filter((id) => /\d$/.test(id)).length;
  expect(numbered(Object.keys(MQTT_5))).toBe(251);
  expect(numbered(Object.keys(MQTT_311))).toBe(141);
  expect(CLIENT.filter(({ id }) => numbered([id]) === 1 && id in MQTT_5)).toHaveLength(183);
  expect(CLIENT.filter(({ id }) => id in MQTT_311)).toHaveLength(99);
  expect(Object.keys(MQTT_5).length - 251).toBe(57);
});

test('a statement that concerns a Client → has a test that bears its id, or a reason why not', () => {
  const neither = CLIENT.filter(({ tests, reason }) => tests.length === 0 && reason === null);
  expect(neither.map(({ id }) => id)).toEqual([]);
});

test('a statement with a reason why no test can exist → has none', () => {
  const both = CLIENT.filter(({ tests, reason }) => {
    const isFinal = reason !== null && reason.kind !== 'open' && reason.kind !== 'unmet';
    return isFinal && tests.length > 0;
  });
  expect(both.map(({ id, tests }) => [id, tests[0]?.file])).toEqual([]);
});

test('what is open or not met → is told with every run', () => {
  const lacking = CLIENT.filter(
    ({ reason }) => reason?.kind === 'open' || reason?.kind === 'unmet',
  );
  const ids = lacking.map(({ id, reason }) => `${id} (${reason?.kind})`);
  console.info(`conformance, not yet proven: ${ids.length === 0 ? 'nothing' : ids.join(', ')}`);
  const document = toDocument(ENTRIES);
  expect(lacking.filter(({ id }) => !document.includes(`- ${id}: `))).toEqual([]);
});

test('an id in brackets, in a test or a source → is that of a statement', () => {
  expect(mentions().filter(({ id }) => !IDS.has(id))).toEqual([]);
});

test('the statement that a violation or a toleration names → is one', () => {
  const named = Object.values({ ...VIOLATIONS, ...TOLERATIONS }).map(({ statement }) => statement);
  expect(named.filter((id) => id.startsWith('MQTT') && !IDS.has(id))).toEqual([]);
});

test('docs/conformance.md → is what `npm run conformance` writes', async () => {
  await expect(toDocument(ENTRIES)).toMatchFileSnapshot('../../docs/conformance.md');
});
