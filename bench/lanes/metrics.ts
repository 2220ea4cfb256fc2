interface MetricRow {
  readonly title: string;
  readonly digits: number;
  readonly isBetterWhen: 'more' | 'less';
}

/** The measures a lane may report: one row each, in the order of a report. */
export const METRICS = {
  rate: { title: 'messages/s', digits: 0, isBetterWhen: 'more' },
  cpuNs: { title: 'CPU of all threads, ns/message', digits: 0, isBetterWhen: 'less' },
  mainNs: { title: 'main thread, ns/message', digits: 0, isBetterWhen: 'less' },
  callNs: { title: 'QoS 0 call, ns', digits: 0, isBetterWhen: 'less' },
  callAndFlushNs: {
    title: 'QoS 0 call with its share of the flush, ns',
    digits: 0,
    isBetterWhen: 'less',
  },
  promiseCallNs: { title: 'QoS 1 call with a promise, ns', digits: 0, isBetterWhen: 'less' },
  p50Us: { title: 'round trip p50, µs', digits: 0, isBetterWhen: 'less' },
  p99Us: { title: 'round trip p99, µs', digits: 0, isBetterWhen: 'less' },
  p999Us: { title: 'round trip p99.9, µs', digits: 0, isBetterWhen: 'less' },
  maxUs: { title: 'round trip max, µs', digits: 0, isBetterWhen: 'less' },
  connectMs: { title: 'connect(), ms', digits: 2, isBetterWhen: 'less' },
  connectP99Ms: { title: 'connect() p99, ms', digits: 2, isBetterWhen: 'less' },
  connectsPerSecond: { title: 'connections/s', digits: 0, isBetterWhen: 'more' },
  recoveryMs: {
    title: 'from the cut to the last acknowledgement, ms',
    digits: 0,
    isBetterWhen: 'less',
  },
  utilisationPercent: { title: 'main-thread utilisation, %', digits: 1, isBetterWhen: 'less' },
  stallMs: { title: 'longest main-thread stall, ms', digits: 1, isBetterWhen: 'less' },
  gcPercent: { title: 'main-thread garbage collection, %', digits: 1, isBetterWhen: 'less' },
  allocatedBytes: {
    title: 'allocated on the main thread, bytes/message',
    digits: 0,
    isBetterWhen: 'less',
  },
  rssMiB: { title: 'resident memory, highest, MiB', digits: 0, isBetterWhen: 'less' },
  rssGrowthMiB: { title: 'resident memory growth, MiB', digits: 1, isBetterWhen: 'less' },
  rssPerClientKiB: { title: 'resident memory per client, KiB', digits: 0, isBetterWhen: 'less' },
  lost: { title: 'messages lost', digits: 0, isBetterWhen: 'less' },
  portPosts: { title: 'port posts / 1,000 messages', digits: 2, isBetterWhen: 'less' },
  socketWrites: { title: 'socket writes / 1,000 messages', digits: 2, isBetterWhen: 'less' },
  socketReads: { title: 'socket reads / 1,000 messages', digits: 2, isBetterWhen: 'less' },
  copiesOut: { title: 'payload copies out / message', digits: 4, isBetterWhen: 'less' },
  copiesIn: { title: 'payload copies in / message', digits: 4, isBetterWhen: 'less' },
  peerPercent: { title: 'how busy the peer was, %', digits: 0, isBetterWhen: 'less' },
} as const satisfies Record<string, MetricRow>;

/** The name of a measure. */
export type Metric = keyof typeof METRICS;

/** What one run of a lane measured. */
export type Measures = Readonly<Partial<Record<Metric, number>>>;
