import { VIOLATIONS, type Violation } from '../errors/violations.js';
import { PacketType, type Sender } from './packet-types.js';

const { CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT, AUTH } = PacketType;

interface ReasonCodeRow {
  readonly value: number;
  readonly name: string;
  /** The name in packets that have one of their own for it. */
  readonly names?: Readonly<Partial<Record<PacketType, string>>>;
  /** The packets in which both sides, the Server only, or the Client only, may send it. */
  readonly both?: readonly PacketType[];
  readonly server?: readonly PacketType[];
  readonly client?: readonly PacketType[];
}

/** Every reason code of MQTT 5 (§2.4): one row each. Values from 0x80 on are failures. */
export const REASON_CODES = {
  success: {
    value: 0x00,
    name: 'Success',
    names: { [SUBACK]: 'Granted QoS 0', [DISCONNECT]: 'Normal disconnection' },
    both: [PUBACK, PUBREC, PUBREL, PUBCOMP, DISCONNECT],
    server: [CONNACK, SUBACK, UNSUBACK, AUTH],
  },
  grantedQos1: { value: 0x01, name: 'Granted QoS 1', server: [SUBACK] },
  grantedQos2: { value: 0x02, name: 'Granted QoS 2', server: [SUBACK] },
  disconnectWithWillMessage: {
    value: 0x04,
    name: 'Disconnect with Will Message',
    client: [DISCONNECT],
  },
  noMatchingSubscribers: { value: 0x10, name: 'No matching subscribers', server: [PUBACK, PUBREC] },
  noSubscriptionExisted: { value: 0x11, name: 'No subscription existed', server: [UNSUBACK] },
  continueAuthentication: { value: 0x18, name: 'Continue authentication', both: [AUTH] },
  reAuthenticate: { value: 0x19, name: 'Re-authenticate', client: [AUTH] },
  unspecifiedError: {
    value: 0x80,
    name: 'Unspecified error',
    both: [PUBACK, PUBREC, DISCONNECT],
    server: [CONNACK, SUBACK, UNSUBACK],
  },
  malformedPacket: {
    value: 0x81,
    name: 'Malformed Packet',
    both: [DISCONNECT],
    server: [CONNACK],
  },
  protocolError: { value: 0x82, name: 'Protocol Error', both: [DISCONNECT], server: [CONNACK] },
  implementationSpecificError: {
    value: 0x83,
    name: 'Implementation specific error',
    both: [PUBACK, PUBREC, DISCONNECT],
    server: [CONNACK, SUBACK, UNSUBACK],
  },
  unsupportedProtocolVersion: {
    value: 0x84,
    name: 'Unsupported Protocol Version',
    server: [CONNACK],
  },
  clientIdentifierNotValid: { value: 0x85, name: 'Client Identifier not valid', server: [CONNACK] },
  badUserNameOrPassword: { value: 0x86, name: 'Bad User Name or Password', server: [CONNACK] },
  notAuthorized: {
    value: 0x87,
    name: 'Not authorized',
    both: [PUBACK, PUBREC],
    server: [CONNACK, SUBACK, UNSUBACK, DISCONNECT],
  },
  serverUnavailable: { value: 0x88, name: 'Server unavailable', server: [CONNACK] },
  serverBusy: { value: 0x89, name: 'Server busy', server: [CONNACK, DISCONNECT] },
  banned: { value: 0x8a, name: 'Banned', server: [CONNACK] },
  serverShuttingDown: { value: 0x8b, name: 'Server shutting down', server: [DISCONNECT] },
  // Table 2-6 has this code for DISCONNECT, Table 3-13 has not: it is accepted.
  badAuthenticationMethod: {
    value: 0x8c,
    name: 'Bad authentication method',
    server: [CONNACK, DISCONNECT],
  },
  keepAliveTimeout: { value: 0x8d, name: 'Keep Alive timeout', server: [DISCONNECT] },
  sessionTakenOver: { value: 0x8e, name: 'Session taken over', server: [DISCONNECT] },
  topicFilterInvalid: {
    value: 0x8f,
    name: 'Topic Filter invalid',
    server: [SUBACK, UNSUBACK, DISCONNECT],
  },
  topicNameInvalid: {
    value: 0x90,
    name: 'Topic Name invalid',
    both: [PUBACK, PUBREC, DISCONNECT],
    server: [CONNACK],
  },
  packetIdentifierInUse: {
    value: 0x91,
    name: 'Packet Identifier in use',
    both: [PUBACK, PUBREC],
    server: [SUBACK, UNSUBACK],
  },
  packetIdentifierNotFound: {
    value: 0x92,
    name: 'Packet Identifier not found',
    both: [PUBREL, PUBCOMP],
  },
  receiveMaximumExceeded: { value: 0x93, name: 'Receive Maximum exceeded', both: [DISCONNECT] },
  topicAliasInvalid: { value: 0x94, name: 'Topic Alias invalid', both: [DISCONNECT] },
  packetTooLarge: { value: 0x95, name: 'Packet too large', both: [DISCONNECT], server: [CONNACK] },
  messageRateTooHigh: { value: 0x96, name: 'Message rate too high', both: [DISCONNECT] },
  quotaExceeded: {
    value: 0x97,
    name: 'Quota exceeded',
    both: [PUBACK, PUBREC, DISCONNECT],
    server: [CONNACK, SUBACK],
  },
  administrativeAction: { value: 0x98, name: 'Administrative action', both: [DISCONNECT] },
  payloadFormatInvalid: {
    value: 0x99,
    name: 'Payload format invalid',
    both: [PUBACK, PUBREC, DISCONNECT],
    server: [CONNACK],
  },
  retainNotSupported: { value: 0x9a, name: 'Retain not supported', server: [CONNACK, DISCONNECT] },
  qosNotSupported: { value: 0x9b, name: 'QoS not supported', server: [CONNACK, DISCONNECT] },
  useAnotherServer: { value: 0x9c, name: 'Use another server', server: [CONNACK, DISCONNECT] },
  serverMoved: { value: 0x9d, name: 'Server moved', server: [CONNACK, DISCONNECT] },
  sharedSubscriptionsNotSupported: {
    value: 0x9e,
    name: 'Shared Subscriptions not supported',
    server: [SUBACK, DISCONNECT],
  },
  connectionRateExceeded: {
    value: 0x9f,
    name: 'Connection rate exceeded',
    server: [CONNACK, DISCONNECT],
  },
  maximumConnectTime: { value: 0xa0, name: 'Maximum connect time', server: [DISCONNECT] },
  subscriptionIdentifiersNotSupported: {
    value: 0xa1,
    name: 'Subscription Identifiers not supported',
    server: [SUBACK, DISCONNECT],
  },
  wildcardSubscriptionsNotSupported: {
    value: 0xa2,
    name: 'Wildcard Subscriptions not supported',
    server: [SUBACK, DISCONNECT],
  },
} as const satisfies Record<string, ReasonCodeRow>;

