import { METRICS, type Metric } from './lanes/metrics.js';
import { formatNumber, type Results, timesMqttjs } from './report.js';
import type { Summary } from './statistics.js';

/** A bound and what was measured against it. */
export interface Verdict {
  readonly what: string;
  readonly bound: string;
  readonly measured: string;
  readonly met: boolean;
}

/** A bound, as a row of the table. */
export interface Target {
  readonly lane: string;
  readonly metric: Metric;
  /** Upper bound of gneiss-mqtt's own figure; holds on any machine where `exact`. */
  readonly atMost?: number;
  readonly exact?: true;
  /** Bound of the quotient with MQTT.js: a lower one, or an upper one where less is better. */
  readonly timesMqttjs?: number;
}

/** Per thousand messages, or per message, whatever the machine: these count, they do not time. */
function countsOf(
  lane: string,
  copies: 'copiesOut' | 'copiesIn',
  atMost: number,
): readonly Target[] {
  return [
    { lane, metric: 'portPosts', atMost: 20, exact: true },
    { lane, metric: 'socketWrites', atMost: 20, exact: true },
    { lane, metric: copies, atMost, exact: true },
  ];
}

/** What gneiss-mqtt is to reach: one row each. */
export const TARGETS: readonly Target[] = [
  { lane: 'publish-qos0', metric: 'rate', timesMqttjs: 12 },
  { lane: 'publish-qos1', metric: 'rate', timesMqttjs: 14 },
  { lane: 'publish-qos2', metric: 'rate', timesMqttjs: 20 },
  { lane: 'receive-qos0', metric: 'rate', timesMqttjs: 12 },
  { lane: 'receive-qos1', metric: 'rate', timesMqttjs: 20 },
  { lane: 'receive-qos2', metric: 'rate', timesMqttjs: 30 },
  ...(['mqtts', 'ws'] as const).flatMap((road): readonly Target[] => [
    { lane: `publish-qos0-${road}`, metric: 'rate', timesMqttjs: 5 },
    { lane: `receive-qos0-${road}`, metric: 'rate', timesMqttjs: 5 },
    { lane: `receive-qos0-${road}-50k`, metric: 'utilisationPercent', atMost: 6 },
  ]),
  { lane: 'connect', metric: 'connectMs', timesMqttjs: 1.5 },
  { lane: 'idle-512', metric: 'rssPerClientKiB', atMost: 60 },
  { lane: 'publish-call', metric: 'callNs', atMost: 120 },
  { lane: 'receive-qos0-100k', metric: 'utilisationPercent', atMost: 4 },
  { lane: 'flood-blocking', metric: 'rssGrowthMiB', atMost: 48 },
  { lane: 'flood-blocking', metric: 'lost', atMost: 0, exact: true },
  { lane: 'flood-awaited', metric: 'rssGrowthMiB', atMost: 48 },
  { lane: 'flood-awaited', metric: 'lost', atMost: 0, exact: true },
  ...countsOf('publish-qos0', 'copiesOut', 2),
  ...countsOf('publish-qos1', 'copiesOut', 2),
  ...countsOf('publish-qos1-1KiB', 'copiesOut', 1),
  ...countsOf('receive-qos0', 'copiesIn', 0),
  ...countsOf('receive-qos1', 'copiesIn', 0),
];

/** Holds a run against the targets; those whose lane did not run are left out. */
export function judge(results: Results): readonly Verdict[] {
  return TARGETS.flatMap((target) => judgeOne(results, target));
}

function judgeOne(results: Results, target: Target): readonly Verdict[] {
  const { lane, metric } = target;
  const { title, digits, isBetterWhen } = METRICS[metric];
  const verdicts: Verdict[] = [];
  const quotient = timesMqttjs(results, lane, metric);
  if (target.timesMqttjs !== undefined && quotient !== undefined) {
    const isMore = isBetterWhen === 'more';
    verdicts.push({
      what: `${lane}: ${title} ÷ MQTT.js`,
      bound: `${isMore ? 'at least' : 'at most'} ${times(target.timesMqttjs)}`,
      measured: times(quotient),
      met: isMore ? quotient >= target.timesMqttjs : quotient <= target.timesMqttjs,
    });
  }
  const summary = results[lane]?.gneiss?.[metric];
  if (target.atMost !== undefined && summary !== undefined) {
    const value = worstOf(target, summary);
    verdicts.push({
      what: `${lane}: ${title}`,
      bound: `at most ${target.atMost}`,
      measured: formatNumber(value, digits),
      met: value <= target.atMost,
    });
  }
  return verdicts;
}

/** What is held against a bound: a count must hold in every repetition, a time by its median. */
export function worstOf({ exact }: Target, { median, samples }: Summary): number {
  return exact ? Math.max(...samples) : median;
}

function times(quotient: number): string {
  return `${formatNumber(quotient, 2)} times`;
}
