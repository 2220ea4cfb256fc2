import type { ProtocolVersion } from '../codec/packet-types.js';
import type { ConnectPacket, Packet } from '../codec/packets.js';
import type { PropertiesOf } from '../codec/property-table.js';

/** One Network Connection to a {@link TestBroker}, as a test sees and handles it. */
export interface BrokerClient {
  /** What the Client sent as its CONNECT; null before it came. */
  readonly connect: ConnectPacket | null;
  /** The Client Identifier, an assigned one included; empty before the CONNECT was accepted. */
  readonly clientId: string;
  /** 5 before the CONNECT came. */
  readonly protocolVersion: ProtocolVersion;
  /** Has the connection ended, or begun to? */
  readonly closed: boolean;
  /** Bytes that wait to be taken by the socket. */
  readonly pendingBytes: number;

  /**
   * Sends a packet past all faults and without any bookkeeping. Like all that sends, it does nothing once the connection has ended.
   *
   * @param packet  Sent as it is, also one that no Server may send.
   */
  send(packet: Packet): void;
  /** Sends bytes as they are. @param bytes  Copied. */
  sendRaw(bytes: Uint8Array): void;
  /**
   * Sends DISCONNECT, then closes; with MQTT 3.1.1, and before CONNACK, it only closes. The Will is published.
   *
   * @param reasonCode  Not checked: a test may send what no Server may.
   * @param properties  Default: none.
   * @see MQTT 5.0 §3.14
   */
  disconnect(reasonCode: number, properties?: PropertiesOf<'disconnect'>): void;
  /** Closes abruptly: with a TCP reset, as after a crash. The Will is published. */
  destroy(): void;

  /** Stops taking packets in, at once: even those that have already arrived are left alone. */
  pauseReading(): void;
  /** Goes on with what has been left, and with reading. */
  resumeReading(): void;
  /** Stops sending: packets are written and wait. */
  pauseWriting(): void;
  /** Sends what has been waiting, and goes on. */
  resumeWriting(): void;
}
