import { performance } from 'node:perf_hooks';
import type * as Gneiss from '../../src/index.js';
import { PROPERTIES } from '../peers/frames.js';
import { type BenchClient, type ClientSettings, callsPerTurn } from './client.js';

/** The built package under its own name: what users install is what is measured. */
const PACKAGE: string = 'gneiss-mqtt';
let library: typeof Gneiss | null = null;

/** Memory each way of a client that is one of many, in bytes. */
const SMALL_MEMORY = 1 << 20;

/** gneiss-mqtt with its protocol in a worker, or inline on this thread. */
export async function openGneiss(
  settings: ClientSettings,
  thread: 'worker' | 'inline',
): Promise<BenchClient> {
  // Types come from the sources, so that checking them needs no build. Imported once: to ask again would count as connecting.
  library ??= (await import(PACKAGE)) as typeof Gneiss;
  const client = await library.connect(settings.url, optionsFor(settings, thread));
  const extras = settings.extras === 'properties' ? toPublishOptions() : undefined;

  return {
    window: 4_096,
    async flood(topics, payload, deadline) {
      const calls = callsPerTurn(payload);
      let count = 0;
      while (performance.now() < deadline) {
        for (let call = 0; call < calls; call += 1) {
          while (!client.tryPublish(topics[count % topics.length]!, payload, extras))
            await client.ready();
          count += 1;
        }
        await Promise.resolve(); // the end of a microtask burst, as a real program would have
      }
      return count;
    },
    post: (topic, payload) => client.tryPublish(topic, payload, extras),
    publish: (topic, payload, qos) => client.publish(topic, payload, { ...extras, qos }),
    async subscribe(filter, qos, handler) {
      await client.subscribe(filter, { qos }, (message) => handler(message.payload));
    },
    counters() {
      const stats = client.stats();
      return {
        portPosts: stats.portPostsToWorker + stats.portPostsToMain,
        socketWrites: stats.socketWrites,
        socketReads: stats.socketReads,
        copiesOut: stats.payloadCopiesOut,
        copiesIn: stats.payloadCopiesIn,
      };
    },
    lost: () =>
      new Promise((resolve) => {
        client.on('disconnection', () => resolve());
      }),
    close: () => client.close(),
  };
}

function optionsFor(settings: ClientSettings, thread: 'worker' | 'inline'): Gneiss.ClientOptions {
  const { clientId, version, extras, isOneOfMany, resumes } = settings;
  return {
    clientId,
    keepAlive: 0,
    protocolVersion: version,
    tls: { rejectUnauthorized: false },
    thread,
    ...(extras === 'aliases' ? { topicAliasPolicy: 'lru' } : {}),
    ...(isOneOfMany ? { inboundMemoryBytes: SMALL_MEMORY, outboundMemoryBytes: SMALL_MEMORY } : {}),
    ...(resumes ? { sessionExpiryInterval: 3_600, reconnectDelayMinMs: 1 } : {}),
  };
}

function toPublishOptions(): Gneiss.PublishOptions {
  return { ...PROPERTIES, userProperties: Object.entries(PROPERTIES.userProperties) };
}
