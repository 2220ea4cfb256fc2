import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { connect } from '../../src/client/connect.js';
import type { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import { MqttError } from '../../src/errors/mqtt-error.js';
import type { ClientOptions } from '../../src/options/schema.js';
import { errorOf, Gate, INLINE, inlineClient, nextEvent } from '../support/inline-client.js';
import {
  accepted,
  auth,
  METHOD,
  ScriptedAuthenticator,
  textOf,
} from '../support/scripted-authenticator.js';
import { type Peer, ScriptedServer } from '../support/scripted-server.js';

const { AUTH, CONNECT, DISCONNECT, PUBACK, PUBLISH } = PacketType;
const CONTINUE = 0x18;
const REAUTHENTICATE = 0x19;

/** A connected client, and the connection as the Server sees it. */
async function connected(
  server: ScriptedServer,
  authenticator: ScriptedAuthenticator,
  options: ClientOptions = {},
): Promise<{ client: MqttClient; peer: Peer }> {
  const client = inlineClient(server, { authenticator, ...options });
  const success = once(client, 'connectionSuccess');
  client.start();
  const peer = await server.welcome(accepted());
  await success;
  return { client, peer };
}

/** Resolves once this step is being computed. */
async function called(authenticator: ScriptedAuthenticator, call: string): Promise<void> {
  while (!authenticator.calls.includes(call)) await setImmediate();
}

/** A client whose re-authentication the Server has heard of and not answered. */
async function reauthenticating(
  server: ScriptedServer,
  options: ClientOptions = {},
): Promise<{
  client: MqttClient;
  peer: Peer;
  authenticator: ScriptedAuthenticator;
  reauthenticated: Promise<void>;
}> {
  const authenticator = new ScriptedAuthenticator();
  const { client, peer } = await connected(server, authenticator, options);
  const reauthenticated = client.reauthenticate();
  reauthenticated.catch(() => {});
  expect(await peer.next(AUTH)).toMatchObject({ reasonCode: REAUTHENTICATE });
  return { client, peer, authenticator, reauthenticated };
}

describe('connecting', () => {
  test('an exchange of several steps → each computed from what the Server said; then connected', async () => {
    await using server = await ScriptedServer.start();
    const authenticator = new ScriptedAuthenticator();
    const connecting = connect(server.url, { ...INLINE, authenticator });
    const peer = await server.accept();
    const { properties } = await peer.next(CONNECT);
    expect(properties.authenticationMethod).toBe(METHOD);
    expect(textOf(properties.authenticationData)).toBe('1 first');
    for (const challenge of ['a', 'b']) {
      peer.send(auth(CONTINUE, challenge));
      const answer = await peer.next(AUTH);
      expect(answer).toEqual(auth(CONTINUE, `1 respond ${challenge}`));
    }
    peer.send(accepted('c'));
    const client = await connecting;
    expect(authenticator.calls).toEqual(['1 first', '1 respond a', '1 respond b', '1 finish c']);
    await client.close();
  });

  test('what comes behind the CONNACK → waits until the authenticator has accepted it', async () => {
    await using server = await ScriptedServer.start();
    const authenticator = new ScriptedAuthenticator();
    const gate = new Gate<undefined>();
    authenticator.instead.finish = async () => gate.promise;
    const client = inlineClient(server, { authenticator, rejoinSession: 'always', clientId: 'c' });
    const events: string[] = [];
    client.on('connectionSuccess', () => events.push('connected'));
    client.on('message', ({ topicName }) => events.push(topicName));
    client.start();
    const peer = await server.accept();
    await peer.next(CONNECT);
    const asked = Promise.all([once(client, 'connectionSuccess'), once(client, 'message')]);
    const flood = Array.from({ length: 2000 }, (_, index) => ({
      type: PUBLISH,
      topicName: `t/${index}`,
      payload: new Uint8Array(1000),
      qos: 0 as const,
      retain: false,
      dup: false,
      packetId: 0,
      properties: {},
    }));
    peer.send({ ...accepted(), sessionPresent: true }, ...flood);
    await called(authenticator, '1 finish');
    expect(events).toEqual([]);
    gate.open(undefined);
    await asked;
    while (events.length < flood.length + 1) await nextEvent(client, 'message');
    expect(events).toEqual(['connected', ...flood.map(({ topicName }) => topicName)]);
    await client.close();
  });

  test.each(['first', 'respond', 'finish'] as const)(
    '%s throws → GNEISS_ERR_AUTHENTICATION_FAILED with its cause; the next attempt has a new exchange',
    async (step) => {
      await using server = await ScriptedServer.start();
      const authenticator = new ScriptedAuthenticator();
      const cause = new Error('no ticket');
      authenticator.instead[step] = () => {
        throw cause;
      };
      const client = inlineClient(server, { authenticator });
      const failing = nextEvent(client, 'connectionFailure');
      client.start();
      const first = await server.accept();
      if (step !== 'first') {
        await first.next(CONNECT);
        if (step === 'respond') first.send(auth(CONTINUE, 'x'));
        else first.send(accepted());
        expect(await first.next(DISCONNECT)).toMatchObject({ reasonCode: 0x80 });
      }
      const [{ error }] = await failing;
      expect(error).toMatchObject({ code: 'GNEISS_ERR_AUTHENTICATION_FAILED', origin: 'user' });
      expect(error.cause).toBe(cause);
      delete authenticator.instead[step];
      const peer = await server.accept();
      await peer.welcome(accepted());
      expect(textOf(peer.connect?.properties.authenticationData)).toBe('2 first');
      await client.close();
    },
  );

  test('begin throws, or is asynchronous and rejects → GNEISS_ERR_AUTHENTICATION_FAILED', async () => {
    await using server = await ScriptedServer.start();
    const thrown = new MqttError('GNEISS_ERR_AUTHENTICATION_FAILED', { detail: 'of its own' });
    const begin = (): never => {
      throw thrown;
    };
    const authenticator = { method: METHOD, begin };
    expect(await errorOf(connect(server.url, { ...INLINE, authenticator }))).toBe(thrown);
  });

  test.each([
    ['a number', 7],
    ['too many bytes', new Uint8Array(65_536)],
    ['a lone surrogate', '\ud800'],
  ])('the authenticator answers %s → GNEISS_ERR_AUTHENTICATION_FAILED', async (_, data) => {
    await using server = await ScriptedServer.start();
    const authenticator = new ScriptedAuthenticator();
    authenticator.instead.first = () => data as never;
    const error = await errorOf(connect(server.url, { ...INLINE, authenticator }));
    expect(error).toMatchObject({
      code: 'GNEISS_ERR_AUTHENTICATION_FAILED',
      cause: { code: 'GNEISS_ERR_INVALID_OPTION' },
    });
  });

  test('the authenticator never answers → GNEISS_ERR_CONNECT_TIMEOUT; what it says later is void', async () => {
    await using server = await ScriptedServer.start();
    const authenticator = new ScriptedAuthenticator();
    const late = new Gate<string>();
    authenticator.instead.first = async () => late.promise;
    const client = inlineClient(server, { authenticator, connectTimeoutMs: 1000 });
    const failing = nextEvent(client, 'connectionFailure');
    client.start();
    const [{ error }] = await failing;
    expect(error.code).toBe('GNEISS_ERR_CONNECT_TIMEOUT');
    delete authenticator.instead.first;
    await server.accept();
    const peer = await server.accept();
    late.open('too late');
    await peer.welcome(accepted());
    expect(textOf(peer.connect?.properties.authenticationData)).toBe('2 first');
    await client.close();
  });

  test('an exchange of an earlier attempt fails late → the current one is not touched', async () => {
    await using server = await ScriptedServer.start();
    const authenticator = new ScriptedAuthenticator();
    const late = new Gate<string>();
    authenticator.instead.first = async () => late.promise.then(() => Promise.reject(new Error()));
    const client = inlineClient(server, { authenticator });
    client.start();
    const first = await server.accept();
    await called(authenticator, '1 first');
    delete authenticator.instead.first;
    first.destroy();
    const success = once(client, 'connectionSuccess');
    const peer = await server.accept();
    late.open('');
    await peer.welcome(accepted());
    await success;
    expect(client.state).toBe('connected');
    await client.close();
  });

  test('refused with 0x8c → GNEISS_ERR_CONNECTION_REFUSED', async () => {
    await using server = await ScriptedServer.start();
    const authenticator = new ScriptedAuthenticator();
    const refused = errorOf(connect(server.url, { ...INLINE, authenticator }));
    await server.welcome({ reasonCode: 0x8c });
    expect(await refused).toMatchObject({
      code: 'GNEISS_ERR_CONNECTION_REFUSED',
      reasonCode: 0x8c,
    });
  });

  test.each(['first', 'finish'] as const)(
    'close() while %s computes → closed, and the answer that comes then harms nothing',
    async (step) => {
      await using server = await ScriptedServer.start();
      const authenticator = new ScriptedAuthenticator();
      const late = new Gate<undefined>();
      authenticator.instead[step] = async () => late.promise;
      const client = inlineClient(server, { authenticator });
      client.start();
      const peer = await server.accept();
      if (step === 'finish') await peer.welcome(accepted());
      await called(authenticator, `1 ${step}`);
      await client.close();
      // A Server that has accepted the connection must not take the end of it for a reason to publish the Will.
      if (step === 'finish') expect(await peer.next(DISCONNECT)).toMatchObject({ reasonCode: 0 });
      late.open(undefined);
      await peer.closed();
    },
  );
});

describe('re-authentication', () => {
  test('several steps → resolves when both sides have accepted each other', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer, authenticator, reauthenticated } = await reauthenticating(server);
    peer.send(auth(CONTINUE, 'x'));
    expect(await peer.next(AUTH)).toEqual(auth(CONTINUE, '2 respond x'));
    peer.send(auth(0, 'y'));
    await reauthenticated;
    expect(authenticator.calls.slice(2)).toEqual(['2 first', '2 respond x', '2 finish y']);
    // And once more, with publishes between.
    const again = client.reauthenticate();
    expect(textOf((await peer.next(AUTH)).properties.authenticationData)).toBe('3 first');
    const published = client.publish('a', 'x', { qos: 1 });
    const { packetId } = await peer.next(PUBLISH);
    peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    await published;
    peer.send(auth(0));
    await again;
    expect(client.state).toBe('connected');
    await client.close();
  });

  test('refused → GNEISS_ERR_SERVER_DISCONNECT with the reason code', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer, reauthenticated } = await reauthenticating(server);
    const disconnection = nextEvent(client, 'disconnection');
    peer.send({ type: DISCONNECT, reasonCode: 0x87, properties: { reasonString: 'expired' } });
    expect(await errorOf(reauthenticated)).toMatchObject({
      code: 'GNEISS_ERR_SERVER_DISCONNECT',
      reasonCode: 0x87,
      reasonString: 'expired',
    });
    const [{ error }] = await disconnection;
    expect(error.reasonCode).toBe(0x87);
    await client.close();
  });

  test('[MQTT-4.12.1-2] the authenticator does not accept the Server → DISCONNECT, and its error everywhere', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer, authenticator, reauthenticated } = await reauthenticating(server);
    const cause = new Error('not the Server');
    authenticator.instead.finish = async () => Promise.reject(cause);
    const disconnection = nextEvent(client, 'disconnection');
    peer.send(auth(0));
    expect(await peer.next(DISCONNECT)).toMatchObject({ reasonCode: 0x80 });
    const error = await errorOf(reauthenticated);
    expect(error).toMatchObject({ code: 'GNEISS_ERR_AUTHENTICATION_FAILED', cause });
    const [event] = await disconnection;
    expect(event.error).toBe(error);
    await client.close();
  });

  test('the authenticator can not begin → rejected, the connection stays', async () => {
    await using server = await ScriptedServer.start();
    const authenticator = new ScriptedAuthenticator();
    const { client, peer } = await connected(server, authenticator);
    authenticator.instead.first = () => {
      throw new Error('no ticket');
    };
    const error = await errorOf(client.reauthenticate());
    expect(error.code).toBe('GNEISS_ERR_AUTHENTICATION_FAILED');
    await peer.settled();
    expect(client.state).toBe('connected');
    await client.close();
  });

  test('the connection is lost → GNEISS_ERR_CONNECTION_LOST', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer, reauthenticated } = await reauthenticating(server);
    peer.destroy();
    expect((await errorOf(reauthenticated)).code).toBe('GNEISS_ERR_CONNECTION_LOST');
    await client.close();
  });

  test('no answer → GNEISS_ERR_AUTHENTICATION_TIMEOUT, DISCONNECT, and a new connection', async () => {
    await using server = await ScriptedServer.start();
    const options = { reauthenticationTimeoutMs: 50 };
    const { client, peer, reauthenticated } = await reauthenticating(server, options);
    expect((await errorOf(reauthenticated)).code).toBe('GNEISS_ERR_AUTHENTICATION_TIMEOUT');
    expect(await peer.next(DISCONNECT)).toMatchObject({ reasonCode: 0x80 });
    const success = once(client, 'connectionSuccess');
    await server.welcome(accepted());
    await success;
    await client.close();
  });

  test('aborted → GNEISS_ERR_ABORTED at once; the exchange goes on, and no second one until it has ended', async () => {
    await using server = await ScriptedServer.start();
    const authenticator = new ScriptedAuthenticator();
    const { client, peer } = await connected(server, authenticator);
    const controller = new AbortController();
    const aborted = client.reauthenticate(controller.signal);
    await peer.next(AUTH);
    controller.abort('enough');
    expect(await errorOf(aborted)).toMatchObject({ code: 'GNEISS_ERR_ABORTED', cause: 'enough' });
    const early = await errorOf(client.reauthenticate());
    expect(early.code).toBe('GNEISS_ERR_INVALID_STATE');
    peer.send(auth(0));
    await called(authenticator, '2 finish');
    // The worker has the answer when it has what was asked for after it.
    const published = client.publish('a', 'x', { qos: 1 });
    const { packetId } = await peer.next(PUBLISH);
    peer.send({ type: PUBACK, packetId, reasonCode: 0, properties: {} });
    await published;
    const again = client.reauthenticate();
    await peer.next(AUTH);
    peer.send(auth(0));
    await again;
    await client.close();
  });

  test('aborted before its first byte → the Server never hears of it', async () => {
    await using server = await ScriptedServer.start();
    const authenticator = new ScriptedAuthenticator();
    const { client, peer } = await connected(server, authenticator);
    const gate = new Gate<string>();
    authenticator.instead.first = async () => gate.promise;
    const controller = new AbortController();
    const aborted = client.reauthenticate(controller.signal);
    controller.abort();
    expect((await errorOf(aborted)).code).toBe('GNEISS_ERR_ABORTED');
    gate.open('late');
    await peer.settled();
    delete authenticator.instead.first;
    const again = client.reauthenticate();
    expect(textOf((await peer.next(AUTH)).properties.authenticationData)).toBe('3 first');
    peer.send(auth(0));
    await again;
    await client.close();
  });

  test('a signal that is aborted already → nothing happens', async () => {
    await using server = await ScriptedServer.start();
    const authenticator = new ScriptedAuthenticator();
    const { client } = await connected(server, authenticator);
    const error = await errorOf(client.reauthenticate(AbortSignal.abort()));
    expect(error.code).toBe('GNEISS_ERR_ABORTED');
    expect(authenticator.calls).toEqual(['1 first', '1 finish']);
    await client.close();
  });

  test('settled → the signal is let go of', async () => {
    await using server = await ScriptedServer.start();
    const authenticator = new ScriptedAuthenticator();
    const { client, peer } = await connected(server, authenticator);
    const controller = new AbortController();
    const done = client.reauthenticate(controller.signal);
    await peer.next(AUTH);
    peer.send(auth(0));
    await done;
    controller.abort();
    await peer.settled();
    expect(client.state).toBe('connected');
    await client.close();
  });

  test('stop() → waits for it', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer, reauthenticated } = await reauthenticating(server);
    const stopped = client.stop();
    await peer.settled();
    peer.send(auth(0));
    await reauthenticated;
    expect(await peer.next(DISCONNECT)).toMatchObject({ reasonCode: 0 });
    await stopped;
    await client.close();
  });

  test('stop() that does not wait → GNEISS_ERR_STOPPED', async () => {
    await using server = await ScriptedServer.start();
    const { client, reauthenticated } = await reauthenticating(server);
    const stopped = client.stop({ abrupt: true });
    expect((await errorOf(reauthenticated)).code).toBe('GNEISS_ERR_STOPPED');
    await stopped;
    await client.close();
  });

  test('destroy() → rejects with its error', async () => {
    await using server = await ScriptedServer.start();
    const { client, reauthenticated } = await reauthenticating(server);
    client.destroy();
    expect((await errorOf(reauthenticated)).code).toBe('GNEISS_ERR_CLOSED');
    expect((await errorOf(client.reauthenticate())).code).toBe('GNEISS_ERR_CLOSED');
  });

  test('without an authenticator, without a connection, with something else than a signal → refused', async () => {
    await using server = await ScriptedServer.start();
    const bare = inlineClient(server);
    expect(await errorOf(bare.reauthenticate())).toMatchObject({
      code: 'GNEISS_ERR_INVALID_STATE',
    });
    await bare.close();
    const client = inlineClient(server, { authenticator: new ScriptedAuthenticator() });
    expect((await errorOf(client.reauthenticate())).code).toBe('GNEISS_ERR_INVALID_STATE');
    expect((await errorOf(client.reauthenticate(7 as never))).code).toBe(
      'GNEISS_ERR_INVALID_OPTION',
    );
    await client.close();
  });
});

test('what an exchange is about → in no error, in nothing that is inspected', async () => {
  await using server = await ScriptedServer.start();
  const authenticator = new ScriptedAuthenticator();
  authenticator.instead.first = () => 'canary-4711';
  const { client, peer } = await connected(server, authenticator);
  const reauthenticated = client.reauthenticate();
  await peer.next(AUTH);
  peer.send({ type: DISCONNECT, reasonCode: 0x87, properties: {} });
  const error = await errorOf(reauthenticated);
  const shown = [client, error, client.stats()].map((value) =>
    inspect(value, { depth: 20, showHidden: true }),
  );
  expect(shown.join('\n')).not.toContain('canary');
  expect(JSON.stringify([error, client.stats()])).not.toContain('canary');
  await client.close();
});
