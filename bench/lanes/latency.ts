import { performance } from 'node:perf_hooks';
import { topicNames } from '../peers/frames.js';
import { quantile } from '../statistics.js';
import { type Lane, type LaneContext, openFor, type RunResult, sleep } from './lane.js';
import { toRoundTrips } from './paced.js';

/** Pause before each round trip: nothing may still be awake from the one before. */
const IDLE_SECONDS = 0.002;

/** Calls between two pauses when the cost of a call is measured. */
const CALLS = 256;

/** One QoS 1 publish at a time on an idle connection, from the call to the settled promise. */
export function latencyLane(name: string, payloadBytes: number): Lane {
  return {
    name,
    title: `idle round trip, publish QoS 1 to PUBACK, ${payloadBytes} bytes`,
    peer: { kind: 'sink' },
    road: 'mqtt',
    isCore: true,
    clients: ['mqttjs', 'gneiss', 'gneiss-inline'],
    run: (context) => roundTrips(context, payloadBytes),
  };
}

/** What a publish costs the thread that calls it, topic and payload the same each time. */
export function callCostLane(name: string, payloadBytes: number): Lane {
  return {
    name,
    title: `cost of a publish call, ${payloadBytes} bytes, median of ${CALLS} calls`,
    peer: { kind: 'sink' },
    road: 'mqtt',
    isCore: true,
    clients: ['mqttjs', 'gneiss'],
    run: (context) => callCost(context, payloadBytes),
  };
}

async function roundTrips(context: LaneContext, payloadBytes: number): Promise<RunResult> {
  const client = await openFor(context);
  const payload = new Uint8Array(payloadBytes).fill(0x61);
  const topic = topicNames(1)[0]!;
  const series = async (seconds: number): Promise<number[]> => {
    const samples: number[] = [];
    for (const end = performance.now() + seconds * 1_000; performance.now() < end; ) {
      await sleep(IDLE_SECONDS);
      const start = performance.now();
      await client.publish(topic, payload, 1);
      samples.push((performance.now() - start) * 1_000);
    }
    return samples;
  };
  await series(context.warmupSeconds);
  return { measures: toRoundTrips(await series(context.seconds)) };
}

async function callCost(context: LaneContext, payloadBytes: number): Promise<RunResult> {
  const client = await openFor(context);
  const payload = new Uint8Array(payloadBytes).fill(0x61);
  const topic = topicNames(1)[0]!;

  const posts = async (seconds: number): Promise<{ call: number[]; flush: number[] }> => {
    const call: number[] = [];
    const flush: number[] = [];
    for (const end = performance.now() + seconds * 500; performance.now() < end; ) {
      const start = performance.now();
      let accepted = true;
      for (let n = 0; n < CALLS; n += 1) accepted = client.post(topic, payload) && accepted;
      const called = performance.now();
      await new Promise(setImmediate);
      const flushed = performance.now();
      // A refused call is cheap and would flatter the figure; acknowledged, nothing waits any more.
      await client.publish(topic, payload, 1);
      if (!accepted) continue;
      call.push(((called - start) * 1e6) / CALLS);
      flush.push(((flushed - start) * 1e6) / CALLS);
    }
    if (call.length === 0) throw new Error('The client refused messages in every series of calls');
    return { call, flush };
  };
  const promises = async (seconds: number): Promise<number[]> => {
    const samples: number[] = [];
    const pending = new Array<Promise<unknown>>(CALLS);
    for (const end = performance.now() + seconds * 500; performance.now() < end; ) {
      const start = performance.now();
      for (let n = 0; n < CALLS; n += 1) pending[n] = client.publish(topic, payload, 1);
      samples.push(((performance.now() - start) * 1e6) / CALLS);
      await Promise.all(pending);
    }
    return samples;
  };

  await posts(context.warmupSeconds);
  await promises(context.warmupSeconds);
  const { call, flush } = await posts(context.seconds);
  return {
    measures: {
      callNs: quantile(call, 0.5),
      callAndFlushNs: quantile(flush, 0.5),
      promiseCallNs: quantile(await promises(context.seconds), 0.5),
    },
  };
}
