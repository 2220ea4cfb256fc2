import type { ConnackPacket } from '../codec/packets.js';
import type { MqttError } from '../errors/mqtt-error.js';
import type { ServerInfo } from '../options/server.js';
import type { NegotiatedSettings } from '../validation/negotiated.js';
import type { Message } from './message.js';

/**
 * The events of an {@link MqttClient}, with the arguments of their listeners: `client.on('disconnection', ({ error }) => …)`. Listeners run on the thread
 * of the client. What one throws is an uncaught exception, but for 'message'; the client goes on.
 */
export interface ClientEvents {
  /** A connection is being attempted. */
  connectionAttempt: [event: ConnectionAttemptEvent];
  /** The Server accepted the connection. */
  connectionSuccess: [event: ConnectionSuccessEvent];
  /** An attempt failed; the next one follows after a delay, unless `shouldReconnect` says no or the client is stopped. */
  connectionFailure: [event: ConnectionFailureEvent];
  /** An accepted connection ended. The client connects again, unless `shouldReconnect` says no or it is stopped. */
  disconnection: [event: DisconnectionEvent];
  /** The client has stopped; `start()` begins anew. */
  stopped: [];
  /**
   * The client is closed for good. Null after `close()`, and after `destroy()` without an error. Otherwise why: `GNEISS_ERR_WORKER_DIED`,
   * `GNEISS_ERR_POOL_EXHAUSTED`, `GNEISS_ERR_INVALID_OPTION` for a module (`transport`, `topicAliasResolver`) that is no use, or what `destroy` was given.
   */
  closed: [error: MqttError | null];
  /**
   * A message that no handler and no iteration takes. It is leased until the listeners return, and acknowledged then, unless its
   * subscription, or without one the client, has `ackMode: 'manual'`.
   */
  message: [message: Message];
  /** There is room again after `tryPublish` returned false. */
  drain: [];
  /**
   * A message handler threw or rejected: `GNEISS_ERR_HANDLER_FAILED`, with what it threw as `cause`. With MQTT 5 the message is acknowledged with reason code
   * 0x80 (Unspecified error), unless its `ackMode` is 'manual'. Without a listener the process gets a warning.
   */
  handlerError: [error: MqttError, message: Message];
  /**
   * The Server has lost the Session, and with it a subscription, which was not made again: `GNEISS_ERR_SESSION_LOST` with
   * `resubscribe: false`, or else what its renewal has failed with, `GNEISS_ERR_REASON_CODE` for one. The subscription has ended.
   */
  subscriptionLost: [error: MqttError, topicFilters: readonly string[]];
}

/** What 'connectionAttempt' tells. */
export interface ConnectionAttemptEvent {
  /** Where it leads to. */
  readonly server: ServerInfo;
}

/** What 'connectionSuccess' tells. */
export interface ConnectionSuccessEvent {
  /** What the Server has said, its Authentication Data left out. */
  readonly connack: ConnackPacket;
  /** What holds for this connection; also `client.settings`. */
  readonly settings: NegotiatedSettings;
  /** Who has accepted it. */
  readonly server: ServerInfo;
}

/** What 'connectionFailure' tells. */
export interface ConnectionFailureEvent {
  /**
   * Why: `GNEISS_ERR_CONNECT_FAILED`, `GNEISS_ERR_CONNECT_TIMEOUT`, `GNEISS_ERR_CONNECTION_REFUSED` with the CONNACK as its `packet`,
   * `GNEISS_ERR_PEER_VIOLATION`, `GNEISS_ERR_WRITE_TIMEOUT`, `GNEISS_ERR_AUTHENTICATION_FAILED`, `GNEISS_ERR_CONNECT_OPTIONS_FAILED`, or
   * `GNEISS_ERR_INVALID_OPTION` and `GNEISS_ERR_INVALID_URL` for what `connectOptions` has answered; `GNEISS_ERR_STOPPED` when the stop has cut it short.
   */
  readonly error: MqttError;
  /** Where it led to. */
  readonly server: ServerInfo;
  /** Whether the next attempt would go to a Server that was not tried since the last connection that lasted, or since `start()`. */
  readonly othersLeft: boolean;
}

/** What 'disconnection' tells. */
export interface DisconnectionEvent {
  /**
   * Why: `GNEISS_ERR_CONNECTION_CLOSED`, `GNEISS_ERR_SERVER_DISCONNECT` with the DISCONNECT as its `packet`, `GNEISS_ERR_PEER_VIOLATION`,
   * `GNEISS_ERR_KEEP_ALIVE_TIMEOUT`, `GNEISS_ERR_WRITE_TIMEOUT`, `GNEISS_ERR_STOPPED`, and what a re-authentication fails with:
   * `GNEISS_ERR_AUTHENTICATION_FAILED`, `GNEISS_ERR_AUTHENTICATION_TIMEOUT`, `GNEISS_ERR_PACKET_TOO_LARGE`.
   */
  readonly error: MqttError;
  /** Whose connection it was. */
  readonly server: ServerInfo;
}

/** What Node's emitter emits by itself. */
export interface EmitterEvents {
  newListener: [name: string | symbol];
}

/**
 * Where a client stands: `'connecting'` until the Server has accepted the first connection since `start()`, or an attempt has failed; `'reconnecting'` from then on
 * whenever there is none; `'stopping'` while `stop()` or `close()` lets operations complete; `'closed'` for good.
 */
export type ClientState =
  | 'stopped'
  | 'connecting'
  | 'connected'
  | 'reconnecting'
  | 'stopping'
  | 'closed';
