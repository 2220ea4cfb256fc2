import mqtt, {
  type IClientOptions,
  type IConnackPacket,
  type IPublishPacket,
  type MqttClient,
} from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../../src/testing/index.js';

/* MQTT.js shares no code with this project: what it understands is not a mistake made twice. */

let broker: TestBroker;
const clients: MqttClient[] = [];

beforeEach(async () => {
  broker = await startBroker({ topicAliasMaximum: 10, outboundTopicAliasMaximum: 10 });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.end(true);
  await broker.close();
});

interface Received {
  readonly topicName: string;
  readonly text: string;
  readonly packet: IPublishPacket;
}

/** The next message; to be called before the act that brings it. */
async function nextMessage(client: MqttClient): Promise<Received> {
  return new Promise((resolve) => {
    client.once('message', (topicName, payload, packet) => {
      resolve({ topicName, text: payload.toString(), packet });
    });
  });
}

async function connect(options: IClientOptions): Promise<MqttClient> {
  const client = await mqtt.connectAsync(broker.url, { reconnectPeriod: 0, ...options });
  clients.push(client);
  return client;
}

describe.each([4, 5] as const)('MQTT.js with protocol version %i', (protocolVersion) => {
  test.each([0, 1, 2] as const)('QoS %i → there and back, in order', async (qos) => {
    const client = await connect({ protocolVersion });
    const payloads: string[] = [];
    const all = new Promise<void>((resolve) => {
      client.on('message', (topicName, payload) => {
        payloads.push(`${topicName} ${payload.toString()}`);
        if (payloads.length === 200) resolve();
      });
    });
    await client.subscribeAsync('a/+', { qos });
    const expected = Array.from({ length: 200 }, (_, count) => `a/${count % 3} ${count}`);
    await Promise.all(
      expected.map((_, count) => client.publishAsync(`a/${count % 3}`, String(count), { qos })),
    );
    await all;
    expect(payloads).toEqual(expected);
  });

  test('retained → delivered on subscribe', async () => {
    const client = await connect({ protocolVersion });
    await client.publishAsync('kept', 'value', { retain: true, qos: 1 });
    const message = nextMessage(client);
    await client.subscribeAsync('#');
    const { topicName, text, packet } = await message;
    expect([topicName, text, packet.retain]).toEqual(['kept', 'value', true]);
  });

  test('Will → published when the connection breaks', async () => {
    const watcher = await connect({ protocolVersion });
    await watcher.subscribeAsync('will');
    const will = { topic: 'will', payload: Buffer.from('gone'), qos: 1, retain: false } as const;
    const client = await connect({ protocolVersion, will });
    const message = nextMessage(watcher);
    client.stream.destroy();
    expect((await message).text).toBe('gone');
  });

  test('a session that lasts → its messages are there on return', async () => {
    const options: IClientOptions = {
      protocolVersion,
      clientId: 'lasting',
      clean: false,
      ...(protocolVersion === 5 && { properties: { sessionExpiryInterval: 100 } }),
    };
    const first = await connect(options);
    await first.subscribeAsync('a', { qos: 2 });
    await first.endAsync();
    broker.publish({ topicName: 'a', payload: 'kept', qos: 2 });
    const second = mqtt.connect(broker.url, { reconnectPeriod: 0, ...options });
    clients.push(second);
    const connected = new Promise<IConnackPacket>((resolve) => second.once('connect', resolve));
    const message = nextMessage(second);
    expect((await connected).sessionPresent).toBe(true);
    expect((await message).text).toBe('kept');
  });

  test('refused → the client reports it', async () => {
    broker.faults.refuseConnections(0x87);
    await expect(connect({ protocolVersion })).rejects.toThrow(/[Nn]ot authorized/);
  });
});

test('properties and topic aliases of version 5 → understood both ways', async () => {
  const client = await connect({
    protocolVersion: 5,
    autoAssignTopicAlias: true,
    properties: { topicAliasMaximum: 10 },
  });
  await client.subscribeAsync('a', { qos: 0, properties: { subscriptionIdentifier: 300 } });
  for (let count = 0; count < 3; count++) {
    const message = nextMessage(client);
    await client.publishAsync('a', String(count), {
      properties: {
        messageExpiryInterval: 60,
        contentType: 'text/plain',
        correlationData: Buffer.from([1]),
        userProperties: { key: ['1', '2'] },
      },
    });
    const { topicName, text, packet } = await message;
    expect([topicName, text]).toEqual(['a', String(count)]);
    expect(packet.properties).toMatchObject({
      messageExpiryInterval: 60,
      contentType: 'text/plain',
      subscriptionIdentifier: 300,
      topicAlias: 1,
    });
    expect({ ...packet.properties?.userProperties }).toEqual({ key: ['1', '2'] });
  }
});

test('shared subscriptions → each message to one of two', async () => {
  const members = [await connect({ protocolVersion: 5 }), await connect({ protocolVersion: 5 })];
  const counts = [0, 0];
  const all = new Promise<void>((resolve) => {
    members.forEach((member, at) => {
      member.on('message', () => {
        counts[at] = counts[at]! + 1;
        if (counts[0]! + counts[1]! === 10) resolve();
      });
    });
  });
  for (const member of members) await member.subscribeAsync('$share/g/a');
  for (let count = 0; count < 10; count++) broker.publish({ topicName: 'a', payload: 'x' });
  await all;
  expect(counts).toEqual([5, 5]);
});
