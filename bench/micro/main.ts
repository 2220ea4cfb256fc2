import { Bench } from 'tinybench';
import { formatNumber, toTable } from '../report.js';
import { channelTasks } from './channel.js';
import { codecTasks } from './codec.js';
import { extremeTasks } from './extremes.js';
import { OPERATIONS } from './suite.js';
import { topicTasks } from './topics.js';

/** One row of the result: nanoseconds for one operation. */
export interface MicroResult {
  readonly name: string;
  readonly medianNs: number;
  readonly madNs: number;
}

/** Runs all micro-benchmarks, each for so many milliseconds. */
export async function runMicro(time: number): Promise<readonly MicroResult[]> {
  const bench = new Bench({ time, warmupTime: time / 2, throws: true });
  const suites = [...codecTasks(), ...topicTasks(), ...channelTasks(), ...extremeTasks()];
  for (const { name, run } of suites) bench.add(name, run);
  const tasks = await bench.run();
  return tasks.map(({ name, result }, index) => {
    const { operations = OPERATIONS } = suites[index]!;
    if (result.state !== 'completed') throw new Error(`${name} did not complete`);
    const { p50, mad } = result.latency;
    return { name, medianNs: (p50 * 1e6) / operations, madNs: (mad * 1e6) / operations };
  });
}

/** The results as a Markdown table. */
export function microTable(results: readonly MicroResult[]): string {
  const rows = results.map(({ name, medianNs, madNs }) => [
    name,
    formatNumber(medianNs, 1),
    formatNumber(madNs, 1),
  ]);
  return toTable([['one operation', 'median, ns', 'MAD, ns'], ...rows]);
}
