import { expect, test } from 'vitest';
import { readCorpus } from '../../fuzz/corpus.js';
import { fuzz } from '../../fuzz/coverage-target.js';

const CORPUS = new URL('../../fuzz/corpus.txt', import.meta.url);

test('every input that coverage-guided fuzzing has kept → machine and strict decoder agree', () => {
  const inputs = readCorpus(CORPUS);
  expect(inputs.length).toBeGreaterThan(100);
  // Twice, the second time backwards: nothing may hang on what a machine was fed before.
  for (const input of [...inputs, ...inputs.toReversed()]) fuzz(input);
});
