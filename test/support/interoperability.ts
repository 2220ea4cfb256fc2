import { once } from 'node:events';
import {
  type ClientOptions,
  connect,
  type Message,
  type MqttError,
  type ProtocolVersion,
  type Qos,
} from 'gneiss-mqtt';
import { describe, expect, test } from 'vitest';
import { Inbox } from './scripted-server.js';

const QOS: readonly Qos[] = [0, 1, 2];

/** A broker of another make, as the suite finds it. */
export interface ForeignBroker {
  readonly url: string;
  /** What every client needs to be let in. */
  readonly options: ClientOptions;
}

/** What a broker does; default: all of it. */
export interface Traits {
  readonly sharedSubscriptions?: boolean;
  readonly keepsMaximumPacketSize?: boolean;
  /** Whether it gets messages across that are larger than its buffers. */
  readonly largeMessages?: boolean;
}

let names = 0;

/** The interoperability suite: what every broker must do with us, on whatever road it is reached. */
export function interoperability(
  name: string,
  runs: boolean,
  start: () => Promise<ForeignBroker & AsyncDisposable>,
  traits: Traits = {},
): void {
  describe.skipIf(!runs).each<ProtocolVersion>([5, 4])(`${name}, MQTT %i`, (protocolVersion) => {
    const isVersion5 = protocolVersion === 5;
    /** Brokers that stay between two tests must not mix them up. */
    const unique = (): string => `gneiss-${process.pid}-${++names}`;
    const join = async (broker: ForeignBroker, options: ClientOptions = {}) =>
      connect(broker.url, { protocolVersion, clientId: unique(), ...broker.options, ...options });
    const session: ClientOptions = isVersion5
      ? { sessionExpiryInterval: 600, rejoinSession: 'always' }
      : { rejoinSession: 'always' };

    test('connect, and stop → what was negotiated is known, the end is in order', async () => {
      await using broker = await start();
      await using client = await join(broker);
      expect(client.settings).toMatchObject({ sessionPresent: false, maximumQos: 2 });
      const ended = once(client, 'disconnection') as Promise<[{ readonly error: MqttError }]>;
      await client.stop();
      expect((await ended)[0].error.code).toBe('GNEISS_ERR_STOPPED');
    });

    test('every QoS, both ways, all sizes → each once, with its bytes', async () => {
      await using broker = await start();
      await using sender = await join(broker);
      await using receiver = await join(broker);
      const root = unique();
      const received = new Inbox<readonly [number, number, boolean]>();
      await receiver.subscribe(`${root}/+`, { qos: 2 }, ({ qos, payload }) => {
        const { length } = payload;
        received.push([qos, length, payload.every((byte) => byte === (length & 0xff))]);
      });
      for (const size of [
        0,
        1,
        127,
        128,
        4000,
        ...(traits.largeMessages === false ? [] : [200_000]),
      ]) {
        const payload = new Uint8Array(size).fill(size);
        for (const qos of QOS) {
          await sender.publish(`${root}/${size}`, payload, { qos });
          expect(await received.take()).toEqual([qos, size, true]);
        }
      }
      expect(received.items).toEqual([]);
    });

    test.runIf(traits.largeMessages !== false)('a large message → arrives whole', async () => {
      await using broker = await start();
      await using client = await join(broker);
      const topic = unique();
      const size = 5_000_000;
      const arrived = new Inbox<boolean>();
      await client.subscribe(topic, { qos: 1 }, ({ payload }) => {
        arrived.push(payload.length === size && payload.every((byte, at) => byte === (at & 0xff)));
      });
      const payload = Uint8Array.from({ length: size }, (_, at) => at & 0xff);
      await client.publish(topic, payload, { qos: 1 });
      expect(await arrived.take()).toBe(true);
    });

    test('a thousand at once at QoS 1 and 2 → none lost, in order, none twice', async () => {
      await using broker = await start();
      await using sender = await join(broker);
      await using receiver = await join(broker);
      for (const qos of [1, 2] as const) {
        const topic = unique();
        const received = new Inbox<number>();
        await receiver.subscribe(topic, { qos }, (message) => {
          received.push(Number(message.text()));
        });
        const count = 1000;
        await Promise.all(
          Array.from({ length: count }, (_, at) => sender.publish(topic, `${at}`, { qos })),
        );
        for (let at = 0; at < count; at++) expect(await received.take()).toBe(at);
        expect(received.items).toEqual([]);
      }
    });

    test('retained → for later subscribers, until it is deleted', async () => {
      await using broker = await start();
      await using client = await join(broker);
      const root = unique();
      await client.publish(`${root}/1`, 'kept', { qos: 1, retain: true });
      const received = new Inbox<readonly [boolean, string]>();
      const handler = (message: Message): void => {
        received.push([message.retained, message.text()]);
      };
      const subscription = await client.subscribe(`${root}/#`, { qos: 1 }, handler);
      expect(await received.take()).toEqual([true, 'kept']);
      await client.publish(`${root}/1`, '', { qos: 1, retain: true });
      expect(await received.take()).toEqual([false, '']);
      await subscription.unsubscribe();
      await client.subscribe(`${root}/#`, { qos: 1 }, handler);
      await client.publish(`${root}/2`, 'last', { qos: 1 });
      expect(await received.take()).toEqual([false, 'last']);
    });

    test('Will → published after an abrupt stop, not after an orderly one', async () => {
      await using broker = await start();
      await using watcher = await join(broker);
      const root = unique();
      const wills = new Inbox<string>();
      await watcher.subscribe(`${root}/+`, { qos: 1 }, (message) => {
        wills.push(`${message.topicName.slice(root.length + 1)} ${message.text()}`);
      });
      for (const end of ['polite', 'abrupt']) {
        const will = { topicName: `${root}/${end}`, payload: 'gone', qos: 1 } as const;
        await using doomed = await join(broker, { will });
        await doomed.stop({ abrupt: end === 'abrupt' });
      }
      expect(await wills.take()).toBe('abrupt gone');
      expect(wills.items).toEqual([]);
    });

    test('Session → resumed by its client, with what came meanwhile', async () => {
      await using broker = await start();
      const clientId = unique();
      const topic = unique();
      const received = new Inbox<string>();
      const handler = (message: Message): void => {
        received.push(message.text());
      };
      const first = await join(broker, { ...session, clientId });
      await first.subscribe(topic, { qos: 2 }, handler);
      await first.close();
      await using sender = await join(broker);
      for (const qos of [1, 2] as const) await sender.publish(topic, `QoS ${qos}`, { qos });
      await using second = await join(broker, { ...session, clientId });
      expect(second.settings?.sessionPresent).toBe(true);
      await second.subscribe(topic, { qos: 2 }, handler);
      expect(await received.take()).toBe('QoS 1');
      expect(await received.take()).toBe('QoS 2');
    });

    test('unsubscribed → nothing more comes', async () => {
      await using broker = await start();
      await using client = await join(broker);
      const root = unique();
      const received = new Inbox<string>();
      const handler = (message: Message): void => {
        received.push(message.topicName);
      };
      const subscription = await client.subscribe(`${root}/a`, { qos: 1 }, handler);
      await client.subscribe(`${root}/b`, { qos: 1 }, handler);
      await subscription.unsubscribe();
      await client.publish(`${root}/a`, 'x', { qos: 1 });
      await client.publish(`${root}/b`, 'x', { qos: 1 });
      expect(await received.take()).toBe(`${root}/b`);
    });

    test.runIf(traits.sharedSubscriptions !== false && isVersion5)(
      'shared subscription → each message to one of its members',
      async () => {
        await using broker = await start();
        await using sender = await join(broker);
        await using one = await join(broker);
        await using other = await join(broker);
        const topic = unique();
        const received = new Inbox<string>();
        for (const member of [one, other])
          await member.subscribe(`$share/group/${topic}`, { qos: 1 }, (message) => {
            received.push(message.text());
          });
        const texts = Array.from({ length: 50 }, (_, at) => `${at}`);
        for (const text of texts) await sender.publish(topic, text, { qos: 1 });
        const arrived: string[] = [];
        while (arrived.length < texts.length) arrived.push(await received.take());
        expect(arrived.sort()).toEqual(texts.sort());
        expect(received.items).toEqual([]);
      },
    );

    test.runIf(isVersion5)('topic aliases both ways → each message under its topic', async () => {
      await using broker = await start();
      await using receiver = await join(broker, { topicAliasMaximum: 10 });
      await using sender = await join(broker, { topicAliasPolicy: 'lru' });
      expect(sender.settings?.topicAliasMaximum).toBeGreaterThan(0);
      const root = unique();
      const received = new Inbox<string>();
      await receiver.subscribe(`${root}/#`, { qos: 1 }, (message) => {
        received.push(`${message.topicName.slice(root.length + 1)}=${message.text()}`);
      });
      const expected: string[] = [];
      for (let at = 0; at < 60; at++) {
        await sender.publish(`${root}/${at % 15}`, `${at}`, { qos: 1 });
        expected.push(`${at % 15}=${at}`);
      }
      for (const text of expected) expect(await received.take()).toBe(text);
    });

    test.runIf(isVersion5)('Receive Maximum of one → one message at a time', async () => {
      await using broker = await start();
      await using sender = await join(broker);
      await using receiver = await join(broker, { receiveMaximum: 1 });
      const topic = unique();
      const received = new Inbox<number>();
      let handling = 0;
      await receiver.subscribe(topic, { qos: 1 }, async () => {
        const others = handling++;
        await new Promise((resolve) => setImmediate(resolve));
        handling--;
        received.push(others);
      });
      for (let at = 0; at < 20; at++) await sender.publish(topic, 'x', { qos: 1 });
      for (let at = 0; at < 20; at++) expect(await received.take()).toBe(0);
    });

    test.runIf(isVersion5)(
      `message above the Maximum Packet Size → ${traits.keepsMaximumPacketSize === false ? 'sent all the same, and the connection closed over it' : 'not sent, and those after it are'}`,
      async () => {
        await using broker = await start();
        await using sender = await join(broker);
        await using receiver = await join(broker, { maximumPacketSize: 1000 });
        const topic = unique();
        const received = new Inbox<number>();
        await receiver.subscribe(topic, { qos: 1 }, ({ payload }) => {
          received.push(payload.length);
        });
        const lost = once(receiver, 'disconnection') as Promise<[{ readonly error: MqttError }]>;
        for (const size of [100, 5000, 200])
          await sender.publish(topic, new Uint8Array(size), { qos: 1 });
        expect(await received.take()).toBe(100);
        if (traits.keepsMaximumPacketSize === false) {
          expect((await lost)[0].error.statement).toBe('MQTT-3.1.2-24');
          return;
        }
        expect(await received.take()).toBe(200);
        expect(receiver.stats().connections).toBe(1);
      },
    );

    test.runIf(isVersion5)('properties of a message → arrive as they were given', async () => {
      await using broker = await start();
      await using client = await join(broker);
      const topic = unique();
      const received = new Inbox<Message['properties']>();
      await client.subscribe(topic, { qos: 1 }, ({ properties }) => {
        received.push(properties);
      });
      const properties = {
        contentType: 'application/json',
        responseTopic: 'answers',
        correlationData: new TextEncoder().encode('id-1'),
        payloadFormatIndicator: 1,
        userProperties: [
          ['k', '1'],
          ['k', '2'],
        ],
      } as const;
      await client.publish(topic, '{}', { qos: 1, ...properties });
      expect(await received.take()).toMatchObject(properties);
    });
  });
}
