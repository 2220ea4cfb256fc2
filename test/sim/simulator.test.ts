import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'tsup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { simulatorBundle } from './bundle.js';
import { replaceOnce } from './bundle-plugin.js';
import type { Mutant } from './mutants/mutant.js';
import { MUTANTS } from './mutants/table.js';
import { rangeOf } from './processes.js';
import type { RangeResult } from './run-range.js';

const SEEDS = 200;
const TIMEOUT_MS = 240_000;

// Below the project, or the bundle would not find its packages.
const directory = mkdtempSync(join('test', 'sim-'));
let all: RangeResult;

async function bundle(name: string, planted: Mutant | null): Promise<string> {
  const outDir = join(directory, name);
  await build(simulatorBundle(outDir, planted));
  return join(outDir, 'main.js');
}

async function play(main: string, seeds: number, failures = 20): Promise<RangeResult> {
  const args = ['--child', '--seeds', `${seeds}`, '--failures', `${failures}`];
  return rangeOf(fork(main, args), `${seeds} seeds`);
}

beforeAll(async () => {
  all = await play(await bundle('sound', null), SEEDS);
}, TIMEOUT_MS);

afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('simulator', () => {
  test('the first seeds → every rule holds in every history', () => {
    expect(all.failures).toEqual([]);
    expect(all.histories).toBe(SEEDS);
  });

  test('QoS 1 comes twice now and then → the faults are strong enough, and the judge sees duplicates', () => {
    expect(all.duplicates).toBeGreaterThan(SEEDS / 10);
  });

  test(
    'the same seeds in another process → the same histories, event for event',
    async () => {
      const again = await play(join(directory, 'sound', 'main.js'), SEEDS);
      expect([again.hash, again.events]).toEqual([all.hash, all.events]);
    },
    TIMEOUT_MS,
  );
});

describe('planted defects', () => {
  test.each(MUTANTS)('$id → has its one place in the sources', (mutant) => {
    const source = readFileSync(mutant.file, 'utf8');
    expect(replaceOnce(source, mutant)).not.toBe(source);
  });

  test('ids → each stands for one defect', () => {
    expect(new Set(MUTANTS.map(({ id }) => id)).size).toBe(MUTANTS.length);
  });

  test(
    'one of them → is found, so the bundle has it',
    async () => {
      const mutant = MUTANTS.find(({ id }) => id === 'DUP is forgotten');
      const main = await bundle('planted', mutant ?? null);
      const { failures } = await play(main, SEEDS, 1);
      expect(failures.map(({ invariant }) => invariant)).toEqual(['I6']);
    },
    TIMEOUT_MS,
  );
});
