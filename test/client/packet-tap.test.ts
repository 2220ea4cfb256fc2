import { once } from 'node:events';
import type { TappedPacket } from 'gneiss-mqtt';
import { describe, expect, test } from 'vitest';
import { encodePacket, packetSize } from '../../src/codec/encode.js';
import { PacketType, type ProtocolVersion } from '../../src/codec/packet-types.js';
import { connected, inlineClient, nextEvent } from '../support/inline-client.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { uncaughtExceptions } from '../support/uncaught.js';

const PASSWORD = 'canary-password-41d0';
const DATA = 'canary-data-9be2';

describe.each<ProtocolVersion>([4, 5])('version %i', (version) => {
  test('a life → all packets in both directions, in order, decoded and as bytes', async () => {
    await using server = await ScriptedServer.start(version);
    const tapped: TappedPacket[] = [];
    const packetTap = (packet: TappedPacket): void => {
      tapped.push(packet);
    };
    const { client, peer } = await connected(server, { clientId: 'c', packetTap });
    const published = client.publish('a', 'x', { qos: 1 });
    const { packetId } = await peer.next(PacketType.PUBLISH);
    peer.send({ type: PacketType.PUBACK, packetId, reasonCode: 0, properties: {} });
    await published;
    const again = nextEvent(client, 'connectionSuccess');
    peer.destroy();
    await server.welcome();
    await again;
    await client.close();
    expect(tapped.map(({ connection, direction, name }) => [connection, direction, name])).toEqual([
      [1, 'sent', 'CONNECT'],
      [1, 'received', 'CONNACK'],
      [1, 'sent', 'PUBLISH'],
      [1, 'received', 'PUBACK'],
      [2, 'sent', 'CONNECT'],
      [2, 'received', 'CONNACK'],
      [2, 'sent', 'DISCONNECT'],
    ]);
    expect(tapped[2]!.packet).toMatchObject({ topicName: 'a', qos: 1, packetId });
    const times = tapped.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const { bytes, packet, protocolVersion } of tapped) {
      expect(protocolVersion).toBe(version);
      const encoded = new Uint8Array(packetSize(packet!, version));
      encodePacket(packet!, version, encoded, 0);
      expect(bytes).toEqual(encoded);
    }
  });
});

test('passwords and authentication data → redacted, in what is decoded and in the bytes', async () => {
  await using server = await ScriptedServer.start();
  const tapped: TappedPacket[] = [];
  const client = inlineClient(server, {
    username: 'ada',
    password: PASSWORD,
    userProperties: [['token', DATA]],
    will: {
      topicName: 'gone',
      payload: DATA,
      contentType: DATA,
      correlationData: new TextEncoder().encode(DATA),
    },
    authenticator: {
      method: 'TOKEN',
      begin: () => ({ first: () => DATA, respond: () => DATA, finish: () => undefined }),
    },
    packetTap: (packet) => {
      tapped.push(packet);
    },
  });
  const success = once(client, 'connectionSuccess');
  client.start();
  const authenticationData = new TextEncoder().encode(DATA);
  const properties = { authenticationMethod: 'TOKEN', authenticationData };
  const peer = await server.accept();
  await peer.next(PacketType.CONNECT);
  peer.send({ type: PacketType.AUTH, reasonCode: 0x18, properties });
  await peer.next(PacketType.AUTH);
  peer.send({ type: PacketType.CONNACK, sessionPresent: false, reasonCode: 0, properties });
  await success;
  await client.close();
  expect(tapped.map(({ name }) => name)).toEqual([
    'CONNECT',
    'AUTH',
    'AUTH',
    'CONNACK',
    'DISCONNECT',
  ]);
  const redacted = new TextEncoder().encode('redacted');
  expect(tapped[0]!.packet).toMatchObject({
    username: 'ada',
    password: redacted,
    will: {
      topicName: 'gone',
      payload: redacted,
      properties: { contentType: 'redacted', correlationData: redacted },
    },
    properties: { userProperties: [['token', 'redacted']] },
  });
  for (const { bytes, packet } of tapped.slice(0, 4)) {
    expect(packet).toMatchObject({ properties: { authenticationData: redacted } });
    const text = Buffer.from(bytes).toString('latin1');
    expect(text).toContain('redacted');
    expect(text).not.toContain('canary');
  }
});

test('malformed packets → as bytes; those in which secrets may be are left out, and counted', async () => {
  await using server = await ScriptedServer.start();
  const tapped: TappedPacket[] = [];
  const packetTap = (packet: TappedPacket): void => {
    tapped.push(packet);
  };
  const { client, peer } = await connected(server, { packetTap, clientId: 'c' });
  let lost = nextEvent(client, 'disconnection');
  // A QoS 0 PUBLISH whose topic is longer than the packet.
  peer.sendRaw(Buffer.from('3003ffff61', 'hex'));
  await lost;
  const next = await server.welcome();
  lost = nextEvent(client, 'disconnection');
  next.sendRaw(Buffer.from(`f00718${Buffer.from('canary').toString('hex')}`, 'hex'));
  await lost;
  client.destroy();
  const malformed = tapped.filter(({ packet }) => packet === null);
  expect(malformed).toMatchObject([{ name: 'PUBLISH', direction: 'received' }]);
  expect(malformed[0]!.bytes).toEqual(Uint8Array.from([0x30, 3, 0xff, 0xff, 0x61]));
  expect(client.stats().packetsUntapped).toBe(1);
  expect(tapped.some(({ bytes }) => Buffer.from(bytes).includes('canary'))).toBe(false);
});

test('a tap that throws → the next packet comes all the same', async () => {
  await using server = await ScriptedServer.start();
  using thrown = uncaughtExceptions();
  const { client } = await connected(server, {
    packetTap: ({ name }) => {
      throw new Error(name);
    },
  });
  await client.close();
  for (const name of ['CONNECT', 'CONNACK', 'DISCONNECT'])
    expect(await thrown.take()).toEqual(new Error(name));
});
