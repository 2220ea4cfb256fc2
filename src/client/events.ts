import type { ConnackPacket } from '../codec/packets.js';
import type { MqttError } from '../errors/mqtt-error.js';
import type { ServerInfo } from '../options/server.js';
import type { NegotiatedSettings } from '../validation/negotiated.js';
import type { Message } from './message.js';

/** What the events of a client carry. What a listener throws is an uncaught exception, but for 'message'; the client goes on. */
export interface ClientEvents {
  /** A connection is being attempted. */
  connectionAttempt: [event: { readonly server: ServerInfo }];
  /** The Server accepted the connection. */
  connectionSuccess: [
    event: {
      readonly connack: ConnackPacket;
      readonly settings: NegotiatedSettings;
      readonly server: ServerInfo;
    },
  ];
  /**
   * An attempt failed. `error.packet` is the CONNACK when the Server refused. With `othersLeft` the next attempt would go to a Server
   * that was not tried since the last connection that lasted, or since `start()`.
   */
  connectionFailure: [
    event: {
      readonly error: MqttError;
      readonly server: ServerInfo;
      readonly othersLeft: boolean;
    },
  ];
  /** An accepted connection ended. `error.packet` is the DISCONNECT when the Server sent one. */
  disconnection: [event: { readonly error: MqttError; readonly server: ServerInfo }];
  /** The client has stopped; `start()` begins anew. */
  stopped: [];
  /** The client is closed for good; with an error, because its worker died or it was destroyed. */
  closed: [error: MqttError | null];
  /**
   * A message that no handler and no iteration takes. It is leased until the listeners return, and acknowledged then, unless its
   * subscription, or without one the client, has `ackMode: 'manual'`.
   */
  message: [message: Message];
  /** There is room again after `tryPublish` returned false. */
  drain: [];
  /** A message handler threw or rejected: `cause` of the error. Without a listener the process gets a warning. */
  handlerError: [error: MqttError, message: Message];
  /**
   * The Server has lost the Session, and with it a subscription, which was not made again: `GNEISS_ERR_SESSION_LOST` with
   * `resubscribe: false`, or else what its renewal has failed with, `GNEISS_ERR_REASON_CODE` for one. The subscription has ended.
   */
  subscriptionLost: [error: MqttError, topicFilters: readonly string[]];
}

/** What Node's emitter emits by itself. */
export interface EmitterEvents {
  newListener: [name: string | symbol];
}

/** Where a client stands. */
export type ClientState =
  | 'stopped'
  | 'connecting'
  | 'connected'
  | 'reconnecting'
  | 'stopping'
  | 'closed';
