import {
  type PublishHead,
  publishPacket,
  type Qos,
  text,
  uint16,
  type Version,
} from './packets.js';

/** What messages have besides topic and payload. */
export type Extras = 'none' | 'properties' | 'aliases';

/** What the messages of a run are like. */
export interface Shape {
  readonly qos: Qos;
  readonly payloadBytes: number;
  /** Number of topics, taken in turn. */
  readonly topics: number;
  readonly version: Version;
  readonly extras: Extras;
}

/** The one Topic Filter that receiving lanes subscribe to. */
export const TOPIC_FILTER = 'telemetry/plant-07/+/temperature';

/** Payload length of the message that ends a stream; it carries the number of messages sent before it. */
export const END_PAYLOAD_BYTES = 8;

/** Payload length of the messages that announce Topic Aliases in front of a stream; they do not count. */
export const ANNOUNCEMENT_PAYLOAD_BYTES = 4;

/** The properties of a message that has some; the same as in {@link PROPERTIES_ON_THE_WIRE}. */
export const PROPERTIES = {
  messageExpiryInterval: 60,
  contentType: 'application/json',
  userProperties: { site: 'north' },
} as const;

/** Prepared PUBLISH packets in one piece of memory: frame n stands at n * frameBytes and has packet id n + 1. */
export interface PreparedFrames {
  /** Comes before everything else, once. */
  readonly opening: Buffer;
  readonly bytes: Buffer;
  readonly frameBytes: number;
  /** How many there are: a power of two. */
  readonly cycle: number;
}

/** Messages of all clients together that the peer may have unacknowledged. */
export const WINDOW = 32_768;

const CYCLE_MAX = WINDOW;
const CYCLE_BYTES_MAX = 32 << 20;

const PROPERTIES_ON_THE_WIRE: readonly number[] = [
  ...[0x02, 0, 0, 0, PROPERTIES.messageExpiryInterval],
  ...[0x03, ...text(PROPERTIES.contentType)],
  ...[0x26, ...text('site'), ...text(PROPERTIES.userProperties.site)],
];

/** Topic Names, equally long so that all frames of a run are. */
export function topicNames(count: number): readonly string[] {
  const first = count < 90 ? 10 : 10 ** String(count).length;
  return Array.from(
    { length: count },
    (_, index) => `telemetry/plant-07/meter-${first + index}/temperature`,
  );
}

/** Messages until packet ids and the marks of payloads begin anew: a power of two. */
export function cycleOf(payloadBytes: number): number {
  let cycle = CYCLE_MAX;
  while (cycle * payloadBytes > CYCLE_BYTES_MAX) cycle /= 2;
  return cycle;
}

/** One cycle of PUBLISH packets; each payload starts with its place in the cycle (two bytes, little-endian). */
export function prepareFrames(shape: Shape): PreparedFrames {
  const { qos, payloadBytes, version, extras } = shape;
  const cycle = cycleOf(payloadBytes);
  const topics = topicNames(shape.topics);
  const payload = Buffer.alloc(payloadBytes, 'abcdefghijklmnopqrstuvwxyz');
  const templates = topics.map((topicName, index) =>
    publishPacket(
      {
        topicName: extras === 'aliases' ? '' : topicName,
        qos,
        packetId: 1,
        version,
        properties: propertiesOf(extras, index),
      },
      payload,
    ),
  );
  const frameBytes = templates[0]!.length;
  const payloadOffset = frameBytes - payloadBytes;
  const propertiesBytes = version === 5 ? 1 + propertiesOf(extras, 0).length : 0;
  const packetIdOffset = payloadOffset - propertiesBytes - 2;
  const bytes = Buffer.alloc(cycle * frameBytes);
  for (let index = 0; index < cycle; index += 1) {
    const start = index * frameBytes;
    templates[index % templates.length]!.copy(bytes, start);
    bytes.writeUInt16LE(index, start + payloadOffset);
    if (qos > 0) bytes.writeUInt16BE(index + 1, start + packetIdOffset);
  }
  return {
    opening: extras === 'aliases' ? announce(topics) : Buffer.of(),
    bytes,
    frameBytes,
    cycle,
  };
}

/** The message that ends a stream of `total` messages. */
export function endPacket(version: Version, total: number): Buffer {
  const payload = Buffer.alloc(END_PAYLOAD_BYTES);
  payload.writeDoubleLE(total);
  return publishPacket({ ...headOf(topicNames(1)[0]!), version }, payload);
}

function announce(topics: readonly string[]): Buffer {
  return Buffer.concat(
    topics.map((topicName, index) =>
      publishPacket(
        { ...headOf(topicName), properties: propertiesOf('aliases', index) },
        Buffer.alloc(ANNOUNCEMENT_PAYLOAD_BYTES),
      ),
    ),
  );
}

function headOf(topicName: string): PublishHead {
  return { topicName, qos: 0, packetId: 0, version: 5, properties: [] };
}

function propertiesOf(extras: Extras, index: number): readonly number[] {
  if (extras === 'properties') return PROPERTIES_ON_THE_WIRE;
  return extras === 'aliases' ? [0x23, ...uint16(index + 1)] : [];
}
