import type { ConnectPacket } from '../codec/packets.js';
import {
  isRecord,
  parseBoolean,
  parseInteger,
  parseOneOf,
  parseString,
  refuse,
  refuseUnknown,
} from '../validation/values.js';
import type { AuthenticationExchange } from './authentication.js';

const U32_MAX = 0xffff_ffff;

/** What a {@link TestBroker} can be told. Every option has a default; nothing needs to be set. What does not fit is refused with `GNEISS_ERR_INVALID_OPTION`. */
export interface BrokerOptions {
  /** The address to listen on. Default `127.0.0.1`: nothing outside this machine can connect. */
  readonly host?: string | undefined;
  /** The port to listen on, 0…65535. Default 0: one that is free. */
  readonly port?: number | undefined;

  /** Receive Maximum of CONNACK: QoS 1 and 2 messages a Client may have unacknowledged, 1…65535. Default 65535. (§3.2.2.3.3) */
  readonly receiveMaximum?: number | undefined;
  /** Maximum QoS of CONNACK, 0…2; a higher PUBLISH is answered by DISCONNECT 0x9B. Default 2. (§3.2.2.3.4) */
  readonly maximumQos?: number | undefined;
  /** Retain Available of CONNACK; when false, a retained PUBLISH is answered by 0x9A. Default true. (§3.2.2.3.5) */
  readonly retainAvailable?: boolean | undefined;
  /** Maximum Packet Size of CONNACK, in bytes, 16…4294967295; a larger packet is answered by 0x95. Default: none. (§3.2.2.3.6) */
  readonly maximumPacketSize?: number | undefined;
  /** Topic Alias Maximum of CONNACK: the aliases a Client may use, 0…65535. Default 0. (§3.2.2.3.8) */
  readonly topicAliasMaximum?: number | undefined;
  /** Wildcard Subscription Available of CONNACK; when false SUBACK says 0xA2. Default true. (§3.2.2.3.11) */
  readonly wildcardSubscriptionAvailable?: boolean | undefined;
  /** Subscription Identifiers Available of CONNACK; when false SUBACK says 0xA1. Default true. (§3.2.2.3.12) */
  readonly subscriptionIdentifierAvailable?: boolean | undefined;
  /** Shared Subscription Available of CONNACK; when false SUBACK says 0x9E. Default true. (§3.2.2.3.13) */
  readonly sharedSubscriptionAvailable?: boolean | undefined;
  /** Server Keep Alive of CONNACK, in seconds, 0…65535, instead of what Clients ask for. Default: none. (§3.2.2.3.14) */
  readonly serverKeepAlive?: number | undefined;
  /** The longest Session Expiry Interval granted, in seconds, 0…4294967295. Default 4294967295: for ever. (§3.2.2.3.2) */
  readonly sessionExpiryIntervalMax?: number | undefined;
  /** Response Information of CONNACK for Clients that request it: at most 65535 bytes of UTF-8. Default: none. (§3.2.2.3.15) */
  readonly responseInformation?: string | undefined;

  /**
   * Topic aliases used towards a Client, as far as its own Topic Alias Maximum allows: the first
   * topics sent to it get one each, 0…65535. Default 0.
   */
  readonly outboundTopicAliasMaximum?: number | undefined;

  /** Connections at a time, 1…1000000; more are closed on arrival. Default 10000. */
  readonly connectionsMax?: number | undefined;
  /** Sessions, connected or not, 1…1000000; a CONNECT beyond is refused with 0x97. Default 10000. */
  readonly sessionsMax?: number | undefined;
  /** Subscriptions of one session, 0…1000000; SUBACK says 0x97 beyond. Default 10000. */
  readonly subscriptionsMax?: number | undefined;
  /** Retained messages, 0…10000000; a new topic beyond is delivered but not retained. Default 100000. */
  readonly retainedMessagesMax?: number | undefined;
  /**
   * QoS 1 and 2 messages that wait for one session, 1…10000000; the oldest is dropped beyond. From a quarter of
   * it on, publishers to a connected session get their acknowledgements only once it has caught up.
   * Default 100000.
   */
  readonly queuedMessagesMax?: number | undefined;
  /**
   * Bytes written to a Client but not taken by its socket, from which on it counts as slow: QoS 1
   * and 2 messages then wait in the queue, QoS 0 messages follow `qos0Overflow`. 1…2147483647. Default 1048576 (1 MiB).
   */
  readonly highWaterMark?: number | undefined;
  /**
   * QoS 0 messages for a slow Client: `drop` keeps up to `backlogBytesMax` and then drops the oldest;
   * `pause` stops reading from their publisher until the Client has caught up. Default `drop`.
   */
  readonly qos0Overflow?: 'drop' | 'pause' | undefined;
  /** Bytes of QoS 0 messages that wait for one slow Client, 0…2147483647. Default 4194304 (4 MiB). */
  readonly backlogBytesMax?: number | undefined;

