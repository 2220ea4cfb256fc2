import { CONNECTION_FLAGS, CONNECTION_GROUPS } from '../connection-flags.js';
import type { FlagGroup, FlagTable, Values } from '../flag.js';
import {
  choice,
  count,
  duration,
  file,
  integer,
  negative,
  qos,
  text,
  toggle,
} from '../flag-kinds.js';
import { SCENARIO_NAMES } from './scenarios.js';
import { STAMP_BYTES } from './stamp.js';

const LOAD = {
  scenario: {
    ...choice('name', ...SCENARIO_NAMES),
    doc: 'a load that has a name; other flags change it',
  },
  count: { ...integer('clients', 1), short: 'c', doc: 'clients: publishers, or what there is' },
  subscribers: { ...integer('clients', 1), doc: 'subscribers of pubsub (default: 1)' },
  rate: {
    ...count('per second', 0.001),
    doc: 'open loop: so many messages a second, all clients together, whether or not the broker keeps up',
  },
  arrivals: {
    ...choice('kind', 'constant', 'poisson'),
    fallback: 'constant' as const,
    doc: 'how these come: evenly, or at random',
  },
  inflight: {
    ...integer('messages', 1, 65_535),
    short: 'F',
    doc: 'closed loop: so many unanswered messages a client (default: as many as bring throughput; 1 for latency)',
  },
  seed: { ...integer('number', 0, 0xffff_ffff), fallback: 1, doc: 'of what is random' },
  interval: {
    ...integer('ms', 0),
    short: 'i',
    fallback: 0,
    doc: 'milliseconds between two connections being made',
  },
  topic: {
    ...text('topic'),
    short: 't',
    doc: 'topic, in which %i is the number of the client, %c its id and %u the user name (default: gneiss/bench/%i)',
  },
  size: {
    ...integer('bytes', STAMP_BYTES, 16_777_216),
    short: 's',
    doc: `payload (default: 128); the first ${STAMP_BYTES} bytes tell when it was sent`,
  },
  qos: { ...qos(), short: 'q', doc: 'quality of service (default: 0; 1 for latency)' },
  retain: { ...toggle(), short: 'r', doc: 'publish retained messages' },
  aliases: { ...toggle(), doc: 'topic aliases for publishes (MQTT 5)' },
  thread: {
    ...choice('where', 'worker', 'inline'),
    fallback: 'worker' as const,
    doc: 'where the protocol of the clients runs',
  },
  client: {
    ...choice('library', 'gneiss', 'mqttjs'),
    fallback: 'gneiss' as const,
    doc: 'what the load is made with; mqttjs takes MQTT.js where it is installed',
  },
  embedded: { ...toggle(), doc: 'against the embedded broker, in a process of its own' },
} as const satisfies FlagTable;

const TIME = {
  warmup: {
    ...duration('time'),
    doc: 'load before the measurement (default: 1 s; none with --limit)',
  },
  duration: {
    ...duration('time', 100),
    short: 'd',
    doc: 'the measurement (default: 10 s; as long as it takes with --limit)',
  },
  cooldown: { ...duration('time'), doc: 'load after the measurement (default: none)' },
  drain: {
    ...duration('time'),
    doc: 'longest wait for what is on its way when the load has ended (default: 5 s)',
  },
  limit: { ...count('messages'), short: 'L', doc: 'end after so many messages' },
} as const satisfies FlagTable;

const REPORT = {
  json: { ...toggle(), doc: 'one JSON object on standard output, and no table' },
  ndjson: { ...toggle(), doc: 'a JSON object a second, and the result as the last line' },
  csv: { ...toggle(), doc: 'a line of figures a second' },
  hdr: {
    ...file(),
    doc: 'write histograms and totals to a file that `gneiss bench merge` adds up',
  },
  report: { ...file(), doc: 'write an HTML page with plots' },
  failOn: {
    ...text('condition'),
    isRepeatable: true,
    doc: "exit code 5 when it holds: 'p99>5ms', 'lost>0', 'rate<100k'; repeatable",
  },
  progress: { ...negative(), doc: 'no live progress on the terminal' },
} as const satisfies FlagTable;

/** Every flag of a load. In `bench`, `-i` is the interval and `-I` the client id, as with MQTTX. */
export const BENCH_FLAGS = {
  ...LOAD,
  ...TIME,
  ...REPORT,
  ...CONNECTION_FLAGS,
  clientId: {
    ...CONNECTION_FLAGS.clientId,
    short: 'I',
    doc: 'client id, in which %i is the number',
  },
};

export type BenchValues = Values<typeof BENCH_FLAGS>;

const { clientId } = BENCH_FLAGS;

/** As they stand in the help. */
export const BENCH_GROUPS: readonly FlagGroup[] = [
  { title: 'Load', flags: LOAD },
  { title: 'Time', flags: TIME },
  { title: 'Results', flags: REPORT },
  ...CONNECTION_GROUPS.map(({ title, flags }) => ({
    title,
    flags: 'clientId' in flags ? { ...flags, clientId } : flags,
  })),
];
