// The few packets that the null peer and the raw client need, written by hand: nothing of the code under test takes
// part in producing or counting its own load.

/** Quality of Service, as everywhere in MQTT. */
export type Qos = 0 | 1 | 2;

/** Protocol Version: 4 is MQTT 3.1.1. */
export type Version = 4 | 5;

/** Control Packet types, as they stand in the high nibble of a packet's first byte. */
export const PacketType = {
  CONNECT: 1,
  CONNACK: 2,
  PUBLISH: 3,
  PUBACK: 4,
  PUBREC: 5,
  PUBREL: 6,
  PUBCOMP: 7,
  SUBSCRIBE: 8,
  SUBACK: 9,
  PINGREQ: 12,
  PINGRESP: 13,
} as const;

/** What stands in front of the payload of a PUBLISH packet. */
export interface PublishHead {
  readonly topicName: string;
  readonly qos: Qos;
  readonly packetId: number;
  readonly version: Version;
  /** Of MQTT 5, without their length. */
  readonly properties: readonly number[];
}

/** One packet: first byte, remaining length, body. */
export function packet(firstByte: number, ...body: readonly Uint8Array[]): Buffer {
  const remaining = body.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([firstByte, ...variableByteInteger(remaining)]), ...body]);
}

/** A PUBLISH packet. */
export function publishPacket(head: PublishHead, payload: Uint8Array): Buffer {
  const topic = Buffer.from(head.topicName);
  const id = head.qos === 0 ? [] : uint16(head.packetId);
  return packet(
    (PacketType.PUBLISH << 4) | (head.qos << 1),
    Buffer.from(uint16(topic.length)),
    topic,
    Buffer.from([...id, ...propertiesFor(head.version, head.properties)]),
    payload,
  );
}

/** CONNECT of the raw client: MQTT 5, Clean Start, keep alive off. */
export function connectPacket(clientId: string): Buffer {
  const id = Buffer.from(clientId);
  const properties = [0x21, 0xff, 0xff]; // Receive Maximum
  return packet(
    PacketType.CONNECT << 4,
    Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 0x02, 0, 0, properties.length, ...properties]),
    Buffer.from(uint16(id.length)),
    id,
  );
}

/** SUBSCRIBE of the raw client. */
export function subscribePacket(topicFilter: string, qos: Qos): Buffer {
  const filter = Buffer.from(topicFilter);
  return packet(
    (PacketType.SUBSCRIBE << 4) | 2,
    Buffer.from([0, 1, 0, ...uint16(filter.length)]),
    filter,
    Buffer.from([qos]),
  );
}

/** Successful CONNACK with the largest Receive Maximum. */
export function connackPacket(
  version: Version,
  sessionPresent: boolean,
  topicAliasMaximum: number,
): Buffer {
  const properties = [0x21, 0xff, 0xff, 0x22, ...uint16(topicAliasMaximum)];
  return packet(
    PacketType.CONNACK << 4,
    Buffer.from([sessionPresent ? 1 : 0, 0, ...propertiesFor(version, properties)]),
  );
}

/** PINGRESP. */
export const PINGRESP: Buffer = packet(PacketType.PINGRESP << 4);

/** SUBACK of a single subscription. */
export function subackPacket(version: Version, packetIdBytes: Uint8Array, granted: Qos): Buffer {
  const rest = Buffer.from([...propertiesFor(version, []), granted]);
  return packet(PacketType.SUBACK << 4, packetIdBytes, rest);
}

/** Two bytes, the high one first. */
export function uint16(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}

/** A UTF-8 string with its length in front. */
export function text(value: string): readonly number[] {
  const bytes = Buffer.from(value);
  return [...uint16(bytes.length), ...bytes];
}

function propertiesFor(version: Version, properties: readonly number[]): readonly number[] {
  return version === 5 ? [...variableByteInteger(properties.length), ...properties] : [];
}

function variableByteInteger(value: number): number[] {
  return value < 0x80
    ? [value]
    : [(value & 0x7f) | 0x80, ...variableByteInteger(Math.floor(value / 0x80))];
}
