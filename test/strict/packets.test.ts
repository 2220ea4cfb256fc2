import mqttPacket, { type Packet as TheirPacket } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { samplesOf } from '../codec/samples.js';
import { bytes, encode, reduceTo311, VERSIONS } from '../codec/support.js';
import { decodeOne, type Origin } from '../support/strict/decode.js';
import type { StrictPacket } from '../support/strict/packets.js';
import { noProperties } from '../support/strict/properties.js';

const SERVER5: Origin = { version: 5, sender: 'server' };
const CLIENT5: Origin = { version: 5, sender: 'client' };
const none = noProperties();

describe('packets written by hand → every field', () => {
  test('CONNECT 5 with everything', () => {
    const wire = bytes(`
      10 4d 00 04 'MQTT' 05
      ee 00 3c                 # user name, password, Will Retain, Will QoS 1, Will, Clean Start
      13 11 00 00 0e 10  19 01  21 00 0a  26 00 01 'k' 00 03 'v' c3 a9
      00 02 'id'
      13 02 00 00 00 3c  01 01  08 00 01 'r'  09 00 00  18 00 00 00 05
      00 06 'will/t'  00 03 'off'  00 04 'user'  00 02 00 ff`);
    expect(packetOf(wire, CLIENT5)).toStrictEqual({
      type: 'CONNECT',
      version: 5,
      cleanStart: true,
      keepAlive: 60,
      properties: {
        ...none,
        sessionExpiryInterval: 3600,
        requestResponseInformation: 1,
        receiveMaximum: 10,
        userProperties: [['k', 'vé']],
      },
      clientId: 'id',
      will: {
        qos: 1,
        retain: true,
        properties: {
          ...none,
          messageExpiryInterval: 60,
          payloadFormatIndicator: 1,
          responseTopic: 'r',
          correlationData: new Uint8Array(0),
          willDelayInterval: 5,
        },
        topicName: 'will/t',
        payload: bytes(`'off'`),
      },
      userName: 'user',
      password: bytes('00 ff'),
    });
  });

  test('PUBLISH 5 with several Subscription Identifiers, a byte order mark and two empty User Properties', () => {
    const wire = bytes(`
      3d 1e 00 06 ef bb bf 'a/b' 12 34
      12 0b 01  0b 80 01  23 00 07  26 00 00 00 00  26 00 00 00 00
      'x'`);
    expect(packetOf(wire, SERVER5)).toStrictEqual({
      type: 'PUBLISH',
      dup: true,
      qos: 2,
      retain: true,
      topicName: '\ufeffa/b',
      packetId: 0x1234,
      properties: {
        ...none,
        subscriptionIdentifiers: [1, 128],
        topicAlias: 7,
        userProperties: [
          ['', ''],
          ['', ''],
        ],
      },
      payload: bytes(`'x'`),
    });
  });

  test.each([2, 3, 4])('PUBACK of Remaining Length %i', (length) => {
    const wire = bytes('40 02 00 09 00 00').slice(0, 2 + length);
    wire[1] = length;
    const packet = { type: 'PUBACK', packetId: 9, reasonCode: 0, properties: none };
    expect(packetOf(wire, CLIENT5)).toStrictEqual(packet);
  });

  test('a Remaining Length of needless bytes is one in MQTT 3.1.1', () => {
    expect(packetOf(bytes('d0 80 80 00'), { version: 4, sender: 'server' })).toStrictEqual({
      type: 'PINGRESP',
    });
  });

  test('$share is a share only with a second slash, and only in MQTT 5', () => {
    const filters = (listing: string, version: 4 | 5): string => {
      return decodeOne(bytes(listing), 0, { version, sender: 'client' }).kind;
    };
    expect(filters(`a2 0b 00 01 00 00 06 '$share'`, 5)).toBe('packet');
    expect(filters(`a2 0b 00 01 00 07 '$share/'`, 4)).toBe('packet');
    expect(filters(`a2 13 00 01 00 00 0e '$share/g/a/+/#'`, 5)).toBe('packet');
    expect(filters(`a2 0f 00 01 00 00 0a '$share/g//'`, 5)).toBe('packet');
  });
});

