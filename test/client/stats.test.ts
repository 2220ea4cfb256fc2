import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import type { ClientOptions } from '../../src/options/schema.js';
import { FakeEnvironment, handEnvironment } from '../support/fake-environment.js';
import { connected, Gate, nextEvent } from '../support/inline-client.js';
import { ScriptedServer } from '../support/scripted-server.js';

test('a handler that holds a message → messagesLeased, until it is done', async () => {
  await using server = await ScriptedServer.start();
  const { client, peer } = await connected(server);
  const gate = new Gate();
  const handled = new Promise<void>((resolve) => {
    void client.subscribe('a', async () => {
      resolve();
      await gate.promise;
    });
  });
  await peer.grant();
  peer.send(message('x'));
  await handled;
  await peer.settled();
  expect(client.stats().messagesLeased).toBe(1);
  gate.open();
  await peer.settled();
  expect(client.stats()).toMatchObject({ messagesLeased: 0, messagesReceived: 1 });
  client.destroy();
});

test('a handler that throws → handlersFailed', async () => {
  await using server = await ScriptedServer.start();
  const { client, peer } = await connected(server);
  const failed = nextEvent(client, 'handlerError');
  const subscribed = client.subscribe('a', () => {
    throw new Error('no');
  });
  await peer.grant();
  await subscribed;
  peer.send(message('x'));
  await failed;
  expect(client.stats().handlersFailed).toBe(1);
  client.destroy();
});

test('a connection that is lost and made again → connected, connectionAttempts', async () => {
  await using server = await ScriptedServer.start();
  const { client, peer } = await connected(server);
  expect(client.stats()).toMatchObject({ connected: 1, connectionAttempts: 1, connections: 1 });
  const lost = nextEvent(client, 'disconnection');
  const again = nextEvent(client, 'connectionSuccess');
  peer.destroy();
  await lost;
  expect(client.stats().connected).toBe(0);
  await server.welcome();
  await again;
  expect(client.stats()).toMatchObject({ connected: 1, connections: 2, reconnects: 1 });
  client.destroy();
});

test('publishes that find no room → publishesRefused', async () => {
  await using server = await ScriptedServer.start();
  const { client } = await connected(server, { maximumPendingOperations: 16 });
  for (let count = 0; count < 20; count++)
    client.publish('a', 'x', { qos: 1 }).catch(() => undefined);
  expect(client.stats()).toMatchObject({ messagesPublished: 16, publishesRefused: 4 });
  client.destroy();
});

test('leases that fill the memory → readingPaused, until some are given back', async () => {
  await using server = await ScriptedServer.start();
  const { client, peer } = await connected(server, { inboundMemoryBytes: 512 * 1024 });
  const gate = new Gate();
  const subscribed = client.subscribe('a', async () => gate.promise);
  await peer.grant();
  await subscribed;
  for (let count = 0; count < 64; count++) peer.send(message('x'.repeat(16 * 1024)));
  while (client.stats().readingPaused === 0) await new Promise(setImmediate);
  gate.open();
  await peer.settled();
  expect(client.stats()).toMatchObject({ readingPaused: 0, messagesReceived: 64 });
  client.destroy();
});

function message(text: string) {
  return {
    type: PacketType.PUBLISH,
    topicName: 'a',
    payload: new TextEncoder().encode(text),
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    properties: {},
  } as const;
}

describe('destroyed early', () => {
  const MODULE = new URL('./fixtures/alias-by-level.mjs', import.meta.url);

  function start(options: ClientOptions = {}) {
    const environment = new FakeEnvironment();
    handEnvironment(environment);
    const workerUrl = new URL('../host/fake-worker.ts', import.meta.url);
    const client = new MqttClient('mqtt://server.example', {
      ...options,
      thread: 'inline',
      workerUrl,
    });
    client.start();
    return { client, environment };
  }

  test('before the attempt was told of → it is counted all the same', async () => {
    const { client, environment } = start();
    await environment.transports.take();
    client.destroy();
    expect(client.stats().connectionAttempts).toBe(1);
  });

  test('while a module is loaded → there is no attempt', async () => {
    const { client, environment } = start({ topicAliasResolver: MODULE });
    client.destroy();
    await import(MODULE.href);
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(environment.transports.items).toEqual([]);
    expect(client.stats().connectionAttempts).toBe(0);
  });
});
