import type { BenchClient, ClientSettings } from './client.js';
import { publishInWindow } from './window.js';

/** Promises pending at once, where it is fastest. */
const WINDOW = 512;

/** Named so that checking the types needs no types of its, which it has none of. */
const PACKAGE: string = 'u8-mqtt';

/** What is used of the package. */
interface U8Mqtt {
  mqtt_v5(): { with_tcp(url: string): U8Client };
}

interface U8Client {
  connect(packet: object): Promise<unknown>;
  disconnect(): Promise<unknown>;
  post(topic: string, payload: Uint8Array): Promise<unknown>;
  send(topic: string, payload: Uint8Array): Promise<unknown>;
  subscribe_topic(
    route: string,
    handler: (packet: { readonly payload: Uint8Array }) => void | Promise<void>,
  ): Promise<unknown>;
}

/** u8-mqtt over TCP. It has no QoS 2, and tells nothing of a connection that is lost. */
export async function openU8(settings: ClientSettings): Promise<BenchClient> {
  const { mqtt_v5: create } = (await import(PACKAGE)) as U8Mqtt;
  const { host } = new URL(settings.url);
  const client = create().with_tcp(`tcp://${host}`);
  await client.connect({
    client_id: settings.clientId,
    keep_alive: 0,
    props: { receive_maximum: 65_535 },
  });
  return {
    window: WINDOW,
    flood: (topics, payload, deadline) =>
      publishInWindow((topic) => client.post(topic, payload), topics, WINDOW, deadline),
    post(topic, payload) {
      void client.post(topic, payload);
      return true;
    },
    publish: (topic, payload) => client.send(topic, payload),
    async subscribe(filter, _qos, handler) {
      await client.subscribe_topic(filter.replace('+', ':level'), ({ payload }) =>
        handler(payload),
      );
    },
    counters: () => null,
    lost: () => Promise.reject(new Error('u8-mqtt does not tell')),
    close: async () => {
      await client.disconnect();
    },
  };
}
