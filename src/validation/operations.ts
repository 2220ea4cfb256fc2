import type { Qos } from '../codec/packet-types.js';
import type { UserProperties } from './values.js';

/** Options of every operation that the Server acknowledges. */
export interface OperationOptions {
  /**
   * How long to wait for the acknowledgement, in milliseconds from the moment the packet is sent.
   * 0…2147483647, 0 for no limit. Default: the `ackTimeoutMs` of the client. Runs out as
   * `GNEISS_ERR_ACK_TIMEOUT`. For QoS 2 it covers the whole exchange. A lost connection stops it; it
   * starts anew when the operation is sent again.
   */
  readonly ackTimeoutMs?: number | undefined;
  /** Aborts the operation (`GNEISS_ERR_ABORTED`). What was sent already can not be called back. */
  readonly signal?: AbortSignal | undefined;
  /**
   * User Properties of the packet: pairs of name and value, each at most 65535 bytes of UTF-8.
   * Default: none. MQTT 5 only.
   *
   * @see MQTT 5.0 §2.2.2, §3.3.2.3.7
   */
  readonly userProperties?: UserProperties | undefined;
}

/** How a message is published. */
export interface PublishOptions extends OperationOptions {
  /**
   * Quality of Service: 0 at most once, 1 at least once, 2 exactly once. Default 0.
   *
   * @see MQTT 5.0 §3.3.1.2, §4.3
   */
  readonly qos?: Qos | undefined;
  /**
   * Whether the Server keeps the message for later subscribers; with an empty payload it forgets the
   * one it has. Default false.
   *
   * @see MQTT 5.0 §3.3.1.3
   */
  readonly retain?: boolean | undefined;
  /**
   * Lifetime of the message in seconds, 0…4294967295. Time spent in the queue of this client counts;
   * a message that expires there fails with `GNEISS_ERR_MESSAGE_EXPIRED`. Default: it does not
   * expire. MQTT 5 only.
   *
   * @see MQTT 5.0 §3.3.2.3.3
   */
  readonly messageExpiryInterval?: number | undefined;
  /**
   * Topic Alias to send the message with, 1…65535 and at most the Topic Alias Maximum of the Server. The client leaves the topic out once the
   * Server knows it by the alias. Ignored when the `topicAliasPolicy` is not 'manual'. Default: none. MQTT 5 only.
   *
   * @see MQTT 5.0 §3.3.2.3.4
   */
  readonly topicAlias?: number | undefined;
  /**
   * Topic Name that a response is expected on: 1…65535 bytes of UTF-8, no wildcards. Default: none.
   * MQTT 5 only.
   *
   * @see MQTT 5.0 §3.3.2.3.5
   */
  readonly responseTopic?: string | undefined;
  /**
   * Tells the requester which request a response belongs to: at most 65535 bytes, copied by the
   * call. Default: none. MQTT 5 only.
   *
   * @see MQTT 5.0 §3.3.2.3.6
   */
  readonly correlationData?: Uint8Array | undefined;
  /**
   * Content type of the payload, such as a MIME type: at most 65535 bytes of UTF-8. Default: none.
   * MQTT 5 only.
   *
   * @see MQTT 5.0 §3.3.2.3.9
   */
  readonly contentType?: string | undefined;
  /**
   * 1 when the payload is UTF-8 text, 0 when it is bytes of no stated kind. Default: not sent, which
   * means 0. MQTT 5 only.
   *
   * @see MQTT 5.0 §3.3.2.3.2
   */
  readonly payloadFormatIndicator?: 0 | 1 | undefined;
}

/** Subscription Options that can differ from filter to filter. */
export interface SubscriptionChoices {
  /**
   * Highest QoS at which the Server may send messages. Default 0.
   *
   * @see MQTT 5.0 §3.8.3.1
   */
  readonly qos?: Qos | undefined;
  /**
   * Whether messages published by this client itself are left out. Must not be set for a Shared
   * Subscription. Default false. MQTT 5 only.
   *
   * @see MQTT 5.0 §3.8.3.1
   */
  readonly noLocal?: boolean | undefined;
  /**
   * Whether forwarded messages keep the RETAIN flag they were published with. Default false. MQTT 5
   * only.
   *
   * @see MQTT 5.0 §3.8.3.1
   */
  readonly retainAsPublished?: boolean | undefined;
  /**
   * When the Server sends its retained messages: 0 at every subscribe, 1 only for a subscription that
   * is new, 2 never. Default 0. MQTT 5 only.
   *
   * @see MQTT 5.0 §3.8.3.1
   */
  readonly retainHandling?: 0 | 1 | 2 | undefined;
}

