import type { ControlEvent, ControlRequest } from '../channel/control-messages.js';
import { decodePacket } from '../codec/decode.js';
import { Framer } from '../codec/framer.js';
import {
  PACKET_SIZE_MAX,
  PACKET_TYPES,
  type PacketType,
  type ProtocolVersion,
} from '../codec/packet-types.js';
import type { PacketTap } from '../options/packet-tap.js';
import { callUserCode } from './user-code.js';

/** Hands the packets that the worker has copied to the packet tap, decoded, and tells the worker that they are taken. */
export class TappedPackets {
  readonly #tap: PacketTap;
  readonly #version: ProtocolVersion;
  readonly #post: (request: ControlRequest) => void;
  readonly #framer: Framer;

  constructor(tap: PacketTap, version: ProtocolVersion, post: (request: ControlRequest) => void) {
    this.#tap = tap;
    this.#version = version;
    this.#post = post;
    this.#framer = new Framer(PACKET_SIZE_MAX, version);
  }

  take({ packets }: Extract<ControlEvent, { kind: 'tapped' }>): void {
    for (const { sender, connection, at, bytes } of packets) {
      const header = bytes[0]!;
      this.#framer.scan(bytes, 0, bytes.length);
      const { bodyStart } = this.#framer;
      const version = this.#version;
      const { packet } = decodePacket(bytes, header, bodyStart, bytes.length, version, sender);
      callUserCode(() => {
        this.#tap({
          direction: sender === 'client' ? 'sent' : 'received',
          connection,
          at,
          protocolVersion: version,
          name: PACKET_TYPES[(header >>> 4) as PacketType].name,
          bytes,
          packet,
        });
      });
    }
    this.#post({ kind: 'tapTaken', bytes: packets.reduce((sum, { cost }) => sum + cost, 0) });
  }
}
