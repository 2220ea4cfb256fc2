import { performance } from 'node:perf_hooks';
import type * as Gneiss from '../../src/index.js';
import type { BenchClient } from './client.js';

/** Calls between two looks at the clock. */
const CALLS_PER_TURN = 256;

/** The built package under its own name: what users install is what is measured. */
const PACKAGE: string = 'gneiss-mqtt';

/** gneiss-mqtt with its protocol in a worker, or inline on this thread. */
export async function openGneiss(url: string, thread: 'worker' | 'inline'): Promise<BenchClient> {
  // Types come from the sources, so that checking them needs no build.
  const { connect } = (await import(PACKAGE)) as typeof Gneiss;
  const client = await connect(url, {
    clientId: 'bench',
    keepAlive: 0,
    tls: { rejectUnauthorized: false },
    thread,
  });

  return {
    window: 4_096,
    async flood(topics, payload, deadline) {
      let count = 0;
      while (performance.now() < deadline) {
        for (let call = 0; call < CALLS_PER_TURN; call += 1) {
          while (!client.tryPublish(topics[count % topics.length]!, payload)) await client.ready();
          count += 1;
        }
        await Promise.resolve(); // the end of a microtask burst, as a real program would have
      }
      return count;
    },
    post: (topic, payload) => client.tryPublish(topic, payload),
    publish: (topic, payload, qos) => client.publish(topic, payload, { qos }),
    async subscribe(filter, qos, handler) {
      await client.subscribe(filter, { qos }, (message) => handler(message.payload));
    },
    counters() {
      const stats = client.stats();
      return {
        portPosts: stats.portPostsToWorker + stats.portPostsToMain,
        socketWrites: stats.socketWrites,
        payloadCopiesOut: stats.payloadCopiesOut,
        payloadCopiesIn: stats.payloadCopiesIn,
      };
    },
  };
}
