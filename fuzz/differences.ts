import type { TolerationName } from '../src/errors/tolerations.js';
import type { ViolationName } from '../src/errors/violations.js';
import type { ComplianceMode } from '../src/protocol/compliance.js';
import type { StrictPacket, Version } from '../test/support/strict/packets.js';
import type { RuleName } from '../test/support/strict/rules.js';
import { LIMITS } from './machine.js';

/** What a connection has seen before the packet in question. */
export interface Before {
  readonly version: Version;
  readonly compliance: ComplianceMode;
  readonly cleanStart: boolean;
  /** A CONNACK was accepted. */
  readonly isConnected: boolean;
  /** QoS 1 and 2 PUBLISH packets. */
  readonly numbered: number;
  /** Topic Aliases with a topic. */
  readonly aliases: ReadonlySet<number>;
}

/** The packet as far as the independent decoder could read it, and its type. */
export interface Subject {
  readonly type: number;
  readonly packet: StrictPacket | null;
}

/** May the machine refuse this packet, whatever its bytes, for what was before it? */
type Reason = (before: Before, subject: Subject) => boolean;

const CONNACK = 2;
const AUTH = 15;

/** What each violation of the codec is called in the independent decoder. */
export const CODEC = {
  truncated: ['truncated'],
  trailingBytes: ['trailingBytes'],
  reservedType: ['reservedType'],
  headerFlags: ['headerFlags'],
  qos3: ['publishQos3'],
  variableByteInteger: ['lengthTooLong', 'lengthNotMinimal'],
  utf8: ['illFormedUtf8'],
  utf8Null: ['nullCharacter'],
  packetTooLarge: ['packetTooLarge'],
  wrongSender: ['wrongSender'],
  packetIdZero: ['packetIdZero'],
  propertyUnknown: ['propertyUnknown'],
  propertyMisplaced: ['propertyMisplaced'],
  propertyLength: ['propertyLength'],
  propertyDuplicate: ['propertyRepeated'],
  propertyValue: ['propertyOutOfRange'],
  topicAliasZero: ['topicAliasZero'],
  responseTopicWildcard: ['responseTopicWildcard'],
  subscriptionIdFromClient: ['subscriptionIdFromClient'],
  sessionExpiryFromServer: ['sessionExpiryFromServer'],
  serverReferenceFromClient: ['serverReferenceFromClient'],
  authDataWithoutMethod: ['authDataWithoutMethod'],
  authMethodMissing: ['authWithoutMethod'],
  topicEmpty: ['topicEmpty', 'filterEmpty', 'responseTopicEmpty'],
  topicWildcard: ['topicWildcard'],
  filterMultiLevel: ['filterMultiLevel'],
  filterSingleLevel: ['filterSingleLevel'],
  filterShared: ['shareNameMissing', 'shareNameInvalid'],
  protocolName: ['protocolName'],
  protocolVersion: ['protocolLevel'],
  connectReservedFlag: ['connectReservedFlag'],
  willQosWithoutWill: ['willQosWithoutWill'],
  willQos3: ['willQos3'],
  willRetainWithoutWill: ['willRetainWithoutWill'],
  passwordWithoutUserName: ['passwordWithoutUserName'],
  connackFlags: ['connackFlags'],
  sessionPresentOnRefusal: ['sessionPresentOnRefusal'],
  connackReasonCode: ['connackReasonCode'],
  pubackReasonCode: ['pubackReasonCode'],
  pubrecReasonCode: ['pubrecReasonCode'],
  pubrelReasonCode: ['pubrelReasonCode'],
  pubcompReasonCode: ['pubcompReasonCode'],
  subscribeEmpty: ['subscribeEmpty'],
  noLocalShared: ['noLocalOnShared'],
  subscribeOptions: ['subscribeReservedBits'],
  subscribeQos3: ['subscribeQos3'],
  retainHandling3: ['retainHandling3'],
  subackEmpty: ['subackEmpty'],
  subackReasonCode: ['subackReasonCode'],
  unsubscribeEmpty: ['unsubscribeEmpty'],
  unsubackEmpty: ['unsubackEmpty'],
  unsubackReasonCode: ['unsubackReasonCode'],
  disconnectReasonCode: ['disconnectReasonCode'],
  authReasonCode: ['authReasonCode'],
} as const satisfies Partial<Record<ViolationName, readonly RuleName[]>>;

