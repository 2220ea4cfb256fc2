import { performance } from 'node:perf_hooks';
import type { BenchClient } from '../clients/client.js';
import { publishInWindow } from '../clients/window.js';
import { topicNames } from '../peers/frames.js';
import type { LaneContext, RunResult } from './lane.js';
import { type Load, openAll } from './load.js';
import { Stretch } from './stretch.js';

/** Payload bytes that promises may be pending for, so that large messages do not become gigabytes. */
const PENDING_BYTES_MAX = 8 << 20;

/** Publishing as fast as the clients and their back-pressure allow, counted from the call to the peer. */
export async function publishFlatOut(context: LaneContext, load: Load): Promise<RunResult> {
  const clients = await openAll(context, load);
  const payload = new Uint8Array(load.payloadBytes).fill(0x61);
  const topics = topicNames(load.topics);
  const publishFor = async (seconds: number): Promise<number> => {
    const deadline = performance.now() + seconds * 1_000;
    const counts = clients.map((client) =>
      load.qos === 0
        ? floodToPeer(client, topics, payload, deadline)
        : publishInWindow(
            (topic) => client.publish(topic, payload, load.qos),
            topics,
            Math.min(client.window / clients.length, PENDING_BYTES_MAX / payload.length),
            deadline,
          ),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  };
  const warmup = await publishFor(context.warmupSeconds);
  const stretch = new Stretch(clients);
  const messages = await publishFor(context.seconds);
  return { measures: stretch.end(messages), published: warmup + messages };
}

/** QoS 0 has no acknowledgement: one QoS 1 message behind all the others tells that they have arrived. */
async function floodToPeer(
  client: BenchClient,
  topics: readonly string[],
  payload: Uint8Array,
  deadline: number,
): Promise<number> {
  const count = await client.flood(topics, payload, deadline);
  for (;;) {
    try {
      await client.publish(topics[0]!, payload, 1);
      return count + 1;
    } catch (error) {
      // The flood may have taken the last room that there was.
      if ((error as { readonly code?: unknown }).code !== 'GNEISS_ERR_QUEUE_FULL') throw error;
      await new Promise(setImmediate);
    }
  }
}
