import { describe, expect, test } from 'vitest';
import { MqttClient } from '../../src/client/mqtt-client.js';
import type { ProtocolVersion, Qos } from '../../src/codec/packet-types.js';
import type { Will } from '../../src/codec/packets.js';
import type { ClientOptions } from '../../src/options/schema.js';
import { bytes, concat } from '../codec/support.js';
import { errorOf } from '../support/inline-client.js';
import {
  createSession,
  type FixtureOptions,
  SessionFixture,
  VERSIONS,
} from '../support/session-fixture.js';

const WILL_DELAY = 9;
const MEMORY = new Uint8Array(new SharedArrayBuffer(4 << 20));

/** A CONNECT taken apart by the words of the specification, without the codec under test. */
interface ConnectParts {
  readonly header: number;
  /** Protocol Name and level. */
  readonly protocol: Uint8Array;
  readonly flags: number;
  readonly properties: Uint8Array;
  readonly payload: Uint8Array;
}

interface Combination {
  readonly options: Partial<FixtureOptions>;
  readonly will: Will | undefined;
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
}

/** Every way to set the Connect Flags that the version knows. */
function combinations(version: ProtocolVersion): Combination[] {
  const wills = [
    undefined,
    ...([0, 1, 2] as const).flatMap((qos) => [toWill(qos, false), toWill(qos, true)]),
  ];
  return wills.flatMap((will) =>
    [undefined, 'us€r'].flatMap((username) =>
      [undefined, Uint8Array.of(0, 0xff)].flatMap((password) =>
        (['always', 'never'] as const).flatMap((rejoinSession) => {
          const isAllowed = version === 5 || username !== undefined || password === undefined;
          const options = { clientId: 'mé', will, username, password, rejoinSession };
          return isAllowed ? [{ options, will, username, password }] : [];
        }),
      ),
    ),
  );

  function toWill(qos: Qos, retain: boolean): Will {
    const properties = version === 5 ? { willDelayInterval: WILL_DELAY } : {};
    return { topicName: 'göne', payload: Uint8Array.of(1, 2, 3), qos, retain, properties };
  }
}

function connectOf(version: ProtocolVersion, options: Partial<FixtureOptions>): ConnectParts {
  const s = new SessionFixture(version, options, MEMORY);
  s.open();
  s.turn();
  const packet = s.lastBytes;
  // Remaining Length takes one byte in all of these.
  expect(packet[1]).toBe(packet.length - 2);
  const propertiesStart = version === 5 ? 13 : 12;
  const payloadStart = version === 5 ? propertiesStart + packet[12]! : 12;
  return {
    header: packet[0]!,
    protocol: packet.slice(2, 9),
    flags: packet[9]!,
    properties: packet.slice(propertiesStart, payloadStart),
    payload: packet.slice(payloadStart),
  };
}

/** A field with its length of two bytes. */
function field(content: string | Uint8Array): Uint8Array {
  const body = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return concat(Uint8Array.of(body.length >>> 8, body.length & 0xff), body);
}

