import { PacketType, type Sender } from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';

/** A packet and a side that may send it. */
export interface Sample {
  readonly title: string;
  readonly sender: Sender;
  readonly packet: Packet;
}

const data = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const properties = {};
const userProperties: readonly (readonly [string, string])[] = [
  ['b', '1'],
  ['a', '2'],
  ['b', '1'],
  ['', ''],
  ['', ''],
  ['__proto__', 'polluted'],
  ['constructor', 'ключ 鍵 🔑'],
];
const reasonString = '\ufeffbecause';
const message = {
  messageExpiryInterval: 0xffff_ffff,
  payloadFormatIndicator: 1,
  contentType: 'text/plain',
  responseTopic: 'réponse/1',
  correlationData: data(0, 255, 1),
};
const authentication = { authenticationMethod: 'SCRAM', authenticationData: data(9, 8, 7) };

const subscription = {
  topicFilter: 'a/+/b/#',
  qos: 2,
  noLocal: true,
  retainAsPublished: true,
  retainHandling: 2,
} as const;
const plain = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;

/** Every packet: as small as it gets, and with everything that it can carry. */
export const SAMPLES: readonly Sample[] = [
  sample('CONNECT, smallest', 'client', {
    type: PacketType.CONNECT,
    protocolVersion: 5,
    cleanStart: true,
    keepAlive: 0,
    clientId: '',
    properties,
  }),
  sample('CONNECT with everything', 'client', {
    type: PacketType.CONNECT,
    protocolVersion: 5,
    cleanStart: false,
    keepAlive: 65535,
    clientId: 'meter-7',
    username: 'user',
    password: data(0, 1, 2, 255),
    will: {
      topicName: 'will/topic',
      payload: data(1, 0, 2),
      qos: 2,
      retain: true,
      properties: { ...message, willDelayInterval: 7, userProperties },
    },
    properties: {
      sessionExpiryInterval: 0xffff_ffff,
      ...authentication,
      requestProblemInformation: false,
      requestResponseInformation: true,
      receiveMaximum: 1,
      topicAliasMaximum: 65535,
      userProperties,
      maximumPacketSize: 0x8000_0000,
    },
  }),
  sample('CONNECT with an empty Will and user name', 'client', {
    type: PacketType.CONNECT,
    protocolVersion: 5,
    cleanStart: true,
    keepAlive: 30,
    clientId: 'c',
    username: '',
    will: { topicName: 'w', payload: data(), qos: 1, retain: false, properties },
    properties,
  }),
  sample('CONNACK, smallest', 'server', {
    type: PacketType.CONNACK,
    sessionPresent: false,
    reasonCode: 0,
    properties,
  }),
  sample('CONNACK with everything', 'server', {
    type: PacketType.CONNACK,
    sessionPresent: true,
    reasonCode: 0,
    properties: {
      sessionExpiryInterval: 0,
      assignedClientIdentifier: 'assigned',
      serverKeepAlive: 10,
      ...authentication,
      responseInformation: 'response/',
      serverReference: 'a:1883 b:1883',
      reasonString,
      receiveMaximum: 65535,
      topicAliasMaximum: 0,
      maximumQos: 1,
      retainAvailable: false,
      userProperties,
      maximumPacketSize: 1,
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifierAvailable: false,
      sharedSubscriptionAvailable: true,
    },
  }),
  sample('CONNACK, refused', 'server', {
    type: PacketType.CONNACK,
    sessionPresent: false,
    reasonCode: 0x86,
    properties,
  }),
  sample('PUBLISH, smallest', 'server', {
    type: PacketType.PUBLISH,
    topicName: '/',
    payload: data(),
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    properties,
  }),
  sample('PUBLISH with everything', 'server', {
    type: PacketType.PUBLISH,
    topicName: 'tele/métrie/7',
    payload: data(1, 2, 3, 0, 255),
    qos: 2,
    retain: true,
    dup: true,
    packetId: 65535,
    properties: {
      ...message,
      subscriptionIdentifiers: [1, 127, 128, 0xfff_ffff, 1],
      topicAlias: 65535,
      userProperties,
    },
  }),
  sample('PUBLISH from the Client', 'client', {
    type: PacketType.PUBLISH,
    topicName: 'a/b',
    payload: new Uint8Array(200).fill(0x2b),
    qos: 1,
    retain: false,
    dup: false,
    packetId: 1,
    properties: { topicAlias: 1 },
  }),
  ...(['PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP'] as const).flatMap((name) => {
    const type = PacketType[name];
    const failure = name === 'PUBACK' || name === 'PUBREC' ? 0x97 : 0x92;
    return [
      sample(`${name}, smallest`, 'server', { type, packetId: 256, reasonCode: 0, properties }),
      sample(`${name}, failing`, 'client', { type, packetId: 2, reasonCode: failure, properties }),
      sample(`${name} with everything`, 'server', {
        type,
        packetId: 3,
        reasonCode: 0,
        properties: { reasonString, userProperties },
      }),
    ];
  }),
  sample('SUBSCRIBE, smallest', 'client', {
    type: PacketType.SUBSCRIBE,
    packetId: 1,
    subscriptions: [{ topicFilter: '#', qos: 0, ...plain }],
    properties,
  }),
  sample('SUBSCRIBE with everything', 'client', {
    type: PacketType.SUBSCRIBE,
    packetId: 0x1234,
    subscriptions: [
      subscription,
      { topicFilter: '$share/group/+', qos: 1, ...plain, retainHandling: 1 },
    ],
    properties: { subscriptionIdentifier: 0xfff_ffff, userProperties },
  }),
  sample('SUBACK, smallest', 'server', {
    type: PacketType.SUBACK,
    packetId: 1,
    reasonCodes: [0],
    properties,
  }),
  sample('SUBACK with everything', 'server', {
    type: PacketType.SUBACK,
    packetId: 0x1234,
    reasonCodes: [0, 1, 2, 0x80, 0x87, 0xa2],
    properties: { reasonString, userProperties },
  }),
  sample('UNSUBSCRIBE, smallest', 'client', {
    type: PacketType.UNSUBSCRIBE,
    packetId: 1,
    topicFilters: ['a'],
    properties,
  }),
  sample('UNSUBSCRIBE with everything', 'client', {
    type: PacketType.UNSUBSCRIBE,
    packetId: 2,
    topicFilters: ['a/#', '$share/g/+/b', '+'],
    properties: { userProperties },
  }),
  sample('UNSUBACK, smallest', 'server', {
    type: PacketType.UNSUBACK,
    packetId: 1,
    reasonCodes: [0],
    properties,
  }),
  sample('UNSUBACK with everything', 'server', {
    type: PacketType.UNSUBACK,
    packetId: 2,
    reasonCodes: [0, 0x11, 0x8f],
    properties: { reasonString, userProperties },
  }),
  sample('PINGREQ', 'client', { type: PacketType.PINGREQ }),
  sample('PINGRESP', 'server', { type: PacketType.PINGRESP }),
  sample('DISCONNECT, smallest', 'client', {
    type: PacketType.DISCONNECT,
    reasonCode: 0,
    properties,
  }),
  sample('DISCONNECT with a reason code', 'client', {
    type: PacketType.DISCONNECT,
    reasonCode: 4,
    properties,
  }),
  sample('DISCONNECT of the Client with everything', 'client', {
    type: PacketType.DISCONNECT,
    reasonCode: 0,
    properties: { sessionExpiryInterval: 1, reasonString, userProperties },
  }),
  sample('DISCONNECT of the Server with everything', 'server', {
    type: PacketType.DISCONNECT,
    reasonCode: 0x9c,
    properties: { serverReference: 'b:1', reasonString, userProperties },
  }),
  sample('AUTH of the Client', 'client', {
    type: PacketType.AUTH,
    reasonCode: 0x19,
    properties: { authenticationMethod: '' },
  }),
  sample('AUTH with everything', 'server', {
    type: PacketType.AUTH,
    reasonCode: 0x18,
    properties: { ...authentication, reasonString, userProperties },
  }),
];

/** The samples that exist in a version. */
export function samplesOf(version: 4 | 5): readonly Sample[] {
  if (version === 5) return SAMPLES;
  return SAMPLES.filter(({ packet, sender }) => {
    if (packet.type === PacketType.DISCONNECT) return sender === 'client';
    return packet.type !== PacketType.AUTH;
  });
}

function sample(title: string, sender: Sender, packet: Packet): Sample {
  return { title, sender, packet };
}
