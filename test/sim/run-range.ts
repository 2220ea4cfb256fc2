import { runHistory } from './history.js';
import { reportUncaught } from './world/current.js';
import { EMPTY_HASH, hashNumber } from './world/hash.js';

/** A rule did not hold in a history. */
export interface RangeFailure {
  readonly seed: number;
  readonly version: 4 | 5;
  readonly invariant: string;
  readonly text: string;
}

/** What a run of histories tells. Travels between processes. */
export interface RangeResult {
  readonly histories: number;
  readonly events: number;
  /** Messages that came twice at QoS 1. */
  readonly duplicates: number;
  readonly cpuMs: number;
  /** Of all that happened, in order. */
  readonly hash: number;
  readonly failures: readonly RangeFailure[];
  /** Situation → in how many histories it occurred. */
  readonly situations: Readonly<Record<string, number>>;
}

const FAILURES_MAX = 20;

/** The version that a seed is for. */
export function versionOf(seed: number): 4 | 5 {
  return seed % 3 === 0 ? 4 : 5;
}

/** Plays the histories of neighbouring seeds; stops early where there is one failure after the other. */
export async function runRange(
  from: number,
  seeds: number,
  version: 4 | 5 | null,
  failuresMax = FAILURES_MAX,
  begins: (seed: number) => void = () => {},
): Promise<RangeResult> {
  process.on('uncaughtException', reportUncaught);
  process.on('unhandledRejection', reportUncaught);
  const cpu = process.cpuUsage();
  const failures: RangeFailure[] = [];
  const situations: Record<string, number> = {};
  let histories = 0;
  let events = 0;
  let duplicates = 0;
  let hash = EMPTY_HASH;
  for (let seed = from; seed < from + seeds && failures.length < failuresMax; seed++) {
    const chosen = version ?? versionOf(seed);
    begins(seed);
    const result = await runHistory(seed, chosen, false);
    histories++;
    events += result.events;
    duplicates += result.duplicates;
    hash = hashNumber(hash, result.hash);
    for (const situation of result.situations) {
      situations[situation] = (situations[situation] ?? 0) + 1;
    }
    const { failure } = result;
    if (failure === null) continue;
    failures.push({ seed, version: chosen, invariant: failure.invariant, text: failure.message });
  }
  process.off('uncaughtException', reportUncaught);
  process.off('unhandledRejection', reportUncaught);
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1000;
  return { histories, events, duplicates, cpuMs, hash, failures, situations };
}
