import { AckFields, decodeAck } from '../codec/acks.js';
import { decodePacket } from '../codec/decode.js';
import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { DisconnectPacket, Packet } from '../codec/packets.js';
import { decodePublish, PublishFields } from '../codec/publish.js';
import { VIOLATIONS, type Violation } from '../errors/violations.js';
import type { Authentication } from './authentication.js';
import type { Compliance } from './compliance.js';
import type { InboundFlow } from './inbound-flow.js';
import type { KeepAlive } from './keep-alive.js';
import type { OutboundAcknowledgements } from './outbound-acknowledgements.js';

/** The parts of a session that received packets go to. */
export interface PacketTakers {
  readonly inbound: InboundFlow;
  readonly acknowledgements: OutboundAcknowledgements;
  readonly keepAlive: KeepAlive;
  readonly authentication: Authentication;
  readonly compliance: Compliance;
  /** The Server ends the connection. */
  readonly disconnected: (packet: DisconnectPacket) => void;
}

/** Decodes the packets of an accepted connection and hands each to the part that it concerns. */
export class PacketReceiver {
  readonly #memory: Uint8Array;
  readonly #version: ProtocolVersion;
  readonly #takers: PacketTakers;
  readonly #mayTellProblems: boolean;
  // Reused for every packet.
  readonly #publishFields = new PublishFields();
  readonly #ackFields = new AckFields();

  /** @param mayTellProblems Whether the Server may send Reason Strings and User Properties with any packet (§3.1.2.11.7). */
  constructor(
    memory: Uint8Array,
    version: ProtocolVersion,
    mayTellProblems: boolean,
    takers: PacketTakers,
  ) {
    this.#memory = memory;
    this.#version = version;
    this.#mayTellProblems = mayTellProblems;
    this.#takers = takers;
  }

  /** Takes one whole packet. @returns The violation that it is, or null. */
  receive(header: number, start: number, end: number): Violation | null {
    const type = header >>> 4;
    switch (type) {
      case PacketType.PUBLISH: {
        const fields = this.#publishFields;
        const violation = decodePublish(this.#memory, header, start, end, this.#version, fields);
        return (
          violation ??
          this.#takers.compliance.inspectMessage(fields) ??
          this.#takers.inbound.publish(fields)
        );
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
    // All that an acknowledgement can have besides its reason code tells about a problem.
    if (ack.propertiesLength > 0 && !this.#mayTellProblems) {
      const violation = this.#takers.compliance.tolerate('problemInformationUnasked');
      if (violation !== null) return violation;
    }
    switch (type) {
      case PacketType.PUBACK:
        return acknowledgements.puback(ack);
      case PacketType.PUBREC:
        return acknowledgements.pubrec(ack);
      case PacketType.PUBCOMP:
        return acknowledgements.pubcomp(ack);
      default:
        return inbound.pubrel(ack.packetId);
    }
  }

  #take(packet: Packet): Violation | null {
    const { acknowledgements, authentication, keepAlive, compliance, disconnected } = this.#takers;
    if (!this.#mayTellProblems && tellsProblem(packet)) {
      const violation = compliance.tolerate('problemInformationUnasked');
      if (violation !== null) return violation;
    }
    switch (packet.type) {
      case PacketType.SUBACK:
        return acknowledgements.suback(packet);
      case PacketType.UNSUBACK:
        return acknowledgements.unsuback(packet);
      case PacketType.PINGRESP:
        if (!keepAlive.awaitsPingresp) return compliance.tolerate('pingrespUnasked');
        keepAlive.pingrespReceived();
        return null;
      case PacketType.DISCONNECT:
        disconnected(packet);
        return null;
      case PacketType.AUTH:
        return authentication.auth(packet);
      case PacketType.CONNACK:
        return VIOLATIONS.connackRepeated;
      default:
        return VIOLATIONS.wrongSender;
    }
  }
}

/** Whether a packet that is neither CONNACK nor DISCONNECT, which always may, tells about a problem. */
function tellsProblem(packet: Packet): boolean {
  switch (packet.type) {
    case PacketType.SUBACK:
    case PacketType.UNSUBACK:
    case PacketType.AUTH: {
      const { reasonString, userProperties } = packet.properties;
      return reasonString !== undefined || userProperties !== undefined;
    }
    default:
      return false;
  }
}
