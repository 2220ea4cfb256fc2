import { VIOLATIONS, type Violation } from '../errors/violations.js';
import { copyBytes } from './byte-reader.js';
import { type ByteSink, ByteWriter, writeU16 } from './byte-writer.js';
import {
  PacketType,
  type ProtocolVersion,
  PublishFlag,
  type Qos,
  type Sender,
} from './packet-types.js';
import type { PublishPacket } from './packets.js';
import {
  decodeProperties,
  sizeProperties,
  writeProperties,
  writePropertyFields,
} from './properties.js';
import { PropertyScanner } from './property-scanner.js';
import { HOST_RULES, PROPERTIES, type PropertiesOf } from './property-table.js';
import { hasWildcard } from './topic-bytes.js';
import { checkUtf8, decodeUtf8 } from './utf8.js';
import {
  fixedHeaderLength,
  packetLength,
  scanVarint,
  VARINT_INCOMPLETE,
  varintLength,
  varintValue,
  writeVarint,
} from './varint.js';

const RULES = HOST_RULES.publish;

/**
 * Where the parts of a PUBLISH stand: absolute offsets and plain numbers, overwritten by the next one.
 *
 *     header | Remaining Length | topic length | topic | packet id | Property Length | properties | payload
 *            body = start…                                (QoS > 0)   (version 5)
 */
export class PublishFields {
  header = 0;
  qos: Qos = 0;
  retain = false;
  dup = false;
  topicStart = 0;
  /** 0 when a Topic Alias stands for the topic. */
  topicLength = 0;
  /** 0 at QoS 0. */
  packetId = 0;
  propertiesStart = 0;
  propertiesLength = 0;
  payloadStart = 0;
  payloadLength = 0;
  /** 0 when there is none. */
  topicAlias = 0;
  readonly scanner = new PropertyScanner();
}

/**
 * Takes a PUBLISH apart, allocating nothing. All of it is checked but the characters of the topic:
 * a caller that has seen the same bytes before need not look again, others call {@link checkTopicBytes}.
 *
 * @param start  Where the body begins, after the fixed header.
 * @returns What the packet violates; `fields` is meaningful only without.
 */
export function decodePublish(
  memory: Uint8Array,
  header: number,
  start: number,
  end: number,
  version: ProtocolVersion,
  fields: PublishFields,
  sender: Sender = 'server',
): Violation | null {
  const qos = (header >>> PublishFlag.QOS_SHIFT) & 3;
  if (qos === 3) return VIOLATIONS.qos3;
  fields.header = header;
  fields.qos = qos === 0 ? 0 : qos === 1 ? 1 : 2;
  fields.retain = (header & PublishFlag.RETAIN) !== 0;
  fields.dup = (header & PublishFlag.DUP) !== 0;
  let position = start + 2;
  if (position > end) return VIOLATIONS.truncated;
  const topicLength = (memory[start]! << 8) | memory[start + 1]!;
  fields.topicStart = position;
  fields.topicLength = topicLength;
  position += topicLength;
  fields.packetId = 0;
  if (qos > 0) {
    if (position + 2 > end) return VIOLATIONS.truncated;
    fields.packetId = (memory[position]! << 8) | memory[position + 1]!;
    if (fields.packetId === 0) return VIOLATIONS.packetIdZero;
    position += 2;
  }
  if (position > end) return VIOLATIONS.truncated;
  let propertiesLength = 0;
  if (version === 5) {
    const lengthLength = scanVarint(memory, position, end, true);
    if (lengthLength === VARINT_INCOMPLETE) return VIOLATIONS.truncated;
    if (lengthLength < 0) return VIOLATIONS.variableByteInteger;
    propertiesLength = varintValue(memory, position, lengthLength);
    position += lengthLength;
    if (propertiesLength > end - position) return VIOLATIONS.propertyLength;
  }
  fields.propertiesStart = position;
  fields.propertiesLength = propertiesLength;
  fields.topicAlias = 0;
  position += propertiesLength;
  if (propertiesLength > 0) {
    const { scanner } = fields;
    const violation = scanner.scan(memory, fields.propertiesStart, position, RULES, sender);
    if (violation !== null) return violation;
    fields.topicAlias = scanner.topicAlias;
  }
  if (topicLength === 0 && fields.topicAlias === 0) return VIOLATIONS.topicEmpty;
  fields.payloadStart = position;
  fields.payloadLength = end - position;
  return null;
}

/** Checks the bytes of a Topic Name (§4.7): not empty, UTF-8 without U+0000, no wildcards. */
export function checkTopicBytes(memory: Uint8Array, start: number, end: number): Violation | null {
  if (start === end) return VIOLATIONS.topicEmpty;
  const violation = checkUtf8(memory, start, end);
  if (violation !== null) return violation;
  return hasWildcard(memory, start, end) ? VIOLATIONS.topicWildcard : null;
}

/** Reads the properties of a PUBLISH that {@link decodePublish} has accepted; binary data is copied. */
export function decodePublishProperties(
  memory: Uint8Array,
  start: number,
  end: number,
): PropertiesOf<'publish'> {
  return decodeProperties(memory, start, end, 'publish');
}

/** The length of a property section without its length field. */
export function sizePublishProperties(properties: PropertiesOf<'publish'>): number {
  return sizeProperties('publish', properties);
}

/** Writes a property section without its length field and returns the offset after it. */
export function encodePublishProperties(
  properties: PropertiesOf<'publish'>,
  memory: Uint8Array,
  offset: number,
): number {
  const writer = new ByteWriter(memory, offset);
  writePropertyFields(writer, 'publish', properties);
  return writer.offset;
}

