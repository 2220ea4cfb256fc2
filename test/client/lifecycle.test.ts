import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { connect } from '../../src/client/connect.js';
import type { ClientEvents } from '../../src/client/events.js';
import type { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import { MqttError } from '../../src/errors/mqtt-error.js';
import type { ClientOptions } from '../../src/options/schema.js';
import { connected, errorOf, INLINE, inlineClient, nextEvent } from '../support/inline-client.js';
import { connack, PlayedClient, PlayedNetwork, settle, written } from '../support/played-client.js';
import { encodeAll, ScriptedServer } from '../support/scripted-server.js';

/** So long that there is no second attempt before the test is over. */
const UNHURRIED: ClientOptions = {
  ...INLINE,
  reconnectDelayMinMs: 2 ** 31 - 1,
  reconnectDelayMaxMs: 2 ** 31 - 1,
};

const { CONNECT, CONNACK, DISCONNECT, PUBLISH, PUBACK, SUBSCRIBE } = PacketType;

describe('connect', () => {
  test('accepted → a connected client with what was negotiated', async () => {
    await using server = await ScriptedServer.start();
    const connecting = connect(server.url, { ...INLINE, keepAlive: 30, clientId: 'meter-7' });
    const peer = await server.accept();
    const properties = { serverKeepAlive: 10, receiveMaximum: 5, topicAliasMaximum: 3 };
    const packet = await peer.welcome({ properties });
    expect(packet).toMatchObject({ clientId: 'meter-7', keepAlive: 30, cleanStart: true });
    const client = await connecting;
    expect(client.state).toBe('connected');
    expect(client.settings).toMatchObject({
      protocolVersion: 5,
      clientId: 'meter-7',
      keepAlive: 10,
      receiveMaximum: 5,
      topicAliasMaximum: 3,
      maximumQos: 2,
      sessionPresent: false,
    });
    expect(client.stats()).toMatchObject({ connections: 1, packetsSent: 1, packetsReceived: 1 });
    await client.close();
    expect(client.settings).toBeNull();
    expect(client.state).toBe('closed');
  });

  test('refused → GNEISS_ERR_CONNECTION_REFUSED with the CONNACK, at once; no second attempt', async () => {
    await using server = await ScriptedServer.start();
    const refused = errorOf(connect(server.url, UNHURRIED));
    const peer = await server.accept();
    await peer.welcome({ reasonCode: 0x87, properties: { reasonString: 'go away' } });
    expect(await refused).toMatchObject({
      code: 'GNEISS_ERR_CONNECTION_REFUSED',
      message: 'The Server refused the connection: Not authorized (0x87)',
      origin: 'server',
      reasonCode: 0x87,
      reasonString: 'go away',
      packet: { type: CONNACK, reasonCode: 0x87 },
    });
    await peer.closed();
    expect(server.connections).toBe(1);
  });

  test('nobody listens → GNEISS_ERR_CONNECT_FAILED with the system error', async () => {
    const server = await ScriptedServer.start();
    const { url } = server;
    await server[Symbol.asyncDispose]();
    expect(await errorOf(connect(url, INLINE))).toMatchObject({
      code: 'GNEISS_ERR_CONNECT_FAILED',
      origin: 'network',
      cause: { code: 'ECONNREFUSED' },
    });
  });

  test('no CONNACK → GNEISS_ERR_CONNECT_TIMEOUT', async () => {
    const network = new PlayedNetwork({ connectTimeoutMs: 1000 });
    const timedOut = errorOf(connect('mqtt://server.example', network.options));
    const transport = await network.attempt();
    network.environment.advance(1000);
    transport.events.closed(null);
    expect((await timedOut).code).toBe('GNEISS_ERR_CONNECT_TIMEOUT');
  });

  test('a CONNACK that never ends → GNEISS_ERR_CONNECT_TIMEOUT', async () => {
    const network = new PlayedNetwork({ connectTimeoutMs: 1000 });
    const timedOut = errorOf(connect('mqtt://server.example', network.options));
    const transport = await network.attempt();
    transport.receive(Uint8Array.of(0x20, 0xff));
    network.environment.advance(1000);
    transport.events.closed(null);
    expect((await timedOut).code).toBe('GNEISS_ERR_CONNECT_TIMEOUT');
  });

  test.each([
    ['before', true],
    ['while it waits', false],
  ])('aborted %s → GNEISS_ERR_ABORTED, and the socket is closed', async (_, before) => {
    await using server = await ScriptedServer.start();
    const controller = new AbortController();
    const reason = new Error('enough');
    if (before) controller.abort(reason);
    const aborted = errorOf(connect(server.url, { ...INLINE, signal: controller.signal }));
    if (!before) {
      const peer = await server.accept();
      await peer.next(CONNECT);
      controller.abort(reason);
      await peer.closed();
    }
    expect(await aborted).toMatchObject({ code: 'GNEISS_ERR_ABORTED', cause: reason });
    expect(server.connections).toBe(before ? 0 : 1);
  });

  test('retryInitialConnect → goes on until it succeeds', async () => {
    await using server = await ScriptedServer.start();
    const connecting = connect(server.url, { ...INLINE, retryInitialConnect: true });
    (await server.accept()).destroy();
    await server.welcome({ reasonCode: 0x88 });
    await server.welcome();
    const client = await connecting;
    expect(client.state).toBe('connected');
    await client.close();
  });

  test('retryInitialConnect, shouldReconnect says no → rejects with the last failure', async () => {
    await using server = await ScriptedServer.start();
    let asked = 0;
    const failed = errorOf(
      connect(server.url, {
        ...INLINE,
        retryInitialConnect: true,
        shouldReconnect: () => ++asked < 2,
      }),
    );
    (await server.accept()).destroy();
    await server.welcome({ reasonCode: 0x87 });
    expect(await failed).toMatchObject({
      code: 'GNEISS_ERR_CONNECTION_REFUSED',
      reasonCode: 0x87,
    });
  });

  test('settled → no listener stays with the signal or the client', async () => {
    await using server = await ScriptedServer.start();
    const { signal } = new AbortController();
    const options = { ...INLINE, signal, retryInitialConnect: true };
    const connecting = connect(server.url, options);
    await server.welcome();
    const client = await connecting;
    for (const name of ['connectionSuccess', 'connectionFailure', 'stopped', 'closed'] as const)
      expect(client.listenerCount(name)).toBe(0);
    await client.close();
    const refused = errorOf(connect(server.url, { ...INLINE, signal }));
    await server.welcome({ reasonCode: 0x87 });
    await refused;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('MQTT 3.1.1 → accepted, and refusals as reason codes of the same meaning', async () => {
    await using server = await ScriptedServer.start(4);
    const options = { ...UNHURRIED, protocolVersion: 4 as const };
    const refused = errorOf(connect(server.url, options));
    await server.welcome({ reasonCode: 0x86 });
    expect((await refused).reasonCode).toBe(0x86);
    const connecting = connect(server.url, options);
    await server.welcome();
    const client = await connecting;
    expect(client.settings?.protocolVersion).toBe(4);
    await client.close();
  });

  test('worker module that is none → GNEISS_ERR_WORKER_DIED', async () => {
    const urls = ['data:text/javascript,export default 7', 'file:///nowhere.js'];
    // Twice: what failed once must not be in the way of the next.
    urls.push(...urls);
    for (const thread of ['inline', 'worker'] as const) {
      for (const workerUrl of urls) {
        const error = await errorOf(connect('mqtt://127.0.0.1:1', { thread, workerUrl }));
        expect(error.code, `${thread} ${workerUrl}`).toBe('GNEISS_ERR_WORKER_DIED');
        expect(error.cause).toBeInstanceOf(Error);
        expect(error.message).toContain((error.cause as Error).message);
      }
    }
  });
});

describe('stop, close, destroy', () => {
  test('stop → what was asked for completes, then DISCONNECT, then the socket closes', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const published = client.publish('a', 'x', { qos: 1 });
    const stopped = client.stop({ reasonString: 'done', sessionExpiryInterval: 0 });
    expect(client.state).toBe('stopping');
    const { packetId } = await peer.next(PUBLISH);
    peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    const packet = await peer.next(DISCONNECT);
    expect(packet).toMatchObject({ reasonCode: 0, properties: { reasonString: 'done' } });
    await Promise.all([published, stopped, peer.closed()]);
    expect(client.state).toBe('stopped');
    await client.stop();
    await client.close();
  });

  test('stop, no answer within timeoutMs → DISCONNECT all the same; the publish waits for the next start', async () => {
    const played = new PlayedClient();
    const { client } = played;
    const transport = await played.connected();
    const published = client.publish('a', 'x', { qos: 1 });
    const stopped = client.stop({ timeoutMs: 1000 });
    await written(transport, PUBLISH);
    await settle();
    played.environment.advance(1000);
    await written(transport, DISCONNECT);
    transport.events.closed(null);
    await stopped;
    client.start();
    const again = await played.attempt();
    again.receive(encodeAll([connack(false)], 5));
    const { dup, packetId } = await written(again, PUBLISH);
    expect(dup).toBe(false);
    again.receive(encodeAll([{ type: PUBACK, packetId, reasonCode: 0, properties: {} }], 5));
    await published;
    client.destroy();
  });

  test('stop abrupt → no DISCONNECT', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    await client.stop({ abrupt: true });
    await peer.closed();
    expect(peer.waiting).toEqual([]);
    await client.close();
  });

  test('messages that arrive while it closes → do not delay it', async () => {
    const played = new PlayedClient();
    const { client } = played;
    const transport = await played.connected();
    const stopped = client.stop();
    await written(transport, DISCONNECT);
    await settle();
    expect(transport.isEnded).toBe(true);
    transport.receive(new Uint8Array(100_000).fill(0xc0));
    transport.events.closed(null);
    // The clock stands: nothing has waited for it.
    await stopped;
    client.destroy();
  });

  test('start while it stops → the stop resolves, and a new connection is made', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const stopped = client.stop();
    client.start();
    await peer.next(DISCONNECT);
    await stopped;
    await server.welcome();
    await nextEvent(client, 'connectionSuccess');
    expect(client.state).toBe('connected');
    await client.close();
  });

  test('started once while it stopped → a later stop stays stopped', async () => {
    await using server = await ScriptedServer.start();
    let again = true;
    const { client } = await connected(server, { ...UNHURRIED, shouldReconnect: () => again });
    const stopping = client.stop();
    client.start();
    await stopping;
    const peer = await server.welcome();
    await nextEvent(client, 'connectionSuccess');
    again = false;
    const stopped = nextEvent(client, 'stopped');
    peer.destroy();
    await stopped;
    expect(client.state).toBe('stopped');
    await client.close();
    expect(server.connections).toBe(2);
  });

  test('stop twice, the second after the worker has stopped → a start after both is not taken for stopped', async () => {
    await using server = await ScriptedServer.start();
    const { client } = await connected(server);
    // The word of the first stop follows this event, and is already on its way.
    const second = nextEvent(client, 'disconnection').then(async () => client.stop());
    const first = client.stop({ abrupt: true });
    const states: string[] = [];
    client.on('stopped', () => states.push(client.state));
    client.once('stopped', () => client.start());
    await first;
    await second;
    await server.welcome();
    await nextEvent(client, 'connectionSuccess');
    expect(client.state).toBe('connected');
    expect(states).toEqual(['stopped']);
    await client.stop();
    expect(client.state).toBe('stopped');
    await client.close();
  });

  test('stop, start and close in one go → closed', async () => {
    await using server = await ScriptedServer.start();
    const { client } = await connected(server);
    const stopping = client.stop();
    client.start();
    await client.close();
    await stopping;
    expect(client.state).toBe('closed');
    expect(server.connections).toBe(1);
  });

  test('stop while connecting, and while waiting to reconnect → stopped', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server, UNHURRIED);
    client.start();
    const first = await server.accept();
    await first.next(CONNECT);
    await client.stop();
    await first.closed();
    client.start();
    const failure = nextEvent(client, 'connectionFailure');
    (await server.accept()).destroy();
    await failure;
    expect(client.state).toBe('reconnecting');
    await client.stop();
    expect(client.state).toBe('stopped');
    await client.close();
  });

  test('close → everything open fails with GNEISS_ERR_CLOSED, and so does everything after', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const open = [
      client.publish('a', 'x', { qos: 1 }),
      client.publish('a', 'x', { qos: 2 }),
      client.subscribe('a'),
    ].map(errorOf);
    const closed = nextEvent(client, 'closed');
    const closing = client.close({ timeoutMs: 0 });
    await peer.take(PUBLISH, 2);
    await peer.next(SUBSCRIBE);
    await Promise.all([closing, client.close(), client.close()]);
    expect((await closed)[0]).toBeNull();
    for (const error of open) expect((await error).code).toBe('GNEISS_ERR_CLOSED');
    for (const call of callsOf(client))
      expect((await errorOf(call)).code).toBe('GNEISS_ERR_CLOSED');
    await client.close();
    await client[Symbol.asyncDispose]();
    client.destroy();
  });

  test('calls while it closes → GNEISS_ERR_CLOSED', async () => {
    await using server = await ScriptedServer.start();
    const { client } = await connected(server);
    const closing = client.close();
    for (const call of callsOf(client))
      expect((await errorOf(call)).code).toBe('GNEISS_ERR_CLOSED');
    await closing;
  });

  test('close of a client that was never started → at once, without a worker', async () => {
    const client = inlineClient({ url: 'mqtt://127.0.0.1:1' }, { workerUrl: 'file:///nowhere.js' });
    await client.close();
    expect(client.state).toBe('closed');
    const other = inlineClient({ url: 'mqtt://127.0.0.1:1' }, { workerUrl: 'file:///nowhere.js' });
    other.destroy();
    expect(other.state).toBe('closed');
  });

  test('destroy with an error → everything open fails with it; no DISCONNECT', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const open = errorOf(client.publish('a', 'x', { qos: 1 }));
    const stopping = client.stop();
    await peer.next(PUBLISH);
    const error = new MqttError('GNEISS_ERR_STOPPED');
    const closed = nextEvent(client, 'closed');
    client.destroy(error);
    expect(await open).toBe(error);
    expect((await closed)[0]).toBe(error);
    await stopping;
    await peer.closed();
    expect(peer.waiting).toEqual([]);
  });

  test('await using → closed at the end of the block', async () => {
    await using server = await ScriptedServer.start();
    const connecting = connect(server.url, INLINE);
    const peer = await server.welcome();
    {
      await using client = await connecting;
      expect(client.state).toBe('connected');
    }
    await peer.next(DISCONNECT);
    await peer.closed();
  });
});

