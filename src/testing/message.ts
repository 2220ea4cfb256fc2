import type { Qos } from '../codec/packet-types.js';
import type { PropertiesOf } from '../codec/property-table.js';
import {
  decodePublishProperties,
  encodePublishProperties,
  sizePublishProperties,
} from '../codec/publish.js';
import { copyBytes } from './bytes.js';
import { Slab } from './slab.js';
import type { Topic } from './topic-cache.js';

/** An Application Message as an object. */
export interface ApplicationMessage {
  /** In full, also where an alias stood for it. */
  readonly topicName: string;
  /** A copy. */
  readonly payload: Uint8Array;
  /** The QoS at which it was published. */
  readonly qos: Qos;
  /** RETAIN as it was published. */
  readonly retain: boolean;
  /** Those that are forwarded: neither alias nor identifiers. Empty from a Client of MQTT 3.1.1. */
  readonly properties: PropertiesOf<'publish'>;
}

const NO_BYTES = new Uint8Array(0);

/** Where kept messages lie one behind the other. */
const slab = new Slab();

/** Message Expiry Interval of a message that never expires. */
export const NEVER_EXPIRES = -1;

/**
 * One Application Message on its way through the broker.
 *
 * A message borrows its bytes: those of the packet it came in are overwritten by the next read of
 * that connection. Whoever holds it for longer takes {@link keep}, which copies once for all.
 */
export class Message {
  topic: Topic;
  qos: Qos = 0;
  /** RETAIN as it was published. */
  retain = false;
  /** Seconds, counted from `acceptedAt`, or {@link NEVER_EXPIRES}. */
  messageExpiryInterval = NEVER_EXPIRES;
  /** Milliseconds of `performance.now()`. Kept for messages that expire only. */
  acceptedAt = 0;
  payload: Uint8Array = NO_BYTES;
  payloadStart = 0;
  payloadLength = 0;
  /** The encoded properties but for those of one hop (alias, identifiers) and the expiry. */
  properties: Uint8Array = NO_BYTES;
  propertiesStart = 0;
  propertiesLength = 0;
  #kept: Message | null = null;

  constructor(topic: Topic) {
    this.topic = topic;
  }

  /** Points a reused message at the next one; the bytes and the expiry are set by the caller. */
  reset(topic: Topic, qos: Qos, retain: boolean): void {
    this.topic = topic;
    this.qos = qos;
    this.retain = retain;
    this.messageExpiryInterval = NEVER_EXPIRES;
    this.#kept = null;
  }

  /** Takes over properties, but for those of one hop; the expiry runs from now on. */
  setProperties(properties: PropertiesOf<'publish'>): void {
    const forwarded = {
      ...properties,
      messageExpiryInterval: undefined,
      topicAlias: undefined,
      subscriptionIdentifiers: undefined,
    };
    this.properties = new Uint8Array(sizePublishProperties(forwarded));
    this.propertiesStart = 0;
    this.propertiesLength = encodePublishProperties(forwarded, this.properties, 0);
    if (properties.messageExpiryInterval === undefined) return;
    this.messageExpiryInterval = properties.messageExpiryInterval;
    this.acceptedAt = performance.now();
  }

  /** The message as an object, with bytes of its own. */
  toObject(): ApplicationMessage {
    const { payload, properties } = this.copy();
    const end = this.payloadLength + this.propertiesLength;
    const expiry = this.messageExpiryInterval;
    return {
      topicName: this.topic.name,
      payload: payload.subarray(0, this.payloadLength),
      qos: this.qos,
      retain: this.retain,
      properties: {
        ...decodePublishProperties(properties, this.payloadLength, end),
        ...(expiry === NEVER_EXPIRES ? {} : { messageExpiryInterval: expiry }),
      },
    };
  }

  /** The same message with bytes that last, copied at the first call. */
  keep(): Message {
    if (this.#kept === null) {
      const start = slab.reserve(this.payloadLength + this.propertiesLength);
      this.#kept = this.#copyTo(slab.bytes, start);
    }
    return this.#kept;
  }

  /** Seconds until the message expires at `now`; below zero for {@link NEVER_EXPIRES}. */
  remainingExpiry(now: number, secondMs: number): number {
    if (this.messageExpiryInterval === NEVER_EXPIRES) return NEVER_EXPIRES;
    const waited = Math.floor((now - this.acceptedAt) / secondMs);
    return Math.max(0, this.messageExpiryInterval - waited);
  }

  /** Has it waited for as long as its Message Expiry Interval? */
  isExpired(now: number, secondMs: number): boolean {
    if (this.messageExpiryInterval === NEVER_EXPIRES) return false;
    return now - this.acceptedAt >= this.messageExpiryInterval * secondMs;
  }

  /** A copy with an array of its own, for a message that outlives its neighbours. */
  copy(): Message {
    return this.#copyTo(new Uint8Array(this.payloadLength + this.propertiesLength), 0);
  }

  #copyTo(bytes: Uint8Array, start: number): Message {
    const copy = new Message(this.topic);
    copy.reset(this.topic, this.qos, this.retain);
    copy.messageExpiryInterval = this.messageExpiryInterval;
    copy.acceptedAt = this.acceptedAt;
    copy.payload = bytes;
    copy.payloadStart = start;
    copy.payloadLength = this.payloadLength;
    copy.properties = bytes;
    copy.propertiesStart = start + this.payloadLength;
    copy.propertiesLength = this.propertiesLength;
    copyBytes(this.payload, this.payloadStart, this.payloadLength, bytes, start);
    const { propertiesStart, propertiesLength } = this;
    copyBytes(this.properties, propertiesStart, propertiesLength, bytes, copy.propertiesStart);
    copy.#kept = copy;
    return copy;
  }
}

/** Makes a message of an object; its payload is borrowed. */
export function toMessage(topic: Topic, source: ApplicationMessage): Message {
  const message = new Message(topic);
  message.reset(topic, source.qos, source.retain);
  message.payload = source.payload;
  message.payloadLength = source.payload.length;
  message.setProperties(source.properties);
  return message;
}
