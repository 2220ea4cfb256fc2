import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import type { ConnectPacket, Packet } from '../../src/codec/packets.js';
import type { ConnectionAttempt } from '../../src/options/connect-options.js';
import type { ClientOptions } from '../../src/options/schema.js';
import { decoded } from '../codec/support.js';
import {
  FakeEnvironment,
  type FakeTransport,
  handEnvironment,
} from '../support/fake-environment.js';
import { Gate, nextEvent } from '../support/inline-client.js';
import { encodeAll } from '../support/scripted-server.js';

const { CONNECT, CONNACK } = PacketType;
const SERVER = { scheme: 'mqtt', host: 'server.example', port: 1883 };

/** A started client over transports that the test plays. */
class Play {
  readonly environment = new FakeEnvironment();
  readonly client: MqttClient;
  /** What `connectOptions` was told. */
  readonly asked: ConnectionAttempt[] = [];

  constructor(
    answer: NonNullable<ClientOptions['connectOptions']>,
    options: ClientOptions = {},
    url = 'mqtt://u:p@server.example',
  ) {
    handEnvironment(this.environment);
    this.client = new MqttClient(url, {
      ...options,
      thread: 'inline',
      workerUrl: new URL('../host/fake-worker.ts', import.meta.url),
      connectOptions: (attempt) => {
        this.asked.push(attempt);
        return answer(attempt);
      },
    });
    this.client.start();
  }

  /** The next transport, and the CONNECT that is written to it. */
  async connect(): Promise<{ transport: FakeTransport; connect: ConnectPacket }> {
    const transport = await this.environment.transports.take();
    transport.events.opened();
    const packet = decoded(await transport.writes.take(), 5, 'client');
    transport.events.flushed();
    if (packet.type !== CONNECT) throw new Error('the first packet is no CONNECT');
    return { transport, connect: packet };
  }

  /** Resolves once the client has been asked so often. */
  async wasAsked(times: number): Promise<void> {
    while (this.asked.length < times) await setImmediate();
  }

  /** Lets all that is under way arrive. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await setImmediate();
  }

  async failed(): Promise<unknown> {
    const [{ error }] = await nextEvent(this.client, 'connectionFailure');
    return error;
  }

  /** Time passes until the next attempt. */
  async retry(): Promise<void> {
    await this.settle();
    this.environment.advance(1000);
  }
}

