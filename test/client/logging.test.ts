import { Writable } from 'node:stream';
import type { ClientOptions } from 'gneiss-mqtt';
import { type Level, pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import { connected, errorOf, inlineClient, nextEvent } from '../support/inline-client.js';
import { type Peer, ScriptedServer } from '../support/scripted-server.js';

type Line = Record<string, unknown>;

/** What pino writes. */
class Log {
  readonly lines: Line[] = [];
  readonly logger;

  constructor(level: Level = 'trace') {
    const stream = new Writable({
      write: (line: Buffer, _encoding, done) => {
        this.lines.push(JSON.parse(line.toString()) as Line);
        done();
      },
    });
    this.logger = pino({ level, base: null, timestamp: false }, stream);
  }

  get texts(): unknown[] {
    return this.lines.map(({ msg }) => msg);
  }

  find(text: string): Line | undefined {
    return this.lines.find(({ msg }) => msg === text);
  }
}

const [DEBUG, INFO, WARN, ERROR] = [20, 30, 40, 50];

async function logged(
  server: ScriptedServer,
  options: ClientOptions = {},
  level?: Level,
): Promise<{ log: Log; client: MqttClient; peer: Peer }> {
  const log = new Log(level);
  return { log, ...(await connected(server, { clientId: 'c', logger: log.logger, ...options })) };
}

describe('a logger of pino', () => {
  test('a life → a line for each step, each with the name of the client', async () => {
    await using server = await ScriptedServer.start();
    const { log, client, peer } = await logged(server, { clientId: 'meter-7' });
    const lost = nextEvent(client, 'disconnection');
    const again = nextEvent(client, 'connectionSuccess');
    peer.destroy();
    await lost;
    await server.welcome();
    await again;
    await client.stop();
    await client.close();
    const at = { scheme: 'mqtt', host: '127.0.0.1', port: server.port };
    expect(log.lines[0]).toEqual({ level: INFO, client: 'meter-7', server: at, msg: 'connecting' });
    expect(log.lines.map(({ level, msg }) => [level, msg])).toEqual([
      [INFO, 'connecting'],
      [INFO, 'connected'],
      [WARN, 'disconnected'],
      [INFO, 'connecting'],
      [INFO, 'connected'],
      [INFO, 'disconnected'],
      [INFO, 'stopped'],
      [INFO, 'closed'],
    ]);
    expect(log.lines.every((line) => line['client'] === 'meter-7')).toBe(true);
    expect(log.lines[2]).toMatchObject({ code: 'GNEISS_ERR_CONNECTION_CLOSED', server: at });
  });

  test('a refusal → a warning with its reason code; destroyed with an error → an error', async () => {
    await using server = await ScriptedServer.start();
    const log = new Log();
    const client = inlineClient(server, {
      logger: log.logger,
      reconnectDelayMinMs: 60_000,
      reconnectDelayMaxMs: 60_000,
    });
    const failure = nextEvent(client, 'connectionFailure');
    client.start();
    await server.welcome({ reasonCode: 0x87 });
    const [{ error }] = await failure;
    client.destroy(error);
    expect(log.find('connection failed')).toMatchObject({
      level: WARN,
      code: 'GNEISS_ERR_CONNECTION_REFUSED',
      reasonCode: 0x87,
    });
    expect(log.find('closed by an error')).toMatchObject({ level: ERROR });
  });

  test('violations → those that end the connection, and once a connection those that are let pass', async () => {
    await using server = await ScriptedServer.start();
    const { log, client, peer } = await logged(server);
    const unknown = {
      type: PacketType.PUBACK,
      packetId: 9,
      reasonCode: 0,
      properties: {},
    } as const;
    peer.send(unknown, unknown, unknown);
    const lost = nextEvent(client, 'disconnection');
    peer.sendRaw(Buffer.from('f00000', 'hex'));
    await lost;
    client.destroy();
    const tolerated = log.lines.filter(({ msg }) => msg === 'the Server misbehaves harmlessly');
    expect(tolerated).toEqual([
      expect.objectContaining({
        level: WARN,
        kind: 'unknownAcknowledgement',
        statement: 'MQTT-2.2.1-5',
      }),
    ]);
    expect(log.find('the Server violated the protocol')).toMatchObject({
      level: WARN,
      code: 'GNEISS_ERR_PEER_VIOLATION',
      statement: expect.any(String) as string,
    });
  });

  test('subscriptions → granted, refused, ended, lost', async () => {
    await using server = await ScriptedServer.start();
    const { log, client, peer } = await logged(server, { resubscribe: false });
    const one = client.subscribe('a');
    await peer.grant();
    const refused = errorOf(client.subscribe('b'));
    const { packetId } = await peer.next(PacketType.SUBSCRIBE);
    peer.send({ type: PacketType.SUBACK, packetId, reasonCodes: [0x87], properties: {} });
    await refused;
    const ended = (await one).unsubscribe();
    const unsubscribe = await peer.next(PacketType.UNSUBSCRIBE);
    peer.send({
      type: PacketType.UNSUBACK,
      packetId: unsubscribe.packetId,
      reasonCodes: [0],
      properties: {},
    });
    await ended;
    const kept = client.subscribe('c');
    await peer.grant();
    await kept;
    const lost = nextEvent(client, 'subscriptionLost');
    peer.destroy();
    await server.welcome();
    await lost;
    client.destroy();
    const lines = log.lines.filter(({ topicFilters }) => topicFilters !== undefined);
    expect(lines).toMatchObject([
      { level: DEBUG, msg: 'subscribed', topicFilters: ['a'] },
      { level: DEBUG, msg: 'subscribing failed', topicFilters: ['b'], reasonCode: 0x87 },
      { level: DEBUG, msg: 'unsubscribed', topicFilters: ['a'] },
      { level: DEBUG, msg: 'subscribed', topicFilters: ['c'] },
      {
        level: WARN,
        msg: 'subscription lost',
        topicFilters: ['c'],
        code: 'GNEISS_ERR_SESSION_LOST',
      },
    ]);
  });

  test('thousands of messages, and a handler that fails each time → not a line for each', async () => {
    await using server = await ScriptedServer.start();
    const { log, client, peer } = await logged(server);
    client.on('handlerError', () => {});
    const subscribed = client.subscribe('a', () => {
      throw new Error('of the handler');
    });
    await peer.grant();
    await subscribed;
    const message = {
      type: PacketType.PUBLISH,
      topicName: 'a',
      payload: new Uint8Array(8),
      qos: 0,
      retain: false,
      dup: false,
      packetId: 0,
      properties: {},
    } as const;
    for (let count = 0; count < 5000; count++) {
      peer.send(message);
      client.tryPublish('a', 'x');
    }
    while (client.stats().messagesReceived < 5000) await new Promise(setImmediate);
    client.destroy();
    expect(log.lines.length).toBeLessThan(100);
    expect(log.find('a message handler failed')).toMatchObject({
      level: ERROR,
      topicName: 'a',
      err: expect.objectContaining({ message: 'of the handler' }) as object,
    });
  });

  test('no room to publish → told, and room again', async () => {
    await using server = await ScriptedServer.start();
    const { log, client } = await logged(server, { maximumPendingOperations: 16 });
    while (client.tryPublish('a', 'x'));
    await client.ready();
    client.destroy();
    expect(log.find('no room to publish')).toMatchObject({ level: DEBUG });
    expect(log.find('room to publish again')).toMatchObject({ level: DEBUG });
  });

  test('handlers that hold all memory → told that reading is paused', async () => {
    await using server = await ScriptedServer.start();
    const { log, client, peer } = await logged(server, { inboundMemoryBytes: 512 * 1024 });
    const never = new Promise<void>(() => {});
    const subscribed = client.subscribe('a', () => never);
    await peer.grant();
    await subscribed;
    const payload = Buffer.alloc(2 + 1 + 16 * 1024);
    payload.set([0, 1, 97]);
    for (let count = 0; count < 64; count++)
      peer.sendRaw(
        Buffer.concat([Buffer.from([0x30, 0x84, 0x80, 0x01]), payload, Buffer.alloc(1)]),
      );
    while (log.find('reading paused: handlers hold the memory') === undefined)
      await new Promise(setImmediate);
    client.destroy();
  });

  test('its own level → what is below is left out', async () => {
    await using server = await ScriptedServer.start();
    const { log, client } = await logged(server, {}, 'warn');
    client.destroy();
    expect(log.lines).toEqual([]);
  });
});

test('the name → as asked for, or the Client Identifier, or a number', async () => {
  await using server = await ScriptedServer.start();
  const nameOf = (options: ClientOptions): unknown => {
    const log = new Log();
    inlineClient(server, { ...options, logger: log.logger }).destroy();
    return log.lines[0]?.['client'];
  };
  expect(nameOf({ name: 'Kessel', clientId: 'meter-7' })).toBe('Kessel');
  expect(nameOf({ clientId: 'meter-7' })).toBe('meter-7');
  const [one, other] = [nameOf({}), nameOf({})];
  expect(one).toMatch(/^client-\d+$/);
  expect(other).not.toBe(one);
});

test('a logger without the methods → refused', () => {
  expect(() => inlineClient({ url: 'mqtt://h' }, { logger: { info: () => {} } as never })).toThrow(
    'logger must have the methods debug, info, warn, error',
  );
});
