import type { ClientPacket } from '../broker/client-packet.js';
import type { ServerPacket } from '../broker/server-packet.js';
import type { Link } from './link.js';

/** Both ends of a link, and who watches them. */
export interface LinkEnds {
  /** The Server has accepted the connection. */
  opened(link: Link): void;
  /** The client has handed bytes to its transport … */
  wroteBytes(link: Link, bytes: Uint8Array): void;
  /** … and with them the last one of a packet. */
  wrote(link: Link, packet: ClientPacket): void;
  /** The transport has taken what was handed to it … */
  flushed(link: Link): void;
  /** … and has told the client so. */
  toldFlushed(link: Link): void;
  /** All of a packet has come to the Server. */
  arrived(link: Link, packet: ClientPacket): void;
  /** The Server sees the end of the connection. */
  gone(link: Link): void;
  /** All of a packet has come to the client. */
  delivered(link: Link, packet: ServerPacket): void;
  /** The client is about to be told of the end. */
  closed(link: Link): void;
}
