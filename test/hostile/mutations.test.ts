import { expect, test } from 'vitest';
import { newTally, runBlock } from '../../fuzz/block.js';

const { SEED: seed = '20261125' } = process.env;
const BLOCKS = 14;
const CONNECTIONS = 1_500;

test(`mutated traffic (SEED=${seed}) → machine and strict decoder agree, or a table says why not`, () => {
  const tally = newTally();
  for (let block = 0; block < BLOCKS; block += 1) runBlock(Number(seed), block, tally, CONNECTIONS);
  expect(tally.mutations).toBeGreaterThan(10_000);
  // Whatever is never met is not tested.
  expect([...tally.agreements.keys()].toSorted()).toStrictEqual([
    'accepted',
    'ended',
    'refused',
    'refused for what was before',
    'tolerated',
  ]);
  for (const count of tally.agreements.values()) expect(count).toBeGreaterThan(20);
  expect(tally.kinds.size).toBe(15);
  for (const count of tally.kinds.values()) expect(count).toBeGreaterThan(200);
}, 60_000);

test('the same seed → the same history', () => {
  const [one, other] = [newTally(), newTally()];
  for (const tally of [one, other]) runBlock(7, 0, tally, 300);
  expect(one).toStrictEqual(other);
});
