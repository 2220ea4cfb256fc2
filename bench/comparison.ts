import { METRICS, type Metric } from './lanes/metrics.js';
import { formatNumber, type Results, timesMqttjs, toTable } from './report.js';
import { TARGETS, worstOf } from './targets.js';

/** A measure next to that of the baseline. */
export interface Difference {
  readonly lane: string;
  readonly what: string;
  /** Undefined where the baseline does not have it. */
  readonly baseline: number | undefined;
  readonly now: number;
  readonly digits: number;
  readonly bound: string;
  readonly met: boolean;
  /** Counts do not depend on what else the machine does; quotients do a little. */
  readonly isCount: boolean;
}

/** Lanes of the short check: the paths that matter most, and every count. */
export const CHECKED_LANES: readonly string[] = [
  'publish-qos0',
  'publish-qos1',
  'publish-qos2',
  'publish-qos1-1KiB',
  'receive-qos0',
  'receive-qos1',
  'receive-qos2',
  'receive-qos0-100k',
  'receive-qos0-mqtts',
  'publish-call',
  'connect',
];

/** Measures whose quotient with MQTT.js is held against the baseline's. */
const QUOTIENTS: readonly Metric[] = [
  'rate',
  'utilisationPercent',
  'callNs',
  'promiseCallNs',
  'connectMs',
];

/**
 * How much worse than the baseline's a quotient may be: where other work takes the cores, a client of two threads and the peer beside it
 * lose more than a client of one.
 */
const WORSE_MAX = 2.5;

/** Holds a run against a saved one, perhaps of another machine: only what machines have in common is compared. */
export function compare(baseline: Results, results: Results): readonly Difference[] {
  return Object.keys(results).flatMap((lane) => [
    ...QUOTIENTS.flatMap((metric) => quotientOf(baseline, results, lane, metric)),
    ...TARGETS.filter((target) => target.exact === true && target.lane === lane).flatMap(
      (target): readonly Difference[] => {
        const { metric, atMost = Number.POSITIVE_INFINITY } = target;
        const summary = results[lane]?.gneiss?.[metric];
        if (summary === undefined) return [];
        const now = worstOf(target, summary);
        const { title, digits } = METRICS[metric];
        return [
          {
            lane,
            what: title,
            baseline: baseline[lane]?.gneiss?.[metric]?.median,
            now,
            digits,
            bound: `≤ ${atMost}`,
            met: now <= atMost,
            isCount: true,
          },
        ];
      },
    ),
  ]);
}

function quotientOf(
  baseline: Results,
  results: Results,
  lane: string,
  metric: Metric,
): readonly Difference[] {
  const before = timesMqttjs(baseline, lane, metric);
  const now = timesMqttjs(results, lane, metric);
  if (before === undefined || now === undefined) return [];
  const { title, isBetterWhen } = METRICS[metric];
  const limit = isBetterWhen === 'more' ? before / WORSE_MAX : before * WORSE_MAX;
  return [
    {
      lane,
      what: `${title} ÷ MQTT.js`,
      baseline: before,
      now,
      digits: 2,
      bound: `${isBetterWhen === 'more' ? '≥' : '≤'} ${formatNumber(limit, 2)}`,
      met: isBetterWhen === 'more' ? now >= limit : now <= limit,
      isCount: false,
    },
  ];
}

/** The differences as a table, for people. */
export function differenceTable(differences: readonly Difference[]): string {
  const rows = differences.map(({ lane, what, baseline, now, digits, bound, met }) => [
    lane,
    what,
    baseline === undefined ? '' : formatNumber(baseline, digits),
    formatNumber(now, digits),
    baseline === undefined || baseline === 0 ? '' : toChange(now / baseline),
    bound,
    met ? 'ok' : 'FAILED',
  ]);
  return toTable([['lane', 'measure', 'baseline', 'now', 'change', 'bound', ''], ...rows]);
}

function toChange(quotient: number): string {
  const percent = Math.round((quotient - 1) * 100);
  return `${percent > 0 ? '+' : ''}${percent} %`;
}
