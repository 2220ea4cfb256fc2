import { AsyncLocalStorage } from 'node:async_hooks';
import diagnostics from 'node:diagnostics_channel';
import { afterEach, describe, expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import { DIAGNOSTIC_EVENTS } from '../../src/diagnostics/events.js';
import { connected, errorOf, Gate, nextEvent } from '../support/inline-client.js';
import { ScriptedServer } from '../support/scripted-server.js';

type Told = Record<string, unknown>;

const cleanUp: (() => void)[] = [];

afterEach(() => {
  for (const undo of cleanUp.splice(0)) undo();
});

/** Names of what is told from here on, each with its message. */
function listen(): (readonly [name: string, message: Told])[] {
  const told: (readonly [string, Told])[] = [];
  for (const event of Object.keys(DIAGNOSTIC_EVENTS)) {
    const name = `gneiss-mqtt:${event}`;
    const listener = (message: unknown): void => {
      told.push([event, message as Told]);
    };
    diagnostics.subscribe(name, listener);
    cleanUp.push(() => diagnostics.unsubscribe(name, listener));
  }
  return told;
}

/** The events of an operation from here on, and their contexts. */
function trace(operation: string): [name: string, context: Told][] {
  const told: [string, Told][] = [];
  const channel = diagnostics.tracingChannel<unknown, Told>(`gneiss-mqtt:${operation}`);
  const at = (name: string) => (context: Told) => {
    told.push([name, context]);
  };
  const listeners = {
    start: at('start'),
    end: at('end'),
    asyncStart: at('asyncStart'),
    asyncEnd: at('asyncEnd'),
    error: at('error'),
  };
  channel.subscribe(listeners);
  cleanUp.push(() => channel.unsubscribe(listeners));
  return told;
}

test('a life → told on the channels, with the client and its name, before its own events', async () => {
  await using server = await ScriptedServer.start();
  const told = listen();
  const order: string[] = [];
  const first = (message: unknown): void => {
    const { client } = message as { client: NodeJS.EventEmitter };
    client.once('connectionSuccess', () => {
      order.push(`event after ${told.length}`);
    });
  };
  diagnostics.subscribe('gneiss-mqtt:connection:attempt', first);
  cleanUp.push(() => diagnostics.unsubscribe('gneiss-mqtt:connection:attempt', first));
  const { client, peer } = await connected(server, { clientId: 'meter-7' });
  const handled = new Gate();
  const subscribed = client.subscribe('a', () => {
    handled.open();
  });
  await peer.grant();
  const subscription = await subscribed;
  peer.send({
    type: PacketType.PUBLISH,
    topicName: 'a',
    payload: new TextEncoder().encode('x'),
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    properties: {},
  });
  await handled.promise;
  await client.close();
  expect(told.map(([event]) => event)).toEqual([
    'connection:attempt',
    'connection:success',
    'subscription:grant',
    'delivery',
    'connection:stop',
    'client:close',
  ]);
  for (const [, message] of told) expect(message).toMatchObject({ name: 'meter-7' });
  for (const [, message] of told) expect(message['client']).toBe(client);
  expect(told[1]![1]['settings']).toMatchObject({ clientId: 'meter-7' });
  expect(told[2]![1]['topicFilters']).toEqual(subscription.topicFilters);
  expect(order).toEqual(['event after 2']);
});

test('a message → is leased while it is told', async () => {
  await using server = await ScriptedServer.start();
  const texts: unknown[] = [];
  const listener = (message: unknown): void => {
    texts.push((message as { message: { text(): string } }).message.text());
  };
  diagnostics.subscribe('gneiss-mqtt:delivery', listener);
  cleanUp.push(() => diagnostics.unsubscribe('gneiss-mqtt:delivery', listener));
  const { client, peer } = await connected(server);
  const received = nextEvent(client, 'message');
  peer.sendRaw(Buffer.from('3005000161' + '00' + '78', 'hex'));
  await received;
  expect(texts).toEqual(['x']);
  client.destroy();
});

describe('tracing', () => {
  test('a publish → start, end, and its acknowledgement', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { name: 'Kessel' });
    const told = trace('publish');
    const published = client.publish('a', 'x', { qos: 1 });
    expect(told.map(([name]) => name)).toEqual(['start', 'end']);
    const { packetId } = await peer.next(PacketType.PUBLISH);
    peer.send({ type: PacketType.PUBACK, packetId, reasonCode: 0, properties: {} });
    const result = await published;
    expect(told.map(([name]) => name)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    const context = {
      client,
      name: 'Kessel',
      topicName: 'a',
      payload: 'x',
      options: { qos: 1 },
      result,
    };
    for (const [, one] of told) expect(one).toEqual(context);
    expect(client.tryPublish('b', 'y')).toBe(true);
    expect(told.slice(4).map(([name, { topicName }]) => [name, topicName])).toEqual([
      ['start', 'b'],
      ['end', 'b'],
    ]);
    client.destroy();
  });

  test('what fails → its error, and the promise rejects as ever', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const [publishes, subscribes] = [trace('publish'), trace('subscribe')];
    const refused = await errorOf(client.publish('#', 'x'));
    expect(refused.code).toBe('GNEISS_ERR_INVALID_TOPIC');
    expect(publishes.find(([name]) => name === 'error')?.[1]['error']).toBe(refused);
    const failing = errorOf(client.subscribe('b'));
    const { packetId } = await peer.next(PacketType.SUBSCRIBE);
    peer.send({ type: PacketType.SUBACK, packetId, reasonCodes: [0x87], properties: {} });
    const error = await failing;
    expect(subscribes.find(([name]) => name === 'error')?.[1]).toMatchObject({
      filters: 'b',
      error,
    });
    client.destroy();
  });

  test('a store that is bound to the start → is that of the call', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const storage = new AsyncLocalStorage<string>();
    const channel = diagnostics.tracingChannel<string, Told>('gneiss-mqtt:subscribe');
    channel.start.bindStore(storage, ({ filters }) => `span of ${String(filters)}`);
    cleanUp.push(() => channel.start.unbindStore(storage));
    const stores: unknown[] = [];
    const told = (): void => {
      stores.push(storage.getStore());
    };
    channel.start.subscribe(told);
    cleanUp.push(() => channel.start.unsubscribe(told));
    const subscribed = client.subscribe('a');
    await peer.grant();
    await subscribed;
    expect(stores).toEqual(['span of a']);
    client.destroy();
  });
});