describe.each(VERSIONS)('version %i', (version) => {
  const cases = combinations(version).map((it) => ({ ...it, ...connectOf(version, it.options) }));

  test('[MQTT-3.1.2-1] [MQTT-3.1.1:3.1.2-1] the protocol is MQTT, at the level of the version', () => {
    const { header, protocol } = connectOf(version, {});
    expect(header).toBe(0x10);
    expect(protocol).toEqual(bytes(`00 04 'MQTT' 0${version}`));
  });

  test('[MQTT-3.1.2-3] [MQTT-3.1.1:3.1.2-3] the reserved Connect Flag is 0', () => {
    for (const { flags } of cases) expect(flags & 0x01).toBe(0);
  });

  test('[MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.1:3.1.2-11] [MQTT-3.1.1:3.1.2-13] [MQTT-3.1.1:3.1.2-15] no Will → Will Flag, Will QoS and Will Retain are 0', () => {
    for (const { flags, will } of cases) {
      if (will === undefined) expect(flags & 0x3c).toBe(0);
    }
  });

  test('[MQTT-3.1.2-12] [MQTT-3.1.1:3.1.2-14] a Will → its QoS, which is never 3, and its Retain', () => {
    for (const { flags, will } of cases) {
      if (will === undefined) continue;
      expect(flags & 0x3c).toBe(0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0));
    }
  });

  test('[MQTT-3.1.2-16] [MQTT-3.1.2-17] [MQTT-3.1.1:3.1.2-18] [MQTT-3.1.1:3.1.2-19] User Name Flag → set if there is a user name', () => {
    for (const { flags, username } of cases) {
      expect(flags & 0x80).toBe(username === undefined ? 0 : 0x80);
    }
  });

  test('[MQTT-3.1.2-18] [MQTT-3.1.2-19] [MQTT-3.1.1:3.1.2-20] [MQTT-3.1.1:3.1.2-21] Password Flag → set if there is a password', () => {
    for (const { flags, password } of cases) {
      expect(flags & 0x40).toBe(password === undefined ? 0 : 0x40);
    }
  });

  test('[MQTT-3.1.2-9] [MQTT-3.1.3-1] [MQTT-3.1.3-3] [MQTT-3.1.1:3.1.2-9] [MQTT-3.1.1:3.1.3-1] [MQTT-3.1.1:3.1.3-3] payload → client id, Will, user name, password: what the flags say, in this order, and no more', () => {
    for (const { payload, will, username, password } of cases) {
      const willProperties = version === 5 ? [bytes('05 18 00 00 00 09')] : [];
      const expected = concat(
        field('mé'),
        ...(will === undefined
          ? []
          : [...willProperties, field(will.topicName), field(will.payload)]),
        ...(username === undefined ? [] : [field(username)]),
        ...(password === undefined ? [] : [field(password)]),
      );
      expect(payload).toEqual(expected);
    }
  });

  test('[MQTT-3.1.3-3] [MQTT-3.1.1:3.1.3-3] an empty client id → present all the same', () => {
    expect(connectOf(version, { clientId: '', rejoinSession: 'never' }).payload).toEqual(
      bytes('00 00'),
    );
  });

  test('[MQTT-3.1.3-2] [MQTT-3.1.1:3.1.3-2] every connection of a Session → the same client id', () => {
    const s = createSession(version, { clientId: 'me' });
    const ids = [1, 2, 3].map(() => {
      const { clientId } = s.connect();
      s.drop();
      return clientId;
    });
    expect(ids).toEqual(['me', 'me', 'me']);
  });

  test.each<[string, ClientOptions]>([
    ['[MQTT-3.1.3-4] [MQTT-3.1.1:3.1.3-4] a client id', { clientId: '\ud800' }],
    ['[MQTT-3.1.3-11] [MQTT-3.1.1:3.1.3-10] a Will Topic', { will: { topicName: 'a\udc00' } }],
    ['[MQTT-3.1.3-12] [MQTT-3.1.1:3.1.3-11] a user name', { username: 'u\ud800', password: 'p' }],
  ])('%s that is no UTF-8 → refused', async (_, options) => {
    const error = await errorOf(
      () => new MqttClient('mqtt://h', { protocolVersion: version, ...options }),
    );
    expect(error.code).toBe('GNEISS_ERR_INVALID_OPTION');
  });

  test('[MQTT-3.1.2-4] [MQTT-3.1.1:3.1.2-6] a clean start → nothing of the Session before it is used again', () => {
    const s = createSession(version, { rejoinSession: 'never' });
    s.connect();
    s.publish('a', { qos: 2 });
    s.deliver('b', { qos: 2, packetId: 7, payload: 'old' });
    s.handle();
    expect(s.turn()).toEqual(['PUBREC #7', 'PUBLISH q2 #1 a']);
    s.drop();
    expect(s.connect().cleanStart).toBe(true);
    expect(s.turn()).toEqual(['PUBLISH q2 #2 a']);
    s.deliver('b', { qos: 2, packetId: 7, payload: 'new' });
    expect(s.payloads).toEqual(['old', 'new']);
    s.dispose();
  });

  test('[MQTT-3.1.2-23] [MQTT-4.1.0-1] [MQTT-3.1.1:3.1.2-4] [MQTT-3.1.1:4.1.0-1] no clean start → the Session outlives the connection, both ways', () => {
    const s = createSession(version, { rejoinSession: 'always' });
    s.connect();
    s.publish('a', { qos: 1 });
    s.publish('b', { qos: 2 });
    s.deliver('c', { qos: 2, packetId: 7, payload: 'once' });
    s.handle();
    s.turn();
    s.pubrec(2);
    s.turn();
    s.drop();
    s.advance(60_000);
    expect(s.connect({}, { sessionPresent: true }).cleanStart).toBe(false);
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a dup', 'PUBREL #2']);
    s.deliver('c', { qos: 2, packetId: 7, payload: 'again', dup: true });
    expect(s.turn()).toEqual(['PUBREC #7']);
    expect(s.payloads).toEqual(['once']);
    s.puback(1);
    s.pubcomp(2);
  });
});