/** The first byte of a PUBLISH. */
export function publishHeader(qos: Qos, retain: boolean, dup: boolean): number {
  return (
    (PacketType.PUBLISH << 4) |
    (dup ? PublishFlag.DUP : 0) |
    (qos << PublishFlag.QOS_SHIFT) |
    (retain ? PublishFlag.RETAIN : 0)
  );
}

/** The length of a whole PUBLISH from those of its parts; 0 when the protocol has no packet that long. */
export function publishFrameLength(
  topicLength: number,
  propertiesLength: number,
  payloadLength: number,
  qos: Qos,
  version: ProtocolVersion,
): number {
  return packetLength(
    publishRemainingLength(topicLength, propertiesLength, payloadLength, qos, version),
  );
}

/** Where the parts of a PUBLISH that is being written belong: absolute offsets, overwritten by the next. */
export class PublishLayout {
  topicStart = 0;
  /** Two bytes, left zero until the packet is sent; meaningful above QoS 0. */
  packetIdStart = 0;
  propertiesStart = 0;
  payloadStart = 0;
  /** The end of the packet. */
  end = 0;
}

/**
 * Writes what frames a PUBLISH: first byte, Remaining Length, topic length, a zero packet id and the
 * Property Length. Topic, properties and payload are for the caller to write at the places in `layout`.
 * The whole must be no longer than the protocol allows; see {@link publishFrameLength}.
 */
export function encodePublishStart(
  memory: Uint8Array,
  offset: number,
  header: number,
  topicLength: number,
  propertiesLength: number,
  payloadLength: number,
  version: ProtocolVersion,
  layout: PublishLayout,
): void {
  const qos = (header >>> PublishFlag.QOS_SHIFT) & 3;
  memory[offset] = header;
  const body = writeVarint(
    memory,
    offset + 1,
    publishRemainingLength(topicLength, propertiesLength, payloadLength, qos, version),
  );
  writeU16(memory, body, topicLength);
  layout.topicStart = body + 2;
  let position = layout.topicStart + topicLength;
  layout.packetIdStart = position;
  if (qos > 0) {
    writeU16(memory, position, 0);
    position += 2;
  }
  if (version === 5) position = writeVarint(memory, position, propertiesLength);
  layout.propertiesStart = position;
  layout.payloadStart = position + propertiesLength;
  layout.end = layout.payloadStart + payloadLength;
}

/** Where the topic of a PUBLISH of this length stands, counted from the start of the packet. */
export function publishTopicOffset(frameLength: number): number {
  return fixedHeaderLength(frameLength) + 2;
}

/** Where the Packet Identifier stands, counted from the start of the packet; QoS 1 and 2. */
export function publishPacketIdOffset(frameLength: number, topicLength: number): number {
  return publishTopicOffset(frameLength) + topicLength;
}

/**
 * Where the four bytes of the Message Expiry Interval stand, counted from the start of the packet.
 * Only for a PUBLISH that this codec wrote with one: it is then the first property.
 */
export function publishExpiryOffset(
  frameLength: number,
  topicLength: number,
  propertiesLength: number,
  qos: Qos,
): number {
  const packetIdLength = qos === 0 ? 0 : 2;
  const lengthLength = varintLength(propertiesLength);
  return publishPacketIdOffset(frameLength, topicLength) + packetIdLength + lengthLength + 1;
}

/** The bytes that {@link encodeTopicAlias} writes. */
export const TOPIC_ALIAS_LENGTH = 3;

/** Writes a Topic Alias property and returns the offset after it. */
export function encodeTopicAlias(memory: Uint8Array, offset: number, topicAlias: number): number {
  memory[offset] = PROPERTIES.topicAlias.id;
  writeU16(memory, offset + 1, topicAlias);
  return offset + TOPIC_ALIAS_LENGTH;
}

/** Decodes a PUBLISH into an object, copying its payload. */
export function decodePublishPacket(
  memory: Uint8Array,
  header: number,
  start: number,
  end: number,
  version: ProtocolVersion,
  sender: Sender,
): PublishPacket | Violation {
  const fields = new PublishFields();
  const violation = decodePublish(memory, header, start, end, version, fields, sender);
  if (violation !== null) return violation;
  const { topicStart, topicLength, propertiesStart, propertiesLength, payloadStart } = fields;
  const topicEnd = topicStart + topicLength;
  if (topicLength > 0) {
    const topicViolation = checkTopicBytes(memory, topicStart, topicEnd);
    if (topicViolation !== null) return topicViolation;
  }
  return {
    type: PacketType.PUBLISH,
    topicName: decodeUtf8(memory, topicStart, topicEnd),
    payload: copyBytes(memory, payloadStart, end),
    qos: fields.qos,
    retain: fields.retain,
    dup: fields.dup,
    packetId: fields.packetId,
    properties: decodePublishProperties(
      memory,
      propertiesStart,
      propertiesStart + propertiesLength,
    ),
  };
}

/** Writes the body of a PUBLISH. */
export function writePublish(
  sink: ByteSink,
  packet: PublishPacket,
  version: ProtocolVersion,
): void {
  sink.utf8(packet.topicName);
  if (packet.qos > 0) sink.u16(packet.packetId);
  if (version === 5) writeProperties(sink, 'publish', packet.properties);
  sink.bytes(packet.payload);
}

function publishRemainingLength(
  topicLength: number,
  propertiesLength: number,
  payloadLength: number,
  qos: number,
  version: ProtocolVersion,
): number {
  const properties = version === 5 ? varintLength(propertiesLength) + propertiesLength : 0;
  return 2 + topicLength + (qos === 0 ? 0 : 2) + properties + payloadLength;
}
