import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { SubscribePacket, UnsubscribePacket } from '../codec/packets.js';
import type { ErrorCode } from '../errors/codes.js';
import { hasWildcard, parseSharedFilter } from './topics.js';

/** What Client and Server have agreed on for one Network Connection: CONNACK over CONNECT over the defaults of §3.2.2.3. */
export interface NegotiatedSettings {
  readonly protocolVersion: ProtocolVersion;
  readonly clientId: string;
  readonly sessionPresent: boolean;
  /** Seconds. */
  readonly sessionExpiryInterval: number;
  /** Seconds; 0: off. */
  readonly keepAlive: number;
  /** How many QoS 1 and 2 PUBLISH the Server takes at once. */
  readonly receiveMaximum: number;
  /** The largest packet that the Server takes, in bytes. */
  readonly maximumPacketSize: number;
  /** The highest topic alias that the Server takes; 0: none. */
  readonly topicAliasMaximum: number;
  readonly maximumQos: 0 | 1 | 2;
  readonly retainAvailable: boolean;
  readonly wildcardSubscriptionAvailable: boolean;
  readonly subscriptionIdentifierAvailable: boolean;
  readonly sharedSubscriptionAvailable: boolean;
  readonly responseInformation: string | undefined;
}

/** Why the Server would not take a PUBLISH; null when it would. */
export function refusedPublish(
  settings: NegotiatedSettings,
  qos: number,
  retain: boolean,
  packetLength: number,
): ErrorCode | null {
  if (packetLength > settings.maximumPacketSize) return 'GNEISS_ERR_PACKET_TOO_LARGE';
  if (qos > settings.maximumQos) return 'GNEISS_ERR_QOS_UNSUPPORTED';
  if (retain && !settings.retainAvailable) return 'GNEISS_ERR_RETAIN_UNSUPPORTED';
  return null;
}

/** Why the Server would not take a SUBSCRIBE or UNSUBSCRIBE; null when it would. */
export function refusedSubscription(
  settings: NegotiatedSettings,
  packet: SubscribePacket | UnsubscribePacket,
  packetLength: number,
): ErrorCode | null {
  if (packetLength > settings.maximumPacketSize) return 'GNEISS_ERR_PACKET_TOO_LARGE';
  if (packet.type !== PacketType.SUBSCRIBE) return null;
  const refused = packet.subscriptions.some(
    ({ topicFilter }) =>
      (!settings.wildcardSubscriptionAvailable && hasWildcard(topicFilter)) ||
      (!settings.sharedSubscriptionAvailable && parseSharedFilter(topicFilter) !== null),
  );
  const identified = packet.properties.subscriptionIdentifier !== undefined;
  return refused || (identified && !settings.subscriptionIdentifierAvailable)
    ? 'GNEISS_ERR_SUBSCRIPTION_UNSUPPORTED'
    : null;
}
