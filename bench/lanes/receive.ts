import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { type Qos, TOPIC_FILTER } from '../peers/frames.js';
import { type Lane, type LaneContext, type Measures, openClient, Stretch, sleep } from './lane.js';
import { rawReceive } from './raw.js';
import { Tally } from './tally.js';

/** Resolution of the stall measurement: a stall shows as what a timer of this period is late. */
const STALL_RESOLUTION_MS = 10;

/** Receiving as fast as the peer can send and the client take. */
export function receiveLane(name: string, qos: Qos, payloadBytes: number): Lane {
  return {
    name,
    title: `receive QoS ${qos}, ${payloadBytes} bytes`,
    peer: { kind: 'source', qos, payloadBytes },
    road: 'mqtt',
    clients: ['raw', 'mqttjs', 'mqttjs-silent', 'gneiss'],
    run: (context) => (context.client === 'raw' ? rawReceive(context, qos) : receive(context, qos)),
  };
}

/** Receiving a steady stream: what is left of the main thread. */
export function pacedLane(name: string, rate: number, payloadBytes: number): Lane {
  return {
    name,
    title: `receive QoS 0 at ${rate} messages/s, sent every millisecond, ${payloadBytes} bytes`,
    peer: { kind: 'source', qos: 0, payloadBytes, rate },
    road: 'mqtt',
    clients: ['mqttjs', 'gneiss'],
    run: (context) => receive(context, 0),
  };
}

async function receive(context: LaneContext, qos: Qos): Promise<Measures> {
  const client = await openClient(context);
  const tally = new Tally();
  await client.subscribe(TOPIC_FILTER, qos, (payload) => tally.take(payload), false);
  await sleep(context.warmupSeconds);

  const before = tally.count;
  const delay = monitorEventLoopDelay({ resolution: STALL_RESOLUTION_MS });
  delay.enable();
  const loop = performance.eventLoopUtilization();
  const stretch = new Stretch(client);
  await sleep(context.seconds);
  const measures = stretch.end(tally.count - before);
  const { utilization } = performance.eventLoopUtilization(loop);
  delay.disable();

  return {
    ...measures,
    utilisationPercent: utilization * 100,
    stallMs: Math.max(0, delay.max / 1e6 - STALL_RESOLUTION_MS),
    lost: await tally.finish(client),
  };
}
