import { connect as connectSocket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import type { ClientOptions } from '../../src/options/schema.js';
import type { TransportFactory, TransportTarget } from '../../src/transport/custom-transport.js';
import { Gate } from '../support/gate.js';
import { connected, errorOf, INLINE, inlineClient, nextEvent } from '../support/inline-client.js';
import { PlayedClient, settle } from '../support/played-client.js';
import { ScriptedServer } from '../support/scripted-server.js';

const MODULE = new URL('../../examples/tcp-transport.mjs', import.meta.url);

describe('a module', () => {
  test('its transport → carries both ways, a new one for each attempt', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, { transport: MODULE });
    const published = client.publish('a', 'x'.repeat(100_000));
    expect(await peer.next(PacketType.PUBLISH)).toMatchObject({ topicName: 'a' });
    await published;
    const lost = nextEvent(client, 'disconnection');
    peer.destroy();
    await lost;
    await server.welcome();
    await client.close();
    expect(server.connections).toBe(2);
  });

  test.each([
    ['there is none', 'file:///nowhere/transport.mjs'],
    ['it throws', 'data:text/javascript,throw new Error("broken")'],
    ['it exports no function', 'data:text/javascript,export default {}'],
  ])('that is no use, %s → the client is closed with the reason', async (_, transport) => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server, { transport });
    const closed = nextEvent(client, 'closed');
    client.start();
    const [error] = await closed;
    expect(error?.code).toBe('GNEISS_ERR_INVALID_OPTION');
    expect(error?.message).toContain('transport: ');
    await client.close();
  });
});

describe('a function', () => {
  test('gets what the address says, without credentials', async () => {
    const targets: TransportTarget[] = [];
    const transport: TransportFactory = (target) => {
      targets.push(target);
      throw new Error('unplugged');
    };
    const client = new MqttClient('wss://ada:hunter2@h/p?q', { ...INLINE, transport });
    const failure = nextEvent(client, 'connectionFailure');
    client.start();
    const [{ error }] = await failure;
    expect(error.code).toBe('GNEISS_ERR_CONNECT_FAILED');
    expect(error.message).toContain('unplugged');
    expect(targets[0]).toEqual({
      endpoint: { host: 'h', port: 443, secure: true, resource: '/p?q' },
    });
    await client.close();
  });

  test('says what it waits for → a timeout names it; one that never answers does not keep the client', async () => {
    const begun = new Gate();
    const transport: TransportFactory = (_, events) => {
      events.opening('lookup');
      begun.open();
      return { write() {}, resume() {}, end() {}, destroy() {} };
    };
    const { client, environment } = new PlayedClient({ transport, connectTimeoutMs: 1000 });
    const failure = nextEvent(client, 'connectionFailure');
    client.start();
    await begun.promise;
    await settle();
    environment.advance(1000);
    await settle();
    // It has a second for its end.
    environment.advance(1000);
    const [{ error }] = await failure;
    expect(error.code).toBe('GNEISS_ERR_CONNECT_TIMEOUT');
    expect(error.message).toContain('name resolution');
    await client.close();
  });

  test('answers within the calls of its owner → the same as later', async () => {
    await using server = await ScriptedServer.start();
    const transport: TransportFactory = (_, events) => {
      const socket = connectSocket(server.port, '127.0.0.1');
      events.opened();
      socket.on('data', (chunk) => events.receivedChunk(chunk));
      socket.on('error', () => {});
      return {
        write(pieces) {
          for (const piece of pieces) socket.write(Uint8Array.from(piece));
          events.flushed();
        },
        resume() {},
        end() {
          events.closed(null);
          socket.end();
        },
        destroy: () => socket.destroy(),
      };
    };
    const { client, peer } = await connected(server, { transport });
    await Promise.all([
      client.publish('a', 'x'),
      client.publish('b', 'y', { qos: 1 }),
      peer.next(PacketType.PUBLISH).then(async () => {
        const { packetId } = await peer.next(PacketType.PUBLISH);
        peer.send({ type: PacketType.PUBACK, packetId, reasonCode: 0, properties: {} });
      }),
    ]);
    await client.close();
  });
});

describe('options', () => {
  const transport: TransportFactory = () => {
    throw new Error('never called');
  };

  test.each<[ClientOptions, string]>([
    [{ transport }, 'transport must be the URL of a module'],
    [{ transport: './relative.mjs' }, 'transport must be a URL'],
    [{ transport: MODULE, tls: {} }, 'tls does not go with transport'],
    [{ transport: MODULE, webSocket: {} }, 'webSocket does not go with transport'],
    [{ transport: MODULE, proxy: 'http://p' }, 'proxy does not go with transport'],
  ])('%j → refused', async (options, problem) => {
    const { code, message } = await errorOf(() => new MqttClient('mqtt://h', options));
    expect(code).toBe('GNEISS_ERR_INVALID_OPTION');
    expect(message).toContain(problem);
  });
});
