/**
 * The client: {@link connect}, {@link MqttClient} and what they take and give.
 *
 * @module gneiss-mqtt
 */
export { type ScramOptions, scram } from './authentication/scram.js';
export type { ScramMechanism } from './authentication/scram-keys.js';
export { connect } from './client/connect.js';
export type {
  ClientEvents,
  ClientState,
  ConnectionAttemptEvent,
  ConnectionFailureEvent,
  ConnectionSuccessEvent,
  DisconnectionEvent,
} from './client/events.js';
export type { Message } from './client/message.js';
export { MqttClient } from './client/mqtt-client.js';
export type { Payload } from './client/payload.js';
export type { PublishResult } from './client/publish-result.js';
export type { RequestHandler, ResponseInput } from './client/responder.js';
export type { ResponseMessage } from './client/response.js';
export type { MessageHandler, Subscription, SubscriptionInput } from './client/subscription.js';
export type { ProtocolVersion, Qos } from './codec/packet-types.js';
export type {
  Acknowledgement,
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
  SubscriptionRequest as RequestedSubscription,
  UnsubackPacket,
  UnsubscribePacket,
  Will,
} from './codec/packets.js';
export type { PropertiesOf, PropertyHost } from './codec/property-table.js';
export { type PcapStream, PcapWriter } from './diagnostics/pcap-writer.js';
export type { ErrorCode, ErrorOrigin } from './errors/codes.js';
export { MqttError, type MqttErrorDetails } from './errors/mqtt-error.js';
export type { ClientStats } from './metrics/counters.js';
export type {
  AuthenticationData,
  Authenticator,
  AuthenticatorExchange,
} from './options/authenticator.js';
export type {
  AttemptOptions,
  ConnectionAttempt,
  ConnectOptions,
} from './options/connect-options.js';
export type { Logger, LogLevel } from './options/logger.js';
export type { PacketTap, TappedPacket } from './options/packet-tap.js';
export type { ProxyInput, ProxyOptions } from './options/proxy.js';
export type { ClientOptions } from './options/schema.js';
export type { ServerInfo } from './options/server.js';
export type { TlsMaterial, TlsOptions } from './options/tls.js';
export type { ServerUrls } from './options/url.js';
export type { WebSocketOptions } from './options/websocket.js';
export type { WillOptions } from './options/will.js';
export type { TransportFactory, TransportTarget } from './transport/custom-transport.js';
export type { Endpoint, HostPort, NetworkEndpoint, SocketFile } from './transport/route.js';
export type {
  OpeningStage,
  ReadTarget,
  Transport,
  TransportEvents,
} from './transport/transport.js';
export type { NegotiatedSettings } from './validation/negotiated.js';
export type {
  AckMode,
  BatchOptions,
  DisconnectReasonCode,
  OperationOptions,
  PublishOptions,
  ReadyOptions,
  RequestManyOptions,
  RequestOptions,
  ResponseOptions,
  StopOptions,
  SubscribeOptions,
  SubscriptionChoices,
  SubscriptionRequest,
  UnsubscribeOptions,
} from './validation/operations.js';
export type { Scheme } from './validation/schemes.js';
export type { TopicAliasResolver } from './validation/topic-alias-resolver.js';
export type { TraceContext } from './validation/trace-context.js';
export type { UserProperties } from './validation/values.js';
