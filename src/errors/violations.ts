/** One way in which a peer breaks the protocol: the statement it breaks, and the reason code that answers it. */
export interface Violation {
  /** The id of the normative statement; for rules without one, the section. */
  readonly statement: string;
  /** Reason code of the DISCONNECT that answers it (MQTT 5). */
  readonly reasonCode: number;
  readonly text: string;
}

const MALFORMED = 0x81;
const PROTOCOL_ERROR = 0x82;

/** Every violation that codec, validation and protocol can report: one row each. */
export const VIOLATIONS = {
  // Codec: what can not be parsed.
  truncated: {
    statement: 'MQTT-4.13.1-1',
    reasonCode: MALFORMED,
    text: 'A field runs past the end of the packet',
  },
  trailingBytes: {
    statement: 'MQTT-4.13.1-1',
    reasonCode: MALFORMED,
    text: 'Bytes follow the last field of the packet',
  },
  reservedType: { statement: '2.1.2', reasonCode: MALFORMED, text: 'The packet type is reserved' },
  headerFlags: {
    statement: 'MQTT-2.1.3-1',
    reasonCode: MALFORMED,
    text: 'The fixed header flags are not those of the packet type',
  },
  qos3: {
    statement: 'MQTT-3.3.1-4',
    reasonCode: MALFORMED,
    text: 'A PUBLISH has both QoS bits set',
  },
  variableByteInteger: {
    statement: 'MQTT-1.5.5-1',
    reasonCode: MALFORMED,
    text: 'A Variable Byte Integer is too long or not minimal',
  },
  utf8: {
    statement: 'MQTT-1.5.4-1',
    reasonCode: MALFORMED,
    text: 'A string is not well-formed UTF-8',
  },
  utf8Null: { statement: 'MQTT-1.5.4-2', reasonCode: MALFORMED, text: 'A string holds U+0000' },
  packetTooLarge: {
    statement: 'MQTT-3.1.2-24',
    reasonCode: 0x95,
    text: 'The packet exceeds the Maximum Packet Size of the receiver',
  },
  wrongSender: {
    statement: '2.1.2',
    reasonCode: PROTOCOL_ERROR,
    text: 'The packet type is never sent by this side',
  },
  packetIdZero: {
    statement: 'MQTT-2.2.1-4',
    reasonCode: PROTOCOL_ERROR,
    text: 'A Packet Identifier is zero',
  },
  // Codec: properties.
  propertyUnknown: {
    statement: '2.2.2.2',
    reasonCode: MALFORMED,
    text: 'A property identifier is unknown',
  },
  propertyMisplaced: {
    statement: '2.2.2.2',
    reasonCode: MALFORMED,
    text: 'A property does not belong to the packet type',
  },
  propertyLength: {
    statement: '2.2.2.1',
    reasonCode: MALFORMED,
    text: 'A Property Length runs past the end of the packet',
  },
  propertyDuplicate: {
    statement: '2.2.2.2',
    reasonCode: PROTOCOL_ERROR,
    text: 'A property that may stand once stands twice',
  },
  propertyValue: {
    statement: '2.2.2.2',
    reasonCode: PROTOCOL_ERROR,
    text: 'The value of a property is out of range',
  },
  topicAliasZero: { statement: 'MQTT-3.3.2-8', reasonCode: 0x94, text: 'A Topic Alias is zero' },
  responseTopicWildcard: {
    statement: 'MQTT-3.3.2-14',
    reasonCode: PROTOCOL_ERROR,
    text: 'A Response Topic holds a wildcard',
  },
  subscriptionIdFromClient: {
    statement: 'MQTT-3.3.4-6',
    reasonCode: PROTOCOL_ERROR,
    text: 'A PUBLISH from a Client carries a Subscription Identifier',
  },
  sessionExpiryFromServer: {
    statement: 'MQTT-3.14.2-2',
    reasonCode: PROTOCOL_ERROR,
    text: 'A DISCONNECT from the Server carries a Session Expiry Interval',
  },
  serverReferenceFromClient: {
    statement: '3.14.2.2.5',
    reasonCode: PROTOCOL_ERROR,
    text: 'A DISCONNECT from a Client carries a Server Reference',
  },
  authDataWithoutMethod: {
    statement: '3.1.2.11.10',
    reasonCode: PROTOCOL_ERROR,
    text: 'Authentication Data stands without an Authentication Method',
  },
  authMethodMissing: {
    statement: 'MQTT-4.12.0-5',
    reasonCode: PROTOCOL_ERROR,
    text: 'An AUTH has no Authentication Method',
  },
  // Codec: topics.
  topicEmpty: {
    statement: 'MQTT-4.7.3-1',
    reasonCode: PROTOCOL_ERROR,
    text: 'A topic name or filter is empty',
  },
  topicWildcard: {
    statement: 'MQTT-3.3.2-2',
    reasonCode: PROTOCOL_ERROR,
    text: 'A topic name holds a wildcard',
  },
  filterMultiLevel: {
    statement: 'MQTT-4.7.1-1',
    reasonCode: PROTOCOL_ERROR,
    text: 'A # in a topic filter is not a whole level or not the last one',
  },
  filterSingleLevel: {
    statement: 'MQTT-4.7.1-2',
    reasonCode: PROTOCOL_ERROR,
    text: 'A + in a topic filter is not a whole level',
  },
  filterShared: {
    statement: 'MQTT-4.8.2-2',
    reasonCode: PROTOCOL_ERROR,
    text: 'A shared subscription has no valid share name and topic filter',
  },
  // Codec: single packets.
  protocolName: {
    statement: 'MQTT-3.1.2-1',
    reasonCode: 0x84,
    text: 'The protocol name is not MQTT',
  },
  protocolVersion: {
    statement: 'MQTT-3.1.2-2',
    reasonCode: 0x84,
    text: 'The protocol version is unknown',
  },
  connectReservedFlag: {
    statement: 'MQTT-3.1.2-3',
    reasonCode: MALFORMED,
    text: 'The reserved CONNECT flag is set',
  },
  willQosWithoutWill: {
    statement: 'MQTT-3.1.2-11',
    reasonCode: MALFORMED,
    text: 'A CONNECT without a Will has a Will QoS',
  },
  willQos3: { statement: 'MQTT-3.1.2-12', reasonCode: MALFORMED, text: 'The Will QoS is 3' },
  willRetainWithoutWill: {
    statement: 'MQTT-3.1.2-13',
    reasonCode: MALFORMED,
    text: 'A CONNECT without a Will has Will Retain set',
  },
  passwordWithoutUserName: {
    statement: 'MQTT-3.1.1:3.1.2-22',
    reasonCode: MALFORMED,
    text: 'A 3.1.1 CONNECT has a password without a user name',
  },
  connackFlags: {
    statement: 'MQTT-3.2.2-1',
    reasonCode: MALFORMED,
    text: 'A reserved acknowledge flag of CONNACK is set',
  },
  sessionPresentOnRefusal: {
    statement: 'MQTT-3.2.2-6',
    reasonCode: PROTOCOL_ERROR,
    text: 'A refusing CONNACK has Session Present set',
  },
  connackReasonCode: {
    statement: 'MQTT-3.2.2-8',
    reasonCode: PROTOCOL_ERROR,
    text: 'The reason code is not one of CONNACK',
  },
  pubackReasonCode: {
    statement: 'MQTT-3.4.2-1',
    reasonCode: PROTOCOL_ERROR,
    text: 'The reason code is not one of PUBACK from this side',
  },
  pubrecReasonCode: {
    statement: 'MQTT-3.5.2-1',
    reasonCode: PROTOCOL_ERROR,
    text: 'The reason code is not one of PUBREC from this side',
  },
  pubrelReasonCode: {
    statement: 'MQTT-3.6.2-1',
    reasonCode: PROTOCOL_ERROR,
    text: 'The reason code is not one of PUBREL',
  },
  pubcompReasonCode: {
    statement: 'MQTT-3.7.2-1',
    reasonCode: PROTOCOL_ERROR,
    text: 'The reason code is not one of PUBCOMP',
  },
  subscribeEmpty: {
    statement: 'MQTT-3.8.3-2',
    reasonCode: PROTOCOL_ERROR,
    text: 'A SUBSCRIBE has no topic filter',
  },
  noLocalShared: {
    statement: 'MQTT-3.8.3-4',
    reasonCode: PROTOCOL_ERROR,
    text: 'No Local is set on a shared subscription',
  },
  subscribeOptions: {
    statement: 'MQTT-3.8.3-5',
    reasonCode: MALFORMED,
    text: 'A reserved bit of the subscription options is set',
  },
  subscribeQos3: {
    statement: '3.8.3.1',
    reasonCode: PROTOCOL_ERROR,
    text: 'The QoS of a subscription is 3',
  },
  retainHandling3: {
    statement: '3.8.3.1',
    reasonCode: PROTOCOL_ERROR,
    text: 'The Retain Handling of a subscription is 3',
  },
  subackEmpty: {
    statement: 'MQTT-3.8.4-6',
    reasonCode: PROTOCOL_ERROR,
    text: 'A SUBACK has no reason code',
  },
  subackReasonCode: {
    statement: 'MQTT-3.9.3-2',
    reasonCode: PROTOCOL_ERROR,
    text: 'A reason code is not one of SUBACK',
  },
  unsubscribeEmpty: {
    statement: 'MQTT-3.10.3-2',
    reasonCode: PROTOCOL_ERROR,
    text: 'An UNSUBSCRIBE has no topic filter',
  },
  unsubackEmpty: {
    statement: 'MQTT-3.11.3-1',
    reasonCode: PROTOCOL_ERROR,
    text: 'An UNSUBACK has no reason code',
  },
  unsubackReasonCode: {
    statement: 'MQTT-3.11.3-2',
    reasonCode: PROTOCOL_ERROR,
    text: 'A reason code is not one of UNSUBACK',
  },
  disconnectReasonCode: {
    statement: 'MQTT-3.14.2-1',
    reasonCode: PROTOCOL_ERROR,
    text: 'The reason code is not one of DISCONNECT from this side',
  },
  authReasonCode: {
    statement: 'MQTT-3.15.2-1',
    reasonCode: PROTOCOL_ERROR,
    text: 'The reason code is not one of AUTH from this side',
  },
  // Protocol.
  connackMissing: {
    statement: 'MQTT-3.2.0-1',
    reasonCode: PROTOCOL_ERROR,
    text: 'The first packet from the Server is not a CONNACK',
  },
  connackRepeated: {
    statement: 'MQTT-3.2.0-2',
    reasonCode: PROTOCOL_ERROR,
    text: 'The Server sent a second CONNACK',
  },
  sessionPresentUnasked: {
    statement: 'MQTT-3.2.2-2',
    reasonCode: PROTOCOL_ERROR,
    text: 'Session Present is set though a clean start was asked for',
  },
  authUnasked: {
    statement: 'MQTT-4.12.0-6',
    reasonCode: PROTOCOL_ERROR,
    text: 'An AUTH came though the CONNECT has no Authentication Method',
  },
  connackMethodUnasked: {
    statement: 'MQTT-4.12.0-6',
    reasonCode: PROTOCOL_ERROR,
    text: 'A CONNACK has an Authentication Method though the CONNECT has none',
  },
  authMethodChanged: {
    statement: 'MQTT-4.12.0-5',
    reasonCode: PROTOCOL_ERROR,
    text: 'The Authentication Method is not that of the CONNECT',
  },
  authBeforeConnack: {
    statement: 'MQTT-4.12.0-2',
    reasonCode: PROTOCOL_ERROR,
    text: 'An AUTH before the CONNACK does not have the reason code 0x18',
  },
  authOutOfTurn: {
    statement: '4.12',
    reasonCode: PROTOCOL_ERROR,
    text: 'An AUTH or CONNACK comes when it is not the turn of the Server',
  },
  receiveMaximum: {
    statement: 'MQTT-3.3.4-9',
    reasonCode: 0x93,
    text: 'The Server exceeds our Receive Maximum',
  },
  topicAlias: {
    statement: 'MQTT-3.3.2-9',
    reasonCode: 0x94,
    text: 'A Topic Alias exceeds our Topic Alias Maximum',
  },
  topicAliasUnbound: {
    statement: '3.3.2.3.4',
    reasonCode: PROTOCOL_ERROR,
    text: 'A Topic Alias stands for no topic',
  },
  acknowledgementMismatch: {
    statement: 'MQTT-2.2.1-6',
    reasonCode: PROTOCOL_ERROR,
    text: 'An acknowledgement is not the one that its Packet Identifier awaits',
  },
  reasonCodeCount: {
    statement: 'MQTT-3.8.4-6',
    reasonCode: PROTOCOL_ERROR,
    text: 'There is not one reason code for each topic filter',
  },
} as const satisfies Record<string, Violation>;

export type ViolationName = keyof typeof VIOLATIONS;
