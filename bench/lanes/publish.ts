import { performance } from 'node:perf_hooks';
import type { BenchClient } from '../clients/client.js';
import { type Qos, TOPICS } from '../peers/frames.js';
import { type Lane, type LaneContext, type Measures, openClient, Stretch } from './lane.js';
import { rawPublish } from './raw.js';

/** Publishing as fast as the client and its back-pressure allow, counted from the call to the peer. */
export function publishLane(name: string, qos: Qos, payloadBytes: number): Lane {
  return {
    name,
    title: `publish QoS ${qos}, ${payloadBytes} bytes${qos === 0 ? '' : ', a promise each'}`,
    peer: { kind: 'sink' },
    road: 'mqtt',
    clients: ['raw', 'mqttjs', 'mqttjs-silent', 'gneiss'],
    run: (context) =>
      context.client === 'raw'
        ? rawPublish(context, qos, payloadBytes)
        : publish(context, qos, payloadBytes),
  };
}

async function publish(context: LaneContext, qos: Qos, payloadBytes: number): Promise<Measures> {
  const client = await openClient(context);
  const payload = new Uint8Array(payloadBytes).fill(0x61);
  const load = (seconds: number): Promise<number> => {
    const deadline = performance.now() + seconds * 1_000;
    return qos === 0
      ? floodToPeer(client, payload, deadline)
      : publishInWindow(client, payload, qos, deadline);
  };
  const warmup = await load(context.warmupSeconds);
  const stretch = new Stretch(client);
  const messages = await load(context.seconds);
  return { ...stretch.end(messages), published: warmup + messages };
}

/** QoS 0 has no acknowledgement: one QoS 1 message behind all the others tells that they have arrived. */
async function floodToPeer(
  client: BenchClient,
  payload: Uint8Array,
  deadline: number,
): Promise<number> {
  const count = await client.flood(TOPICS, payload, deadline);
  await client.publish(TOPICS[0]!, payload, 1);
  return count + 1;
}

/** Keeps the client's window of promises pending until the deadline, refilled at half; resolves when all have settled. */
function publishInWindow(
  client: BenchClient,
  payload: Uint8Array,
  qos: Qos,
  deadline: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let published = 0;
    let pending = 0;
    const refill = (): void => {
      if (performance.now() >= deadline) {
        if (pending === 0) resolve(published);
        return;
      }
      while (pending < client.window) {
        pending += 1;
        client.publish(TOPICS[published % TOPICS.length]!, payload, qos).then(done, reject);
        published += 1;
      }
    };
    const done = (): void => {
      pending -= 1;
      if (pending === client.window / 2 || pending === 0) refill();
    };
    refill();
  });
}
