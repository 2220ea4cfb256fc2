import { type Decoded, decodePacket } from '../../src/codec/decode.js';
import { encodePacket, packetSize } from '../../src/codec/encode.js';
import { Framer, FrameStatus } from '../../src/codec/framer.js';
import {
  PACKET_SIZE_MAX,
  PacketType,
  type ProtocolVersion,
  type Sender,
} from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';
import { VIOLATIONS, type Violation, type ViolationName } from '../../src/errors/violations.js';

export const VERSIONS: readonly ProtocolVersion[] = [4, 5];

/** Bytes from an annotated listing: two-digit hex numbers, `'text'`, and comments from `#` to the end of the line. */
export function bytes(listing: string): Uint8Array {
  const tokens = listing.match(/'[^']*'|#.*|[0-9a-f]{2}|\S+/gi) ?? [];
  return Uint8Array.from(
    tokens.flatMap((token) => {
      if (token.startsWith('#')) return [];
      if (token.startsWith("'")) return [...new TextEncoder().encode(token.slice(1, -1))];
      if (!/^[0-9a-f]{2}$/i.test(token)) throw new Error(`not a byte: ${token}`);
      return [Number.parseInt(token, 16)];
    }),
  );
}

/** The body with a fixed header of minimal length in front. */
export function frame(header: number, body: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return concat(Uint8Array.of(header, ...length), body);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** The same bytes in shared memory, with other bytes around them; `start` is where they begin. */
export function shared(source: Uint8Array, start = 0): Uint8Array {
  const memory = new Uint8Array(new SharedArrayBuffer(start + source.length + 7)).fill(0xff);
  memory.set(source, start);
  return memory;
}

/** Encodes in the middle of a larger memory and checks that nothing outside was touched. */
export function encode(packet: Packet, version: ProtocolVersion): Uint8Array {
  const size = packetSize(packet, version);
  const memory = new Uint8Array(size + 16).fill(0xa5);
  const end = encodePacket(packet, version, memory, 8);
  if (end !== 8 + size) throw new Error(`sized ${size}, wrote ${end - 8}`);
  for (const index of [...Array(8).keys()]) {
    if (memory[index] !== 0xa5 || memory[size + 8 + index] !== 0xa5)
      throw new Error('wrote outside');
  }
  return memory.slice(8, end);
}

/** Frames and decodes one packet; an incomplete one is null. */
export function decode(
  source: Uint8Array,
  version: ProtocolVersion,
  sender: Sender,
  maximumPacketSize = PACKET_SIZE_MAX,
): Decoded | null {
  const framer = new Framer(maximumPacketSize, version);
  switch (framer.scan(source, 0, source.length)) {
    case FrameStatus.INCOMPLETE:
      return null;
    case FrameStatus.VIOLATION:
      return { packet: null, violation: framer.violation! };
    case FrameStatus.COMPLETE:
      return decodePacket(source, framer.header, framer.bodyStart, framer.end, version, sender);
  }
}

/** The packet of bytes that must be one. */
export function decoded(source: Uint8Array, version: ProtocolVersion, sender: Sender): Packet {
  const result = decode(source, version, sender);
  if (result === null) throw new Error('incomplete');
  if (result.violation !== null) throw new Error(nameOf(result.violation));
  return result.packet;
}

/** What the bytes violate, by name; null when they are a packet, 'incomplete' when they are not yet one. */
export function violationOf(
  source: Uint8Array,
  version: ProtocolVersion,
  sender: Sender,
  maximumPacketSize?: number,
): string | null {
  const result = decode(source, version, sender, maximumPacketSize);
  if (result === null) return 'incomplete';
  return result.violation === null ? null : nameOf(result.violation);
}

export function nameOf(violation: Violation): ViolationName {
  const entry = Object.entries(VIOLATIONS).find(([, row]) => row === violation);
  if (entry === undefined) throw new Error('not a row of VIOLATIONS');
  return entry[0] as ViolationName;
}

/** Everything a 3.1.1 packet can not say, taken away. */
export function reduceTo311(packet: Packet): Packet {
  const properties = {};
  switch (packet.type) {
    case PacketType.CONNECT: {
      const will = packet.will && { ...packet.will, properties };
      return { ...packet, protocolVersion: 4, properties, ...(will !== undefined && { will }) };
    }
    case PacketType.PUBLISH:
    case PacketType.UNSUBSCRIBE:
      return { ...packet, properties };
    case PacketType.CONNACK:
      return { ...packet, properties };
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP:
    case PacketType.DISCONNECT:
      return { ...packet, reasonCode: 0, properties };
    case PacketType.SUBSCRIBE:
      return {
        ...packet,
        subscriptions: packet.subscriptions.map(({ topicFilter, qos }) => {
          return { topicFilter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 };
        }),
        properties,
      };
    case PacketType.SUBACK: {
      const reasonCodes = packet.reasonCodes.map((code) => Math.min(code, 0x80));
      return { ...packet, reasonCodes, properties };
    }
    case PacketType.UNSUBACK:
      return { ...packet, reasonCodes: [], properties };
    case PacketType.PINGREQ:
    case PacketType.PINGRESP:
      return packet;
    case PacketType.AUTH:
      throw new Error('3.1.1 has no AUTH');
  }
}
