import { performance } from 'node:perf_hooks';
import type { BenchClient, ClientName, Counters } from '../clients/client.js';
import { openGneiss } from '../clients/gneiss.js';
import { openMqttjs } from '../clients/mqttjs.js';
import type { PeerMode } from '../peers/null-peer.js';
import type { Road } from '../peers/roads.js';

interface MetricRow {
  readonly title: string;
  readonly digits: number;
  readonly isBetterWhen: 'more' | 'less';
}

/** The measures a lane may report: one row each. */
export const METRICS = {
  rate: { title: 'messages/s', digits: 0, isBetterWhen: 'more' },
  cpuNs: { title: 'CPU of all threads, ns/message', digits: 0, isBetterWhen: 'less' },
  callNs: { title: 'QoS 0 call, ns', digits: 0, isBetterWhen: 'less' },
  callAndFlushNs: {
    title: 'QoS 0 call with its share of the flush, ns',
    digits: 0,
    isBetterWhen: 'less',
  },
  promiseCallNs: { title: 'QoS 1 call with a promise, ns', digits: 0, isBetterWhen: 'less' },
  p50Us: { title: 'round trip p50, µs', digits: 0, isBetterWhen: 'less' },
  p99Us: { title: 'round trip p99, µs', digits: 0, isBetterWhen: 'less' },
  utilisationPercent: { title: 'main-thread utilisation, %', digits: 1, isBetterWhen: 'less' },
  stallMs: { title: 'longest main-thread stall, ms', digits: 1, isBetterWhen: 'less' },
  rssGrowthMiB: { title: 'resident memory growth, MiB', digits: 1, isBetterWhen: 'less' },
  lost: { title: 'messages lost', digits: 0, isBetterWhen: 'less' },
  portPosts: { title: 'port posts / 1,000 messages', digits: 2, isBetterWhen: 'less' },
  socketWrites: { title: 'socket writes / 1,000 messages', digits: 2, isBetterWhen: 'less' },
  copiesOut: { title: 'payload copies out / message', digits: 4, isBetterWhen: 'less' },
  copiesIn: { title: 'payload copies in / message', digits: 4, isBetterWhen: 'less' },
  published: { title: 'messages published in all', digits: 0, isBetterWhen: 'more' },
} as const satisfies Record<string, MetricRow>;

/** The name of a measure. */
export type Metric = keyof typeof METRICS;

/** What one run of a lane measured. */
export type Measures = Readonly<Partial<Record<Metric, number>>>;

/** Everything a run depends on; travels to the child process that is the run. */
export interface LaneContext {
  readonly lane: string;
  readonly client: ClientName;
  /** Address of the peer. */
  readonly url: string;
  readonly warmupSeconds: number;
  readonly seconds: number;
}

/** One thing that is measured. */
export interface Lane {
  readonly name: string;
  /** What is done, in a line for the report. */
  readonly title: string;
  readonly peer: PeerMode;
  readonly road: Road;
  readonly clients: readonly ClientName[];
  /** Takes the place of the run's seconds and repetitions, except in a smoke run. */
  readonly seconds?: number;
  readonly repetitions?: number;
  run(context: LaneContext): Promise<Measures>;
}

/** The same lane by another road. */
export function over(road: Road, lane: Lane): Lane {
  return {
    ...lane,
    name: `${lane.name}-${road}`,
    title: `${lane.title}, ${road}`,
    road,
    // There is no bare socket with WebSocket frames.
    clients: lane.clients.filter((client) => client !== 'raw' || road === 'mqtts'),
  };
}

/** Connects the client that a run measures; the raw one has lanes of its own. */
export async function openClient({ client, url }: LaneContext): Promise<BenchClient> {
  switch (client) {
    case 'mqttjs':
    case 'mqttjs-silent':
      return openMqttjs(url, client === 'mqttjs-silent');
    case 'gneiss':
      return openGneiss(url, 'worker');
    case 'gneiss-inline':
      return openGneiss(url, 'inline');
    case 'raw':
      throw new Error('The raw client is no MQTT client');
  }
}

/** Waits. */
export function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, seconds * 1_000);
  });
}

/** A stretch of time under load: what the clock, the CPU and the client's counters say at its ends. */
export class Stretch {
  readonly #client: BenchClient | null;
  readonly #counters: Counters | null;
  readonly #cpu = process.cpuUsage();
  readonly #startedAt = performance.now();

  /** Starts here. */
  constructor(client: BenchClient | null) {
    this.#client = client;
    this.#counters = client?.counters() ?? null;
  }

  /** Ends here; `messages` were carried in between. */
  end(messages: number): Measures {
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    const { user, system } = process.cpuUsage(this.#cpu);
    const measures = { rate: messages / seconds, cpuNs: ((user + system) * 1_000) / messages };
    const before = this.#counters;
    const after = this.#client?.counters() ?? null;
    if (before === null || after === null) return measures;
    return {
      ...measures,
      portPosts: ((after.portPosts - before.portPosts) * 1_000) / messages,
      socketWrites: ((after.socketWrites - before.socketWrites) * 1_000) / messages,
      copiesOut: (after.payloadCopiesOut - before.payloadCopiesOut) / messages,
      copiesIn: (after.payloadCopiesIn - before.payloadCopiesIn) / messages,
    };
  }
}
