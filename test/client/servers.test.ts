import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { connect } from '../../src/client/connect.js';
import { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import type { ServerInfo } from '../../src/options/server.js';
import { errorOf, INLINE, nextEvent } from '../support/inline-client.js';
import { type Peer, ScriptedServer } from '../support/scripted-server.js';

const { CONNECT, DISCONNECT } = PacketType;
const USE_ANOTHER = 0x9c;

function infoOf({ port }: ScriptedServer): ServerInfo {
  return { scheme: 'mqtt', host: '127.0.0.1', port };
}

/** The address with a username, and a password that must appear nowhere. */
function withUser({ port }: ScriptedServer, username: string): string {
  return `mqtt://${username}:hunter2@127.0.0.1:${port}`;
}

async function refuse(
  server: ScriptedServer,
  reasonCode: number,
  serverReference?: string,
): Promise<Peer> {
  return server.welcome({ reasonCode, properties: { serverReference } });
}

describe('several Servers', () => {
  test('refused by the first → the next, with credentials of its own; every event names its Server', async () => {
    await using one = await ScriptedServer.start();
    await using other = await ScriptedServer.start();
    const client = new MqttClient([withUser(one, 'u'), withUser(other, 'v')], INLINE);
    const events: unknown[] = [];
    for (const name of [
      'connectionAttempt',
      'connectionSuccess',
      'connectionFailure',
      'disconnection',
    ] as const)
      client.on(name, (event: object) => events.push([name, event]));
    client.start();
    const refused = await refuse(one, 0x97);
    expect(refused.connect?.username).toBe('u');
    const success = nextEvent(client, 'connectionSuccess');
    const peer = await other.welcome();
    expect(peer.connect?.username).toBe('v');
    await success;
    const lost = nextEvent(client, 'disconnection');
    peer.destroy();
    await lost;
    // The list begins anew behind its end.
    await one.welcome();
    await client.close();
    expect(events.slice(0, 5)).toMatchObject([
      ['connectionAttempt', { server: infoOf(one) }],
      ['connectionFailure', { server: infoOf(one), othersLeft: true }],
      ['connectionAttempt', { server: infoOf(other) }],
      ['connectionSuccess', { server: infoOf(other) }],
      ['disconnection', { server: infoOf(other) }],
    ]);
    expect(inspect(events, { depth: 10 })).not.toMatch(/hunter2/);
  });

  test('connect() → rejects only when each has failed, with the error of the last', async () => {
    await using one = await ScriptedServer.start();
    await using other = await ScriptedServer.start();
    const failed = errorOf(connect([one.url, other.url], INLINE));
    await refuse(one, 0x97);
    await refuse(other, 0x87);
    expect(await failed).toMatchObject({ code: 'GNEISS_ERR_CONNECTION_REFUSED', reasonCode: 0x87 });
    expect([one.connections, other.connections]).toEqual([1, 1]);
  });

  test('connect() → the first that accepts', async () => {
    await using one = await ScriptedServer.start();
    await using other = await ScriptedServer.start();
    const connecting = connect([one.url, other.url], INLINE);
    (await one.accept()).destroy();
    await other.welcome();
    const client = await connecting;
    expect(client.state).toBe('connected');
    await client.close();
  });
});

describe('Server Reference', () => {
  test('connect() refused with one → follows it; to another host without any credentials', async () => {
    await using one = await ScriptedServer.start();
    await using other = await ScriptedServer.start();
    const connecting = connect(withUser(one, 'u'), {
      ...INLINE,
      serverReference: 'follow',
      authenticator: {
        method: 'm',
        begin: () => ({ first: () => 'proof', respond: () => '', finish: () => {} }),
      },
    });
    const first = await one.accept();
    const { username, properties } = await first.next(CONNECT);
    expect([username, properties.authenticationMethod]).toEqual(['u', 'm']);
    first.send({
      type: PacketType.CONNACK,
      sessionPresent: false,
      reasonCode: USE_ANOTHER,
      properties: { serverReference: `localhost:${other.port}` },
    });
    const { connect: foreign } = await other.welcome();
    expect([foreign?.username, foreign?.password]).toEqual([undefined, undefined]);
    expect(foreign?.properties).not.toHaveProperty('authenticationMethod');
    const client = await connecting;
    // There is nothing to prove on this connection.
    expect(await errorOf(client.reauthenticate())).toMatchObject({
      code: 'GNEISS_ERR_INVALID_STATE',
      message:
        'The call is not possible in this state: the connection was made without the authenticator',
    });
    await client.close();
  });

  test('DISCONNECT with one → the next attempt goes there, and the one after that back to the list', async () => {
    await using one = await ScriptedServer.start();
    await using other = await ScriptedServer.start();
    const client = new MqttClient(withUser(one, 'u'), { ...INLINE, serverReference: 'follow' });
    client.start();
    const first = await one.welcome();
    first.send({
      type: DISCONNECT,
      reasonCode: USE_ANOTHER,
      properties: { serverReference: `127.0.0.1:${other.port}` },
    });
    const second = await other.welcome();
    // The host is the same.
    expect(second.connect?.username).toBe('u');
    second.destroy();
    await one.welcome();
    await client.close();
  });

  test('not asked for → stays away', async () => {
    await using one = await ScriptedServer.start();
    await using other = await ScriptedServer.start();
    const client = new MqttClient(one.url, INLINE);
    client.start();
    await refuse(one, USE_ANOTHER, `127.0.0.1:${other.port}`);
    await one.welcome();
    expect(other.connections).toBe(0);
    await client.close();
  });
});
