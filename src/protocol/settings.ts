import type { ConnackPacket, ConnectPacket } from '../codec/packets.js';
import type { NegotiatedSettings } from '../validation/negotiated.js';

const RECEIVE_MAXIMUM_DEFAULT = 65_535;
const MAXIMUM_PACKET_SIZE_DEFAULT = 268_435_460;

/** Settles the settings of a connection that the Server accepted. */
export function negotiate(connect: ConnectPacket, connack: ConnackPacket): NegotiatedSettings {
  const { properties } = connack;
  const maximumQos = properties.maximumQos;
  return {
    protocolVersion: connect.protocolVersion,
    clientId: properties.assignedClientIdentifier ?? connect.clientId,
    sessionPresent: connack.sessionPresent,
    sessionExpiryInterval:
      properties.sessionExpiryInterval ?? connect.properties.sessionExpiryInterval ?? 0,
    keepAlive: properties.serverKeepAlive ?? connect.keepAlive,
    receiveMaximum: properties.receiveMaximum ?? RECEIVE_MAXIMUM_DEFAULT,
    maximumPacketSize: properties.maximumPacketSize ?? MAXIMUM_PACKET_SIZE_DEFAULT,
    topicAliasMaximum: properties.topicAliasMaximum ?? 0,
    maximumQos: maximumQos === 0 || maximumQos === 1 ? maximumQos : 2,
    retainAvailable: properties.retainAvailable ?? true,
    wildcardSubscriptionAvailable: properties.wildcardSubscriptionAvailable ?? true,
    subscriptionIdentifierAvailable: properties.subscriptionIdentifierAvailable ?? true,
    sharedSubscriptionAvailable: properties.sharedSubscriptionAvailable ?? true,
    responseInformation: properties.responseInformation,
  };
}