/** The violations that only the course of a connection can tell, and when each is one. */
export const SESSION = {
  // The machine authenticates nobody.
  authUnasked: (_before, { type }) => type === AUTH,
  connackMethodUnasked: (_before, { packet }) =>
    packet?.type === 'CONNACK' && packet.properties.authenticationMethod !== undefined,
  connackMissing: (before, { type }) => !before.isConnected && type !== CONNACK,
  connackRepeated: (before, { type }) => before.isConnected && type === CONNACK,
  sessionPresentUnasked: (before, { packet }) =>
    before.cleanStart && packet?.type === 'CONNACK' && packet.sessionPresent,
  // What an exchange breaks that this machine never begins.
  authMethodChanged: () => false,
  authBeforeConnack: () => false,
  authOutOfTurn: () => false,
  receiveMaximum: (before, { packet }) =>
    packet?.type === 'PUBLISH' && packet.qos > 0 && before.numbered >= LIMITS.receiveMaximum,
  topicAlias: (_before, { packet }) =>
    packet?.type === 'PUBLISH' && (packet.properties.topicAlias ?? 0) > LIMITS.topicAliasMaximum,
  topicAliasUnbound: (before, { packet }) =>
    packet?.type === 'PUBLISH' &&
    packet.topicName === '' &&
    !before.aliases.has(packet.properties.topicAlias ?? 0),
  acknowledgementMismatch: (_before, { type }) => [4, 5, 7, 9, 11].includes(type),
  reasonCodeCount: (_before, { type }) => type === 9 || type === 11,
} as const satisfies Partial<Record<ViolationName, Reason>>;

/** In which packet types a strict machine may find what a forgiving one lets pass. */
const INTOLERABLE: Readonly<Record<TolerationName, readonly number[]>> = {
  unknownAcknowledgement: [4, 7, 9, 11],
  unknownPubrec: [5],
  repeatedPubrec: [5],
  unknownPubrel: [6],
  earlyPubrel: [6],
  grantAboveRequest: [9],
  pingrespUnasked: [13],
  sessionWithoutState: [CONNACK],
  assignedClientIdMissing: [CONNACK],
  assignedClientIdUnasked: [CONNACK],
  responseInformationUnasked: [CONNACK],
  problemInformationUnasked: [],
  packetIdInUse: [3],
  repeatedPublish: [3],
  dupAtQos0: [3],
  unsolicitedMessage: [3],
  qosAboveGrant: [3],
  retainUnasked: [3],
  subscriptionIdUnasked: [3],
  payloadFormat: [3],
};

const BAD_AUTHENTICATION_METHOD = 0x8c;

/** What the independent decoder refuses and the machine lets pass. */
const TOLERATED: Partial<Record<RuleName, Reason>> = {
  // A DUP flag says nothing at QoS 0: misbehaviour that harms nothing.
  dupAtQos0: ({ compliance }) => compliance === 'forgiving',
  // Table 2-6 has this code for DISCONNECT, Table 3-13 has not.
  disconnectReasonCode: (_before, { packet }) =>
    packet?.type === 'DISCONNECT' && packet.reasonCode === BAD_AUTHENTICATION_METHOD,
};

/** May the machine accept a packet that breaks these rules? */
export function isTolerated(rules: readonly RuleName[], before: Before, subject: Subject): boolean {
  return rules.every((rule) => TOLERATED[rule]?.(before, subject) ?? false);
}

/** Whether a strict machine may take a packet for what a forgiving one would let pass. */
export function isIntolerance(name: TolerationName, before: Before, { type }: Subject): boolean {
  return before.compliance === 'strict' && INTOLERABLE[name].includes(type);
}

/** Is a violation that the machine reports one of the rules that the packet breaks? */
export function isSameFault(violation: ViolationName, rules: readonly RuleName[]): boolean {
  return namesOf(violation).some((name) => rules.includes(name));
}

/** Is a violation that the machine reports explained by what was before the packet? */
export function isExplained(violation: ViolationName, before: Before, subject: Subject): boolean {
  const reasons: Partial<Record<ViolationName, Reason>> = SESSION;
  return reasons[violation]?.(before, subject) ?? false;
}

/** What the machine must refuse, whatever else it may be. */
export function mustRefuse(before: Before, subject: Subject): boolean {
  return CERTAIN.some((violation) => SESSION[violation](before, subject));
}

/** Of the reasons in SESSION, those that leave the machine no choice. */
const CERTAIN = [
  'connackMissing',
  'connackRepeated',
  'authUnasked',
  'connackMethodUnasked',
  'sessionPresentUnasked',
  'topicAlias',
  'topicAliasUnbound',
] as const;

/**
 * A Server that only knows MQTT 3.1.1 refuses a CONNECT of MQTT 5 in its own format: two bytes, return code 1. The machine
 * reads that as the refusal it is; to the independent decoder it is a CONNACK without a Property Length.
 */
export function isRefusalIn311(version: Version, stream: Uint8Array, start: number): boolean {
  const expected = [0x20, 2, 0, 1];
  return version === 5 && expected.every((byte, index) => stream[start + index] === byte);
}

function namesOf(violation: ViolationName): readonly RuleName[] {
  const names: Partial<Record<ViolationName, readonly RuleName[]>> = CODEC;
  return names[violation] ?? [];
}
