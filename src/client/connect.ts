import { MqttError } from '../errors/mqtt-error.js';
import type { ClientOptions } from '../options/schema.js';
import type { ServerUrls } from '../options/url.js';
import { aborted, onAbort } from './abortable.js';
import type { ClientEvents } from './events.js';
import { MqttClient } from './mqtt-client.js';

/**
 * Creates a client, starts it and waits for the Server to accept it.
 *
 * @param url      Address of the Server, such as `mqtt://host:1883`, or of several: see {@link ServerUrls}.
 * @param options  See {@link ClientOptions}. `retryInitialConnect` goes on after failed attempts; `signal` ends the waiting.
 * @returns Resolves with a connected client, which connects again whenever the connection is lost.
 * @throws {MqttError} `GNEISS_ERR_INVALID_URL`, `GNEISS_ERR_INVALID_OPTION`, `GNEISS_ERR_CONNECT_FAILED`,
 *   `GNEISS_ERR_CONNECT_TIMEOUT`, `GNEISS_ERR_CONNECTION_REFUSED`, `GNEISS_ERR_PEER_VIOLATION`, `GNEISS_ERR_WRITE_TIMEOUT`,
 *   `GNEISS_ERR_AUTHENTICATION_FAILED`, `GNEISS_ERR_CONNECT_OPTIONS_FAILED`, `GNEISS_ERR_ABORTED`, `GNEISS_ERR_POOL_EXHAUSTED`, `GNEISS_ERR_WORKER_DIED`. Of several Servers
 *   each is tried once, and the error is that of the last one. The client is destroyed then.
 * @see MQTT 5.0 §3.1, §3.2
 */
export async function connect(url: ServerUrls, options?: ClientOptions): Promise<MqttClient> {
  const client = new MqttClient(url, options, options?.signal?.aborted !== true);
  try {
    await firstConnection(client, options);
  } catch (error) {
    client.destroy();
    throw error;
  }
  return client;
}

async function firstConnection(
  client: MqttClient,
  { signal, retryInitialConnect = false }: ClientOptions = {},
): Promise<void> {
  let release = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      let lastFailure: MqttError | null = null;
      const onSuccess = (): void => {
        resolve();
      };
      const onFailure = ({ error, othersLeft }: ClientEvents['connectionFailure'][0]): void => {
        // An attempt that the stop has cut short says nothing of why.
        if (error.code !== 'GNEISS_ERR_STOPPED') lastFailure = error;
        if (!retryInitialConnect && !othersLeft) reject(error);
      };
      // `shouldReconnect` has said no.
      const onStopped = (): void => {
        reject(lastFailure ?? new MqttError('GNEISS_ERR_STOPPED'));
      };
      const onClosed = (error: MqttError | null): void => {
        reject(error ?? new MqttError('GNEISS_ERR_CLOSED'));
      };
      if (signal?.aborted === true) throw aborted(signal);
      const stopWaiting =
        signal === undefined
          ? null
          : onAbort(signal, () => {
              reject(aborted(signal));
            });
      client.on('connectionSuccess', onSuccess);
      client.on('connectionFailure', onFailure);
      client.on('stopped', onStopped);
      client.on('closed', onClosed);
      release = () => {
        stopWaiting?.();
        client.off('connectionSuccess', onSuccess);
        client.off('connectionFailure', onFailure);
        client.off('stopped', onStopped);
        client.off('closed', onClosed);
      };
    });
  } finally {
    release();
  }
}
