import { connect, type ProtocolVersion } from 'gneiss-mqtt';
import { startBroker } from 'gneiss-mqtt/testing';
import { describe, expect, test } from 'vitest';
import { Authority } from '../support/certificates.js';
import { Front, ROADS, type Road } from '../support/front.js';
import { Inbox } from '../support/scripted-server.js';

const authority = await Authority.create();
const identity = await authority.issue(['127.0.0.1']);

const CASES = ROADS.flatMap((road) =>
  ([5, 4] as const).flatMap((protocolVersion) =>
    (['worker', 'inline'] as const).map((thread) => ({ road, protocolVersion, thread })),
  ),
);

interface Broker extends AsyncDisposable {
  readonly url: string;
}

async function brokerAt(road: Road): Promise<Broker> {
  const broker = await startBroker({ queuedMessagesMax: 100_000 });
  const front = await Front.before(Number(new URL(broker.url).port), road, { tls: identity });
  return {
    url: front.url,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]();
      await broker.close();
    },
  };
}

describe.each(CASES)(
  '$road, MQTT $protocolVersion, $thread',
  ({ road, protocolVersion, thread }) => {
    const options = {
      protocolVersion: protocolVersion satisfies ProtocolVersion,
      thread,
      tls: { ca: authority.cert },
    };

    test('messages of every size and QoS → each once, with its bytes', async () => {
      await using broker = await brokerAt(road);
      await using client = await connect(broker.url, options);
      const received = new Inbox<readonly [number, number, boolean]>();
      await client.subscribe('a', { qos: 2 }, ({ qos, payload }) => {
        const { length } = payload;
        received.push([qos, length, payload.every((byte, at) => byte === ((at * 7) & 0xff))]);
      });
      for (const qos of [0, 1, 2] as const) {
        for (const size of [0, 1, 127, 16_384, 300_000, 1_000_000]) {
          const payload = Uint8Array.from({ length: size }, (_, at) => (at * 7) & 0xff);
          await client.publish('a', payload, { qos });
          expect(await received.take()).toEqual([qos, size, true]);
        }
      }
      expect(received.items).toEqual([]);
    });

    test('a flood into a slow handler → nothing lost, in order', async () => {
      await using broker = await brokerAt(road);
      const bounds = { inboundMemoryBytes: 524_288 };
      await using client = await connect(broker.url, { ...options, ...bounds });
      await using publisher = await connect(broker.url, options);
      const received = new Inbox<number>();
      await client.subscribe('n', { qos: 1 }, async (message) => {
        const number = Number(message.text().trim());
        await new Promise((resolve) => setImmediate(resolve));
        received.push(number);
      });
      const count = 3000;
      const sent = Array.from({ length: count }, (_, at) =>
        publisher.publish('n', `${at}`.padEnd(1000), { qos: 1 }),
      );
      await Promise.all(sent);
      for (let at = 0; at < count; at++) expect(await received.take()).toBe(at);
      expect(client.stats().connections).toBe(1);
    });
  },
);