describe('events and state', () => {
  test('a life with a refusal, a loss and an end → in this order', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server);
    const trace: string[] = [];
    const note = (name: keyof ClientEvents): void => {
      client.on(name, () => trace.push(`${name}: ${client.state}`));
    };
    note('connectionAttempt');
    note('connectionSuccess');
    note('connectionFailure');
    note('disconnection');
    note('stopped');
    note('closed');
    expect(client.state).toBe('stopped');
    client.start();
    client.start();
    expect(client.state).toBe('connecting');
    await server.welcome({ reasonCode: 0x89 });
    const success = nextEvent(client, 'connectionSuccess');
    const peer = await server.welcome();
    await success;
    const lost = nextEvent(client, 'disconnection');
    peer.send({ type: DISCONNECT, reasonCode: 0x8b, properties: { reasonString: 'bye' } });
    expect((await lost)[0].error).toMatchObject({
      code: 'GNEISS_ERR_SERVER_DISCONNECT',
      reasonCode: 0x8b,
      reasonString: 'bye',
    });
    const again = nextEvent(client, 'connectionSuccess');
    await server.welcome();
    await again;
    await client.stop();
    await client.close();
    expect(trace).toEqual([
      'connectionAttempt: connecting',
      'connectionFailure: reconnecting',
      'connectionAttempt: reconnecting',
      'connectionSuccess: connected',
      'disconnection: reconnecting',
      'connectionAttempt: reconnecting',
      'connectionSuccess: connected',
      'disconnection: stopping',
      'stopped: stopped',
      'closed: closed',
    ]);
    expect(client.stats()).toMatchObject({ connections: 2, reconnects: 1 });
  });

  test('connection cut → disconnection with GNEISS_ERR_CONNECTION_CLOSED', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    const lost = nextEvent(client, 'disconnection');
    peer.destroy();
    expect((await lost)[0].error).toMatchObject({
      code: 'GNEISS_ERR_CONNECTION_CLOSED',
      origin: 'network',
    });
    await client.close();
  });

  test('shouldReconnect says no → stopped, with the reason it was asked about', async () => {
    await using server = await ScriptedServer.start();
    const reasons: string[] = [];
    const { client, peer } = await connected(server, {
      ...UNHURRIED,
      shouldReconnect: (reason) => {
        reasons.push(`${reason.code} ${reason.reasonCode}`);
        return false;
      },
    });
    const stopped = nextEvent(client, 'stopped');
    peer.send({ type: DISCONNECT, reasonCode: 0x8e, properties: {} });
    await stopped;
    expect(reasons).toEqual([`GNEISS_ERR_SERVER_DISCONNECT ${0x8e}`]);
    expect(client.state).toBe('stopped');
    await client.close();
    expect(server.connections).toBe(1);
  });

  test('Server closes at once, every time → attempts go on, and one that succeeds is taken', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server);
    const failures: string[] = [];
    client.on('connectionFailure', ({ error }) => failures.push(error.code));
    client.start();
    for (let count = 0; count < 20; count++) (await server.accept()).destroy();
    const success = nextEvent(client, 'connectionSuccess');
    await server.welcome();
    await success;
    expect(new Set(failures)).toEqual(new Set(['GNEISS_ERR_CONNECT_FAILED']));
    expect(failures).toHaveLength(20);
    await client.close();
  });

  test('[MQTT-3.12.4-1] [MQTT-5.0:3.1.2-a] no PINGRESP → GNEISS_ERR_KEEP_ALIVE_TIMEOUT, and a new connection', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { keepAlive: 1, pingTimeoutMs: 50 });
    const lost = nextEvent(client, 'disconnection');
    await peer.next(PacketType.PINGREQ);
    expect((await lost)[0].error.code).toBe('GNEISS_ERR_KEEP_ALIVE_TIMEOUT');
    await peer.closed();
    await server.welcome();
    await client.close();
  });

  test('[MQTT-3.1.3-7] assigned Client Identifier → used for the next connections', async () => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server);
    const success = once(client, 'connectionSuccess');
    client.start();
    const peer = await server.accept();
    const properties = { assignedClientIdentifier: 'auto-1' };
    expect((await peer.welcome({ properties })).clientId).toBe('');
    await success;
    expect(client.settings?.clientId).toBe('auto-1');
    peer.destroy();
    const next = await server.welcome();
    expect(next.connect?.clientId).toBe('auto-1');
    await client.close();
  });
});

test('secrets → in no error and no event', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const secret = 'canary-3c1f';
  const errors: unknown[] = [];
  const url = `mqtt://user:${secret}@127.0.0.1:${port}`;
  errors.push(await errorOf(connect(url, INLINE)));
  errors.push(await errorOf(connect(`${url}/path?x`, INLINE)));
  errors.push(await errorOf(connect(url, { ...INLINE, password: secret, keepAlive: -1 })));
  const { inspect } = await import('node:util');
  for (const error of errors)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
  server.close();
});

/** Every call that a closed client refuses. */
function callsOf(client: MqttClient): (() => unknown)[] {
  return [
    () => client.publish('a', 'x'),
    () => client.publish('a', 'x', { signal: new AbortController().signal }),
    () => client.tryPublish('a', 'x'),
    () => client.ready(),
    () => client.subscribe('a'),
    () => client.start(),
    () => client.stop(),
  ];
}
