import { describe, expect, test } from 'vitest';
import { PacketType, type ProtocolVersion } from '../../src/codec/packet-types.js';
import { bytes } from '../codec/support.js';
import { connected, errorOf, inlineClient, nextEvent } from '../support/inline-client.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { createSession, VERSIONS } from '../support/session-fixture.js';

const { PUBLISH, PUBACK, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, DISCONNECT } = PacketType;

/** Title, the reason code that the application is told, and the one on the wire. */
const REFUSALS: Readonly<Record<ProtocolVersion, readonly (readonly [string, number, number])[]>> =
  {
    4: [
      ['[MQTT-3.1.1:3.1.2-2] protocol level', 0x84, 1],
      ['[MQTT-3.1.1:3.1.3-8] [MQTT-3.1.1:3.1.3-9] client id', 0x85, 2],
    ],
    5: [
      ['[MQTT-3.1.2-1] protocol version', 0x84, 0x84],
      ['[MQTT-3.1.3-8] client id', 0x85, 0x85],
    ],
  };

describe.each(VERSIONS)('version %i', (version) => {
  test('[MQTT-3.1.4-5] [MQTT-3.1.1:3.1.4-4] CONNACK 0 → connected', async () => {
    await using server = await ScriptedServer.start(version);
    const client = inlineClient(server);
    const success = nextEvent(client, 'connectionSuccess');
    client.start();
    const peer = await server.accept();
    expect(client.state).toBe('connecting');
    await peer.welcome();
    expect((await success)[0].connack.reasonCode).toBe(0);
    expect(client.state).toBe('connected');
    await client.close();
  });

  test('[MQTT-3.2.2-3] [MQTT-3.2.2-5] [MQTT-3.1.1:3.2.2-2] [MQTT-3.1.1:3.2.2-3] Session Present → told to the application; what is in flight follows it', () => {
    for (const sessionPresent of [true, false]) {
      const s = createSession(version);
      s.connect();
      s.publish('a', { qos: 1 });
      s.turn();
      const expected = sessionPresent ? 'PUBLISH q1 #1 a dup' : 'PUBLISH q1 #2 a';
      expect(s.reconnect(sessionPresent)).toEqual([expected]);
      expect(s.sink.connections[1]?.settings.sessionPresent).toBe(sessionPresent);
      s.puback(sessionPresent ? 1 : 2);
    }
  });

  test('[MQTT-3.2.0-2] [MQTT-3.1.1:3.2.0-1] a packet in one read with the CONNACK → handled after it', () => {
    const s = createSession(version);
    s.open();
    s.turn();
    const connack = version === 5 ? '20 03 00 00 00' : '20 02 00 00';
    s.receiveBytes(
      bytes(`${connack}  30 0${version === 5 ? 4 : 3} 00 01 'a' ${version === 5 ? '00' : ''}`),
    );
    expect(s.sink.events).toEqual(['connected', 'message a']);
  });

  test('[MQTT-3.1.4-3] [MQTT-3.1.1:3.1.4-2] the Server ends the connection for another of the same client id → told to the application', async () => {
    await using server = await ScriptedServer.start(version);
    const { client, peer } = await connected(server);
    const disconnection = nextEvent(client, 'disconnection');
    if (version === 5) peer.send({ type: DISCONNECT, reasonCode: 0x8e, properties: {} });
    else peer.destroy();
    const [{ error }] = await disconnection;
    expect(error).toMatchObject(
      version === 5
        ? { code: 'GNEISS_ERR_SERVER_DISCONNECT', reasonCode: 0x8e }
        : { code: 'GNEISS_ERR_CONNECTION_CLOSED', origin: 'network' },
    );
    await client.close();
  });

  test('[MQTT-3.1.1:3.2.2-6] the Server closes without CONNACK → the attempt has failed, and is made again', async () => {
    await using server = await ScriptedServer.start(version);
    const client = inlineClient(server);
    const failure = nextEvent(client, 'connectionFailure');
    client.start();
    (await server.accept()).destroy();
    expect((await failure)[0].error.origin).toBe('network');
    const success = nextEvent(client, 'connectionSuccess');
    await server.welcome();
    await success;
    await client.close();
  });

  test('[MQTT-3.14.4-1] [MQTT-3.14.4-2] [MQTT-4.13.2-1] [MQTT-3.1.1:3.14.4-1] [MQTT-3.1.1:3.14.4-2] stop → DISCONNECT, nothing after it, and the connection is closed', async () => {
    await using server = await ScriptedServer.start(version);
    const { client, peer } = await connected(server);
    const stopped = client.stop();
    await peer.next(DISCONNECT);
    await peer.closed();
    expect(peer.waiting).toEqual([]);
    await stopped;
    await client.close();
  });

  test('[MQTT-4.13.2-1] [MQTT-5.0:4.13-a] [MQTT-3.1.1:4.8.0-1] the Server breaks the protocol → the connection is closed, and another one made', async () => {
    await using server = await ScriptedServer.start(version);
    const { client, peer } = await connected(server);
    const disconnection = nextEvent(client, 'disconnection');
    peer.sendRaw(bytes('00 00'));
    if (version === 5) expect((await peer.next(DISCONNECT)).reasonCode).toBe(0x81);
    await peer.closed();
    expect(peer.waiting).toEqual([]);
    expect((await disconnection)[0].error.code).toBe('GNEISS_ERR_PEER_VIOLATION');
    await server.welcome();
    await client.close();
  });

  test('[MQTT-4.2.0-1] [MQTT-3.1.1:7.1.2-1] TCP → bytes arrive whole and in order, both ways', async () => {
    await using server = await ScriptedServer.start(version);
    const { client, peer } = await connected(server);
    const payloads = Array.from({ length: 200 }, (_, at) => `${at}:`.padEnd(at * 37, 'x'));
    const received: string[] = [];
    const all = new Promise<void>((resolve) => {
      client.on('message', (message) => {
        received.push(message.text());
        if (received.length === payloads.length) resolve();
      });
    });
    const published = payloads.map((payload) => client.publish('a', payload));
    for (const payload of payloads) {
      const packet = await peer.next(PUBLISH);
      expect(new TextDecoder().decode(packet.payload)).toBe(payload);
      peer.send(packet);
    }
    await Promise.all([...published, all]);
    expect(received).toEqual(payloads);
    await client.close();
  });

  test('[MQTT-3.8.4-7] [MQTT-3.9.3-1] [MQTT-3.1.1:3.8.4-5] [MQTT-3.1.1:3.9.3-1] SUBACK → each filter has the code at its place', async () => {
    await using server = await ScriptedServer.start(version);
    const { client, peer } = await connected(server);
    const subscribing = client.subscribe(['a', 'b', 'c'], { qos: 2 }, () => {});
    const { packetId } = await peer.next(SUBSCRIBE);
    peer.send({ type: SUBACK, packetId, reasonCodes: [2, 0, 1], properties: {} });
    expect((await subscribing).grantedQos).toEqual([2, 0, 1]);

    const refused = errorOf(client.subscribe('d', () => {}));
    const second = await peer.next(SUBSCRIBE);
    const reasonCodes = [0x80];
    peer.send({ type: SUBACK, packetId: second.packetId, reasonCodes, properties: {} });
    expect(await refused).toMatchObject({
      code: 'GNEISS_ERR_REASON_CODE',
      reasonCode: 0x80,
      packet: { reasonCodes },
    });
    await client.close();
  });

  test('[MQTT-3.8.4-1] [MQTT-3.10.4-4] [MQTT-3.1.1:3.8.4-1] [MQTT-3.1.1:3.10.4-4] no SUBACK, no UNSUBACK → the application is told after its timeout', () => {
    const s = createSession(version);
    s.connect();
    const tokens = [s.subscribe('a', 1000), s.unsubscribe('b', 1000)];
    s.turn();
    s.advance(999);
    s.turn();
    expect(s.outcomes(...tokens)).toEqual(['open', 'open']);
    s.advance(1);
    s.turn();
    expect(s.outcomes(...tokens)).toEqual(['GNEISS_ERR_ACK_TIMEOUT', 'GNEISS_ERR_ACK_TIMEOUT']);
    s.suback(1, 0);
    s.unsuback(2, 0);
    expect(s.sink.tolerated).toBe(0);
  });

  test('[MQTT-3.10.4-5] [MQTT-3.1.1:3.10.4-4] [MQTT-3.1.1:3.10.4-5] UNSUBACK for what did not exist → the UNSUBSCRIBE with its identifier is done', () => {
    const s = createSession(version);
    s.connect();
    const [first, second] = [s.unsubscribe('a'), s.unsubscribe('b')];
    s.turn();
    s.unsuback(2, 0x11);
    expect(s.outcomes(first, second)).toEqual(['open', version === 5 ? '0x11' : '0x00']);
    s.unsuback(1, 0x11);
    expect(s.outcome(first)).toBe(version === 5 ? '0x11' : '0x00');
  });

  test('[MQTT-3.3.2-3] [MQTT-4.5.0-2] [MQTT-3.1.1:3.3.2-3] [MQTT-3.1.1:4.5.0-2] a message that no subscription matches → no handler sees it, and it is acknowledged', async () => {
    await using server = await ScriptedServer.start(version);
    const { client, peer } = await connected(server);
    const handled: string[] = [];
    const subscribing = client.subscribe('a/+', { qos: 1 }, ({ topicName }) => {
      handled.push(topicName);
    });
    await peer.grant();
    await subscribing;
    const message = {
      type: PUBLISH,
      payload: new Uint8Array(0),
      qos: 1,
      retain: false,
      dup: false,
      properties: {},
    } as const;
    peer.send(
      { ...message, topicName: 'b/c', packetId: 1 },
      { ...message, topicName: 'a/c', packetId: 2 },
    );
    expect((await peer.take(PUBACK, 2)).map(({ packetId }) => packetId)).toEqual([1, 2]);
    expect(handled).toEqual(['a/c']);
    await client.close();
  });

  test.each(REFUSALS[version])(
    'refused for its %s → the attempt fails with reason code %i',
    async (_, reasonCode, onTheWire) => {
      await using server = await ScriptedServer.start(version);
      const client = inlineClient(server);
      const failure = nextEvent(client, 'connectionFailure');
      client.start();
      const peer = await server.accept();
      await peer.next(PacketType.CONNECT);
      peer.sendRaw(
        Uint8Array.of(0x20, version === 5 ? 3 : 2, 0, onTheWire, ...(version === 5 ? [0] : [])),
      );
      expect((await failure)[0].error).toMatchObject({
        code: 'GNEISS_ERR_CONNECTION_REFUSED',
        reasonCode,
      });
      await peer.closed();
      await client.close();
    },
  );
});

