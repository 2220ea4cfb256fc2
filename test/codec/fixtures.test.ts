import { expect, test } from 'vitest';
import { PacketType, type ProtocolVersion, type Sender } from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';
import { bytes, decoded, encode } from './support.js';

interface Fixture {
  readonly title: string;
  readonly version: ProtocolVersion;
  readonly sender: Sender;
  readonly wire: Uint8Array;
  readonly packet: Packet;
}

const data = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const properties = {};

/** Written by hand from the specification. Properties stand in the order in which we send them. */
const FIXTURES: readonly Fixture[] = [
  fixture(
    'CONNECT 5',
    5,
    'client',
    `
    10 4d                   # CONNECT, Remaining Length 77
    00 04 'MQTT' 05         # protocol name, version 5
    ee 00 3c                # user name, password, Will Retain, Will QoS 1, Will, Clean Start; keep alive 60
    13                      # Property Length 19
      11 00 00 0e 10        # Session Expiry Interval 3600
      19 01                 # Request Response Information 1
      21 00 0a              # Receive Maximum 10
      26 00 01 'k' 00 03 'v' c3 a9   # User Property k = vé
    00 02 'id'              # client id
    13                      # Will Property Length 19
      02 00 00 00 3c        # Message Expiry Interval 60
      01 01                 # Payload Format Indicator 1
      08 00 01 'r'          # Response Topic r
      09 00 00              # Correlation Data, empty
      18 00 00 00 05        # Will Delay Interval 5
    00 06 'will/t'          # Will Topic
    00 03 'off'             # Will Payload
    00 04 'user'            # user name
    00 02 00 ff             # password
    `,
    {
      type: PacketType.CONNECT,
      protocolVersion: 5,
      cleanStart: true,
      keepAlive: 60,
      clientId: 'id',
      will: {
        topicName: 'will/t',
        payload: data(0x6f, 0x66, 0x66),
        qos: 1,
        retain: true,
        properties: {
          messageExpiryInterval: 60,
          payloadFormatIndicator: 1,
          responseTopic: 'r',
          correlationData: data(),
          willDelayInterval: 5,
        },
      },
      username: 'user',
      password: data(0, 0xff),
      properties: {
        sessionExpiryInterval: 3600,
        requestResponseInformation: true,
        receiveMaximum: 10,
        userProperties: [['k', 'vé']],
      },
    },
  ),
  fixture(
    'CONNECT 3.1.1',
    4,
    'client',
    `
    10 17                   # CONNECT, Remaining Length 23
    00 04 'MQTT' 04         # protocol name, level 4
    14 00 0a                # Will QoS 2, Will, no Clean Session; keep alive 10
    00 03 'abc'             # client id
    00 01 'w'               # Will Topic
    00 03 01 02 03          # Will Message
    `,
    {
      type: PacketType.CONNECT,
      protocolVersion: 4,
      cleanStart: false,
      keepAlive: 10,
      clientId: 'abc',
      will: { topicName: 'w', payload: data(1, 2, 3), qos: 2, retain: false, properties },
      properties,
    },
  ),
  fixture(
    'CONNACK 5',
    5,
    'server',
    `
    20 16                   # CONNACK, Remaining Length 22
    01 00                   # Session Present, Success
    13                      # Property Length 19
      12 00 01 'x'          # Assigned Client Identifier x
      13 00 1e              # Server Keep Alive 30
      22 00 10              # Topic Alias Maximum 16
      24 01                 # Maximum QoS 1
      27 00 00 10 00        # Maximum Packet Size 4096
      2a 00                 # Shared Subscription Available 0
    `,
    {
      type: PacketType.CONNACK,
      sessionPresent: true,
      reasonCode: 0,
      properties: {
        assignedClientIdentifier: 'x',
        serverKeepAlive: 30,
        topicAliasMaximum: 16,
        maximumQos: 1,
        maximumPacketSize: 4096,
        sharedSubscriptionAvailable: false,
      },
    },
  ),
  fixture('CONNACK 3.1.1', 4, 'server', '20 02 00 05   # Not authorized', {
    type: PacketType.CONNACK,
    sessionPresent: false,
    reasonCode: 0x87,
    properties,
  }),
  fixture(
    'PUBLISH 5',
    5,
    'server',
    `
    3d 1c                   # PUBLISH, DUP, QoS 2, RETAIN, Remaining Length 28
    00 03 'a/b'             # topic
    12 34                   # Packet Identifier
    0f                      # Property Length 15
      02 00 01 51 80        # Message Expiry Interval 86400
      03 00 01 't'          # Content Type t
      0b 80 01              # Subscription Identifier 128
      23 00 07              # Topic Alias 7
    'hello'                 # payload
    `,
    {
      type: PacketType.PUBLISH,
      topicName: 'a/b',
      payload: data(0x68, 0x65, 0x6c, 0x6c, 0x6f),
      qos: 2,
      retain: true,
      dup: true,
      packetId: 0x1234,
      properties: {
        messageExpiryInterval: 86_400,
        contentType: 't',
        subscriptionIdentifiers: [128],
        topicAlias: 7,
      },
    },
  ),
  fixture('PUBLISH 3.1.1', 4, 'client', `30 06 00 01 'a' 'xyz'   # QoS 0, no properties`, {
    type: PacketType.PUBLISH,
    topicName: 'a',
    payload: data(0x78, 0x79, 0x7a),
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    properties,
  }),
  fixture('PUBACK 5', 5, 'server', '40 03 00 07 10   # No matching subscribers', {
    type: PacketType.PUBACK,
    packetId: 7,
    reasonCode: 0x10,
    properties,
  }),
  fixture('PUBREC 5', 5, 'server', `50 09 00 07 97 05 1f 00 02 'no'   # with Reason String`, {
    type: PacketType.PUBREC,
    packetId: 7,
    reasonCode: 0x97,
    properties: { reasonString: 'no' },
  }),
  fixture('PUBREL', 4, 'client', '62 02 00 07', {
    type: PacketType.PUBREL,
    packetId: 7,
    reasonCode: 0,
    properties,
  }),
  fixture('PUBCOMP 5', 5, 'client', '70 03 ff ff 92   # Packet Identifier not found', {
    type: PacketType.PUBCOMP,
    packetId: 65535,
    reasonCode: 0x92,
    properties,
  }),
  fixture(
    'SUBSCRIBE 5',
    5,
    'client',
    `
    82 10                   # SUBSCRIBE, Remaining Length 16
    00 0a                   # Packet Identifier
    03 0b c8 01             # Property Length 3: Subscription Identifier 200
    00 03 'a/#' 2d          # Retain Handling 2, Retain As Published, No Local, QoS 1
    00 01 '+' 02            # QoS 2
    `,
    {
      type: PacketType.SUBSCRIBE,
      packetId: 10,
      subscriptions: [
        { topicFilter: 'a/#', qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 2 },
        { topicFilter: '+', qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 },
      ],
      properties: { subscriptionIdentifier: 200 },
    },
  ),
  fixture(
    'SUBACK 5',
    5,
    'server',
    `90 0b 00 0a 05 1f 00 02 'ok' 02 87 9e   # Reason String, then three codes`,
    {
      type: PacketType.SUBACK,
      packetId: 10,
      reasonCodes: [2, 0x87, 0x9e],
      properties: { reasonString: 'ok' },
    },
  ),
  fixture('SUBACK 3.1.1', 4, 'server', '90 04 00 0a 01 80', {
    type: PacketType.SUBACK,
    packetId: 10,
    reasonCodes: [1, 0x80],
    properties,
  }),
  fixture('UNSUBSCRIBE 5', 5, 'client', `a2 09 00 0b 00 00 01 'a' 00 01 'b'`, {
    type: PacketType.UNSUBSCRIBE,
    packetId: 11,
    topicFilters: ['a', 'b'],
    properties,
  }),
  fixture('UNSUBACK 5', 5, 'server', 'b0 05 00 0b 00 00 11   # Success, No subscription existed', {
    type: PacketType.UNSUBACK,
    packetId: 11,
    reasonCodes: [0, 0x11],
    properties,
  }),
  fixture('UNSUBACK 3.1.1', 4, 'server', 'b0 02 00 0b', {
    type: PacketType.UNSUBACK,
    packetId: 11,
    reasonCodes: [],
    properties,
  }),
  fixture('PINGREQ', 5, 'client', 'c0 00', { type: PacketType.PINGREQ }),
  fixture('PINGRESP', 4, 'server', 'd0 00', { type: PacketType.PINGRESP }),
  fixture('DISCONNECT 5', 5, 'server', `e0 06 9d 04 1c 00 01 'b'   # Server moved, to b`, {
    type: PacketType.DISCONNECT,
    reasonCode: 0x9d,
    properties: { serverReference: 'b' },
  }),
  fixture('DISCONNECT 3.1.1', 4, 'client', 'e0 00', {
    type: PacketType.DISCONNECT,
    reasonCode: 0,
    properties,
  }),
  fixture(
    'AUTH',
    5,
    'server',
    `
    f0 0a                   # AUTH, Remaining Length 10
    18 08                   # Continue authentication, Property Length 8
      15 00 01 'M'          # Authentication Method M
      16 00 01 ff           # Authentication Data
    `,
    {
      type: PacketType.AUTH,
      reasonCode: 0x18,
      properties: { authenticationMethod: 'M', authenticationData: data(0xff) },
    },
  ),
];

