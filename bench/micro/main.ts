import { Bench } from 'tinybench';
import { HeapWatch } from '../heap-watch.js';
import { formatNumber, toTable } from '../report.js';
import { channelTasks } from './channel.js';
import { codecTasks } from './codec.js';
import { extremeTasks } from './extremes.js';
import { messageTasks } from './messages.js';
import { packetTasks } from './packets.js';
import { sessionTasks } from './session.js';
import { type MicroTask, OPERATIONS } from './suite.js';
import { topicTasks } from './topics.js';

/** One row of the result, for one operation. */
export interface MicroResult {
  readonly name: string;
  readonly medianNs: number;
  readonly madNs: number;
  readonly bytes: number;
}

/** Runs of a task whose allocations are counted together. */
const RUNS = 16;

/** Runs all micro-benchmarks, each for so many milliseconds. */
export async function runMicro(time: number): Promise<readonly MicroResult[]> {
  const bench = new Bench({ time, warmupTime: time / 2, throws: true });
  const suites = [
    ...codecTasks(),
    ...packetTasks(),
    ...topicTasks(),
    ...channelTasks(),
    ...messageTasks(),
    ...sessionTasks(),
    ...extremeTasks(),
  ];
  for (const { name, run } of suites) bench.add(name, run);
  const tasks = await bench.run();
  return tasks.map(({ name, result }, index) => {
    const suite = suites[index]!;
    const { operations = OPERATIONS } = suite;
    if (result.state !== 'completed') throw new Error(`${name} did not complete`);
    const { p50, mad } = result.latency;
    return {
      name,
      medianNs: (p50 * 1e6) / operations,
      madNs: (mad * 1e6) / operations,
      bytes: bytesOf(suite) / operations,
    };
  });
}

/** The results as a Markdown table. */
export function microTable(results: readonly MicroResult[]): string {
  const rows = results.map(({ name, medianNs, madNs, bytes }) => [
    name,
    formatNumber(medianNs, 1),
    formatNumber(madNs, 1),
    formatNumber(bytes, 0),
  ]);
  return toTable([['one operation', 'median, ns', 'MAD, ns', 'bytes allocated'], ...rows]);
}

/** Bytes that one run allocates on the heap; buffers are not among them. */
function bytesOf({ run }: MicroTask): number {
  const heap = new HeapWatch();
  for (let time = 0; time < RUNS; time += 1) run();
  return heap.end().allocatedBytes / RUNS;
}
