import { AckFields, decodeAck } from '../codec/acks.js';
import { decodePacket } from '../codec/decode.js';
import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { DisconnectPacket, Packet } from '../codec/packets.js';
import { REASON_CODES } from '../codec/reason-codes.js';
import type { ConnectionControl } from './control.js';
import type { BrokerCore } from './core.js';
import type { Handshake } from './handshake.js';
import type { PacketSender } from './packet-sender.js';
import type { PublishReceiver } from './publish-receiver.js';
import type { Session } from './session.js';
import { subscribe, unsubscribe } from './subscribe.js';

const SUCCESS = REASON_CODES.success.value;

/** The parts of a connection that packets are handed to. */
export interface HandlerParts {
  readonly connection: ConnectionControl;
  readonly handshake: Handshake;
  readonly sender: PacketSender;
  readonly receiver: PublishReceiver;
}

/** Acts on the packets of a Client whose CONNECT was accepted. */
export class PacketHandler {
  readonly #core: BrokerCore;
  readonly #parts: HandlerParts;
  readonly #session: Session;
  readonly #version: ProtocolVersion;
  readonly #ack = new AckFields();

  constructor(core: BrokerCore, parts: HandlerParts) {
    this.#core = core;
    this.#parts = parts;
    this.#session = parts.receiver.session;
    this.#version = parts.sender.version;
  }

  /** Acts on one packet; messages and acknowledgements never become objects. */
  handlePacket(memory: Uint8Array, header: number, start: number, end: number): void {
    const { connection, receiver } = this.#parts;
    switch (header >>> 4) {
      case PacketType.PUBLISH: {
        const reasonCode = receiver.handlePublish(memory, header, start, end);
        if (reasonCode !== SUCCESS) connection.fail(reasonCode);
        return;
      }
      case PacketType.PUBACK:
      case PacketType.PUBREC:
      case PacketType.PUBREL:
      case PacketType.PUBCOMP:
        this.#handleAck(memory, header, start, end);
        return;
      default: {
        const decoded = decodePacket(memory, header, start, end, this.#version, 'client');
        if (decoded.packet === null) connection.fail(decoded.violation.reasonCode);
        else this.#handleControl(decoded.packet);
      }
    }
  }

  #handleAck(memory: Uint8Array, header: number, start: number, end: number): void {
    const ack = this.#ack;
    const violation = decodeAck(memory, header, start, end, this.#version, ack, 'client');
    const type = header >>> 4;
    if (violation !== null) this.#parts.connection.fail(violation.reasonCode);
    else if (type === PacketType.PUBACK) this.#session.handlePuback(ack.packetId);
    else if (type === PacketType.PUBREC) this.#session.handlePubrec(ack.packetId, ack.reasonCode);
    else if (type === PacketType.PUBREL) this.#parts.receiver.handlePubrel(ack.packetId);
    else this.#session.handlePubcomp(ack.packetId);
  }

  #handleControl(packet: Packet): void {
    const { connection, handshake, sender } = this.#parts;
    const { events } = this.#core;
    switch (packet.type) {
      case PacketType.SUBSCRIBE: {
        const { suback, sendRetained } = subscribe(
          this.#core,
          this.#session,
          packet,
          this.#version,
        );
        sender.transmit(suback);
        sendRetained();
        events.emit('subscribe', connection, packet);
        return;
      }
      case PacketType.UNSUBSCRIBE:
        sender.transmit(unsubscribe(this.#core, this.#session, packet));
        events.emit('unsubscribe', connection, packet);
        return;
      case PacketType.PINGREQ:
        sender.transmit({ type: PacketType.PINGRESP });
        return;
      case PacketType.DISCONNECT:
        this.#handleDisconnect(packet);
        return;
      case PacketType.AUTH:
        handshake.handleAuth(packet);
        return;
      case PacketType.CONNECT:
      case PacketType.CONNACK:
      case PacketType.PUBLISH:
      case PacketType.PUBACK:
      case PacketType.PUBREC:
      case PacketType.PUBREL:
      case PacketType.PUBCOMP:
      case PacketType.SUBACK:
      case PacketType.UNSUBACK:
      case PacketType.PINGRESP:
        // A second CONNECT [MQTT-3.1.0-2]; none of the others gets here.
        connection.fail(REASON_CODES.protocolError.value);
    }
  }

  #handleDisconnect({ reasonCode, properties }: DisconnectPacket): void {
    const session = this.#session;
    const { sessionExpiryInterval = session.expiryInterval } = properties;
    if (sessionExpiryInterval > 0 && session.expiryInterval === 0) {
      this.#parts.connection.fail(REASON_CODES.protocolError.value);
      return;
    }
    const { sessionExpiryIntervalMax } = this.#core.options;
    session.expiryInterval = Math.min(sessionExpiryInterval, sessionExpiryIntervalMax);
    if (reasonCode === SUCCESS) session.will = null;
    this.#parts.connection.end({ by: 'client', reasonCode });
  }
}
