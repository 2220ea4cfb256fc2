import type { ProtocolVersion } from '../codec/packet-types.js';
import type { ConnectPacket } from '../codec/packets.js';
import type { BrokerClient } from './client.js';
import type { Disconnection } from './events.js';
import type { Session, Subscriber } from './session.js';

/** A connection, as those see it who act on its packets. */
export interface ConnectionControl extends BrokerClient, Subscriber {
  /** The version is known from the CONNECT. */
  setVersion(version: ProtocolVersion): void;
  /** The CONNECT was accepted: from now on packets are those of a session. */
  join(session: Session, packet: ConnectPacket): void;
  /** The Client has broken the protocol. */
  fail(reasonCode: number): void;
  /** Ends the connection after what has been sent. */
  end(disconnection: Disconnection): void;
}
