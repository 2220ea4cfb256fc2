import { PACKET_TYPES, PacketType } from '../src/codec/packet-types.js';
import type { Packet } from '../src/codec/packets.js';
import type { StrictPacket, StrictProperties } from '../test/support/strict/packets.js';

/** Do both decoders read the same out of a packet? */
export function sameContents(ours: Packet, strict: StrictPacket): boolean {
  return PACKET_TYPES[ours.type].name === strict.type && sameFields(ours, strict);
}

function sameFields(ours: Packet, strict: StrictPacket): boolean {
  switch (ours.type) {
    case PacketType.CONNACK:
      return (
        strict.type === 'CONNACK' &&
        ours.sessionPresent === strict.sessionPresent &&
        // Return codes of 3.1.1 are told as the reason codes that mean the same.
        (ours.reasonCode === strict.reasonCode || (strict.reasonCode < 6 && ours.reasonCode > 6)) &&
        sameProperties(ours.properties, strict.properties)
      );
    case PacketType.PUBLISH:
      return (
        strict.type === 'PUBLISH' &&
        ours.dup === strict.dup &&
        ours.qos === strict.qos &&
        ours.retain === strict.retain &&
        ours.topicName === strict.topicName &&
        ours.packetId === strict.packetId &&
        sameBytes(ours.payload, strict.payload) &&
        sameProperties(ours.properties, strict.properties)
      );
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP:
      return (
        'packetId' in strict &&
        'reasonCode' in strict &&
        ours.packetId === strict.packetId &&
        ours.reasonCode === strict.reasonCode &&
        sameProperties(ours.properties, strict.properties)
      );
    case PacketType.SUBACK:
    case PacketType.UNSUBACK:
      return (
        'reasonCodes' in strict &&
        ours.packetId === strict.packetId &&
        ours.reasonCodes.join() === strict.reasonCodes.join() &&
        sameProperties(ours.properties, strict.properties)
      );
    case PacketType.DISCONNECT:
    case PacketType.AUTH:
      return (
        'reasonCode' in strict &&
        ours.reasonCode === strict.reasonCode &&
        sameProperties(ours.properties, strict.properties)
      );
    case PacketType.PINGRESP:
      return true;
    default:
      return false;
  }
}

function sameProperties(ours: object, strict: StrictProperties): boolean {
  let matched = 0;
  for (const [name, value] of Object.entries(ours) as [string, unknown][]) {
    const theirs = strictValue(name, strict);
    if (!sameValue(value, theirs)) return false;
    matched += 1;
  }
  return matched === countOf(strict);
}

function strictValue(name: string, strict: StrictProperties): unknown {
  return (strict as unknown as Record<string, unknown>)[name];
}

/** How many kinds of properties there are. */
function countOf(strict: StrictProperties): number {
  let count = 0;
  for (const value of Object.values(strict) as unknown[]) {
    if (!Array.isArray(value) || value.length > 0) count += 1;
  }
  return count;
}

function sameValue(ours: unknown, strict: unknown): boolean {
  if (ours instanceof Uint8Array) return strict instanceof Uint8Array && sameBytes(ours, strict);
  if (typeof ours === 'boolean') return strict === (ours ? 1 : 0);
  if (!Array.isArray(ours)) return ours === strict;
  // Pairs of User Properties, or Subscription Identifiers.
  return Array.isArray(strict) && JSON.stringify(ours) === JSON.stringify(strict);
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
