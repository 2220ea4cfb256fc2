import {
  connect,
  type Message,
  type MqttClient,
  type ProtocolVersion,
  type Qos,
} from 'gneiss-mqtt';
import { startBroker } from 'gneiss-mqtt/testing';
import mqttjs from 'mqtt';
import { describe, expect, test } from 'vitest';
import { HAS_MOSQUITTO, Mosquitto } from '../support/mosquitto.js';
import { Inbox } from '../support/scripted-server.js';

interface Broker extends AsyncDisposable {
  readonly url: string;
}

const BROKERS: readonly { name: string; runs: boolean; start: () => Promise<Broker> }[] = [
  {
    name: 'the embedded broker',
    runs: true,
    start: async () => startBroker({ queuedMessagesMax: 100_000, topicAliasMaximum: 10 }),
  },
  { name: 'mosquitto', runs: HAS_MOSQUITTO, start: async () => Mosquitto.start() },
];
const QOS: readonly Qos[] = [0, 1, 2];

for (const { name, runs, start } of BROKERS) {
  describe.skipIf(!runs).each<ProtocolVersion>([5, 4])(`${name}, MQTT %i`, (protocolVersion) => {
    const options = { protocolVersion };

    test('publish and subscribe at every QoS → each message once, with its bytes', async () => {
      await using broker = await start();
      await using publisher = await connect(broker.url, options);
      await using subscriber = await connect(broker.url, options);
      const received = new Inbox<readonly [number, string, number, boolean]>();
      await subscriber.subscribe('a/+', { qos: 2 }, ({ qos, topicName, payload }) => {
        const { length } = payload;
        received.push([qos, topicName, length, payload.every((byte) => byte === (length & 0xff))]);
      });
      const sizes = [0, 1, 127, 128, 16_384, 300_000, 1_000_000];
      for (const qos of QOS) {
        for (const size of sizes) {
          const payload = new Uint8Array(size).fill(size);
          expect((await publisher.publish(`a/${size}`, payload, { qos })).qos).toBe(qos);
          expect(await received.take()).toEqual([qos, `a/${size}`, size, true]);
        }
      }
      expect(received.items).toEqual([]);
      expect(subscriber.stats()).toMatchObject({ toleratedViolations: 0, connections: 1 });
    });

    test('ten thousand at each QoS at once → none lost, in order, none twice', async () => {
      await using broker = await start();
      await using publisher = await connect(broker.url, options);
      await using subscriber = await connect(broker.url, options);
      const count = 10_000;
      // Mosquitto drops QoS 0 messages for a Client that is behind; the embedded broker can, too.
      for (const qos of [1, 2] as const) {
        const received = new Inbox<number>();
        const subscription = await subscriber.subscribe(`n/${qos}`, { qos }, (message) => {
          received.push(Number(message.text()));
        });
        const results = await publishAll(publisher, `n/${qos}`, count, qos);
        expect(results.every(({ reasonCode }) => reasonCode === 0)).toBe(true);
        for (let index = 0; index < count; index++) expect(await received.take()).toBe(index);
        await subscription.unsubscribe();
        expect(received.items).toEqual([]);
      }
    });

    test.runIf(protocolVersion === 5)(
      'automatic topic aliases, more topics than aliases → each message under its topic',
      async () => {
        await using broker = await start();
        await using subscriber = await connect(broker.url, { ...options, compliance: 'strict' });
        const received = new Inbox<string>();
        await subscriber.subscribe('fleet/#', { qos: 2 }, (message) => {
          received.push(`${message.topicName} ${message.text()}`);
        });
        const topics = Array.from({ length: 25 }, (_, index) => `fleet/vehicle-${index}/position`);
        const bytesSent: number[] = [];
        for (const topicAliasPolicy of ['none', 'lru'] as const) {
          await using publisher = await connect(broker.url, { ...options, topicAliasPolicy });
          expect(publisher.settings?.topicAliasMaximum).toBe(10);
          // Most of the time a few of them, now and then another one.
          const messages = Array.from({ length: 200 }, (_, index) => ({
            topic: topics[index % 7 === 0 ? index % 25 : index % 5]!,
            text: `${index}`,
            qos: QOS[index % 3]!,
          }));
          const results = messages.map(({ topic, text, qos }) =>
            publisher.publish(topic, text, { qos }),
          );
          await Promise.all(results);
          const arrived: string[] = [];
          while (arrived.length < messages.length) arrived.push(await received.take());
          const expected = messages.map(({ topic, text }) => `${topic} ${text}`);
          expect(arrived.sort()).toEqual(expected.sort());
          bytesSent.push(publisher.stats().bytesSent);
        }
        expect(bytesSent[1]).toBeLessThan(bytesSent[0]! * 0.6);
        expect(subscriber.stats()).toMatchObject({ toleratedViolations: 0, connections: 1 });
      },
    );

    test('MQTT.js as the other party → both ways at every QoS', async () => {
      await using broker = await start();
      await using client = await connect(broker.url, options);
      const other = await mqttjs.connectAsync(broker.url, { protocolVersion });
      try {
        const received = new Inbox<string>();
        await client.subscribe('to/us/#', { qos: 2 }, ({ qos, topicName, payloadLength }) => {
          received.push(`${topicName} ${qos} ${payloadLength}`);
        });
        await other.subscribeAsync('to/them/#', { qos: 2 });
        for (const qos of QOS) {
          await other.publishAsync(`to/us/${qos}`, 'from them', { qos });
          expect(await received.take()).toBe(`to/us/${qos} ${qos} 9`);
          const arrived = new Promise<readonly [string, string]>((resolve) => {
            other.once('message', (topic, payload) => resolve([topic, payload.toString()]));
          });
          await client.publish(`to/them/${qos}`, 'from us', { qos });
          expect(await arrived).toEqual([`to/them/${qos}`, 'from us']);
        }
      } finally {
        await other.endAsync();
      }
    });

    test('retained → later subscribers get it, until it is deleted', async () => {
      await using broker = await start();
      await using client = await connect(broker.url, options);
      await client.publish('r/1', 'kept', { qos: 1, retain: true });
      const received = new Inbox<readonly [boolean, string]>();
      const handler = (message: Message): void => {
        received.push([message.retained, message.text()]);
      };
      const subscription = await client.subscribe('r/#', { qos: 1 }, handler);
      expect(await received.take()).toEqual([true, 'kept']);
      await client.publish('r/1', '', { qos: 1, retain: true });
      expect(await received.take()).toEqual([false, '']);
      await subscription.unsubscribe();
      await client.subscribe('r/#', { qos: 1 }, handler);
      await client.publish('r/2', 'last', { qos: 1 });
      expect(await received.take()).toEqual([false, 'last']);
    });

    test('Will → published after an abrupt stop and after destroy, not after a stop', async () => {
      await using broker = await start();
      await using watcher = await connect(broker.url, options);
      const wills = new Inbox<string>();
      await watcher.subscribe('will/#', { qos: 1 }, (message) => {
        wills.push(message.topicName);
      });
      const doomed = async (topicName: string): Promise<MqttClient> =>
        connect(broker.url, { ...options, will: { topicName, payload: 'gone', qos: 1 } });
      const polite = await doomed('will/polite');
      await polite.close();
      const abrupt = await doomed('will/abrupt');
      await abrupt.stop({ abrupt: true });
      expect(await wills.take()).toBe('will/abrupt');
      await abrupt.close();
      (await doomed('will/destroyed')).destroy();
      expect(await wills.take()).toBe('will/destroyed');
      expect(wills.items).toEqual([]);
    });

    test('inline → the same, without a thread', async () => {
      await using broker = await start();
      await using client = await connect(broker.url, { ...options, thread: 'inline' });
      const received = new Inbox<string>();
      await client.subscribe('a', { qos: 2 }, (message) => {
        received.push(message.text());
      });
      for (const qos of QOS) await client.publish('a', `${qos}`, { qos });
      for (const qos of QOS) expect(await received.take()).toBe(`${qos}`);
    });
  });
}

