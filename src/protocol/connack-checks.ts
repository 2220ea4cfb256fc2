import type { ConnackPacket, ConnectPacket } from '../codec/packets.js';
import { VIOLATIONS, type Violation } from '../errors/violations.js';
import type { Compliance } from './compliance.js';

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
