import { VIOLATIONS } from '../errors/violations.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteSink } from './byte-writer.js';
import { PacketType, type ProtocolVersion } from './packet-types.js';
import type { SubscribePacket, SubscriptionRequest, UnsubscribePacket } from './packets.js';
import { readProperties, writeProperties } from './properties.js';
import { checkTopicFilter, isSharedFilter } from './topic-bytes.js';
import { decodeUtf8 } from './utf8.js';

/** Subscription Options (§3.8.3.1): 7-6 reserved, 5-4 Retain Handling, 3 Retain As Published, 2 No Local, 1-0 QoS. */
const OptionBit = {
  QOS_MASK: 0x03,
  NO_LOCAL: 0x04,
  RETAIN_AS_PUBLISHED: 0x08,
  RETAIN_HANDLING_SHIFT: 4,
  RESERVED: 0xc0,
  RESERVED_311: 0xfc,
} as const;

/** Reads a SUBSCRIBE. */
export function readSubscribe(reader: ByteReader, version: ProtocolVersion): SubscribePacket {
  const packetId = readPacketId(reader);
  const properties = version === 5 ? readProperties(reader, 'subscribe', 'client') : {};
  const subscriptions: SubscriptionRequest[] = [];
  if (reader.remaining === 0) reader.fail(VIOLATIONS.subscribeEmpty);
  while (reader.remaining > 0) subscriptions.push(readSubscription(reader, version));
  return { type: PacketType.SUBSCRIBE, packetId, subscriptions, properties };
}

/** Writes the body of a SUBSCRIBE. */
export function writeSubscribe(
  sink: ByteSink,
  packet: SubscribePacket,
  version: ProtocolVersion,
): void {
  sink.u16(packet.packetId);
  if (version === 5) writeProperties(sink, 'subscribe', packet.properties);
  for (const subscription of packet.subscriptions) {
    sink.utf8(subscription.topicFilter);
    sink.u8(version === 5 ? subscriptionOptions(subscription) : subscription.qos);
  }
}

/** Reads an UNSUBSCRIBE. */
export function readUnsubscribe(reader: ByteReader, version: ProtocolVersion): UnsubscribePacket {
  const packetId = readPacketId(reader);
  const properties = version === 5 ? readProperties(reader, 'unsubscribe', 'client') : {};
  const topicFilters: string[] = [];
  if (reader.remaining === 0) reader.fail(VIOLATIONS.unsubscribeEmpty);
  while (reader.remaining > 0) topicFilters.push(readTopicFilter(reader, version));
  return { type: PacketType.UNSUBSCRIBE, packetId, topicFilters, properties };
}

/** Writes the body of an UNSUBSCRIBE. */
export function writeUnsubscribe(
  sink: ByteSink,
  packet: UnsubscribePacket,
  version: ProtocolVersion,
): void {
  sink.u16(packet.packetId);
  if (version === 5) writeProperties(sink, 'unsubscribe', packet.properties);
  for (const topicFilter of packet.topicFilters) sink.utf8(topicFilter);
}

/** Reads a Packet Identifier, which is never zero (§2.2.1). */
export function readPacketId(reader: ByteReader): number {
  const packetId = reader.u16();
  if (packetId === 0) reader.fail(VIOLATIONS.packetIdZero);
  return packetId;
}

function readSubscription(reader: ByteReader, version: ProtocolVersion): SubscriptionRequest {
  const topicFilter = readTopicFilter(reader, version);
  const isShared = version === 5 && isSharedFilter(reader.memory, reader.spanStart, reader.spanEnd);
  const options = reader.u8();
  const qos = options & OptionBit.QOS_MASK;
  const retainHandling = (options >>> OptionBit.RETAIN_HANDLING_SHIFT) & 3;
  const noLocal = (options & OptionBit.NO_LOCAL) !== 0;
  const reserved = version === 5 ? OptionBit.RESERVED : OptionBit.RESERVED_311;
  if ((options & reserved) !== 0) reader.fail(VIOLATIONS.subscribeOptions);
  if (qos === 3) reader.fail(VIOLATIONS.subscribeQos3);
  if (retainHandling === 3) reader.fail(VIOLATIONS.retainHandling3);
  if (noLocal && isShared) reader.fail(VIOLATIONS.noLocalShared);
  return {
    topicFilter,
    qos: toTwoBits(qos),
    noLocal,
    retainAsPublished: (options & OptionBit.RETAIN_AS_PUBLISHED) !== 0,
    retainHandling: toTwoBits(retainHandling),
  };
}

function readTopicFilter(reader: ByteReader, version: ProtocolVersion): string {
  reader.span();
  const { memory, spanStart, spanEnd } = reader;
  const violation = checkTopicFilter(memory, spanStart, spanEnd, version);
  if (violation !== null) {
    reader.fail(violation);
    return '';
  }
  return decodeUtf8(memory, spanStart, spanEnd);
}

function subscriptionOptions(subscription: SubscriptionRequest): number {
  return (
    subscription.qos |
    (subscription.noLocal ? OptionBit.NO_LOCAL : 0) |
    (subscription.retainAsPublished ? OptionBit.RETAIN_AS_PUBLISHED : 0) |
    (subscription.retainHandling << OptionBit.RETAIN_HANDLING_SHIFT)
  );
}

function toTwoBits(value: number): 0 | 1 | 2 {
  return value === 0 ? 0 : value === 1 ? 1 : 2;
}
