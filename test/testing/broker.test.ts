import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { MqttError } from '../../src/errors/mqtt-error.js';
import {
  type BrokerClient,
  type BrokerOptions,
  PacketType,
  startBroker,
  TestBroker,
} from '../../src/testing/index.js';
import { connectTiny, publishPacket, subscribeTiny, TinyClient, textOf } from './tiny-client.js';

test('stop and start → the same port, sessions and retained messages still there', async () => {
  await using broker = await startBroker();
  const { port, url } = broker;
  expect(url).toBe(`mqtt://127.0.0.1:${port}`);
  const client = await connectTiny(port, { properties: { sessionExpiryInterval: 1000 } });
  await subscribeTiny(client, 'a', { qos: 1 });
  broker.publish({ topicName: 'kept', payload: 'x', retain: true });
  await broker.stop();
  await client.closed();
  expect(client.inbox).toEqual([]);
  broker.publish({ topicName: 'a', payload: 'meanwhile', qos: 1 });
  await broker.start();
  expect(broker.port).toBe(port);
  expect(broker.retainedMessages).toBe(1);
  const again = await connectTiny(port, { cleanStart: false });
  expect(textOf(await again.take(PacketType.PUBLISH))).toBe('meanwhile');
});

test('close → DISCONNECT 0x8B, no Wills, and nothing can be waited for', async () => {
  const broker = await startBroker();
  const client = await connectTiny(broker.port, {
    will: { topicName: 'w', payload: new Uint8Array(), qos: 0, retain: true, properties: {} },
  });
  const waiting = broker.waitFor('connect');
  const closing = broker.close();
  await expect(waiting).rejects.toMatchObject({ code: 'GNEISS_ERR_CLOSED' });
  expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x8b });
  await closing;
  await broker.close();
  expect(broker.counters.messagesReceived).toBe(0);
  expect(broker.clients()).toEqual([]);
  expect(broker.sessions()).toEqual([]);
  await expect(broker.waitFor('connect')).rejects.toMatchObject({ code: 'GNEISS_ERR_CLOSED' });
  await expect(broker.start()).rejects.toMatchObject({ code: 'GNEISS_ERR_INVALID_STATE' });
});

test('a Client that does not close its side → is cut off', async () => {
  const broker = await startBroker();
  const socket = connect({ port: broker.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  const [client] = await broker.waitFor('connection');
  const left = broker.waitFor('disconnect');
  client.disconnect(0x8b);
  expect(await left).toMatchObject([{}, { by: 'broker' }]);
  socket.destroy();
  await broker.close();
});

test('a port that is taken → GNEISS_ERR_CONNECT_FAILED', async () => {
  await using broker = await startBroker();
  await expect(startBroker({ port: broker.port })).rejects.toMatchObject({
    code: 'GNEISS_ERR_CONNECT_FAILED',
    cause: { code: 'EADDRINUSE' },
  });
});

test.each([
  [{ colour: 'red' }, 'colour'],
  [{ receiveMaximum: 0 }, 'receiveMaximum'],
  [{ qos0Overflow: 'wait' }, 'qos0Overflow'],
  [{ retainAvailable: 1 }, 'retainAvailable'],
  [{ authenticate: true }, 'authenticate'],
  [null, 'options'],
] as const)('%j as options → GNEISS_ERR_INVALID_OPTION', (options, name) => {
  const start = () => new TestBroker(options as unknown as BrokerOptions);
  expect(start).toThrow(MqttError);
  expect(start).toThrow(name);
});

test('publish to a topic that is none → GNEISS_ERR_INVALID_TOPIC', async () => {
  await using broker = await startBroker();
  expect(() => broker.publish({ topicName: 'a/#' })).toThrow(/GNEISS|topic/);
});

test('connectionsMax → more are closed', async () => {
  await using broker = await startBroker({ connectionsMax: 1 });
  await connectTiny(broker.port);
  await new TinyClient(broker.port, 5).closed();
});

test('events → tell of everything, with the handle of the connection', async () => {
  await using broker = await startBroker();
  const log: string[] = [];
  const name = (client: BrokerClient | null) => client?.clientId ?? 'broker';
  broker.on('connection', (client) => log.push(`connection ${name(client)}`));
  broker.on('connect', (client) => log.push(`connect ${name(client)}`));
  broker.on('packet', (client, { type }) => log.push(`packet ${type} ${name(client)}`));
  broker.on('sent', (client, { type }) => log.push(`sent ${type} ${name(client)}`));
  broker.on('publish', ({ topicName }, client) => log.push(`publish ${topicName} ${name(client)}`));
  broker.on('subscribe', (client) => log.push(`subscribe ${name(client)}`));
  broker.on('disconnect', (client, { by }) => log.push(`disconnect ${name(client)} ${by}`));
  broker.on('sessionEnd', (clientId) => log.push(`sessionEnd ${clientId}`));
  const client = await connectTiny(broker.port);
  await subscribeTiny(client, 'a');
  client.send(publishPacket('a', { qos: 1, packetId: 1 }));
  await client.take(PacketType.PUBLISH);
  await client.take(PacketType.PUBACK);
  const left = broker.waitFor('disconnect');
  client.destroy();
  await left;
  expect(log).toEqual([
    'connection ',
    `packet ${PacketType.CONNECT} `,
    `sent ${PacketType.CONNACK} tiny`,
    'connect tiny',
    `packet ${PacketType.SUBSCRIBE} tiny`,
    `sent ${PacketType.SUBACK} tiny`,
    'subscribe tiny',
    `packet ${PacketType.PUBLISH} tiny`,
    `sent ${PacketType.PUBLISH} tiny`,
    'publish a tiny',
    `sent ${PacketType.PUBACK} tiny`,
    'sessionEnd tiny',
    'disconnect tiny network',
  ]);
});

test('counters → add up', async () => {
  await using broker = await startBroker();
  const client = await connectTiny(broker.port);
  await subscribeTiny(client, 'a');
  client.send(publishPacket('a', { payload: 'x' }));
  await client.take(PacketType.PUBLISH);
  await client.expectSilence();
  expect(broker.counters).toMatchObject({
    connections: 1,
    connects: 1,
    packetsReceived: 4,
    packetsSent: 4,
    messagesReceived: 1,
    messagesSent: 1,
    violations: 0,
  });
});