/** A reason code from here on says that something failed. */
export const FAILURE_MIN = 0x80;

const ROWS: readonly ReasonCodeRow[] = Object.values(REASON_CODES);
const ROW_OF_VALUE = new Map(ROWS.map((row) => [row.value, row]));

const FROM_CLIENT = 1;
const FROM_SERVER = 2;

/** `type << 8 | reason code` → the sides that may send it. */
const SENDERS = new Uint8Array(16 << 8);
for (const row of ROWS) {
  mark(row.value, row.both, FROM_CLIENT | FROM_SERVER);
  mark(row.value, row.server, FROM_SERVER);
  mark(row.value, row.client, FROM_CLIENT);
}

function mark(value: number, types: readonly PacketType[] | undefined, senders: number): void {
  for (const type of types ?? []) SENDERS[(type << 8) | value] = senders;
}

/** What a packet with a reason code that is not its own violates. */
const VIOLATION_OF_TYPE: Readonly<Partial<Record<number, Violation>>> = {
  [CONNACK]: VIOLATIONS.connackReasonCode,
  [PUBACK]: VIOLATIONS.pubackReasonCode,
  [PUBREC]: VIOLATIONS.pubrecReasonCode,
  [PUBREL]: VIOLATIONS.pubrelReasonCode,
  [PUBCOMP]: VIOLATIONS.pubcompReasonCode,
  [SUBACK]: VIOLATIONS.subackReasonCode,
  [UNSUBACK]: VIOLATIONS.unsubackReasonCode,
  [DISCONNECT]: VIOLATIONS.disconnectReasonCode,
  [AUTH]: VIOLATIONS.authReasonCode,
};

/** May this side send this reason code in this packet (MQTT 5)? */
export function isReasonCodeOf(type: number, reasonCode: number, sender: Sender): boolean {
  const senders = SENDERS[(type << 8) | reasonCode]!;
  return (senders & (sender === 'server' ? FROM_SERVER : FROM_CLIENT)) !== 0;
}

/** Checks the reason code of a packet that has one. */
export function checkReasonCode(
  type: number,
  reasonCode: number,
  sender: Sender,
): Violation | null {
  if (isReasonCodeOf(type, reasonCode, sender)) return null;
  return VIOLATION_OF_TYPE[type] ?? null;
}

/** A reason code for people: the name that the specification gives it in this packet, and the number, which is all there is of an unknown one. */
export function describeReasonCode(reasonCode: number, type: PacketType): string {
  const number = `0x${reasonCode.toString(16).padStart(2, '0')}`;
  const row = ROW_OF_VALUE.get(reasonCode);
  return row === undefined ? number : `${row.names?.[type] ?? row.name} (${number})`;
}

/** Return code of a 3.1.1 CONNACK → reason code of the same meaning. */
const CONNACK_311: readonly number[] = [
  REASON_CODES.success.value,
  REASON_CODES.unsupportedProtocolVersion.value,
  REASON_CODES.clientIdentifierNotValid.value,
  REASON_CODES.serverUnavailable.value,
  REASON_CODES.badUserNameOrPassword.value,
  REASON_CODES.notAuthorized.value,
];

/** The reason code for a return code of a 3.1.1 CONNACK; undefined when it is reserved. */
export function fromConnackReturnCode(returnCode: number): number | undefined {
  return CONNACK_311[returnCode];
}

/** The 3.1.1 return code for a reason code; what 3.1.1 can not say becomes "server unavailable". */
export function toConnackReturnCode(reasonCode: number): number {
  const returnCode = CONNACK_311.indexOf(reasonCode);
  return returnCode < 0 ? 3 : returnCode;
}
