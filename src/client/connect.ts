import { MqttError } from '../errors/mqtt-error.js';
import type { ClientOptions } from '../options/schema.js';
import { MqttClient } from './mqtt-client.js';

/**
 * Creates a client, starts it and waits for the Server to accept it.
 *
 * @param url      `mqtt://[username[:password]@]host[:port]`.
 * @param options  See {@link ClientOptions}. `retryInitialConnect` goes on after failed attempts; `signal` ends the waiting.
 * @returns Resolves with a connected client, which connects again whenever the connection is lost.
 * @throws {MqttError} `GNEISS_ERR_INVALID_URL`, `GNEISS_ERR_INVALID_OPTION`, `GNEISS_ERR_CONNECT_FAILED`,
 *   `GNEISS_ERR_CONNECT_TIMEOUT`, `GNEISS_ERR_CONNECTION_REFUSED`, `GNEISS_ERR_CONNECTION_CLOSED`, `GNEISS_ERR_PEER_VIOLATION`,
 *   `GNEISS_ERR_ABORTED`, `GNEISS_ERR_POOL_EXHAUSTED`, `GNEISS_ERR_WORKER_DIED`. The client is destroyed then.
 */
export async function connect(url: string | URL, options?: ClientOptions): Promise<MqttClient> {
  const client = new MqttClient(url, options);
  const signal = options?.signal;
  try {
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        reject(new MqttError('GNEISS_ERR_ABORTED', { cause: signal?.reason }));
      };
      if (signal?.aborted === true) {
        abort();
        return;
      }
      signal?.addEventListener('abort', abort, { once: true });
      client.once('connectionSuccess', () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      client.once('closed', (error) => {
        reject(error ?? new MqttError('GNEISS_ERR_CLOSED'));
      });
      if (options?.retryInitialConnect !== true) {
        client.once('connectionFailure', ({ error }) => {
          reject(error);
        });
      }
      client.start();
    });
  } catch (error) {
    client.destroy();
    throw error;
  }
  return client;
}
