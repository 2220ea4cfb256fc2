import type { ConnectPacket } from '../codec/packets.js';
import type { BrokerCore } from './core.js';
import { grantSessionExpiry } from './negotiation.js';
import type { Session } from './session.js';

/** A session and whether the broker had it before. */
export interface OpenedSession {
  readonly session: Session;
  readonly sessionPresent: boolean;
}

/**
 * Finds or makes the session of a CONNECT. A Client that is still connected with it is taken over
 * [MQTT-3.1.4-3]; Clean Start ends what was there before [MQTT-3.1.2-4].
 *
 * @returns Null when there are too many sessions.
 */
export function openSession(core: BrokerCore, packet: ConnectPacket): OpenedSession | null {
  const { sessions, options } = core;
  const clientId = packet.clientId === '' ? sessions.assignClientId() : packet.clientId;
  sessions.get(clientId)?.takeOver();
  // Closing the other connection may have ended its session.
  const previous = sessions.get(clientId);
  if (previous !== undefined && packet.cleanStart) sessions.end(previous);
  const resumed = sessions.resume(clientId);
  if (resumed === undefined && sessions.full) return null;
  const session = resumed ?? sessions.create(clientId);
  session.expiryInterval = grantSessionExpiry(packet, options);
  session.will = packet.will ?? null;
  return { session, sessionPresent: resumed !== undefined };
}
