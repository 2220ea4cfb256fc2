import { once } from 'node:events';
import { connect, type MqttError } from 'gneiss-mqtt';
import { describe, expect, test } from 'vitest';
import { durable, faultyRoad, IMPATIENT, WAYS } from '../../support/faulty-road.js';
import { HAS_MOSQUITTO, Mosquitto } from '../../support/mosquitto.js';
import { Inbox } from '../../support/scripted-server.js';

const LOST_TO_ANOTHER = ['GNEISS_ERR_SERVER_DISCONNECT', 'GNEISS_ERR_CONNECTION_CLOSED'];

describe.skipIf(!HAS_MOSQUITTO).concurrent.each(WAYS)(
  'mosquitto, $road, MQTT $protocolVersion',
  ({ road, protocolVersion }) => {
    const options = { ...IMPATIENT, protocolVersion };

    test('ended and restarted with its persistence → the Session is resumed, and what was queued arrives', async () => {
      await using broker = await Mosquitto.start('durable');
      await using way = await faultyRoad(broker.port, road);
      // Mosquitto 2.0 does not save Sessions that began clean.
      await using client = await connect(way.url, {
        ...options,
        ...durable(protocolVersion),
        rejoinSession: 'always',
        clientId: 'durable',
      });
      const received = new Inbox<string>();
      await client.subscribe('a', { qos: 1 }, (message) => {
        received.push(message.text());
      });
      await client.publish('kept', 'x', { qos: 1, retain: true });
      await client.stop();
      await using other = await connect(way.url, options);
      await other.publish('a', 'queued', { qos: 1 });
      const lost = once(other, 'disconnection');
      await broker.kill('SIGTERM');
      await lost;
      await broker.run();
      const accepted = once(client, 'connectionSuccess');
      client.start();
      expect(await received.take()).toBe('queued');
      // A message may be handed over before the news of its connection.
      await accepted;
      expect(client.settings?.sessionPresent).toBe(true);
    });

    test('killed and restarted without persistence → the subscriptions are made again, and what was unacknowledged arrives', async () => {
      await using broker = await Mosquitto.start('none');
      await using way = await faultyRoad(broker.port, road);
      await using client = await connect(way.url, {
        ...options,
        ...durable(protocolVersion),
        clientId: 'c',
      });
      const received = new Inbox<string>();
      const handler = (message: { text(): string }): void => {
        received.push(message.text());
      };
      await client.subscribe('a', { qos: 2 }, handler);
      await client.publish('a', 'before', { qos: 1 });
      expect(await received.take()).toBe('before');
      const lost = once(client, 'disconnection');
      const connected = once(client, 'connectionSuccess');
      await broker.kill('SIGKILL');
      await lost;
      const published = client.publish('b', 'meanwhile', { qos: 1, retain: true });
      await broker.run();
      await Promise.all([connected, published]);
      expect(client.settings?.sessionPresent).toBe(false);
      await client.publish('a', 'after', { qos: 2 });
      expect(await received.take()).toBe('after');
      await client.subscribe('b', { qos: 1 }, handler);
      expect(await received.take()).toBe('meanwhile');
    });

    test('stopped and continued by the operating system → found by the keep-alive, and all is well again', async () => {
      await using broker = await Mosquitto.start('none');
      await using way = await faultyRoad(broker.port, road);
      await using client = await connect(way.url, {
        ...options,
        ...durable(protocolVersion),
        clientId: 'c',
        keepAlive: 1,
        connectTimeoutMs: 1000,
      });
      const received = new Inbox<string>();
      await client.subscribe('a', { qos: 1 }, (message) => {
        received.push(message.text());
      });
      const lost = once(client, 'disconnection') as Promise<[{ readonly error: MqttError }]>;
      broker.signal('SIGSTOP');
      const published = client.publish('a', 'x', { qos: 1 });
      expect((await lost)[0].error.code).toBe('GNEISS_ERR_KEEP_ALIVE_TIMEOUT');
      broker.signal('SIGCONT');
      await published;
      expect(await received.take()).toBe('x');
    });

    test('a second client of the same name → the first is told or cut, and stays away', async () => {
      await using broker = await Mosquitto.start('none');
      await using way = await faultyRoad(broker.port, road);
      const patient = {
        ...options,
        clientId: 'same',
        reconnectDelayMinMs: 2 ** 31 - 1,
        reconnectDelayMaxMs: 2 ** 31 - 1,
      };
      await using first = await connect(way.url, patient);
      const lost = once(first, 'disconnection') as Promise<[{ readonly error: MqttError }]>;
      await using second = await connect(way.url, patient);
      // Mosquitto 2.0.11 does not say why.
      expect(LOST_TO_ANOTHER).toContain((await lost)[0].error.code);
      await second.publish('a', 'x', { qos: 1 });
      expect(way.proxy.connections).toBe(2);
    });
  },
);
