import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PacketType, startBroker, type TestBroker } from '../../src/testing/index.js';
import { connectPacket, connectTiny, publishPacket, TinyClient } from './tiny-client.js';

let broker: TestBroker;

beforeEach(async () => {
  broker = await startBroker();
});

afterEach(async () => {
  await broker.close();
});

test('nothing special → a CONNACK without properties', async () => {
  const client = await connectTiny(broker.port);
  expect(client.connack).toEqual({
    type: PacketType.CONNACK,
    sessionPresent: false,
    reasonCode: 0,
    properties: {},
  });
});

test('options that differ from the defaults → the properties of the CONNACK', async () => {
  const options = {
    receiveMaximum: 10,
    maximumQos: 1,
    retainAvailable: false,
    maximumPacketSize: 1000,
    topicAliasMaximum: 5,
    wildcardSubscriptionAvailable: false,
    subscriptionIdentifierAvailable: false,
    sharedSubscriptionAvailable: false,
    serverKeepAlive: 60,
    responseInformation: 'answers/',
  };
  await using special = await startBroker({ ...options, sessionExpiryIntervalMax: 7 });
  const client = await connectTiny(special.port, {
    properties: { requestResponseInformation: true, sessionExpiryInterval: 100 },
  });
  expect(client.connack.properties).toEqual({ ...options, sessionExpiryInterval: 7 });
  // [MQTT-3.1.2-28]
  const other = await connectTiny(special.port);
  expect(other.connack.properties.responseInformation).toBeUndefined();
});

test('[MQTT-3.1.0-2] a second CONNECT → DISCONNECT 0x82', async () => {
  const client = await connectTiny(broker.port);
  client.send(connectPacket());
  expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x82 });
  await client.closed();
});

test('another packet before CONNECT → closed without a word', async () => {
  const client = new TinyClient(broker.port, 5);
  client.send(publishPacket('a'));
  await client.closed();
  expect(client.inbox).toEqual([]);
});

test.each([
  ['an unknown later version', 6, [0x20, 3, 0, 0x84, 0]],
  ['an unknown earlier version', 3, [0x20, 2, 0, 0x01]],
] as const)('%s → a CONNACK that it may understand', async (_, version, expected) => {
  const client = new TinyClient(broker.port, version === 3 ? 4 : 5);
  const received: number[] = [];
  client.socket.on('data', (chunk) => received.push(...chunk));
  client.sendRaw(
    0x10,
    0x0d, // CONNECT
    0x00,
    0x04,
    0x4d,
    0x51,
    0x54,
    0x54,
    version, // 'MQTT', version
    0x02,
    0x00,
    0x00, // Clean Start, no Keep Alive
    0x00,
    0x01,
    0x61, // Client Identifier 'a'
  );
  await client.closed();
  expect(received).toEqual(expected);
});

test('a malformed CONNECT → CONNACK 0x81 in version 5, silence in version 4', async () => {
  for (const version of [5, 4] as const) {
    const client = new TinyClient(broker.port, version);
    client.sendRaw(
      0x10,
      0x0e,
      0x00,
      0x04,
      0x4d,
      0x51,
      0x54,
      0x54,
      version,
      0x03,
      0x00,
      0x00, // the reserved flag is set
      0x00,
      0x00,
      0x01,
      0x61,
    );
    if (version === 5) {
      expect(await client.take(PacketType.CONNACK)).toMatchObject({ reasonCode: 0x81 });
    }
    await client.closed();
    expect(client.inbox).toEqual([]);
  }
});

test('a malformed packet later → DISCONNECT 0x81 in version 5, silence in version 4', async () => {
  for (const protocolVersion of [5, 4] as const) {
    const client = await connectTiny(broker.port, { protocolVersion });
    client.sendRaw(0x00, 0x00);
    if (protocolVersion === 5) {
      expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x81 });
    }
    await client.closed();
    expect(client.inbox).toEqual([]);
  }
});

test('[MQTT-3.1.1:3.1.3-8] an empty Client Identifier without Clean Session → 0x02', async () => {
  const client = await connectTiny(broker.port, {
    protocolVersion: 4,
    clientId: '',
    cleanStart: false,
  });
  expect(client.connack.reasonCode).toBe(0x85);
});

test('authenticate → decides, by what the CONNECT says', async () => {
  await using guarded = await startBroker({
    authenticate: ({ username, password }) =>
      username === 'user' && Buffer.from(password ?? []).toString() === 'secret' ? 0 : 0x86,
  });
  const good = { username: 'user', password: Buffer.from('secret') };
  const accepted = await connectTiny(guarded.port, good);
  expect(accepted.connack.reasonCode).toBe(0);
  for (const protocolVersion of [4, 5] as const) {
    const refused = await connectTiny(guarded.port, { protocolVersion, username: 'user' });
    expect(refused.connack.reasonCode).toBe(0x86);
    await refused.closed();
  }
});

