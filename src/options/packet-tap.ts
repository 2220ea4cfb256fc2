import type { PacketType, ProtocolVersion } from '../codec/packet-types.js';
import type { Packet } from '../codec/packets.js';
import { refuse } from '../validation/values.js';
import type { Kind } from './kinds.js';

/**
 * A packet as it went over a connection, but for secrets: passwords, authentication data, what a Will says and the values of User Properties of CONNECT read
 * `redacted`.
 */
export interface TappedPacket {
  /** Which way it went, as the client sees it. */
  readonly direction: 'sent' | 'received';
  /** The number of the connection among those of the client, from 1 on. */
  readonly connection: number;
  /** When it was handed to the transport, or its last byte was read: milliseconds since the epoch. */
  readonly at: number;
  /** What its bytes are to be read by. */
  readonly protocolVersion: ProtocolVersion;
  /** The name of its type, as `PUBLISH`. */
  readonly name: keyof typeof PacketType;
  /** All of it, from the fixed header on. Yours for good. */
  readonly bytes: Uint8Array;
  /** What the bytes say; null when they are malformed. It shares no memory with them. */
  readonly packet: Packet | null;
}

/**
 * Is given the packets of a client, in the order in which they went. What it throws is an uncaught exception.
 *
 * @param packet  Yours for good.
 */
export type PacketTap = (packet: TappedPacket) => void;

/** A packet tap. */
export function packetTap(): Kind<PacketTap> {
  return { parse: parsePacketTap, type: '(packet: TappedPacket) => void' };
}

function parsePacketTap(value: unknown, name: string): PacketTap {
  return isPacketTap(value) ? value : refuse(name, 'must be a function');
}

function isPacketTap(value: unknown): value is PacketTap {
  return typeof value === 'function';
}
