import { performance } from 'node:perf_hooks';
import { connectAsync, type IClientOptions, type IClientPublishOptions } from 'mqtt';
import { PROPERTIES } from '../peers/frames.js';
import { type BenchClient, type ClientSettings, callsPerTurn } from './client.js';

const SILENT = { log: () => undefined };

/**
 * MQTT.js without keep-alive, which it would reschedule with every packet.
 *
 * @param isSilent  Without its debug messages, too: it formats them even when nobody listens, unless a `log` that does nothing is
 *   given. Hardly anyone does, but it is MQTT.js at its fastest.
 */
export async function openMqttjs(
  settings: ClientSettings,
  isSilent: boolean,
): Promise<BenchClient> {
  const client = await connectAsync(settings.url, optionsFor(settings, isSilent));
  client.on('error', (error) => {
    throw error;
  });
  const extras: IClientPublishOptions =
    settings.extras === 'properties'
      ? { properties: { ...PROPERTIES, userProperties: { ...PROPERTIES.userProperties } } }
      : {};
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
      // MQTT.js corks the stream over one turn, so a turn should hold many.
      const calls = callsPerTurn(payload);
      const message = bufferOf(payload);
      let count = 0;
      while (performance.now() < deadline) {
        for (let call = 0; call < calls; call += 1) {
          client.publish(topics[count % topics.length]!, message, extras);
          count += 1;
        }
        if (client.stream.writableNeedDrain) await drained();
        else await new Promise(setImmediate);
      }
      return count;
    },
    post(topic, payload) {
      client.publish(topic, bufferOf(payload), extras);
      return true;
    },
    publish: (topic, payload, qos) =>
      client.publishAsync(topic, bufferOf(payload), { ...extras, qos }),
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
    lost: () =>
      new Promise((resolve) => {
        client.once('close', () => resolve());
      }),
    close: () => client.endAsync(),
  };
}

function optionsFor(settings: ClientSettings, isSilent: boolean): IClientOptions {
  const { clientId, version, extras, resumes } = settings;
  return {
    protocolVersion: version,
    clientId,
    keepalive: 0,
    reconnectPeriod: resumes ? 1 : 0,
    clean: !resumes,
    rejectUnauthorized: false,
    autoAssignTopicAlias: extras === 'aliases',
    ...(isSilent ? SILENT : {}),
    ...(version === 5
      ? {
          properties: {
            receiveMaximum: 65_535,
            ...(extras === 'aliases' ? { topicAliasMaximum: 1_024 } : {}),
            ...(resumes ? { sessionExpiryInterval: 3_600 } : {}),
          },
        }
      : {}),
  };
}
