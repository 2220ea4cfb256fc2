import type { EventEmitter } from 'node:events';
import type {
  ConnectPacket,
  Packet,
  SubscribePacket,
  UnsubscribePacket,
} from '../codec/packets.js';
import type { BrokerClient } from './client.js';
import type { ApplicationMessage } from './message.js';

/** Why a connection has ended. */
export interface Disconnection {
  /** Who ended it: the Client or the broker by DISCONNECT or rule, or the network by just closing. */
  readonly by: 'client' | 'broker' | 'network';
  /** The reason code of the DISCONNECT or refusing CONNACK; null when there was none. */
  readonly reasonCode: number | null;
}

/** What a {@link TestBroker} tells, with the arguments of the listeners. */
export interface BrokerEvents {
  /** The socket has accepted a connection. */
  connection: [client: BrokerClient];
  /** A CONNECT was accepted, the CONNACK is on its way. */
  connect: [client: BrokerClient, packet: ConnectPacket];
  /** A packet has arrived; the broker acts on it after the listeners. */
  packet: [client: BrokerClient, packet: Packet];
  /** A packet was written for a Client, faults already applied. */
  sent: [client: BrokerClient, packet: Packet];
  /** A message was taken over and routed; the Client is null for Wills and messages of the broker. */
  publish: [message: ApplicationMessage, client: BrokerClient | null];
  /** A SUBSCRIBE was carried out. */
  subscribe: [client: BrokerClient, packet: SubscribePacket];
  /** An UNSUBSCRIBE was carried out. */
  unsubscribe: [client: BrokerClient, packet: UnsubscribePacket];
  /** A connection has closed, whether its CONNECT had been accepted or not. */
  disconnect: [client: BrokerClient, disconnection: Disconnection];
  /** The state of a session was discarded. */
  sessionEnd: [clientId: string];
}

/** The emitter of a broker. */
export type BrokerEmitter = EventEmitter<BrokerEvents>;