function textOf(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

describe('asked before each attempt', () => {
  test('which attempt, which Server, what went wrong; answered late or at once → with what it answers', async () => {
    const gate = new Gate<{ username: string; password: string }>();
    const play = new Play(({ number }) => {
      if (number === 1) return gate.promise;
      const will = { topicName: 'gone', payload: `${number}` };
      return { username: `u${number}`, password: 'p2', will, userProperties: [['n', `${number}`]] };
    });
    const events: string[] = [];
    for (const name of ['connectionAttempt', 'connectionFailure', 'connectionSuccess'] as const)
      play.client.on(name, () => events.push(name));
    await play.wasAsked(1);
    await play.settle();
    expect([events, play.environment.transports.items]).toEqual([[], []]);
    expect(play.asked).toEqual([{ number: 1, server: SERVER, error: null }]);
    gate.open({ username: 'u1', password: 'p1' });
    const first = await play.connect();
    expect(first.connect.username).toBe('u1');
    expect(textOf(first.connect.password)).toBe('p1');
    expect(first.connect.will).toBeUndefined();
    const refusal: Packet = {
      type: CONNACK,
      sessionPresent: false,
      reasonCode: 0x97,
      properties: {},
    };
    first.transport.receive(encodeAll([refusal], 5));
    const failure = play.failed();
    first.transport.events.closed(null);
    await failure;
    await play.retry();
    const second = await play.connect();
    expect(play.asked[1]).toMatchObject({
      number: 2,
      server: SERVER,
      error: { code: 'GNEISS_ERR_CONNECTION_REFUSED', reasonCode: 0x97 },
    });
    expect(second.connect).toMatchObject({ username: 'u2', will: { topicName: 'gone' } });
    expect(textOf(second.connect.will?.payload)).toBe('2');
    expect(second.connect.properties.userProperties).toEqual([['n', '2']]);
    await play.settle();
    expect(events).toEqual(['connectionAttempt', 'connectionFailure', 'connectionAttempt']);
    play.client.destroy();
  });

  test.each([undefined, {}])('%j → the options and the address as they are', async (answer) => {
    const play = new Play(() => answer, { will: { topicName: 'static' } });
    const { connect } = await play.connect();
    expect(connect).toMatchObject({ username: 'u', will: { topicName: 'static' } });
    expect(textOf(connect.password)).toBe('p');
    play.client.destroy();
  });

  test('a username alone → no password of elsewhere', async () => {
    const play = new Play(() => ({ username: 'o' }));
    const { connect } = await play.connect();
    expect([connect.username, connect.password]).toEqual(['o', undefined]);
    play.client.destroy();
  });

  test('headers → in place of those of the options; compression stays', async () => {
    const webSocket = { headers: { a: 'static', b: 'static' }, compression: true };
    const play = new Play(
      () => ({ webSocket: { headers: { a: 'signed' } } }),
      { webSocket },
      'ws://server.example/mqtt',
    );
    const { transport } = await play.connect();
    expect(transport.route.webSocket).toMatchObject({
      headers: { a: 'signed' },
      compression: true,
    });
    play.client.destroy();
  });

  test('an address → that one, with its credentials; the events name it', async () => {
    const play = new Play(() => ({ url: 'wss://v:q@other.example/mqtt?signature=s' }));
    const attempted = nextEvent(play.client, 'connectionAttempt');
    const { transport, connect } = await play.connect();
    const [{ server }] = await attempted;
    expect(server).toEqual({ scheme: 'wss', host: 'other.example', port: 443 });
    expect(transport.route.endpoint).toMatchObject({
      host: 'other.example',
      resource: '/mqtt?signature=s',
    });
    expect(connect.username).toBe('v');
    play.client.destroy();
  });

  test.each([
    ['none anywhere', {}, 'mqtt://other', undefined],
    ['in the options', { username: 'o' }, 'mqtt://other', 'o'],
    ['in the options and the address', { username: 'o' }, 'mqtt://v@other', 'v'],
  ])('an address, credentials %s → %j', async (_, options, url, username) => {
    const play = new Play(() => ({ url }), options);
    const { connect } = await play.connect();
    expect(connect.username).toBe(username);
    play.client.destroy();
  });
});

describe('no answer that serves', () => {
  test('it throws or rejects → GNEISS_ERR_CONNECT_OPTIONS_FAILED with the cause; the next attempt asks again', async () => {
    const cause = new Error('no token to be had');
    const play = new Play(({ number }) => {
      if (number === 1) throw cause;
      return number === 2 ? Promise.reject(cause) : {};
    });
    const attempt = nextEvent(play.client, 'connectionAttempt');
    expect(await play.failed()).toMatchObject({
      code: 'GNEISS_ERR_CONNECT_OPTIONS_FAILED',
      origin: 'user',
      cause,
    });
    expect(await attempt).toEqual([{ server: SERVER }]);
    const again = play.failed();
    await play.retry();
    expect(await again).toMatchObject({ code: 'GNEISS_ERR_CONNECT_OPTIONS_FAILED', cause });
    // The delay has doubled.
    play.environment.advance(2000);
    await play.connect();
    expect(play.asked[2]?.error).toMatchObject({
      code: 'GNEISS_ERR_CONNECT_OPTIONS_FAILED',
      cause,
    });
    play.client.destroy();
  });

  test.each([
    ['username', { username: 7 }, 'GNEISS_ERR_INVALID_OPTION'],
    ['password', { password: ['hunter2'] }, 'GNEISS_ERR_INVALID_OPTION'],
    ['will', { will: { topicName: '#' } }, 'GNEISS_ERR_INVALID_OPTION'],
    [
      'webSocket.headers',
      { webSocket: { headers: { a: 'hunter2\n' } } },
      'GNEISS_ERR_INVALID_OPTION',
    ],
    ['webSocket.compression', { webSocket: { compression: true } }, 'GNEISS_ERR_INVALID_OPTION'],
    ['token', { token: 'hunter2' }, 'GNEISS_ERR_INVALID_OPTION'],
    ['connectOptions', 'hunter2', 'GNEISS_ERR_INVALID_OPTION'],
    ['MQTT URL', { url: 'http://u:hunter2@h' }, 'GNEISS_ERR_INVALID_URL'],
  ])(
    '%s is wrong → the attempt fails with the error of the option, without the value',
    async (name, answer, code) => {
      const play = new Play(() => answer as object);
      const error = await play.failed();
      expect(error).toMatchObject({ code, origin: 'user' });
      expect(inspect(error)).toContain(name);
      expect(inspect(error)).not.toContain('hunter2');
      play.client.destroy();
    },
  );

  test.each([
    ['will', { will: { topicName: 'a', willDelayInterval: 1 } }],
    ['userProperties', { userProperties: [['a', 'b']] as const }],
    ['password', { password: 'hunter2' }],
    ['password', { url: 'mqtt://:hunter2@h' }],
  ])('%s that MQTT 3.1.1 does not know → refused', async (name, answer) => {
    const play = new Play(() => answer, { protocolVersion: 4 });
    const error = await play.failed();
    expect(error).toMatchObject({ code: 'GNEISS_ERR_INVALID_OPTION' });
    expect(inspect(error)).toContain(name);
    play.client.destroy();
  });

  test('for longer than connectTimeoutMs → GNEISS_ERR_CONNECT_TIMEOUT that names the stage; a late answer is void', async () => {
    const gates = [new Gate<{ username: string }>(), new Gate<{ username: string }>()];
    const play = new Play(({ number }) => gates[number - 1]!.promise, { connectTimeoutMs: 500 });
    await play.wasAsked(1);
    const failed = play.failed();
    play.environment.advance(499);
    await play.settle();
    expect(play.client.state).toBe('connecting');
    play.environment.advance(1);
    const error = await failed;
    expect(error).toMatchObject({ code: 'GNEISS_ERR_CONNECT_TIMEOUT' });
    expect(inspect(error)).toContain(': options');
    await play.retry();
    await play.wasAsked(2);
    gates[0]!.open({ username: 'late' });
    await play.settle();
    expect(play.environment.transports.items).toEqual([]);
    gates[1]!.open({ username: 'in time' });
    expect((await play.connect()).connect.username).toBe('in time');
    play.client.destroy();
  });

  test('the answer and the connection share one connectTimeoutMs', async () => {
    const gate = new Gate<object>();
    const play = new Play(() => gate.promise, { connectTimeoutMs: 500 });
    await play.wasAsked(1);
    play.environment.advance(400);
    gate.open({});
    const transport = await play.environment.transports.take();
    play.environment.advance(99);
    expect(transport.isDestroyed).toBe(false);
    play.environment.advance(1);
    expect(transport.isDestroyed).toBe(true);
    play.client.destroy();
  });

  test.each(['stop', 'close'] as const)(
    '%s() meanwhile → done at once, and no transport is opened',
    async (end) => {
      const gate = new Gate<object>();
      const play = new Play(() => gate.promise);
      await play.settle();
      await play.client[end]();
      gate.open({});
      await play.settle();
      expect(play.environment.transports.items).toEqual([]);
      await play.client.close();
    },
  );
});

describe('a Server that another one has named, on another host', () => {
  const PROOFS: ClientOptions = {
    serverReference: 'follow',
    webSocket: { headers: { authorization: 'hunter2' } },
    tls: {
      cert: new Uint8Array([1]),
      key: new Uint8Array([2]),
      passphrase: 'hunter2',
      servername: 'sni',
    },
  };

  test.each(['follow', 'follow-with-credentials'] as const)(
    '%s → proofs of who the client is',
    async (serverReference) => {
      const play = new Play(
        () => ({
          username: 'u',
          password: 'hunter2',
          will: { topicName: 'gone' },
          webSocket: { headers: { a: 'hunter2' } },
        }),
        { ...PROOFS, serverReference },
        'wss://server.example/mqtt?token=hunter2',
      );
      const first = await play.connect();
      expect(first.transport.route.webSocket.headers).toEqual({ a: 'hunter2' });
      expect(first.transport.route.tls.passphrase).toBe('hunter2');
      const properties = { serverReference: 'other.example' };
      const refusal: Packet = {
        type: CONNACK,
        sessionPresent: false,
        reasonCode: 0x9c,
        properties,
      };
      first.transport.receive(encodeAll([refusal], 5));
      const failure = play.failed();
      first.transport.events.closed(null);
      await failure;
      await play.retry();
      const { transport, connect } = await play.connect();
      const { endpoint, tls, webSocket } = transport.route;
      expect(endpoint).toMatchObject({ host: 'other.example', port: 443, secure: true });
      expect(tls.servername).toBe('sni');
      expect(connect.will?.topicName).toBe('gone');
      if (serverReference === 'follow') {
        expect(inspect([endpoint, tls, webSocket, connect], { depth: 10 })).not.toContain(
          'hunter2',
        );
        expect([tls.cert, tls.key, connect.username, connect.password]).toEqual(
          Array(4).fill(undefined),
        );
      } else {
        expect([endpoint, tls.passphrase, webSocket.headers]).toMatchObject([
          { resource: '/mqtt?token=hunter2' },
          'hunter2',
          { a: 'hunter2' },
        ]);
        expect(textOf(connect.password)).toBe('hunter2');
      }
      play.client.destroy();
    },
  );
});
