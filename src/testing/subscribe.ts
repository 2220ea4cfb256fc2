import { PacketType, type ProtocolVersion, type Qos } from '../codec/packet-types.js';
import type {
  SubackPacket,
  SubscribePacket,
  SubscriptionRequest,
  UnsubackPacket,
  UnsubscribePacket,
} from '../codec/packets.js';
import { FAILURE_MIN, REASON_CODES } from '../codec/reason-codes.js';
import { hasWildcard, parseSharedFilter } from '../validation/topics.js';
import type { BrokerCore } from './core.js';
import type { ResolvedOptions } from './options.js';
import type { Session } from './session.js';
import { type Subscription, toSubscription } from './subscription.js';

/** A SUBSCRIBE that was carried out, but for the retained messages. */
export interface Subscribed {
  readonly suback: SubackPacket;
  /** Sends the retained messages; to be called once the SUBACK is written. */
  sendRetained(): void;
}

/** Carries out a SUBSCRIBE, one Topic Filter after the other [MQTT-3.8.4-5]. */
export function subscribe(
  core: BrokerCore,
  session: Session,
  packet: SubscribePacket,
  version: ProtocolVersion,
): Subscribed {
  const { packetId, properties } = packet;
  const identifier = properties.subscriptionIdentifier ?? 0;
  const withRetained: Subscription[] = [];
  const reasonCodes = packet.subscriptions.map((request) => {
    const refusal = refuseSubscription(core.options, session, request, identifier);
    if (refusal !== 0) return version === 5 ? refusal : FAILURE_MIN;
    const qos = grantQos(request.qos, core.options.maximumQos);
    const subscription = toSubscription(session, request, qos, identifier);
    const isNew = addSubscription(core, session, subscription);
    if (sendsRetained(request, isNew)) withRetained.push(subscription);
    return qos;
  });
  return {
    suback: { type: PacketType.SUBACK, packetId, reasonCodes, properties: {} },
    sendRetained: () => {
      for (const subscription of withRetained) sendRetained(core, subscription);
    },
  };
}

/** Carries out an UNSUBSCRIBE. What is in flight or queued is still delivered. */
export function unsubscribe(
  core: BrokerCore,
  session: Session,
  { packetId, topicFilters }: UnsubscribePacket,
): UnsubackPacket {
  const reasonCodes = topicFilters.map((topicFilter) => {
    const subscription = session.subscriptions.get(topicFilter);
    if (subscription === undefined) return REASON_CODES.noSubscriptionExisted.value;
    session.subscriptions.delete(topicFilter);
    core.router.delete(subscription);
    return REASON_CODES.success.value;
  });
  return { type: PacketType.UNSUBACK, packetId, reasonCodes, properties: {} };
}

/** The reason code that refuses a Topic Filter, or 0. */
function refuseSubscription(
  options: ResolvedOptions,
  session: Session,
  { topicFilter }: SubscriptionRequest,
  identifier: number,
): number {
  if (!options.sharedSubscriptionAvailable && parseSharedFilter(topicFilter) !== null) {
    return REASON_CODES.sharedSubscriptionsNotSupported.value;
  }
  if (!options.wildcardSubscriptionAvailable && hasWildcard(topicFilter)) {
    return REASON_CODES.wildcardSubscriptionsNotSupported.value;
  }
  if (!options.subscriptionIdentifierAvailable && identifier !== 0) {
    return REASON_CODES.subscriptionIdentifiersNotSupported.value;
  }
  const { subscriptions } = session;
  return subscriptions.size >= options.subscriptionsMax && !subscriptions.has(topicFilter)
    ? REASON_CODES.quotaExceeded.value
    : 0;
}

/** Adds a subscription, in place of an earlier one to the same filter; was there none? */
function addSubscription(
  { router }: BrokerCore,
  session: Session,
  subscription: Subscription,
): boolean {
  const { topicFilter } = subscription;
  const previous = session.subscriptions.get(topicFilter);
  if (previous !== undefined) router.delete(previous);
  session.subscriptions.set(topicFilter, subscription);
  router.add(subscription);
  return previous === undefined;
}

/** Shared Subscriptions get no retained messages (§4.8.2). */
function sendsRetained(
  { topicFilter, retainHandling }: SubscriptionRequest,
  isNew: boolean,
): boolean {
  if (parseSharedFilter(topicFilter) !== null) return false;
  return retainHandling === 0 || (retainHandling === 1 && isNew);
}

function sendRetained({ retained }: BrokerCore, subscription: Subscription): void {
  const messages = retained.match(subscription.topicFilter, performance.now());
  for (const message of messages) subscription.session.deliver(message, subscription, true);
}

function grantQos(requested: Qos, maximumQos: number): Qos {
  if (requested <= maximumQos) return requested;
  return maximumQos === 0 ? 0 : 1;
}