test.each(FIXTURES)('$title, written by hand → decodes', ({ wire, version, sender, packet }) => {
  expect(decoded(wire, version, sender)).toStrictEqual(packet);
});

test.each(FIXTURES)('$title → encodes to what was written by hand', (it) => {
  expect(encode(it.packet, it.version)).toEqual(it.wire);
});

test('fixtures → show every packet type', () => {
  const shown = new Set(FIXTURES.map(({ packet }) => packet.type));
  expect(shown.size).toBe(Object.keys(PacketType).length);
});

/** Forms that we never send but must take. */
test.each<[string, string, Sender, Packet]>([
  [
    'PUBACK with a reason code and an empty property section',
    '40 04 00 01 00 00',
    'server',
    { type: PacketType.PUBACK, packetId: 1, reasonCode: 0, properties },
  ],
  [
    'PUBREL with an explicit Success',
    '62 03 00 01 00',
    'server',
    { type: PacketType.PUBREL, packetId: 1, reasonCode: 0, properties },
  ],
  [
    'DISCONNECT with only a reason code',
    'e0 01 8b',
    'server',
    { type: PacketType.DISCONNECT, reasonCode: 0x8b, properties },
  ],
  [
    'DISCONNECT with an empty property section',
    'e0 02 00 00',
    'client',
    { type: PacketType.DISCONNECT, reasonCode: 0, properties },
  ],
  [
    'CONNACK of a 3.1.1 Server that refuses version 5',
    '20 02 00 01',
    'server',
    { type: PacketType.CONNACK, sessionPresent: false, reasonCode: 0x84, properties },
  ],
])('%s → decodes', (_title, listing, sender, packet) => {
  expect(decoded(bytes(listing), 5, sender)).toStrictEqual(packet);
});

function fixture(
  title: string,
  version: ProtocolVersion,
  sender: Sender,
  listing: string,
  packet: Packet,
): Fixture {
  return { title, version, sender, wire: bytes(listing), packet };
}
