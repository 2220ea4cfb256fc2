/**
 * An embedded MQTT broker for developing, testing and demonstrating clients: `gneiss-mqtt/testing`.
 * Not for production; see {@link TestBroker}.
 *
 * @module gneiss-mqtt/testing
 */
export { PacketType, type ProtocolVersion, type Qos } from '../codec/packet-types.js';
export type {
  AckPacket,
  AuthPacket,
  ConnackPacket,
  ConnectPacket,
  DisconnectPacket,
  Packet,
  PingreqPacket,
  PingrespPacket,
  PubackPacket,
  PubcompPacket,
  PublishPacket,
  PubrecPacket,
  PubrelPacket,
  SubackPacket,
  SubscribePacket,
  SubscriptionRequest,
  UnsubackPacket,
  UnsubscribePacket,
  Will,
} from '../codec/packets.js';
export type {
  AuthenticationAnswer,
  AuthenticationExchange,
  AuthenticationStep,
} from './authentication.js';
export {
  type BrokerMessage,
  type SessionInfo,
  startBroker,
  TestBroker,
} from './broker.js';
export type { BrokerClient } from './client.js';
export type { BrokerCounters } from './counters.js';
export type { BrokerEvents, Disconnection } from './events.js';
export type { Fault, FaultOptions, Faults, PacketOf, Replacement } from './faults.js';
export type { ApplicationMessage } from './message.js';
export type { BrokerOptions, PlainBrokerOptions } from './options.js';
export { type ScramExchangeOptions, scramExchange } from './scram.js';
export { type BrokerProcess, startBrokerProcess } from './start-process.js';