describe.each(VERSIONS)('version %i', (version) => {
  const samples = samplesOf(version).map(({ title, sender, packet }) => ({
    title,
    sender,
    packet: version === 5 ? packet : reduceTo311(packet),
  }));

  test.each(samples)('$title, as our encoder writes it → accepted', ({ sender, packet }) => {
    const wire = encode(packet, version);
    const strict = packetOf(wire, { version, sender });
    if ('packetId' in packet) expect(strict).toMatchObject({ packetId: packet.packetId });
    if ('reasonCode' in packet && packet.type !== 2) {
      expect(strict).toMatchObject({ reasonCode: packet.reasonCode });
    }
  });
});

describe('against mqtt-packet', () => {
  const userProperties = { k: 'v' };
  test.each<readonly [Origin, object, object]>([
    [
      CLIENT5,
      {
        cmd: 'publish',
        topic: 'a/b',
        payload: Buffer.from('p'),
        qos: 1,
        dup: true,
        retain: true,
        messageId: 7,
        properties: { topicAlias: 3, messageExpiryInterval: 9, userProperties },
      },
      {
        type: 'PUBLISH',
        topicName: 'a/b',
        qos: 1,
        dup: true,
        retain: true,
        packetId: 7,
        properties: { topicAlias: 3, messageExpiryInterval: 9, userProperties: [['k', 'v']] },
      },
    ],
    [
      CLIENT5,
      {
        cmd: 'subscribe',
        messageId: 8,
        subscriptions: [{ topic: 'a/+', qos: 2, nl: true, rap: true, rh: 1 }],
        properties: { subscriptionIdentifier: 200 },
      },
      {
        type: 'SUBSCRIBE',
        packetId: 8,
        properties: { subscriptionIdentifiers: [200] },
        subscriptions: [
          { topicFilter: 'a/+', qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 1 },
        ],
      },
    ],
    [
      SERVER5,
      {
        cmd: 'connack',
        sessionPresent: true,
        reasonCode: 0,
        properties: { receiveMaximum: 5, maximumQoS: 1, serverKeepAlive: 20 },
      },
      {
        type: 'CONNACK',
        sessionPresent: true,
        properties: { receiveMaximum: 5, maximumQos: 1, serverKeepAlive: 20 },
      },
    ],
    [
      { version: 4, sender: 'client' },
      {
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: false,
        clientId: 'c',
        keepalive: 5,
        username: 'u',
        password: Buffer.from('p'),
        will: { topic: 'w', payload: Buffer.from('x'), qos: 2, retain: false },
      },
      {
        type: 'CONNECT',
        version: 4,
        cleanStart: false,
        keepAlive: 5,
        clientId: 'c',
        userName: 'u',
        will: { topicName: 'w', qos: 2, retain: false },
      },
    ],
    [
      { version: 4, sender: 'server' },
      { cmd: 'suback', messageId: 4, granted: [0, 1, 2, 0x80] },
      { type: 'SUBACK', packetId: 4, reasonCodes: [0, 1, 2, 0x80] },
    ],
  ])('%o: what they write is read', (origin, theirs, expected) => {
    const wire = mqttPacket.generate(theirs as TheirPacket, { protocolVersion: origin.version });
    expect(packetOf(Uint8Array.from(wire), origin)).toMatchObject(expected);
  });
});

function packetOf(wire: Uint8Array, origin: Origin): StrictPacket {
  const verdict = decodeOne(wire, 0, origin);
  if (verdict.kind !== 'packet') throw new Error(JSON.stringify(verdict));
  expect(verdict.length).toBe(wire.length);
  return verdict.packet;
}
