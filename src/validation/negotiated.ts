import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { SubscribePacket, UnsubscribePacket } from '../codec/packets.js';
import type { ErrorCode } from '../errors/codes.js';
import { hasWildcard, parseSharedFilter } from './topics.js';

/** What Client and Server have agreed on for one Network Connection: CONNACK over CONNECT over the defaults of §3.2.2.3. */
export interface NegotiatedSettings {
  /** That of the option `protocolVersion`: it is not negotiated. */
  readonly protocolVersion: ProtocolVersion;
  /** The one that the Server has assigned, or that of the options (§3.2.2.3.7). */
  readonly clientId: string;
  /** Whether the Server has gone on with a Session that it has kept (§3.2.2.1.1). */
  readonly sessionPresent: boolean;
  /** How long the Server keeps the Session after the connection, in seconds; 4294967295 is for ever (§3.2.2.3.2). */
  readonly sessionExpiryInterval: number;
  /** Longest silence towards the Server, in seconds; 0: off (§3.2.2.3.14). */
  readonly keepAlive: number;
  /** How many QoS 1 and 2 PUBLISH the Server takes at once, 1…65535 (§3.2.2.3.3). */
  readonly receiveMaximum: number;
  /** The largest packet that the Server takes, in bytes (§3.2.2.3.6). */
  readonly maximumPacketSize: number;
  /** The highest Topic Alias that the Server takes, 0…65535; 0: none (§3.2.2.3.8). */
  readonly topicAliasMaximum: number;
  /** Highest QoS of a publish; a higher one fails with `GNEISS_ERR_QOS_UNSUPPORTED` (§3.2.2.3.4). */
  readonly maximumQos: 0 | 1 | 2;
  /** If not, a publish with `retain` fails with `GNEISS_ERR_RETAIN_UNSUPPORTED` (§3.2.2.3.5). */
  readonly retainAvailable: boolean;
  /** If not, a filter with a wildcard fails with `GNEISS_ERR_SUBSCRIPTION_UNSUPPORTED` (§3.2.2.3.11). */
  readonly wildcardSubscriptionAvailable: boolean;
  /** If not, a `subscriptionIdentifier` fails with `GNEISS_ERR_SUBSCRIPTION_UNSUPPORTED` (§3.2.2.3.12). */
  readonly subscriptionIdentifierAvailable: boolean;
  /** If not, a `$share/…` filter fails with `GNEISS_ERR_SUBSCRIPTION_UNSUPPORTED` (§3.2.2.3.13). */
  readonly sharedSubscriptionAvailable: boolean;
  /** What Response Topics are to begin with, when `requestResponseInformation` has asked for it (§3.2.2.3.15). */
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
