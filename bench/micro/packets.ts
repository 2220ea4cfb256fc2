import mqttPacket, { type Packet as TheirPacket } from 'mqtt-packet';
import { decodePacket } from '../../src/codec/decode.js';
import { encodePacket, packetSize } from '../../src/codec/encode.js';
import { Framer, FrameStatus } from '../../src/codec/framer.js';
import { PacketType, type Sender } from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';
import { TOPIC_FILTER, topicNames } from '../peers/frames.js';
import { type MicroTask, OPERATIONS } from './suite.js';

const properties = {};
const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;

/** Packets as they are on an ordinary day, and who sends them. */
const SAMPLES: readonly (readonly [string, Sender, Packet])[] = [
  [
    'CONNECT',
    'client',
    {
      type: PacketType.CONNECT,
      protocolVersion: 5,
      cleanStart: true,
      keepAlive: 30,
      clientId: 'meter-7',
      username: 'user',
      password: Buffer.from('secret'),
      properties: { sessionExpiryInterval: 3_600, receiveMaximum: 8_192 },
    },
  ],
  [
    'CONNACK',
    'server',
    {
      type: PacketType.CONNACK,
      sessionPresent: false,
      reasonCode: 0,
      properties: { receiveMaximum: 65_535, topicAliasMaximum: 16 },
    },
  ],
  [
    'PUBLISH',
    'server',
    {
      type: PacketType.PUBLISH,
      topicName: topicNames(1)[0]!,
      payload: new Uint8Array(128),
      qos: 1,
      retain: false,
      dup: false,
      packetId: 1,
      properties,
    },
  ],
  ['PUBACK', 'server', { type: PacketType.PUBACK, packetId: 1, reasonCode: 0, properties }],
  [
    'SUBSCRIBE',
    'client',
    {
      type: PacketType.SUBSCRIBE,
      packetId: 1,
      subscriptions: [{ topicFilter: TOPIC_FILTER, qos: 1, ...options }],
      properties,
    },
  ],
  ['SUBACK', 'server', { type: PacketType.SUBACK, packetId: 1, reasonCodes: [1], properties }],
  [
    'UNSUBSCRIBE',
    'client',
    { type: PacketType.UNSUBSCRIBE, packetId: 1, topicFilters: [TOPIC_FILTER], properties },
  ],
  ['UNSUBACK', 'server', { type: PacketType.UNSUBACK, packetId: 1, reasonCodes: [0], properties }],
  ['PINGREQ', 'client', { type: PacketType.PINGREQ }],
  [
    'DISCONNECT',
    'client',
    { type: PacketType.DISCONNECT, reasonCode: 4, properties: { reasonString: 'maintenance' } },
  ],
];

/**
 * Whole packets to and from objects, one of each type, beside mqtt-packet, which MQTT.js uses. A client of ours does this for rare
 * packets; PUBLISH and its acknowledgements are written and read in place.
 */
export function packetTasks(): readonly MicroTask[] {
  return SAMPLES.flatMap(([name, sender, packet]) => [
    ...encodeTasks(name, packet),
    ...decodeTasks(name, packet, sender),
  ]);
}

function encodeTasks(name: string, packet: Packet): readonly MicroTask[] {
  const memory = wireOf(packet);
  const theirs = parseTheirs(memory);
  return [
    {
      name: `encode ${name} from an object`,
      run: () => {
        for (let operation = 0; operation < OPERATIONS; operation += 1)
          if (encodePacket(packet, 5, memory, 0) !== memory.length) throw new Error('cut short');
      },
    },
    {
      name: `encode ${name} from an object, mqtt-packet`,
      run: () => {
        for (let operation = 0; operation < OPERATIONS; operation += 1)
          if (mqttPacket.generate(theirs, { protocolVersion: 5 }).length < 2)
            throw new Error('cut short');
      },
    },
  ];
}

function decodeTasks(name: string, packet: Packet, sender: Sender): readonly MicroTask[] {
  const memory = wireOf(packet);
  const wire = Buffer.from(memory);
  const framer = new Framer(memory.length);
  const parser = mqttPacket.parser({ protocolVersion: 5 });
  let parsed = 0;
  parser.on('packet', () => {
    parsed += 1;
  });
  return [
    {
      name: `frame and decode ${name} into an object`,
      run: () => {
        for (let operation = 0; operation < OPERATIONS; operation += 1) {
          if (framer.scan(memory, 0, memory.length) !== FrameStatus.COMPLETE)
            throw new Error('incomplete');
          const { header, bodyStart, end } = framer;
          if (decodePacket(memory, header, bodyStart, end, 5, sender).packet === null)
            throw new Error('refused');
        }
      },
    },
    {
      name: `frame and decode ${name} into an object, mqtt-packet`,
      run: () => {
        parsed = 0;
        for (let operation = 0; operation < OPERATIONS; operation += 1) parser.parse(wire);
        if (parsed !== OPERATIONS) throw new Error('refused');
      },
    },
  ];
}

function wireOf(packet: Packet): Uint8Array {
  const memory = new Uint8Array(packetSize(packet, 5));
  encodePacket(packet, 5, memory, 0);
  return memory;
}

function parseTheirs(wire: Uint8Array): TheirPacket {
  const parser = mqttPacket.parser({ protocolVersion: 5 });
  const packets: TheirPacket[] = [];
  parser.on('packet', (packet: TheirPacket) => packets.push(packet));
  parser.parse(Buffer.from(wire));
  const [packet] = packets;
  if (packet === undefined) throw new Error('mqtt-packet does not read what we write');
  return packet;
}