/** One filter of a SUBSCRIBE with Subscription Options of its own; what is left out comes from {@link SubscribeOptions}. */
export interface SubscriptionRequest extends SubscriptionChoices {
  /**
   * Topic Filter: 1…65535 bytes of UTF-8, wildcards `+` and `#`, or `$share/{ShareName}/{filter}`.
   *
   * @see MQTT 5.0 §4.7, §4.8.2
   */
  readonly topicFilter: string;
}

/**
 * When a message is acknowledged: `'handled'`, when its handler has returned or its promise has
 * settled; `'manual'`, when `message.acknowledge()` is called.
 */
export type AckMode = 'handled' | 'manual';

/** How a subscription is made and its messages are handled. */
export interface SubscribeOptions extends OperationOptions, SubscriptionChoices {
  /**
   * Subscription Identifier, 1…268435455: the Server sends it with each message of this
   * subscription. Default: none. MQTT 5 only.
   *
   * @see MQTT 5.0 §3.8.2.1.2
   */
  readonly subscriptionIdentifier?: number | undefined;
  /** When messages are acknowledged. Default: the `ackMode` of the client. */
  readonly ackMode?: AckMode | undefined;
  /**
   * How many handlers of this subscription may run at the same time, 1…65535; 1 serialises them.
   * Default: as many as messages fit the inbound memory.
   */
  readonly concurrency?: number | undefined;
}

/** How a subscription is ended. */
export interface UnsubscribeOptions extends OperationOptions {}

/** How room is waited for. */
export interface ReadyOptions {
  /** Ends the waiting (`GNEISS_ERR_ABORTED`). */
  readonly signal?: AbortSignal | undefined;
}

/** How messages are put together in batches. */
export interface BatchOptions {
  /** Messages in a batch, 1…4096. Default 1024. */
  readonly maximum?: number | undefined;
}

/** Reason codes of a DISCONNECT that a client may send. */
export type DisconnectReasonCode =
  | 0x00
  | 0x04
  | 0x80
  | 0x81
  | 0x82
  | 0x83
  | 0x90
  | 0x93
  | 0x94
  | 0x95
  | 0x96
  | 0x97
  | 0x98
  | 0x99;

/** How a client is stopped. */
export interface StopOptions {
  /**
   * Closes the socket at once and without DISCONNECT, so that the Server publishes the Will. Goes
   * with none of the fields of a DISCONNECT. Default false.
   */
  readonly abrupt?: boolean | undefined;
  /**
   * Reason code of the DISCONNECT: 0x00 Normal disconnection, 0x04 Disconnect with Will Message, or
   * one of the error codes that a client may send. Default 0x00. MQTT 5 only.
   *
   * @see MQTT 5.0 §3.14.2.1
   */
  readonly reasonCode?: DisconnectReasonCode | undefined;
  /**
   * Reason for people to read: at most 65535 bytes of UTF-8. Default: none. MQTT 5 only.
   *
   * @see MQTT 5.0 §3.14.2.2.3
   */
  readonly reasonString?: string | undefined;
  /**
   * New Session Expiry Interval in seconds, 0…4294967295; must be 0 when the one of CONNECT was 0.
   * Default: that of CONNECT stays. MQTT 5 only.
   *
   * @see MQTT 5.0 §3.14.2.2.2
   */
  readonly sessionExpiryInterval?: number | undefined;
  /**
   * User Properties of the DISCONNECT. Default: none. MQTT 5 only.
   *
   * @see MQTT 5.0 §3.14.2.2.4
   */
  readonly userProperties?: UserProperties | undefined;
  /**
   * How long what was asked for before may take to drain, in milliseconds, 0…2147483647. Default:
   * the `closeTimeoutMs` of the client.
   */
  readonly timeoutMs?: number | undefined;
}

/** How a request is published, and how long it may be answered. MQTT 5 only. */
export interface RequestOptions
  extends Omit<PublishOptions, 'retain' | 'topicAlias' | 'responseTopic' | 'correlationData'> {
  /** Quality of Service of the request. Default 1. */
  readonly qos?: Qos | undefined;
  /** How long to wait for an answer, in milliseconds from the call, 1…2147483647. Default 30000. */
  readonly timeoutMs?: number | undefined;
}

/** How a request with many answers is published. */
export interface RequestManyOptions extends RequestOptions {
  /** Answers after which the iteration ends, 1…65536. Default 1024. */
  readonly maximumResponses?: number | undefined;
}

/** How an answer is published. Default QoS: that of the request. */
export type ResponseOptions = Omit<
  PublishOptions,
  'retain' | 'topicAlias' | 'responseTopic' | 'correlationData'
>;
