import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';
import { decoded } from '../codec/support.js';
import {
  FakeEnvironment,
  type FakeTransport,
  handEnvironment,
} from '../support/fake-environment.js';
import { nextEvent } from '../support/inline-client.js';
import { encodeAll } from '../support/scripted-server.js';

const { CONNACK, CONNECT, SUBACK, SUBSCRIBE } = PacketType;
/** More than messages between the threads take. */
const TURNS = 20;
const DELAY_MS = 5;

function connack(sessionPresent: boolean): Packet {
  return { type: CONNACK, sessionPresent, reasonCode: 0, properties: {} };
}

async function written(transport: FakeTransport): Promise<Packet> {
  const packet = decoded(await transport.writes.take(), 5, 'client');
  transport.events.flushed();
  return packet;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await setImmediate();
}

test('a renewal fails in the moment in which the next connection is accepted → tried again on that one', async () => {
  const environment = new FakeEnvironment();
  handEnvironment(environment);
  const client = new MqttClient('mqtt://server.example', {
    thread: 'inline',
    workerUrl: new URL('../host/fake-worker.ts', import.meta.url),
    offlineQueue: 'nothing',
    reconnectDelayMinMs: DELAY_MS,
    reconnectDelayMaxMs: DELAY_MS,
  });
  const attempt = async (): Promise<FakeTransport> => {
    const transport = await environment.transports.take();
    transport.events.opened();
    expect((await written(transport)).type).toBe(CONNECT);
    return transport;
  };
  client.start();
  const first = await attempt();
  first.receive(encodeAll([connack(false)], 5));
  const subscribing = client.subscribe('a', () => {});
  const { type, packetId } = (await written(first)) as Extract<Packet, { packetId: number }>;
  expect(type).toBe(SUBSCRIBE);
  first.receive(encodeAll([{ type: SUBACK, packetId, reasonCodes: [0], properties: {} }], 5));
  await subscribing;

  // The second connection tells that the Session is lost, and is lost itself before the renewal comes to the worker.
  const lost = nextEvent(client, 'disconnection');
  first.events.closed(null);
  await lost;
  environment.advance(DELAY_MS);
  const second = await attempt();
  const succeeded = nextEvent(client, 'connectionSuccess');
  second.receive(encodeAll([connack(false)], 5));
  second.events.closed(null);
  environment.advance(DELAY_MS);
  const third = await attempt();
  await succeeded;
  await nextEvent(client, 'connectionAttempt');
  // The worker finds the renewal, and then the word of the third connection, in one turn.
  third.receive(encodeAll([connack(true)], 5));
  await settle();
  expect(third.writes.items.map((bytes) => decoded(bytes, 5, 'client'))).toMatchObject([
    { type: SUBSCRIBE, subscriptions: [{ topicFilter: 'a' }] },
  ]);
  client.destroy();
});
