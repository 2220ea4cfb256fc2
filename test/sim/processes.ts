import { type ChildProcess, fork } from 'node:child_process';
import { type RangeResult, runRange } from './run-range.js';

/** A run of no histories. */
const EMPTY: RangeResult = {
  histories: 0,
  events: 0,
  duplicates: 0,
  cpuMs: 0,
  hash: 0,
  failures: [],
  situations: {},
};

/** Plays histories in several processes at once. */
export async function runInProcesses(
  from: number,
  seeds: number,
  version: 4 | 5 | null,
  jobs: number,
): Promise<RangeResult> {
  if (jobs === 1) return runRange(from, seeds, version);
  const share = Math.ceil(seeds / jobs);
  const results = await Promise.all(
    Array.from({ length: jobs }, async (_, job) => {
      const count = Math.min(share, seeds - job * share);
      return runInChild(from + job * share, count, version);
    }),
  );
  return results.reduce(merge, EMPTY);
}

async function runInChild(
  from: number,
  seeds: number,
  version: 4 | 5 | null,
): Promise<RangeResult> {
  const args = ['--child', '--from', `${from}`, '--seeds', `${seeds}`];
  if (version !== null) args.push('--version', `${version}`);
  return rangeOf(fork(process.argv[1] ?? '', args), `seeds from ${from}`);
}

/** What a process that plays histories tells. */
export async function rangeOf(child: ChildProcess, what: string): Promise<RangeResult> {
  return new Promise((resolve, reject) => {
    child.once('message', (result) => {
      resolve(result as RangeResult);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`the process of ${what} ended with ${code}`));
    });
  });
}

function merge(one: RangeResult, other: RangeResult): RangeResult {
  const situations: Record<string, number> = { ...one.situations };
  for (const [situation, count] of Object.entries(other.situations)) {
    situations[situation] = (situations[situation] ?? 0) + count;
  }
  return {
    histories: one.histories + other.histories,
    events: one.events + other.events,
    duplicates: one.duplicates + other.duplicates,
    cpuMs: one.cpuMs + other.cpuMs,
    hash: (one.hash ^ other.hash) >>> 0,
    failures: [...one.failures, ...other.failures],
    situations,
  };
}
