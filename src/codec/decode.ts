import { VIOLATIONS, type Violation } from '../errors/violations.js';
import { decodeAckPacket } from './acks.js';
import { ByteReader } from './byte-reader.js';
import { readConnack } from './connack.js';
import { readConnect } from './connect.js';
import { readAuth, readDisconnect } from './disconnect.js';
import { headerViolation, isLegalHeader } from './framer.js';
import { PACKET_TYPES, PacketType, type ProtocolVersion, type Sender } from './packet-types.js';
import type { AckPacket, Packet, PublishPacket } from './packets.js';
import { decodePublishPacket } from './publish.js';
import { readSuback, readUnsuback } from './suback.js';
import { readSubscribe, readUnsubscribe } from './subscribe.js';

/** A packet, or what the bytes violate. */
export type Decoded =
  | { readonly packet: Packet; readonly violation: null }
  | { readonly packet: null; readonly violation: Violation };

type ReadPacket = Exclude<Packet, PublishPacket | AckPacket>;

const TYPES: readonly PacketType[] = Object.values(PacketType);

/**
 * Decodes one packet of any type into an object that shares no memory with the bytes, and checks it
 * in full, down to what this sender may send. Any bytes end in a packet or in one violation.
 *
 * @param header  The first byte of the packet.
 * @param start   Where its body begins, after the fixed header.
 * @param end     Where it ends.
 * @param version Of the connection; a CONNECT says itself which version it is.
 */
export function decodePacket(
  memory: Uint8Array,
  header: number,
  start: number,
  end: number,
  version: ProtocolVersion,
  sender: Sender,
): Decoded {
  if (!isLegalHeader(header, version)) return refuse(headerViolation(header, version));
  const type = TYPES[(header >>> 4) - 1]!;
  const row = PACKET_TYPES[type];
  const allowed = version === 5 ? row.sender : row.sender311;
  if (allowed !== sender && allowed !== 'both') return refuse(VIOLATIONS.wrongSender);
  if (type === PacketType.PUBLISH) {
    return settle(decodePublishPacket(memory, header, start, end, version, sender));
  }
  if (
    type === PacketType.PUBACK ||
    type === PacketType.PUBREC ||
    type === PacketType.PUBREL ||
    type === PacketType.PUBCOMP
  ) {
    return settle(decodeAckPacket(memory, type, start, end, version, sender));
  }
  const reader = new ByteReader(memory, start, end);
  const packet = readPacket(reader, type, version, sender);
  reader.finish();
  return settle(reader.violation ?? packet);
}

function readPacket(
  reader: ByteReader,
  type: ReadPacket['type'],
  version: ProtocolVersion,
  sender: Sender,
): ReadPacket {
  switch (type) {
    case PacketType.CONNECT:
      return readConnect(reader);
    case PacketType.CONNACK:
      return readConnack(reader, version);
    case PacketType.SUBSCRIBE:
      return readSubscribe(reader, version);
    case PacketType.SUBACK:
      return readSuback(reader, version);
    case PacketType.UNSUBSCRIBE:
      return readUnsubscribe(reader, version);
    case PacketType.UNSUBACK:
      return readUnsuback(reader, version);
    case PacketType.PINGREQ:
    case PacketType.PINGRESP:
      return { type };
    case PacketType.DISCONNECT:
      return readDisconnect(reader, version, sender);
    case PacketType.AUTH:
      return readAuth(reader, sender);
  }
}

function settle(result: Packet | Violation): Decoded {
  return 'statement' in result ? refuse(result) : { packet: result, violation: null };
}

function refuse(violation: Violation): Decoded {
  return { packet: null, violation };
}
