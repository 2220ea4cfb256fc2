import { refuseUsage } from '../cli-error.js';
import { type Condition, parseCondition } from './conditions.js';
import type { BenchValues } from './flags.js';
import { scenarioOf } from './scenarios.js';

/** What is measured. */
export type BenchKind = 'pub' | 'sub' | 'pubsub' | 'conn' | 'latency';

/** How messages are sent. */
export type Load =
  | { readonly kind: 'open'; readonly rate: number; readonly arrivals: 'constant' | 'poisson' }
  /** `inflight` is null when nothing but memory bounds it, at QoS 0. */
  | { readonly kind: 'closed'; readonly inflight: number | null };

/** A run, decided. Times are in milliseconds. */
export interface Plan {
  readonly kind: BenchKind;
  readonly publishers: number;
  readonly subscribers: number;
  /** Clients that do nothing but connect. */
  readonly connections: number;
  /** Whether each client gets its own messages, and nobody else's. */
  readonly isEcho: boolean;
  readonly load: Load;
  readonly topic: string;
  readonly size: number;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly seed: number;
  readonly interval: number;
  readonly warmup: number;
  readonly duration: number;
  readonly cooldown: number;
  readonly drain: number;
  readonly limit: number;
  readonly isStorm: boolean;
  /** Whether messages may be lost at QoS 1 and 2, too: those for clients that are away, and have no Session. */
  readonly mayLose: boolean;
  readonly conditions: readonly Condition[];
}

/** Unanswered messages of all clients together, when nothing is said: enough to keep a broker on the same machine busy. */
const INFLIGHT_TOTAL = 2000;

const WARMUP_MS = 1000;
const DURATION_MS = 10_000;
/** As long as a timer goes. */
const DURATION_MAX_MS = 0x7fff_ffff;
const DRAIN_MS = 5000;

/** Decides what flags, scenario and defaults come to. @throws {CliError} */
export function toPlan(kind: BenchKind, values: BenchValues): Plan {
  const { scenario, arrivals, topic = 'gneiss/bench/%i' } = values;
  const preset = scenario === undefined ? {} : scenarioOf(scenario).preset;
  if (scenario !== undefined && !scenarioOf(scenario).kinds.includes(kind))
    refuseUsage(
      `the scenario ${scenario} is one of bench ${scenarioOf(scenario).kinds.join(' and ')}`,
    );
  const hasLimit = values.limit !== undefined;
  const { json, ndjson, csv } = values;
  if ([json, ndjson, csv].filter(Boolean).length > 1)
    refuseUsage('one of --json, --ndjson and --csv is enough');
  const isEcho = kind === 'latency';
  const count = values.count ?? preset.count ?? 1;
  const qos = values.qos ?? preset.qos ?? (isEcho ? 1 : 0);
  const isStorm = scenario === 'reconnect-storm';
  const isPublishing = kind !== 'sub' && kind !== 'conn';
  // In a storm the publisher is not one of those that come and go.
  const publishers = isStorm ? 1 : isPublishing ? count : 0;
  const inflight = values.inflight ?? preset.inflight;
  const rate = values.rate ?? (values.inflight === undefined ? preset.rate : undefined);
  if (values.rate !== undefined && values.inflight !== undefined)
    refuseUsage('--rate is an open loop and --inflight a closed one: one of them');
  const closed = qos === 0 && !isEcho ? null : Math.max(1, Math.round(INFLIGHT_TOTAL / count));
  return {
    kind,
    publishers,
    subscribers: isStorm
      ? count
      : toSubscribers(kind, count, values.subscribers ?? preset.subscribers),
    connections: kind === 'conn' && !isStorm ? count : 0,
    isEcho,
    load:
      rate === undefined
        ? { kind: 'closed', inflight: inflight ?? (isEcho ? 1 : closed) }
        : { kind: 'open', rate, arrivals },
    topic,
    size: values.size ?? preset.size ?? 128,
    qos,
    retain: values.retain,
    seed: values.seed,
    interval: values.interval,
    warmup: kind === 'conn' ? 0 : (values.warmup ?? (hasLimit ? 0 : WARMUP_MS)),
    duration: values.duration ?? (hasLimit ? DURATION_MAX_MS : DURATION_MS),
    cooldown: kind === 'conn' ? 0 : (values.cooldown ?? 0),
    drain: values.drain ?? DRAIN_MS,
    limit: values.limit ?? Number.POSITIVE_INFINITY,
    isStorm,
    mayLose: isStorm && !hasSession(values),
    conditions: values.failOn.map(parseCondition),
  };
}

/** Whether the broker keeps the Session of a client that is away. */
function hasSession({ mqttVersion, clean, sessionExpiryInterval = 0 }: BenchValues): boolean {
  return mqttVersion === 4 ? !clean : sessionExpiryInterval > 0;
}

function toSubscribers(kind: BenchKind, count: number, given: number | undefined): number {
  if (kind === 'sub' || kind === 'latency') return count;
  return kind === 'pubsub' ? (given ?? 1) : 0;
}

/** The load in words. */
export function describeLoad({ load }: Plan): string {
  if (load.kind === 'open')
    return `open loop, ${load.rate.toLocaleString('en')} messages/s, ${load.arrivals} arrivals`;
  return load.inflight === null
    ? 'closed loop, as fast as the connection takes them'
    : `closed loop, ${load.inflight.toLocaleString('en')} in flight a client`;
}
