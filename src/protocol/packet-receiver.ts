import { AckFields, decodeAck } from '../codec/acks.js';
import { decodePacket } from '../codec/decode.js';
import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { DisconnectPacket, Packet } from '../codec/packets.js';
import { decodePublish, PublishFields } from '../codec/publish.js';
import { VIOLATIONS, type Violation } from '../errors/violations.js';
import type { InboundFlow } from './inbound-flow.js';
import type { KeepAlive } from './keep-alive.js';
import type { OutboundAcknowledgements } from './outbound-acknowledgements.js';
import type { SessionSink } from './sink.js';

/** The parts of a session that received packets go to. */
export interface PacketTakers {
  readonly inbound: InboundFlow;
  readonly acknowledgements: OutboundAcknowledgements;
  readonly keepAlive: KeepAlive;
  readonly sink: SessionSink;
  /** The Server ends the connection. */
  readonly disconnected: (packet: DisconnectPacket) => void;
}

/** Decodes the packets of an accepted connection and hands each to the part that it concerns. */
export class PacketReceiver {
  readonly #memory: Uint8Array;
  readonly #version: ProtocolVersion;
  readonly #takers: PacketTakers;
  // Reused for every packet.
  readonly #publishFields = new PublishFields();
  readonly #ackFields = new AckFields();

  constructor(memory: Uint8Array, version: ProtocolVersion, takers: PacketTakers) {
    this.#memory = memory;
    this.#version = version;
    this.#takers = takers;
  }

  /** Takes one whole packet. @returns The violation that it is, or null. */
  receive(header: number, start: number, end: number): Violation | null {
    const type = header >>> 4;
    switch (type) {
      case PacketType.PUBLISH: {
        const fields = this.#publishFields;
        const violation = decodePublish(this.#memory, header, start, end, this.#version, fields);
        return violation ?? this.#takers.inbound.publish(fields);
      }
      case PacketType.PUBACK:
      case PacketType.PUBREC:
      case PacketType.PUBREL:
      case PacketType.PUBCOMP: {
        const ack = this.#ackFields;
        const violation = decodeAck(this.#memory, header, start, end, this.#version, ack);
        return violation ?? this.#acknowledge(type, ack);
      }
      default: {
        const decoded = decodePacket(this.#memory, header, start, end, this.#version, 'server');
        return decoded.packet === null ? decoded.violation : this.#take(decoded.packet);
      }
    }
  }

  #acknowledge(type: number, ack: AckFields): Violation | null {
    const { acknowledgements, inbound } = this.#takers;
    switch (type) {
      case PacketType.PUBACK:
        return acknowledgements.puback(ack);
      case PacketType.PUBREC:
        return acknowledgements.pubrec(ack);
      case PacketType.PUBCOMP:
        return acknowledgements.pubcomp(ack);
      default:
        inbound.pubrel(ack.packetId);
        return null;
    }
  }

  #take(packet: Packet): Violation | null {
    const { acknowledgements, keepAlive, sink, disconnected } = this.#takers;
    switch (packet.type) {
      case PacketType.SUBACK:
        return acknowledgements.suback(packet);
      case PacketType.UNSUBACK:
        return acknowledgements.unsuback(packet);
      case PacketType.PINGRESP:
        if (!keepAlive.awaitsPingresp) sink.violationTolerated();
        keepAlive.pingrespReceived();
        return null;
      case PacketType.DISCONNECT:
        disconnected(packet);
        return null;
      case PacketType.CONNACK:
        return VIOLATIONS.connackRepeated;
      default:
        return VIOLATIONS.unexpectedPacket;
    }
  }
}
