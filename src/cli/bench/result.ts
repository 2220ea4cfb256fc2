/** Percentiles that are told. */
export const PERCENTILES = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'p99.99'] as const;
export type Percentile = (typeof PERCENTILES)[number];

/** A distribution of times, in milliseconds. */
export type Spread = Readonly<
  Record<Percentile | 'min' | 'mean' | 'stdev' | 'max' | 'count', number>
>;

/** A figure of a distribution; null where there are too few of them to say. Below a hundred, nothing is the 99th percentile. */
export function figureOf(spread: Spread, name: Percentile | 'min' | 'mean' | 'max'): number | null {
  const percentile = name.startsWith('p') ? Number(name.slice(1)) : 0;
  // What decimals make of it.
  const others = Math.round(1e6 * (1 - percentile / 100)) / 1e6;
  return percentile > 50 && spread.count * others < 1 ? null : spread[name];
}

/** One second of a run. */
export interface IntervalSample {
  /** Seconds since the load began, at its end. */
  readonly at: number;
  readonly phase: Phase;
  readonly sentRate: number;
  readonly acknowledgedRate: number;
  readonly receivedRate: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
  readonly cpuPercent: number;
  readonly residentMiB: number;
  readonly mainThreadDelayP99Ms: number;
}

export type Phase = 'warmup' | 'measurement' | 'cooldown' | 'drain';

/** One time that all clients lost their connections, and came back. */
export interface StormRound {
  /** From 1. */
  readonly round: number;
  /** Seconds since the measurement began, at its beginning. */
  readonly at: number;
  /** Until all clients were back; null when they were not. */
  readonly allBackMs: number | null;
  /** Clients that did not come back. */
  readonly missing: number;
  /** Of those that did. */
  readonly recoveryMs: Spread | null;
}

/** Messages of the whole run. */
export interface Totals {
  readonly sent: number;
  /** Null at QoS 0, where nothing is. */
  readonly acknowledged: number | null;
  readonly failed: number;
  /** Sent and never answered, at QoS 1 and 2. */
  readonly unanswered: number | null;
  /** Connections that ended though nobody asked for that. */
  readonly disconnections: number;
  readonly received: number | null;
  readonly lost: number | null;
  readonly duplicated: number | null;
  readonly outOfOrder: number | null;
}

/** Messages a second in the measurement. */
export interface Rates {
  readonly sent: number | null;
  readonly acknowledged: number | null;
  readonly received: number | null;
  readonly megabytes: number;
}

/** How even it went among the clients: their rates in messages a second. */
export interface Fairness {
  readonly clients: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** Jain's index: 1 when all are equal, 1/n when one has everything. */
  readonly index: number;
}

/** What the load generator itself took. */
export interface Cost {
  readonly cpuPercent: number;
  /** Null in an open loop, too. */
  readonly cpuMicrosecondsAMessage: number | null;
  readonly residentMiBMax: number;
  readonly heapMiBMax: number;
  readonly mainThreadDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Null in an open loop: there it spins between messages, lest they be late. */
  readonly mainThreadBusyPercent: number | null;
}

/** What came of a run. */
export interface Result {
  readonly benchmark: string;
  readonly startedAt: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly plan: Readonly<Record<string, string | number | boolean>>;
  /** Seconds of the measurement. */
  readonly seconds: number;
  readonly totals: Totals;
  readonly rates: Rates;
  /** From the time at which a message was to be sent. */
  readonly latencyMs: Spread | null;
  /** From the time at which it was. */
  readonly serviceMs: Spread | null;
  readonly connectMs: Spread | null;
  readonly reconnectMs: Spread | null;
  /** Until the last client was back, in each round of a storm. */
  readonly allBackMs: Spread | null;
  /** Null without a storm. */
  readonly rounds: readonly StormRound[] | null;
  readonly fairness: Fairness | null;
  readonly cost: Cost;
  readonly intervals: readonly IntervalSample[];
  /** Conditions of `--fail-on` that hold. */
  readonly failures: readonly string[];
}
