import Table from 'cli-table3';
import { OUT } from '../style.js';
import { BARE, describeRun } from './print.js';
import type { Result } from './result.js';
import { showCount, showMs } from './units.js';

interface Row {
  readonly title: string;
  readonly of: (result: Result) => number | null;
  readonly show: (value: number) => string;
}

const ROWS: readonly Row[] = [
  { title: 'received, messages/s', of: ({ rates }) => rates.received, show: showCount },
  { title: 'latency p50', of: ({ latencyMs }) => latencyMs?.p50 ?? null, show: showMs },
  { title: 'latency p99', of: ({ latencyMs }) => latencyMs?.p99 ?? null, show: showMs },
  { title: 'latency max', of: ({ latencyMs }) => latencyMs?.max ?? null, show: showMs },
  { title: 'lost', of: ({ totals }) => totals.lost, show: showCount },
  {
    title: 'CPU a message, µs',
    of: ({ cost }) => cost.cpuMicrosecondsAMessage,
    show: (value) => value.toFixed(2),
  },
  {
    title: 'main thread busy, %',
    of: ({ cost }) => cost.mainThreadBusyPercent,
    show: (value) => value.toFixed(0),
  },
  { title: 'main thread late, p99', of: ({ cost }) => cost.mainThreadDelayMs.p99, show: showMs },
  { title: 'main thread late, max', of: ({ cost }) => cost.mainThreadDelayMs.max, show: showMs },
  {
    title: 'memory, MiB',
    of: ({ cost }) => cost.residentMiBMax,
    show: (value) => value.toFixed(0),
  },
];

/** What each run came to. */
export type Comparison = Readonly<Record<'mqttjs' | 'gneiss', Result>>;

/** The results side by side, and how many times the first the second is. */
export function toComparison({ mqttjs, gneiss }: Comparison): string {
  const head = ['', 'MQTT.js', 'gneiss-mqtt', '÷'];
  const table = new Table({
    head: head.map((title) => OUT.dim(title)),
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: ['left', 'right', 'right', 'right'],
  });
  for (const { title, of, show } of ROWS) {
    const theirs = of(mqttjs);
    const ours = of(gneiss);
    if (theirs === null || ours === null) continue;
    const ratio = theirs > 0 && ours > 0 ? (ours / theirs).toPrecision(3) : '';
    table.push([title, show(theirs), OUT.bold(show(ours)), OUT.dim(ratio)]);
  }
  const { plan, environment } = gneiss;
  const heading = `${OUT.bold('bench compare')}  ${environment['broker'] ?? ''}`;
  const load = `${describeRun(gneiss)}\n${plan['load']}`;
  return `${heading}\n${OUT.dim(load)}\n\n${table.toString()}\n`;
}
