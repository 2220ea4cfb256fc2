import { packetSize } from '../codec/encode.js';
import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { ConnackPacket, DisconnectPacket } from '../codec/packets.js';
import { describeReasonCode } from '../codec/reason-codes.js';
import type { ErrorRecord } from '../errors/mqtt-error.js';
import type { Violation } from '../errors/violations.js';
import { withoutAuthenticationData } from './connack-checks.js';

/** Why a connection is being closed, and what the Server is told about it. */
export interface CloseReason {
  readonly error: ErrorRecord;
  /** Null: the connection is closed without a DISCONNECT. */
  readonly disconnect: DisconnectPacket | null;
}

/** A DISCONNECT that only has a reason code. */
export function disconnectPacket(reasonCode: number): DisconnectPacket {
  return { type: PacketType.DISCONNECT, reasonCode, properties: {} };
}

/**
 * What is left of a DISCONNECT that is too large: a Reason String and User Properties must not make it so [MQTT-3.14.2-3]
 * [MQTT-3.14.2-4], but a Session Expiry Interval is more than information.
 *
 * @param fits Whether a packet of this size, in bytes, can be sent.
 */
export function fittingDisconnect(
  packet: DisconnectPacket,
  version: ProtocolVersion,
  fits: (size: number) => boolean,
): DisconnectPacket {
  const { sessionExpiryInterval } = packet.properties;
  const shorter = [packet, { ...packet, properties: { sessionExpiryInterval } }];
  const fitting = shorter.find((one) => fits(packetSize(one, version)));
  return fitting ?? disconnectPacket(packet.reasonCode);
}

/** The Server has not accepted the connection in time; or it has, and has not been accepted itself. */
export function connectTimeoutReason(state: 'connecting' | 'verifying'): CloseReason {
  const detail = state === 'connecting' ? 'CONNACK' : 'authentication';
  return { error: { code: 'GNEISS_ERR_CONNECT_TIMEOUT', detail }, disconnect: null };
}

/** The Server sent DISCONNECT: it wants no answer. */
export function serverDisconnectReason(packet: DisconnectPacket): CloseReason {
  const { reasonCode, properties } = packet;
  return {
    error: {
      code: 'GNEISS_ERR_SERVER_DISCONNECT',
      detail: describeReasonCode(reasonCode, packet.type),
      reasonCode,
      reasonString: properties.reasonString,
      packet,
    },
    disconnect: null,
  };
}

/** The Server refused the connection. */
export function refusalReason(packet: ConnackPacket): CloseReason {
  const { reasonCode, properties } = packet;
  return {
    error: {
      code: 'GNEISS_ERR_CONNECTION_REFUSED',
      detail: describeReasonCode(reasonCode, packet.type),
      reasonCode,
      reasonString: properties.reasonString,
      packet: withoutAuthenticationData(packet),
    },
    disconnect: null,
  };
}

/** The Server broke the protocol. A 3.1.1 client sends no DISCONNECT then: it would cancel the Will. */
export function violationReason(violation: Violation, version: ProtocolVersion): CloseReason {
  return {
    error: {
      code: 'GNEISS_ERR_PEER_VIOLATION',
      detail: violation.text,
      statement: violation.statement,
      reasonCode: violation.reasonCode,
    },
    disconnect: version === 5 ? disconnectPacket(violation.reasonCode) : null,
  };
}
