// The few MQTT 5 packets that the null peer and the raw client need, written by hand: nothing of the code under
// test takes part in producing or counting its own load.

/** Quality of Service, as everywhere in MQTT. */
export type Qos = 0 | 1 | 2;

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

/** Frames in one cycle of prepared messages: a power of two, so that a sequence number is a mask away. */
export const CYCLE = 32_768;

/** Topic Names of all messages, equally long so that all frames of a run are. */
export const TOPICS: readonly string[] = Array.from(
  { length: 16 },
  (_, index) => `telemetry/plant-07/meter-${10 + index}/temperature`,
);

/** The one Topic Filter that receiving lanes subscribe to. */
export const TOPIC_FILTER = 'telemetry/plant-07/+/temperature';

/** Payload length of the message that ends a stream; it carries the number of messages sent before it. */
export const END_PAYLOAD_BYTES = 8;

/** Prepared PUBLISH packets in one piece of memory: frame n stands at n * frameBytes and has packet id n + 1. */
export interface PreparedFrames {
  readonly bytes: Buffer;
  readonly frameBytes: number;
}

/** One packet: first byte, remaining length, body. */
export function packet(firstByte: number, ...body: readonly Uint8Array[]): Buffer {
  const remaining = body.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([firstByte, ...variableByteInteger(remaining)]), ...body]);
}

/** A PUBLISH packet without properties. */
export function publishPacket(
  topicName: string,
  payload: Uint8Array,
  qos: Qos,
  packetId: number,
): Buffer {
  const topic = Buffer.from(topicName);
  const id = qos === 0 ? [] : uint16(packetId);
  return packet(
    (PacketType.PUBLISH << 4) | (qos << 1),
    Buffer.from(uint16(topic.length)),
    topic,
    Buffer.from([...id, 0]),
    payload,
  );
}

/** One cycle of PUBLISH packets; each payload starts with its place in the cycle (two bytes, little-endian). */
export function prepareFrames(qos: Qos, payloadBytes: number): PreparedFrames {
  const payload = Buffer.alloc(payloadBytes, 'abcdefghijklmnopqrstuvwxyz');
  const templates = TOPICS.map((topicName) => publishPacket(topicName, payload, qos, 1));
  const frameBytes = templates[0]!.length;
  const payloadOffset = frameBytes - payloadBytes;
  const packetIdOffset = payloadOffset - 3; // in front of a property length of one byte
  const bytes = Buffer.alloc(CYCLE * frameBytes);
  for (let index = 0; index < CYCLE; index += 1) {
    const start = index * frameBytes;
    templates[index % templates.length]!.copy(bytes, start);
    bytes.writeUInt16LE(index, start + payloadOffset);
    if (qos > 0) bytes.writeUInt16BE(index + 1, start + packetIdOffset);
  }
  return { bytes, frameBytes };
}

/** The message that ends a stream of `total` messages. */
export function endPacket(total: number): Buffer {
  const payload = Buffer.alloc(END_PAYLOAD_BYTES);
  payload.writeDoubleLE(total);
  return publishPacket(TOPICS[0]!, payload, 0, 0);
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
export const CONNACK: Buffer = packet(
  PacketType.CONNACK << 4,
  Buffer.from([0, 0, 3, 0x21, 0xff, 0xff]),
);

/** PINGRESP. */
export const PINGRESP: Buffer = packet(PacketType.PINGRESP << 4);

/** SUBACK of a single subscription. */
export function subackPacket(packetIdBytes: Uint8Array, grantedQos: Qos): Buffer {
  return packet(PacketType.SUBACK << 4, packetIdBytes, Buffer.from([0, grantedQos]));
}

/** Bytes of the value of each property that CONNECT may carry; 'text' and 'pair' are length-prefixed. */
const CONNECT_PROPERTIES: ReadonlyMap<number, number | 'text' | 'pair'> = new Map<
  number,
  number | 'text' | 'pair'
>([
  [0x11, 4],
  [0x15, 'text'],
  [0x16, 'text'],
  [0x17, 1],
  [0x19, 1],
  [0x21, 2],
  [0x22, 2],
  [0x26, 'pair'],
  [0x27, 4],
]);

/** The Receive Maximum that a CONNECT body asks for; 65,535 when it does not. */
export function receiveMaximumOf(connectBody: Buffer): number {
  let position = 11; // protocol name, version, flags, keep alive, and a property length of one byte
  const end = position + connectBody[10]!;
  if (connectBody[10]! > 0x7f) throw new Error('CONNECT properties too long for the null peer');
  while (position < end) {
    const id = connectBody[position]!;
    position += 1;
    if (id === 0x21) return connectBody.readUInt16BE(position);
    const width = CONNECT_PROPERTIES.get(id);
    if (width === undefined) throw new Error(`CONNECT property ${id} unknown to the null peer`);
    if (typeof width === 'number') position += width;
    else
      for (let n = width === 'pair' ? 2 : 1; n > 0; n -= 1)
        position += 2 + connectBody.readUInt16BE(position);
  }
  return 65_535;
}

function uint16(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}

function variableByteInteger(value: number): number[] {
  return value < 0x80
    ? [value]
    : [(value & 0x7f) | 0x80, ...variableByteInteger(Math.floor(value / 0x80))];
}