describe('version 5', () => {
  test.each([
    ['PUBACK', 1],
    ['PUBREC', 2],
  ] as const)('[MQTT-5.0:2.4-a] %s of 0x10 → a success, from 0x80 on an error', async (_, qos) => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    for (const reasonCode of [0x10, 0x80, 0x97]) {
      const published = client.publish('a', 'x', { qos });
      const { packetId } = await peer.next(PUBLISH);
      if (qos === 1) peer.send({ type: PUBACK, packetId, reasonCode, properties: {} });
      else peer.send({ type: PacketType.PUBREC, packetId, reasonCode, properties: {} });
      if (reasonCode >= 0x80) {
        expect(await errorOf(published)).toMatchObject({
          code: 'GNEISS_ERR_REASON_CODE',
          reasonCode,
        });
        continue;
      }
      if (qos === 2) {
        await peer.next(PacketType.PUBREL);
        peer.send({ type: PacketType.PUBCOMP, packetId, reasonCode: 0, properties: {} });
      }
      expect((await published).qos).toBe(qos);
    }
    await client.close();
  });

  test('[MQTT-5.0:2.4-a] UNSUBACK of 0x11 → a success, of 0x83 an error', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server);
    for (const code of [0x11, 0x83]) {
      const subscribing = client.subscribe('a', () => {});
      await peer.grant();
      const ended = (await subscribing).unsubscribe();
      const { packetId } = await peer.next(UNSUBSCRIBE);
      peer.send({ type: UNSUBACK, packetId, reasonCodes: [code], properties: {} });
      if (code === 0x11) await ended;
      else expect((await errorOf(ended)).code).toBe('GNEISS_ERR_REASON_CODE');
    }
    await client.close();
  });

  test.each([
    ['CONNACK', 0x9c],
    ['CONNACK', 0x9d],
    ['DISCONNECT', 0x9c],
    ['DISCONNECT', 0x9d],
  ] as const)(
    '[MQTT-5.0:4.11-a] %s %i with a Server Reference → handed to the application',
    async (name, reasonCode) => {
      await using server = await ScriptedServer.start();
      const client = inlineClient(server);
      const properties = { serverReference: 'other:1883' };
      const end = nextEvent(client, name === 'CONNACK' ? 'connectionFailure' : 'disconnection');
      client.start();
      const peer = await server.accept();
      if (name === 'CONNACK') await peer.welcome({ reasonCode, properties });
      else {
        await peer.welcome();
        peer.send({ type: DISCONNECT, reasonCode, properties });
      }
      expect((await end)[0].error).toMatchObject({ reasonCode, packet: { properties } });
      await peer.closed();
      await client.close();
    },
  );

  test.each(['e0 00', 'e0 01 8b', 'e0 02 8b 00'])(
    '[MQTT-5.0:3.14-a] [MQTT-5.0:3.14-c] DISCONNECT %s → understood, and the connection closed',
    (listing) => {
      const s = createSession(5);
      s.connect();
      s.receiveBytes(bytes(listing));
      expect(s.closeReason.error).toMatchObject({
        code: 'GNEISS_ERR_SERVER_DISCONNECT',
        reasonCode: listing === 'e0 00' ? 0 : 0x8b,
      });
      expect(s.turn()).toEqual([]);
      expect(s.session.isFinished).toBe(true);
    },
  );

  test('[MQTT-3.2.2-15] a DISCONNECT that passes the Maximum Packet Size of the Server → without what makes it large', () => {
    const s = createSession(5);
    s.connect({ maximumPacketSize: 20 });
    s.session.close({
      error: { code: 'GNEISS_ERR_STOPPED' },
      disconnect: { type: DISCONNECT, reasonCode: 4, properties: { reasonString: 'x'.repeat(20) } },
    });
    s.turn();
    expect(s.lastBytes).toEqual(bytes('e0 01 04'));
  });

  test.each([
    ['Reason String', { reasonString: 'x'.repeat(20) }],
    ['User Property', { userProperties: [['k', 'x'.repeat(20)]] }],
  ] as const)(
    '[MQTT-3.14.2-3] [MQTT-3.14.2-4] a %s that makes a DISCONNECT too large → left out, but not the Session Expiry Interval',
    (_, properties) => {
      const s = createSession(5);
      s.connect({ maximumPacketSize: 20 });
      s.session.close({
        error: { code: 'GNEISS_ERR_STOPPED' },
        disconnect: {
          type: DISCONNECT,
          reasonCode: 0,
          properties: { sessionExpiryInterval: 7, ...properties },
        },
      });
      s.turn();
      expect(s.lastBytes).toEqual(bytes('e0 07 00 05 11 00 00 00 07'));
    },
  );

  test('[MQTT-5.0:3.3.2-d] a payload that is no UTF-8, told to be text → delivered: refusing it is a choice', () => {
    const s = createSession(5);
    s.connect();
    s.receiveBytes(bytes(`32 08  00 01 'a'  00 07  02 01 01  ff`.replace('32 08', '32 09')));
    expect(s.sink.messages[0]?.properties).toEqual({ payloadFormatIndicator: 1 });
    s.handle();
    expect(s.turn()).toEqual(['PUBACK #7']);
  });

  test('[MQTT-5.0:3.3.4-e] a message above the Maximum QoS of the Server → delivered: what it does not take it may send', () => {
    const s = createSession(5);
    s.connect({ maximumQos: 0 });
    s.deliver('a', { qos: 1, packetId: 7 });
    s.handle();
    expect(s.turn()).toEqual(['PUBACK #7']);
    expect(s.sink.messages).toHaveLength(1);
  });

  test('[MQTT-5.0:3.3.4-f] a Subscription Identifier that we never gave → delivered: a resumed Session may have it', () => {
    const s = createSession(5);
    s.connect();
    s.deliver('a', { properties: { subscriptionIdentifiers: [77] } });
    expect(s.sink.messages[0]?.properties).toEqual({ subscriptionIdentifiers: [77] });
  });
});
