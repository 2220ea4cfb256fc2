import { refuseUsage } from '../cli-error.js';
import { PERCENTILES, type Result, type Spread } from './result.js';

/** A condition of `--fail-on`. */
export interface Condition {
  readonly text: string;
  /** Whether it holds; null when there is no such figure in this run. */
  readonly holds: (result: Result) => boolean | null;
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  k: 1000,
  M: 1e6,
  '%': 1,
  '': 1,
};

const COMPARISONS: Readonly<Record<string, (one: number, other: number) => boolean>> = {
  '>': (one, other) => one > other,
  '<': (one, other) => one < other,
  '>=': (one, other) => one >= other,
  '<=': (one, other) => one <= other,
};

type Figure = (result: Result) => number | null;

/** Figures of each distribution. */
const OF_TIMES: readonly (keyof Spread)[] = [...PERCENTILES, 'min', 'mean', 'max'];

/** By what stands before its figures: `p99`, `service.p99.9`, `connect.max`. */
const TIMES: Readonly<Record<string, (result: Result) => Spread | null>> = {
  '': ({ latencyMs }) => latencyMs,
  'service.': ({ serviceMs }) => serviceMs,
  'connect.': ({ connectMs }) => connectMs,
  'reconnect.': ({ reconnectMs }) => reconnectMs,
  'all-back.': ({ allBackMs }) => allBackMs,
};

const OTHERS: readonly (readonly [string, Figure])[] = [
  ['lost', ({ totals }) => totals.lost],
  ['failed', ({ totals }) => totals.failed],
  ['disconnections', ({ totals }) => totals.disconnections],
  ['duplicated', ({ totals }) => totals.duplicated],
  ['out-of-order', ({ totals }) => totals.outOfOrder],
  ['rate', ({ rates }) => rates.received ?? rates.acknowledged ?? rates.sent],
  ['sent.rate', ({ rates }) => rates.sent],
  ['acknowledged.rate', ({ rates }) => rates.acknowledged],
  ['received.rate', ({ rates }) => rates.received],
  ['memory', ({ cost }) => cost.residentMiBMax],
  ['delay', ({ cost }) => cost.mainThreadDelayMs.p99],
];

const FIGURES: ReadonlyMap<string, Figure> = new Map([
  ...Object.entries(TIMES).flatMap(([prefix, of]) =>
    OF_TIMES.map((name): readonly [string, Figure] => [
      `${prefix}${name}`,
      (result) => of(result)?.[name] ?? null,
    ]),
  ),
  ...OTHERS,
]);

/** Reads a condition such as `p99>5ms`. @throws {CliError} */
export function parseCondition(text: string): Condition {
  const parts =
    /^([a-z][a-z0-9.-]*)\s*(>=|<=|>|<)\s*(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|k|M|%)?$/.exec(
      text.trim(),
    );
  const [, name = '', comparison = '', digits = '', unit = ''] = parts ?? [];
  const figure = FIGURES.get(name);
  if (parts === null || figure === undefined)
    return refuseUsage(
      `--fail-on: ${JSON.stringify(text)} is no condition`,
      `such as p99>5ms; there are ${toNames()}`,
    );
  const limit = Number(digits) * UNITS[unit]!;
  const compare = COMPARISONS[comparison]!;
  return {
    text,
    holds: (result) => {
      const value = figure(result);
      return value === null ? null : compare(value, limit);
    },
  };
}

function toNames(): string {
  const prefixes = Object.keys(TIMES).filter((prefix) => prefix !== '');
  const others = OTHERS.map(([name]) => name);
  return `${OF_TIMES.join(', ')}, the same behind ${prefixes.join(', ')}, and ${others.join(', ')}`;
}
