import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { refuseUsage } from '../cli-error.js';
import type { Connection } from '../connection.js';
import type { ConnectClient, LoadClient, Naming } from './load-client.js';
import type { Plan } from './plan.js';

/** QoS 0 publishes of which nothing has been heard yet: MQTT.js itself would take any number. */
const OUTSTANDING_MAX = 1000;

/** What is used of MQTT.js. */
interface MqttJs {
  connectAsync(url: string, options: object): Promise<MqttJsClient>;
}

interface MqttJsClient {
  publish(topic: string, payload: Uint8Array, options: object, done: (error?: Error) => void): void;
  subscribeAsync(filter: string, options: object): Promise<unknown>;
  on(event: 'message', listener: (topic: string, payload: Uint8Array) => void): void;
  once(event: 'connect' | 'close', listener: () => void): void;
  reconnect(): void;
  endAsync(force: boolean): Promise<void>;
  readonly stream: { destroy(): void };
}

/** Clients of MQTT.js, where it is installed in the working directory or beside this package. */
export async function mqttjsClients(
  { url, options }: Connection,
  plan: Plan,
  naming: Naming,
): Promise<ConnectClient> {
  const library = await load();
  const {
    protocolVersion = 5,
    keepAlive = 60,
    username,
    password,
    sessionExpiryInterval,
    rejoinSession,
  } = options;
  return async (index, lost) => {
    const client = await library.connectAsync(url, {
      clientId: naming.clientId(index),
      protocolVersion,
      keepalive: keepAlive,
      reconnectPeriod: 0,
      // It asks for a new Session each time otherwise, also with one that the broker keeps.
      clean: rejoinSession !== 'always' && sessionExpiryInterval === undefined,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(sessionExpiryInterval !== undefined && { properties: { sessionExpiryInterval } }),
    });
    return new MqttJsLoadClient(client, naming.topic(index), plan, lost);
  };
}

async function load(): Promise<MqttJs> {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      const path = createRequire(from).resolve('mqtt');
      const loaded = (await import(pathToFileURL(path).href)) as MqttJs | { default: MqttJs };
      return 'connectAsync' in loaded ? loaded : loaded.default;
    } catch (error) {
      const isAbsent =
        error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';
      if (!isAbsent) throw error;
    }
  }
  return refuseUsage('MQTT.js is not installed here', 'npm install mqtt');
}

class MqttJsLoadClient implements LoadClient {
  readonly #client: MqttJsClient;
  readonly #topic: string;
  readonly #options: object;
  readonly #qos: number;
  #outstanding = 0;
  #roomMade: () => void = () => {};
  /** It is we who end the connection. */
  #isEnding = false;

  constructor(client: MqttJsClient, topic: string, { qos, retain }: Plan, lost: () => void) {
    this.#client = client;
    this.#topic = topic;
    this.#qos = qos;
    this.#options = { qos, retain };
    client.once('close', () => {
      if (!this.#isEnding) lost();
    });
  }

  publish(payload: Uint8Array, done: (error: Error | null) => void): void {
    // It keeps the payload until it is written.
    this.#client.publish(this.#topic, Uint8Array.from(payload), this.#options, (error) => {
      done(error ?? null);
    });
  }

  tryPublish(payload: Uint8Array): boolean {
    if (this.#outstanding >= OUTSTANDING_MAX) return false;
    this.#outstanding++;
    this.publish(payload, () => {
      this.#outstanding--;
      this.#roomMade();
    });
    return true;
  }

  async ready(): Promise<void> {
    while (this.#outstanding >= OUTSTANDING_MAX) {
      await new Promise<void>((resolve) => {
        this.#roomMade = resolve;
      });
    }
  }

  async subscribe(filter: string, handler: (payload: Uint8Array) => void): Promise<void> {
    this.#client.on('message', (_, payload) => {
      handler(payload);
    });
    await this.#client.subscribeAsync(filter, { qos: this.#qos });
  }

  async reconnect(): Promise<void> {
    this.#isEnding = true;
    const closed = new Promise<void>((resolve) => {
      this.#client.once('close', resolve);
    });
    this.#client.stream.destroy();
    await closed;
    const connected = new Promise<void>((resolve) => {
      this.#client.once('connect', resolve);
    });
    this.#client.reconnect();
    await connected;
  }

  async close(): Promise<void> {
    this.#isEnding = true;
    await this.#client.endAsync(true);
  }
}
