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

/** Figures of a distribution: `p99`, `service.p99.9`, `connect.max`. */
function spreadFigures(prefix: string, of: (result: Result) => Spread | null): [string, Figure][] {
  const names: readonly (keyof Spread)[] = [...PERCENTILES, 'min', 'mean', 'max'];
  return names.map((name) => [`${prefix}${name}`, (result) => of(result)?.[name] ?? null]);
}

const FIGURES: ReadonlyMap<string, Figure> = new Map<string, Figure>([
  ...spreadFigures('', ({ latencyMs }) => latencyMs),
  ...spreadFigures('service.', ({ serviceMs }) => serviceMs),
  ...spreadFigures('connect.', ({ connectMs }) => connectMs),
  ...spreadFigures('reconnect.', ({ reconnectMs }) => reconnectMs),
  ...spreadFigures('all-back.', ({ allBackMs }) => allBackMs),
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
      `such as p99>5ms; there are ${[...FIGURES.keys()].filter((one) => !/^\w+\.p/.test(one)).join(' ')}, and service., connect., reconnect. of each`,
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
