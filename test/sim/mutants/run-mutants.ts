import { type ChildProcess, fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { build } from 'tsup';
import { simulatorBundle } from '../bundle.js';
import type { RangeResult } from '../run-range.js';
import type { Mutant } from './mutant.js';
import { runFacts, savePlantedDefects } from './report.js';
import { MUTANTS } from './table.js';

const BUNDLES = 'test/sim/dist/mutants';
/** A defect may keep a history from ever coming to its end, or to its next event: that is found, too. Others take milliseconds. */
const TIMEOUT_MS = 60_000;
const HANGS = 'hangs';
/** What is printed of a failure. */
const TEXT_MAX = 100;

/** What became of one planted defect. */
export interface Finding {
  readonly id: string;
  /** The invariant that did not hold; null: the defect was not found. */
  readonly invariant: string | null;
  /** How many seeds were played. */
  readonly seeds: number;
  readonly text: string;
}

/**
 * Plants each defect and looks for it with the same seeds.
 *
 * @param only  Those with this in their ids.
 * @param jobs  How many are looked for at once.
 * @returns Whether all of them were found.
 */
export async function runMutants(
  seeds: number,
  only: string,
  jobs: number,
  saves: boolean,
): Promise<boolean> {
  const mutants = MUTANTS.filter(({ id }) => id.includes(only));
  const facts = runFacts();
  const findings: Finding[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < mutants.length; at = next++) {
      const mutant = mutants[at];
      if (mutant !== undefined) findings[at] = await plant(mutant, `${BUNDLES}/${at}`, seeds);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const lost = findings.filter(({ invariant }) => invariant === null);
  console.log(`${findings.length - lost.length} of ${findings.length} planted defects found`);
  if (saves) savePlantedDefects(findings, seeds, facts);
  return lost.length === 0;
}

async function plant(mutant: Mutant, directory: string, seeds: number): Promise<Finding> {
  await build(simulatorBundle(directory, mutant));
  const finding = await hunt(mutant, resolve(directory, 'main.js'), seeds);
  rmSync(directory, { recursive: true });
  const word = finding.invariant === null ? 'NOT FOUND' : 'found';
  const text = finding.text.slice(0, TEXT_MAX);
  console.log(`${word} ${mutant.id}: ${text} (${finding.seeds} seeds)`);
  return finding;
}

async function hunt({ id }: Mutant, main: string, seeds: number): Promise<Finding> {
  const args = ['--child', '--progress', '--from', '1', '--seeds', `${seeds}`, '--failures', '1'];
  const child = fork(main, args, { stdio: 'ignore' });
  const result = await outcome(child);
  if (typeof result === 'number') return { id, invariant: HANGS, seeds: result, text: 'no end' };
  const [failure] = result.failures;
  return {
    id,
    invariant: failure?.invariant ?? null,
    seeds: result.histories,
    text: failure?.text ?? '',
  };
}

/** What a process tells; the seed that it was at when it does not come to an end. */
async function outcome(child: ChildProcess): Promise<RangeResult | number> {
  return new Promise((resolveOutcome) => {
    let seed = 0;
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    let timeout = setTimeout(kill, TIMEOUT_MS);
    child.on('message', (message) => {
      clearTimeout(timeout);
      if (typeof message === 'number') {
        seed = message;
        timeout = setTimeout(kill, TIMEOUT_MS);
      } else resolveOutcome(message as RangeResult);
    });
    child.once('exit', () => {
      clearTimeout(timeout);
      resolveOutcome(seed);
    });
  });
}
