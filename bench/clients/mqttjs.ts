import { performance } from 'node:perf_hooks';
import { connectAsync } from 'mqtt';
import type { BenchClient } from './client.js';

/** Calls between two looks at the stream; MQTT.js corks the stream over one turn, so a turn should hold many. */
const CALLS_PER_TURN = 256;

const SILENT = { log: () => undefined };

/**
 * MQTT.js without keep-alive, which it would reschedule with every packet.
 *
 * @param isSilent  Without its debug messages, too: it formats them even when nobody listens, unless a `log` that does nothing is
 *   given. Hardly anyone does, but it is MQTT.js at its fastest.
 */
export async function openMqttjs(url: string, isSilent: boolean): Promise<BenchClient> {
  const client = await connectAsync(url, {
    protocolVersion: 5,
    clientId: 'bench',
    keepalive: 0,
    reconnectPeriod: 0,
    rejectUnauthorized: false,
    ...(isSilent ? SILENT : {}),
    properties: { receiveMaximum: 65_535 },
  });
  client.on('error', (error) => {
    throw error;
  });
  // MQTT.js types the payload as Buffer and only passes it on.
  const bufferOf = (payload: Uint8Array): Buffer =>
    Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const drained = (): Promise<void> =>
    new Promise((resolve) => {
      client.stream.once('drain', () => resolve());
    });

  return {
    window: 512,
    async flood(topics, payload, deadline) {
      const message = bufferOf(payload);
      let count = 0;
      while (performance.now() < deadline) {
        for (let call = 0; call < CALLS_PER_TURN; call += 1) {
          client.publish(topics[count % topics.length]!, message);
          count += 1;
        }
        if (client.stream.writableNeedDrain) await drained();
        else await new Promise(setImmediate);
      }
      return count;
    },
    post(topic, payload) {
      client.publish(topic, bufferOf(payload));
      return true;
    },
    publish: (topic, payload, qos) => client.publishAsync(topic, bufferOf(payload), { qos }),
    async subscribe(filter, qos, handler, awaited) {
      if (awaited) {
        // The documented way to let a handler hold back what follows: at QoS 1 the PUBACK waits for the callback.
        client.handleMessage = (packet, callback) => {
          Promise.resolve(handler(packet.payload as Buffer)).then(() => callback(), callback);
        };
      } else {
        client.on('message', (_topic, payload) => {
          void handler(payload);
        });
      }
      await client.subscribeAsync(filter, { qos });
    },
    counters: () => null,
  };
}
