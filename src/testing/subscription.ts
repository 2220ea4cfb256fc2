import type { Qos } from '../codec/packet-types.js';
import type { SubscriptionRequest } from '../codec/packets.js';
import { PROPERTIES } from '../codec/property-table.js';
import { varintLength, writeVarint } from '../codec/varint.js';
import type { Grant } from './grant.js';
import type { Recipient } from './recipient.js';

const NO_IDENTIFIERS = new Uint8Array(0);

/** One Topic Filter that a session has subscribed to. */
export interface Subscription extends Grant {
  readonly session: Recipient;
  /** As subscribed, with `$share/` where it is shared. */
  readonly topicFilter: string;
  readonly noLocal: boolean;
}

/** Makes a subscription of a request; `identifier` is 0 without a Subscription Identifier. */
export function toSubscription(
  session: Recipient,
  request: SubscriptionRequest,
  qos: Qos,
  identifier: number,
): Subscription {
  return {
    session,
    topicFilter: request.topicFilter,
    qos,
    noLocal: request.noLocal,
    retainAsPublished: request.retainAsPublished,
    identifiers: identifier === 0 ? NO_IDENTIFIERS : encodeIdentifier(identifier),
  };
}

function encodeIdentifier(identifier: number): Uint8Array {
  const bytes = new Uint8Array(1 + varintLength(identifier));
  bytes[0] = PROPERTIES.subscriptionIdentifier.id;
  writeVarint(bytes, 1, identifier);
  return bytes;
}
