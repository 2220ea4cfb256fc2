import type { ConnectPacket } from '../codec/packets.js';
import type { PropertiesOf } from '../codec/property-table.js';
import { REASON_CODES } from '../codec/reason-codes.js';
import type { ResolvedOptions } from './options.js';

const RECEIVE_MAXIMUM = 65_535;
const MAXIMUM_QOS = 2;

/** The reason code that a CONNECT deserves as far as it can be told from the packet alone. */
export function checkConnect(packet: ConnectPacket, options: ResolvedOptions): number {
  const { will } = packet;
  if (packet.protocolVersion === 4 && packet.clientId === '' && !packet.cleanStart) {
    return REASON_CODES.clientIdentifierNotValid.value;
  }
  if (will !== undefined && will.qos > options.maximumQos) {
    return REASON_CODES.qosNotSupported.value;
  }
  if (will?.retain === true && !options.retainAvailable) {
    return REASON_CODES.retainNotSupported.value;
  }
  return options.authenticate?.(packet) ?? REASON_CODES.success.value;
}

/** Seconds for which the session outlives the connection; 3.1.1 knows not at all and for ever. */
export function grantSessionExpiry(packet: ConnectPacket, options: ResolvedOptions): number {
  const { protocolVersion, cleanStart, properties } = packet;
  const sessions311 = cleanStart ? 0 : Number.POSITIVE_INFINITY;
  const asked = protocolVersion === 5 ? (properties.sessionExpiryInterval ?? 0) : sessions311;
  return Math.min(asked, options.sessionExpiryIntervalMax);
}

/** Seconds of the keep-alive that is in force. */
export function grantKeepAlive(packet: ConnectPacket, options: ResolvedOptions): number {
  const { protocolVersion, keepAlive } = packet;
  return protocolVersion === 5 ? (options.serverKeepAlive ?? keepAlive) : keepAlive;
}

/** The properties of the CONNACK: what differs from the defaults of the specification. */
export function connackProperties(
  packet: ConnectPacket,
  options: ResolvedOptions,
): PropertiesOf<'connack'> {
  const { requestResponseInformation = false, sessionExpiryInterval = 0 } = packet.properties;
  const granted = grantSessionExpiry(packet, options);
  return {
    sessionExpiryInterval: unless(sessionExpiryInterval, granted),
    receiveMaximum: unless(RECEIVE_MAXIMUM, options.receiveMaximum),
    maximumQos: unless(MAXIMUM_QOS, options.maximumQos),
    retainAvailable: unless(true, options.retainAvailable),
    maximumPacketSize: options.maximumPacketSize ?? undefined,
    topicAliasMaximum: unless(0, options.topicAliasMaximum),
    wildcardSubscriptionAvailable: unless(true, options.wildcardSubscriptionAvailable),
    subscriptionIdentifierAvailable: unless(true, options.subscriptionIdentifierAvailable),
    sharedSubscriptionAvailable: unless(true, options.sharedSubscriptionAvailable),
    serverKeepAlive: options.serverKeepAlive ?? undefined,
    responseInformation: requestResponseInformation
      ? (options.responseInformation ?? undefined)
      : undefined,
  };
}

function unless<T>(standard: T, value: T): T | undefined {
  return value === standard ? undefined : value;
}