  /**
   * How long a second takes, in milliseconds, 1…1000, for keep-alive, Will delay, message and session expiry.
   * Default 1000; a smaller value lets tests see long intervals pass.
   */
  readonly secondMs?: number | undefined;
  /**
   * Decides every CONNECT: returns the reason code of the CONNACK, 0 to accept. This script is all the
   * access control there is. Default: accepts all. (§3.2.2.2)
   */
  readonly authenticate?: ((connect: ConnectPacket) => number) | undefined;
  /** Answers the steps of enhanced authentication. Default: none, and a Client that asks for it gets 0x8C. (§4.12) */
  readonly exchangeAuthentication?: AuthenticationExchange | undefined;
}

/** The options that can be sent to another process: all but the functions. */
export type PlainBrokerOptions = Omit<BrokerOptions, 'authenticate' | 'exchangeAuthentication'>;

/** The options with everything decided; null where nothing is announced or scripted. */
export type ResolvedOptions = ReturnType<typeof resolveOptions>;

/**
 * Checks options and fills in the defaults.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`.
 */
export function resolveOptions(options: BrokerOptions) {
  if (!isRecord(options)) return refuse('options', 'must be an object');
  const resolved = readOptions(options);
  for (const key of Object.keys(options)) if (!(key in resolved)) refuseUnknown(key);
  return resolved;
}

type NameOf<V> = {
  [N in keyof BrokerOptions]-?: V extends BrokerOptions[N] ? N : never;
}[keyof BrokerOptions];

/** Every option: one row each, with its default and its range. */
function readOptions(options: BrokerOptions) {
  const count = (name: NameOf<number>, fallback: number, min: number, max: number) =>
    parseInteger(options[name] ?? fallback, name, min, max);
  const flag = (name: NameOf<boolean>) => parseBoolean(options[name] ?? true, name);
  return {
    host: parseString(options.host ?? '127.0.0.1', 'host'),
    port: count('port', 0, 0, 65_535),
    receiveMaximum: count('receiveMaximum', 65_535, 1, 65_535),
    maximumQos: count('maximumQos', 2, 0, 2),
    retainAvailable: flag('retainAvailable'),
    maximumPacketSize: given(options.maximumPacketSize, (size) =>
      parseInteger(size, 'maximumPacketSize', 16, U32_MAX),
    ),
    topicAliasMaximum: count('topicAliasMaximum', 0, 0, 65_535),
    wildcardSubscriptionAvailable: flag('wildcardSubscriptionAvailable'),
    subscriptionIdentifierAvailable: flag('subscriptionIdentifierAvailable'),
    sharedSubscriptionAvailable: flag('sharedSubscriptionAvailable'),
    serverKeepAlive: given(options.serverKeepAlive, (seconds) =>
      parseInteger(seconds, 'serverKeepAlive', 0, 65_535),
    ),
    sessionExpiryIntervalMax: count('sessionExpiryIntervalMax', U32_MAX, 0, U32_MAX),
    responseInformation: given(options.responseInformation, (text) =>
      parseString(text, 'responseInformation'),
    ),
    outboundTopicAliasMaximum: count('outboundTopicAliasMaximum', 0, 0, 65_535),
    connectionsMax: count('connectionsMax', 10_000, 1, 1_000_000),
    sessionsMax: count('sessionsMax', 10_000, 1, 1_000_000),
    subscriptionsMax: count('subscriptionsMax', 10_000, 0, 1_000_000),
    retainedMessagesMax: count('retainedMessagesMax', 100_000, 0, 10_000_000),
    queuedMessagesMax: count('queuedMessagesMax', 100_000, 1, 10_000_000),
    highWaterMark: count('highWaterMark', 0x10_0000, 1, 0x7fff_ffff),
    backlogBytesMax: count('backlogBytesMax', 0x40_0000, 0, 0x7fff_ffff),
    qos0Overflow: parseOneOf(options.qos0Overflow ?? 'drop', 'qos0Overflow', ['drop', 'pause']),
    secondMs: count('secondMs', 1000, 1, 1000),
    authenticate: given(options.authenticate, (hook) => parseHook(hook, 'authenticate')),
    exchangeAuthentication: given(options.exchangeAuthentication, (hook) =>
      parseHook(hook, 'exchangeAuthentication'),
    ),
  };
}

function given<T, R>(value: T | undefined, parse: (value: T) => R): R | null {
  return value === undefined ? null : parse(value);
}

function parseHook<T>(hook: T, name: string): T {
  return typeof hook === 'function' ? hook : refuse(name, 'must be a function');
}