describe('version 5', () => {
  test('[MQTT-3.1.2-9] a Will without properties → Property Length 0', () => {
    const will = {
      topicName: 't',
      payload: new Uint8Array(0),
      qos: 0,
      retain: false,
      properties: {},
    } as const;
    const { payload } = connectOf(5, { clientId: 'c', will });
    expect(payload).toEqual(bytes(`00 01 'c'  00  00 01 't'  00 00`));
  });

  test('[MQTT-5.0:3.1.2-b] properties → each once, but User Property', () => {
    const userProperties = [
      ['k', 'v'],
      ['k', 'w'],
    ] as const;
    const { properties } = connectOf(5, { userProperties });
    const lengths: Readonly<Record<number, number>> = {
      17: 4,
      23: 1,
      25: 1,
      33: 2,
      34: 2,
      39: 4,
      38: 6,
    };
    const ids: number[] = [];
    for (let at = 0; at < properties.length; at += 1 + lengths[properties[at]!]!) {
      ids.push(properties[at]!);
    }
    expect(ids.sort()).toEqual([0x11, 0x17, 0x19, 0x21, 0x22, 0x26, 0x26, 0x27]);
  });

  test.each<[string, ClientOptions]>([
    ['Receive Maximum', { receiveMaximum: 0 }],
    ['Maximum Packet Size', { maximumPacketSize: 0 }],
  ])('[MQTT-5.0:3.1.2-b] %s 0 → refused', async (_, options) => {
    const error = await errorOf(() => new MqttClient('mqtt://h', options));
    expect(error.code).toBe('GNEISS_ERR_INVALID_OPTION');
  });

  test.each([
    [undefined, 60],
    [0, 0],
    [0xffff_ffff, 0xffff_ffff],
  ])('[MQTT-5.0:3.1.2-e] Session Expiry Interval %s in CONNACK → %i holds', (answer, expected) => {
    const s = createSession(5, { sessionExpiryInterval: 60 });
    const connect = s.connect(answer === undefined ? {} : { sessionExpiryInterval: answer });
    expect(connect.properties.sessionExpiryInterval).toBe(60);
    expect(s.sink.connections[0]?.settings.sessionExpiryInterval).toBe(expected);
  });

  test('[MQTT-3.1.2-19] a password without a user name → sent', () => {
    const { flags, payload } = connectOf(5, { clientId: '', password: Uint8Array.of(7) });
    expect(flags & 0xc0).toBe(0x40);
    expect(payload).toEqual(bytes('00 00  00 01 07'));
  });
});
