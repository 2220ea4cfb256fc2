import { once } from 'node:events';
import { connect, type MqttClient, type PublishOptions } from '../../index.js';
import type { Connection } from '../connection.js';
import type { ConnectClient, LoadClient, Naming } from './load-client.js';
import type { Plan } from './plan.js';

const MIB = 1024 * 1024;
/** Memory each way of all clients together, and the bounds for one of them. */
const MEMORY_TOTAL = 256 * MIB;
const MEMORY_MIN = MIB / 2;
const MEMORY_MAX = 16 * MIB;
const PENDING_TOTAL = 131_072;
const GOODBYE_MS = 1000;

/** Clients of this library. */
export function gneissClients(
  { url, options }: Connection,
  plan: Plan,
  naming: Naming,
  thread: 'worker' | 'inline',
  hasAliases: boolean,
): ConnectClient {
  const count = plan.publishers + plan.subscribers + 1;
  const memory = Math.round(Math.min(MEMORY_MAX, Math.max(MEMORY_MIN, MEMORY_TOTAL / count)));
  const pending = Math.round(Math.min(65_536, Math.max(256, PENDING_TOTAL / count)));
  return async (index, lost) => {
    const client = await connect(url, {
      ...options,
      clientId: naming.clientId(index),
      thread,
      inboundMemoryBytes: memory,
      outboundMemoryBytes: memory,
      maximumPendingOperations: pending,
      ...(hasAliases && { topicAliasPolicy: 'lru' as const }),
    });
    client.on('disconnection', ({ error }) => {
      if (error.code !== 'GNEISS_ERR_STOPPED') lost();
    });
    return new GneissClient(client, naming.topic(index), plan);
  };
}

class GneissClient implements LoadClient {
  readonly #client: MqttClient;
  readonly #topic: string;
  readonly #options: PublishOptions;

  constructor(client: MqttClient, topic: string, { qos, retain }: Plan) {
    this.#client = client;
    this.#topic = topic;
    this.#options = { qos, retain };
  }

  publish(payload: Uint8Array, done: (error: Error | null) => void): void {
    this.#client.publish(this.#topic, payload, this.#options).then(() => {
      done(null);
    }, done);
  }

  tryPublish(payload: Uint8Array): boolean {
    return this.#client.tryPublish(this.#topic, payload, this.#options);
  }

  async ready(): Promise<void> {
    await this.#client.ready();
  }

  async subscribe(filter: string, handler: (payload: Uint8Array) => void): Promise<void> {
    await this.#client.subscribe(filter, { qos: this.#options.qos }, ({ payload }) => {
      handler(payload);
    });
  }

  async reconnect(): Promise<void> {
    await this.#client.stop({ abrupt: true });
    const connected = once(this.#client, 'connectionSuccess');
    this.#client.start();
    await connected;
  }

  async close(): Promise<void> {
    await this.#client.close({ timeoutMs: GOODBYE_MS });
  }
}