describe.skipIf(!HAS_MOSQUITTO)('the command line clients of mosquitto', () => {
  test.each<ProtocolVersion>([5, 4])(
    'MQTT %i → both ways at every QoS',
    async (protocolVersion) => {
      await using broker = await Mosquitto.start();
      await using client = await connect(broker.url, { protocolVersion });
      const version = ['-V', protocolVersion === 5 ? '5' : '311'];
      const received = new Inbox<string>();
      await client.subscribe('to/us', { qos: 2 }, (message) => {
        received.push(`${message.qos} ${message.text()}`);
      });
      for (const qos of QOS) {
        await broker.publish([...version, '-t', 'to/us', '-q', `${qos}`, '-m', `hello ${qos}`]);
        expect(await received.take()).toBe(`${qos} hello ${qos}`);
        await client.publish(`to/them/${qos}`, `there ${qos}`, { qos, retain: true });
        const filter = ['-t', `to/them/${qos}`, '-q', `${qos}`];
        const format = ['-F', '%q %p'];
        expect(await broker.subscribe([...version, ...filter, ...format])).toBe(
          `${qos} there ${qos}`,
        );
      }
    },
  );

  test('properties → arrive as they were given', async () => {
    await using broker = await Mosquitto.start();
    await using client = await connect(broker.url);
    const received = new Inbox<Message['properties']>();
    await client.subscribe('p', ({ properties }) => {
      received.push(properties);
    });
    const property = (name: string, ...values: string[]) => ['-D', 'publish', name, ...values];
    await broker.publish([
      '-V',
      '5',
      '-t',
      'p',
      '-m',
      '{}',
      ...property('content-type', 'application/json'),
      ...property('response-topic', 'answers'),
      ...property('correlation-data', 'id-1'),
      ...property('user-property', 'k', '1'),
      ...property('user-property', 'k', '2'),
    ]);
    expect(await received.take()).toMatchObject({
      contentType: 'application/json',
      responseTopic: 'answers',
      correlationData: new TextEncoder().encode('id-1'),
      userProperties: [
        ['k', '1'],
        ['k', '2'],
      ],
    });
  });
});

async function publishAll(client: MqttClient, topicName: string, count: number, qos: Qos) {
  return Promise.all(
    Array.from({ length: count }, async (_, index) =>
      client.publish(topicName, `${index}`, { qos }),
    ),
  );
}
