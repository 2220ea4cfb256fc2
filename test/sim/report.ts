import type { RangeResult } from './run-range.js';
import { SITUATIONS, SITUATIONS_5 } from './situations.js';

/** From so many histories on, every situation must have occurred. */
export const SITUATIONS_FROM = 5000;

/** Situations that a run should have met and has not. */
export function missingSituations(result: RangeResult, version: 4 | 5 | null): string[] {
  if (result.histories < SITUATIONS_FROM) return [];
  const expected = version === 4 ? SITUATIONS : [...SITUATIONS, ...SITUATIONS_5];
  return expected.filter((situation) => result.situations[situation] === undefined);
}

/** A run in words. */
export function describeRun(result: RangeResult, missing: readonly string[]): string {
  const { histories, events, duplicates, cpuMs, failures, situations } = result;
  const rate = Math.round((histories * 60_000) / cpuMs);
  return [
    ...Object.entries(situations)
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([situation, count]) => `${String(count).padStart(8)}  ${situation}`),
    ...failures.map(
      ({ seed, version, text }) =>
        `FAILURE ${text}\n        npm run sim -- --seed ${seed} --version ${version}`,
    ),
    ...missing.map((situation) => `NEVER MET ${situation}`),
    `${histories} histories, ${events} events, ${duplicates} duplicates at QoS 1, ${rate} histories a minute of CPU, ` +
      `${failures.length} failures`,
  ].join('\n');
}
