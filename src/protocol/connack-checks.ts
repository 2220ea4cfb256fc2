import { decodePacket } from '../codec/decode.js';
import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { ConnackPacket, ConnectPacket } from '../codec/packets.js';
import { VIOLATIONS, type Violation } from '../errors/violations.js';
import type { Compliance } from './compliance.js';

const MISSING = { packet: null, violation: VIOLATIONS.connackMissing } as const;

/** Decodes what has to be a CONNACK [MQTT-3.2.0-1]. */
export function decodeConnack(
  memory: Uint8Array,
  header: number,
  start: number,
  end: number,
  version: ProtocolVersion,
):
  | { readonly packet: ConnackPacket; readonly violation: null }
  | { readonly packet: null; readonly violation: Violation } {
  if (header >>> 4 !== PacketType.CONNACK) return MISSING;
  const { packet, violation } = decodePacket(memory, header, start, end, version, 'server');
  if (packet === null) return { packet, violation };
  return packet.type === PacketType.CONNACK ? { packet, violation } : MISSING;
}

/**
 * Holds an accepting CONNACK against the CONNECT that it answers.
 *
 * @param hasState Whether this client has a Session of its own, however empty.
 * @returns What the CONNACK violates, or null.
 */
export function checkConnack(
  connect: ConnectPacket,
  { sessionPresent, properties }: ConnackPacket,
  hasState: boolean,
  compliance: Compliance,
): Violation | null {
  if (sessionPresent && connect.cleanStart) return VIOLATIONS.sessionPresentUnasked;
  if (sessionPresent && !hasState) {
    const violation = compliance.tolerate('sessionWithoutState');
    if (violation !== null) return violation;
  }
  return connect.protocolVersion === 5 ? checkProperties(connect, properties, compliance) : null;
}

function checkProperties(
  { clientId, properties: asked }: ConnectPacket,
  { assignedClientIdentifier, responseInformation }: ConnackPacket['properties'],
  compliance: Compliance,
): Violation | null {
  const isAssigned = assignedClientIdentifier !== undefined;
  if (isAssigned && clientId !== '') {
    const violation = compliance.tolerate('assignedClientIdUnasked');
    if (violation !== null) return violation;
  }
  if (!isAssigned && clientId === '') {
    const violation = compliance.tolerate('assignedClientIdMissing');
    if (violation !== null) return violation;
  }
  if (responseInformation === undefined || asked.requestResponseInformation === true) return null;
  return compliance.tolerate('responseInformationUnasked');
}

/** A CONNACK as users get it, who may log it: the Authentication Data is for the authenticator alone. */
export function withoutAuthenticationData(packet: ConnackPacket): ConnackPacket {
  const { properties } = packet;
  if (properties.authenticationData === undefined) return packet;
  return { ...packet, properties: { ...properties, authenticationData: undefined } };
}