describe('keep-alive', () => {
  test('[MQTT-3.1.2-22] silent for 1.5 times as long → DISCONNECT 0x8D', async () => {
    await using quick = await startBroker({ secondMs: 20 });
    const client = await connectTiny(quick.port, { keepAlive: 1 });
    expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x8d });
  });

  test('heard of, but not yet read, as the thread was held up → the connection stays', async () => {
    await using slow = await startBroker({ secondMs: 500 });
    const client = await connectTiny(slow.port, { keepAlive: 1 });
    client.send({ type: PacketType.PINGREQ });
    const end = performance.now() + 800;
    while (performance.now() < end);
    expect(await client.take(PacketType.PINGRESP)).toEqual({ type: PacketType.PINGRESP });
  });

  test('Server Keep Alive → counts instead', async () => {
    await using quick = await startBroker({ secondMs: 20, serverKeepAlive: 1 });
    const client = await connectTiny(quick.port, { keepAlive: 60_000 });
    expect(client.connack.properties.serverKeepAlive).toBe(1);
    expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x8d });
  });
});

describe('enhanced authentication', () => {
  const properties = { authenticationMethod: 'sum', authenticationData: Uint8Array.of(1) };

  async function startAuthenticating() {
    return startBroker({
      exchangeAuthentication: ({ authenticationMethod, authenticationData, step }) => {
        if (authenticationMethod !== 'sum') return { reasonCode: 0x8c };
        const value = authenticationData?.[0] ?? 0;
        if (value === 0xff) return { reasonCode: 0x87 };
        const answer = Uint8Array.of(value + 1);
        return { reasonCode: step < 1 ? 0x18 : 0, authenticationData: answer };
      },
    });
  }

  async function authenticate(port: number) {
    const client = new TinyClient(port, 5);
    client.send(connectPacket({ properties }));
    const challenge = await client.take(PacketType.AUTH);
    expect(challenge).toMatchObject({
      reasonCode: 0x18,
      properties: { authenticationMethod: 'sum', authenticationData: Uint8Array.of(2) },
    });
    return client;
  }

  test('a step, and accepted → CONNACK with the method and the last data', async () => {
    await using guarded = await startAuthenticating();
    const client = await authenticate(guarded.port);
    client.send({ type: PacketType.AUTH, reasonCode: 0x18, properties });
    const connack = await client.take(PacketType.CONNACK);
    expect(connack).toMatchObject({ reasonCode: 0, properties: { authenticationMethod: 'sum' } });

    // Re-authentication, of the same method only.
    client.send({ type: PacketType.AUTH, reasonCode: 0x19, properties });
    expect(await client.take(PacketType.AUTH)).toMatchObject({ reasonCode: 0x18 });
    client.send({ type: PacketType.AUTH, reasonCode: 0x18, properties });
    expect(await client.take(PacketType.AUTH)).toMatchObject({ reasonCode: 0x00 });
    client.send({
      type: PacketType.AUTH,
      reasonCode: 0x19,
      properties: { authenticationMethod: 'other' },
    });
    expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x82 });
  });

  test('refused in the second step → CONNACK with the code', async () => {
    await using guarded = await startAuthenticating();
    const client = await authenticate(guarded.port);
    client.send({
      type: PacketType.AUTH,
      reasonCode: 0x18,
      properties: { ...properties, authenticationData: Uint8Array.of(0xff) },
    });
    expect(await client.take(PacketType.CONNACK)).toMatchObject({ reasonCode: 0x87 });
    await client.closed();
  });

  test('given up by the Client → closed', async () => {
    await using guarded = await startAuthenticating();
    const client = await authenticate(guarded.port);
    const left = guarded.waitFor('disconnect');
    client.send({ type: PacketType.DISCONNECT, reasonCode: 0, properties: {} });
    expect(await left).toMatchObject([{}, { by: 'client' }]);
  });

  test('[MQTT-4.12.0-1] not scripted → 0x8C', async () => {
    const client = await connectTiny(broker.port, { properties });
    expect(client.connack.reasonCode).toBe(0x8c);
  });

  test('AUTH from a Client that asked for none → DISCONNECT 0x82', async () => {
    const client = await connectTiny(broker.port);
    client.send({ type: PacketType.AUTH, reasonCode: 0x19, properties });
    expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x82 });
  });
});
