import { VIOLATIONS, type Violation } from '../errors/violations.js';
import { PACKET_TYPES, PacketType, type ProtocolVersion, packetHeader } from './packet-types.js';
import { scanVarint, VARINT_INCOMPLETE, VARINT_MALFORMED, varintValue } from './varint.js';

/** What {@link Framer.scan} found. */
export const FrameStatus = { COMPLETE: 0, INCOMPLETE: 1, VIOLATION: 2 } as const;
export type FrameStatus = (typeof FrameStatus)[keyof typeof FrameStatus];

/** First byte → 1 when it begins a packet of the version. */
const LEGAL_HEADERS: Readonly<Record<ProtocolVersion, Uint8Array>> = {
  4: legalHeaders(4),
  5: legalHeaders(5),
};

/**
 * Finds where packets end. It keeps nothing between calls: the bytes of an incomplete packet stay
 * where they are, and the next scan begins at the same packet again, which costs five bytes at most.
 */
export class Framer {
  /** The largest packet to accept, fixed header included; a larger one is refused by its header alone. */
  maximumPacketSize: number;
  version: ProtocolVersion;
  /** The first byte of the packet. */
  header = 0;
  /** Where the fixed header ends. */
  bodyStart = 0;
  /** Where the packet ends; meaningful once `packetLength` is known. */
  end = 0;
  /** The whole packet, fixed header included; 0 while unknown. */
  packetLength = 0;
  /** Set when the status is `VIOLATION`. */
  violation: Violation | null = null;

  constructor(maximumPacketSize: number, version: ProtocolVersion = 5) {
    this.maximumPacketSize = maximumPacketSize;
    this.version = version;
  }

  /** Looks at the packet that begins at `start`; bytes from `end` on have not arrived yet. */
  scan(memory: Uint8Array, start: number, end: number): FrameStatus {
    this.packetLength = 0;
    this.violation = null;
    if (start >= end) return FrameStatus.INCOMPLETE;
    const header = memory[start]!;
    this.header = header;
    if (LEGAL_HEADERS[this.version][header] === 0) {
      return this.#refuse(headerViolation(header, this.version));
    }
    const length = scanVarint(memory, start + 1, end, this.version === 5);
    if (length === VARINT_INCOMPLETE) return FrameStatus.INCOMPLETE;
    if (length === VARINT_MALFORMED) return this.#refuse(VIOLATIONS.variableByteInteger);
    this.bodyStart = start + 1 + length;
    this.end = this.bodyStart + varintValue(memory, start + 1, length);
    this.packetLength = this.end - start;
    if (this.packetLength > this.maximumPacketSize) return this.#refuse(VIOLATIONS.packetTooLarge);
    return this.end <= end ? FrameStatus.COMPLETE : FrameStatus.INCOMPLETE;
  }

  #refuse(violation: Violation): FrameStatus {
    this.violation = violation;
    return FrameStatus.VIOLATION;
  }
}

/** Does the byte begin a packet of this version? */
export function isLegalHeader(header: number, version: ProtocolVersion): boolean {
  return LEGAL_HEADERS[version][header] === 1;
}

/** What is wrong with a byte that begins no packet of this version. */
export function headerViolation(header: number, version: ProtocolVersion): Violation {
  const type = header >>> 4;
  if (type === 0 || (type === PacketType.AUTH && version === 4)) return VIOLATIONS.reservedType;
  return type === PacketType.PUBLISH ? VIOLATIONS.qos3 : VIOLATIONS.headerFlags;
}

function legalHeaders(version: ProtocolVersion): Uint8Array {
  const legal = new Uint8Array(256);
  for (const type of Object.values(PacketType)) {
    if (version === 4 && PACKET_TYPES[type].sender311 === null) continue;
    if (type === PacketType.PUBLISH) {
      for (let flags = 0; flags < 16; flags += 1) {
        if ((flags & 0x6) !== 0x6) legal[(type << 4) | flags] = 1;
      }
    } else {
      legal[packetHeader(type)] = 1;
    }
  }
  return legal;
}
