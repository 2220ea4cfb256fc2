import { performance } from 'node:perf_hooks';
import { publishInWindow } from '../clients/window.js';
import { topicNames } from '../peers/frames.js';
import { quantile } from '../statistics.js';
import { type Lane, type LaneContext, openFor, type RunResult, sleep } from './lane.js';

/** What runs once for a client is compiled only after some thousand clients. */
const WARMUP_FACTOR = 2;

/** How long one connection after another takes, and how many there are in a second when many are opened at once. */
export function connectLane(name: string, atOnce: number): Lane {
  return {
    name,
    title:
      atOnce === 1
        ? 'connect() until the CONNACK is there, one client after another'
        : `connect(), ${atOnce} clients at once`,
    peer: { kind: 'sink' },
    road: 'mqtt',
    isCore: true,
    clients: ['mqttjs', 'aws-crt', 'gneiss', 'gneiss-inline'],
    run: (context) => connectAgain(context, atOnce),
  };
}

/** The connection is cut while so many messages of QoS 1 wait for their acknowledgement. */
export function reconnectLane(name: string, messages: number): Lane {
  return {
    name,
    title: `the connection is cut with ${messages} QoS 1 messages in flight, and the Session goes on`,
    peer: { kind: 'sink', cutAt: messages },
    road: 'mqtt',
    isCore: true,
    clients: ['mqttjs', 'gneiss', 'gneiss-inline'],
    run: (context) => reconnect(context, messages),
  };
}

/** What connected clients cost that have nothing to do. */
export function idleLane(name: string, clients: number): Lane {
  return {
    name,
    title: `${clients} clients in one process, connected and idle`,
    peer: { kind: 'sink' },
    road: 'mqtt',
    isCore: true,
    clients: ['mqttjs', 'gneiss'],
    run: (context) => idle(context, clients),
  };
}

async function connectAgain(context: LaneContext, atOnce: number): Promise<RunResult> {
  // One client stays, so that what a first one has to load and start is there.
  await openFor(context, { clientId: 'bench-first' });
  let count = 0;
  const connectOne = async (samples: number[]): Promise<() => Promise<void>> => {
    count += 1;
    const clientId = `bench-${count}`;
    const start = performance.now();
    const client = await openFor(context, { clientId });
    samples.push(performance.now() - start);
    return () => client.close();
  };
  const series = async (seconds: number): Promise<{ samples: number[]; busyMs: number }> => {
    const samples: number[] = [];
    let busyMs = 0;
    const deadline = performance.now() + seconds * 1_000;
    do {
      const start = performance.now();
      const closers = await Promise.all(Array.from({ length: atOnce }, () => connectOne(samples)));
      busyMs += performance.now() - start;
      await Promise.all(closers.map((close) => close()));
    } while (performance.now() < deadline);
    return { samples, busyMs };
  };
  await series(WARMUP_FACTOR * context.seconds);
  const { samples, busyMs } = await series(context.seconds);
  return {
    measures: {
      connectMs: quantile(samples, 0.5),
      connectP99Ms: quantile(samples, 0.99),
      connectsPerSecond: (samples.length * 1_000) / busyMs,
    },
  };
}

async function reconnect(context: LaneContext, messages: number): Promise<RunResult> {
  const client = await openFor(context, { resumes: true });
  const payload = new Uint8Array(128).fill(0x61);
  const topics = topicNames(16);
  const publishes = Array.from({ length: messages }, (_, index) =>
    client.publish(topics[index % topics.length]!, payload, 1),
  );
  await client.lost();
  const lostAt = performance.now();
  await Promise.all(publishes);
  return { measures: { recoveryMs: performance.now() - lostAt } };
}

async function idle(context: LaneContext, clients: number): Promise<RunResult> {
  const first = await openFor(context, { clientId: 'bench-first' });
  await publishInWindow(
    (topic) => first.publish(topic, new Uint8Array(128), 1),
    topicNames(16),
    first.window,
    performance.now() + context.warmupSeconds * 1_000,
  );
  const before = process.memoryUsage.rss();
  for (let index = 0; index < clients; index += 1)
    await openFor(context, { clientId: `bench-${index}` });
  await sleep(0.5);
  const growth = process.memoryUsage.rss() - before;
  return { measures: { rssPerClientKiB: growth / clients / 2 ** 10 } };
}
