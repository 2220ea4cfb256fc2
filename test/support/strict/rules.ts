/** One rule that the bytes of a peer can break, with the reason code that MQTT 5 has for it. */
export interface Rule {
  /** The statement in MQTT 5, or the section where the rule has no number. */
  readonly statement: string;
  /** The statement in MQTT 3.1.1, or the section; null where that version has no such rule. */
  readonly statement311: string | null;
  readonly reasonCode: number;
}

const MALFORMED = 0x81;
const PROTOCOL_ERROR = 0x82;
const UNSUPPORTED_VERSION = 0x84;
const ALIAS_INVALID = 0x94;
const TOO_LARGE = 0x95;

/** Every rule that one packet can be judged by on its own, without knowing what went before. */
export const RULES = {
  reservedType: rule('2.1.2', '2.2.1', MALFORMED),
  wrongSender: rule('2.1.2', '2.2.1', PROTOCOL_ERROR),
  headerFlags: rule('MQTT-2.1.3-1', 'MQTT-2.2.2-2', MALFORMED),
  publishQos3: rule('MQTT-3.3.1-4', 'MQTT-3.3.1-4', MALFORMED),
  dupAtQos0: rule('MQTT-3.3.1-2', 'MQTT-3.3.1-2', MALFORMED),
  lengthTooLong: rule('1.5.5', '2.2.3', MALFORMED),
  lengthNotMinimal: rule('MQTT-1.5.5-1', null, MALFORMED),
  packetTooLarge: rule('MQTT-3.1.2-24', null, TOO_LARGE),
  truncated: rule('2.1.4', '2.2.3', MALFORMED),
  trailingBytes: rule('2.1.4', '2.2.3', MALFORMED),
  illFormedUtf8: rule('MQTT-1.5.4-1', 'MQTT-1.5.3-1', MALFORMED),
  nullCharacter: rule('MQTT-1.5.4-2', 'MQTT-1.5.3-2', MALFORMED),
  packetIdZero: rule('MQTT-2.2.1-4', 'MQTT-2.3.1-1', PROTOCOL_ERROR),

  propertyLength: rule('2.2.2.1', null, MALFORMED),
  propertyUnknown: rule('2.2.2.2', null, MALFORMED),
  propertyMisplaced: rule('2.2.2.2', null, MALFORMED),
  propertyRepeated: rule('2.2.2.2', null, PROTOCOL_ERROR),
  propertyOutOfRange: rule('2.2.2.2', null, PROTOCOL_ERROR),
  topicAliasZero: rule('MQTT-3.3.2-8', null, ALIAS_INVALID),
  responseTopicWildcard: rule('MQTT-3.3.2-14', null, PROTOCOL_ERROR),
  responseTopicEmpty: rule('MQTT-4.7.3-1', null, PROTOCOL_ERROR),
  subscriptionIdFromClient: rule('MQTT-3.3.4-6', null, PROTOCOL_ERROR),
  sessionExpiryFromServer: rule('MQTT-3.14.2-2', null, PROTOCOL_ERROR),
  serverReferenceFromClient: rule('3.14.2.2.5', null, PROTOCOL_ERROR),
  authDataWithoutMethod: rule('3.1.2.11.10', null, PROTOCOL_ERROR),
  authWithoutMethod: rule('MQTT-4.12.0-5', null, PROTOCOL_ERROR),

  topicEmpty: rule('MQTT-4.7.3-1', 'MQTT-4.7.3-1', PROTOCOL_ERROR),
  topicWildcard: rule('MQTT-3.3.2-2', 'MQTT-3.3.2-2', PROTOCOL_ERROR),
  filterEmpty: rule('MQTT-4.7.3-1', 'MQTT-4.7.3-1', PROTOCOL_ERROR),
  filterMultiLevel: rule('MQTT-4.7.1-1', 'MQTT-4.7.1-2', PROTOCOL_ERROR),
  filterSingleLevel: rule('MQTT-4.7.1-2', 'MQTT-4.7.1-3', PROTOCOL_ERROR),
  shareNameMissing: rule('MQTT-4.8.2-1', null, PROTOCOL_ERROR),
  shareNameInvalid: rule('MQTT-4.8.2-2', null, PROTOCOL_ERROR),

  protocolName: rule('MQTT-3.1.2-1', 'MQTT-3.1.2-1', UNSUPPORTED_VERSION),
  protocolLevel: rule('MQTT-3.1.2-2', 'MQTT-3.1.2-2', UNSUPPORTED_VERSION),
  connectReservedFlag: rule('MQTT-3.1.2-3', 'MQTT-3.1.2-3', MALFORMED),
  willQosWithoutWill: rule('MQTT-3.1.2-11', 'MQTT-3.1.2-13', MALFORMED),
  willQos3: rule('MQTT-3.1.2-12', 'MQTT-3.1.2-14', MALFORMED),
  willRetainWithoutWill: rule('MQTT-3.1.2-13', 'MQTT-3.1.2-15', MALFORMED),
  passwordWithoutUserName: rule('3.1.2.9', 'MQTT-3.1.2-22', MALFORMED),
  clientIdEmptyWithSession: rule('3.1.3.1', 'MQTT-3.1.3-7', PROTOCOL_ERROR),
  connackFlags: rule('MQTT-3.2.2-1', '3.2.2.1', MALFORMED),
  sessionPresentOnRefusal: rule('MQTT-3.2.2-6', 'MQTT-3.2.2-4', PROTOCOL_ERROR),

  connackReasonCode: rule('MQTT-3.2.2-8', '3.2.2.3', MALFORMED),
  pubackReasonCode: rule('MQTT-3.4.2-1', null, MALFORMED),
  pubrecReasonCode: rule('MQTT-3.5.2-1', null, MALFORMED),
  pubrelReasonCode: rule('MQTT-3.6.2-1', null, MALFORMED),
  pubcompReasonCode: rule('MQTT-3.7.2-1', null, MALFORMED),
  subackReasonCode: rule('MQTT-3.9.3-2', 'MQTT-3.9.3-2', MALFORMED),
  unsubackReasonCode: rule('MQTT-3.11.3-2', null, MALFORMED),
  disconnectReasonCode: rule('MQTT-3.14.2-1', null, MALFORMED),
  authReasonCode: rule('MQTT-3.15.2-1', null, MALFORMED),

  subscribeEmpty: rule('MQTT-3.8.3-2', 'MQTT-3.8.3-3', PROTOCOL_ERROR),
  subscribeReservedBits: rule('MQTT-3.8.3-5', 'MQTT-3.8.3-4', MALFORMED),
  subscribeQos3: rule('3.8.3.1', 'MQTT-3.8.3-4', PROTOCOL_ERROR),
  retainHandling3: rule('3.8.3.1', null, PROTOCOL_ERROR),
  noLocalOnShared: rule('MQTT-3.8.3-4', null, PROTOCOL_ERROR),
  subackEmpty: rule('MQTT-3.8.4-6', 'MQTT-3.8.4-5', PROTOCOL_ERROR),
  unsubscribeEmpty: rule('MQTT-3.10.3-2', 'MQTT-3.10.3-2', PROTOCOL_ERROR),
  unsubackEmpty: rule('MQTT-3.11.3-1', null, PROTOCOL_ERROR),
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;

function rule(statement: string, statement311: string | null, reasonCode: number): Rule {
  return { statement, statement311, reasonCode };
}
