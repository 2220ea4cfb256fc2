import type { ViolationName } from '../errors/violations.js';
import type { Sender } from './packet-types.js';

const HOSTS = [
  'connect',
  'will',
  'connack',
  'publish',
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
  'subscribe',
  'suback',
  'unsubscribe',
  'unsuback',
  'disconnect',
  'auth',
] as const;

const REASON_STRING_HOSTS = [
  'connack',
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
  'suback',
  'unsuback',
  'disconnect',
  'auth',
] as const;

/**
 * Where a property section stands: in a packet, or in the Will of a CONNECT.
 *
 * @useDeclaredType
 */
export type PropertyHost = (typeof HOSTS)[number];

interface WireValues {
  u8: number;
  bool: boolean;
  u16: number;
  u32: number;
  varint: number;
  utf8: string;
  binary: Uint8Array;
  pair: readonly [string, string];
}

/** How the value of a property is written. */
export type PropertyWire = keyof WireValues;

/** One row of {@link PROPERTIES}. */
export interface PropertySpec {
  readonly id: number;
  readonly wire: PropertyWire;
  readonly in: readonly PropertyHost[];
  /** The hosts where it may stand more than once, and the name of the list it is read into there. */
  readonly many?: { readonly in: readonly PropertyHost[]; readonly as: string };
  readonly min?: number;
  readonly max?: number;
  /** The violation of a value out of range, where it is not the common one. */
  readonly outOfRange?: ViolationName;
  /** A topic name: not empty, without wildcards. */
  readonly topicName?: true;
  /** The one host where only one side may send it. */
  readonly only?: {
    readonly in: PropertyHost;
    readonly from: Sender;
    readonly otherwise: ViolationName;
  };
}

/**
 * Every property of MQTT 5: one row each (§2.2.2.2). Rows are encoded in this order. Message Expiry
 * Interval comes first so that its value stands at a known place of a queued PUBLISH, where it is
 * counted down; all other rows are in the order of the specification.
 */
export const PROPERTIES = {
  messageExpiryInterval: { id: 0x02, wire: 'u32', in: ['publish', 'will'] },
  payloadFormatIndicator: { id: 0x01, wire: 'u8', in: ['publish', 'will'], max: 1 },
  contentType: { id: 0x03, wire: 'utf8', in: ['publish', 'will'] },
  responseTopic: { id: 0x08, wire: 'utf8', in: ['publish', 'will'], topicName: true },
  correlationData: { id: 0x09, wire: 'binary', in: ['publish', 'will'] },
  subscriptionIdentifier: {
    id: 0x0b,
    wire: 'varint',
    in: ['publish', 'subscribe'],
    many: { in: ['publish'], as: 'subscriptionIdentifiers' },
    min: 1,
    only: { in: 'publish', from: 'server', otherwise: 'subscriptionIdFromClient' },
  },
  sessionExpiryInterval: {
    id: 0x11,
    wire: 'u32',
    in: ['connect', 'connack', 'disconnect'],
    only: { in: 'disconnect', from: 'client', otherwise: 'sessionExpiryFromServer' },
  },
  assignedClientIdentifier: { id: 0x12, wire: 'utf8', in: ['connack'] },
  serverKeepAlive: { id: 0x13, wire: 'u16', in: ['connack'] },
  authenticationMethod: { id: 0x15, wire: 'utf8', in: ['connect', 'connack', 'auth'] },
  authenticationData: { id: 0x16, wire: 'binary', in: ['connect', 'connack', 'auth'] },
  requestProblemInformation: { id: 0x17, wire: 'bool', in: ['connect'] },
  willDelayInterval: { id: 0x18, wire: 'u32', in: ['will'] },
  requestResponseInformation: { id: 0x19, wire: 'bool', in: ['connect'] },
  responseInformation: { id: 0x1a, wire: 'utf8', in: ['connack'] },
  serverReference: {
    id: 0x1c,
    wire: 'utf8',
    in: ['connack', 'disconnect'],
    only: { in: 'disconnect', from: 'server', otherwise: 'serverReferenceFromClient' },
  },
  reasonString: { id: 0x1f, wire: 'utf8', in: REASON_STRING_HOSTS },
  receiveMaximum: { id: 0x21, wire: 'u16', in: ['connect', 'connack'], min: 1 },
  topicAliasMaximum: { id: 0x22, wire: 'u16', in: ['connect', 'connack'] },
  topicAlias: { id: 0x23, wire: 'u16', in: ['publish'], min: 1, outOfRange: 'topicAliasZero' },
  maximumQos: { id: 0x24, wire: 'u8', in: ['connack'], max: 1 },
  retainAvailable: { id: 0x25, wire: 'bool', in: ['connack'] },
  userProperty: { id: 0x26, wire: 'pair', in: HOSTS, many: { in: HOSTS, as: 'userProperties' } },
  maximumPacketSize: { id: 0x27, wire: 'u32', in: ['connect', 'connack'], min: 1 },
  wildcardSubscriptionAvailable: { id: 0x28, wire: 'bool', in: ['connack'] },
  subscriptionIdentifierAvailable: { id: 0x29, wire: 'bool', in: ['connack'] },
  sharedSubscriptionAvailable: { id: 0x2a, wire: 'bool', in: ['connack'] },
} as const satisfies Record<string, PropertySpec>;

type Rows = typeof PROPERTIES;
type Name = keyof Rows;

type NameIn<H extends PropertyHost> = {
  [N in Name]: H extends Rows[N]['in'][number] ? N : never;
}[Name];

type IsMany<N extends Name, H extends PropertyHost> = Rows[N] extends {
  readonly many: { readonly in: readonly (infer M)[] };
}
  ? H extends M
    ? true
    : false
  : false;

type KeyOf<N extends Name, H extends PropertyHost> =
  IsMany<N, H> extends true
    ? Rows[N] extends { readonly many: { readonly as: infer P extends string } }
      ? P
      : never
    : N;

type ValueOf<N extends Name, H extends PropertyHost> =
  IsMany<N, H> extends true ? readonly WireValues[Rows[N]['wire']][] : WireValues[Rows[N]['wire']];

/**
 * The properties of a packet (or Will) as a plain object; an absent property is an absent key. Numbers are integers, strings at most 65,535 bytes of UTF-8, and so
 * are bytes. MQTT 5 only.
 *
 * | property | type | meaning | in |
 * | --- | --- | --- | --- |
 * | `messageExpiryInterval` | number | lifetime in seconds, 0…4294967295 (§3.3.2.3.3) | publish, will |
 * | `payloadFormatIndicator` | number | 1: the payload is UTF-8 text; 0: bytes (§3.3.2.3.2) | publish, will |
 * | `contentType` | string | what the payload is (§3.3.2.3.9) | publish, will |
 * | `responseTopic` | string | Topic Name for a response (§3.3.2.3.5) | publish, will |
 * | `correlationData` | Uint8Array | tells which request a response is to (§3.3.2.3.6) | publish, will |
 * | `subscriptionIdentifier` | number | 1…268435455 (§3.8.2.1.2) | subscribe |
 * | `subscriptionIdentifiers` | number[] | those of the subscriptions that match (§3.3.2.3.8) | publish |
 * | `sessionExpiryInterval` | number | how long the Session is kept, in seconds; 4294967295: for ever (§3.1.2.11.2) | connect, connack, disconnect |
 * | `assignedClientIdentifier` | string | the Client Identifier that the Server has chosen (§3.2.2.3.7) | connack |
 * | `serverKeepAlive` | number | seconds, in place of those of the Client (§3.2.2.3.14) | connack |
 * | `authenticationMethod` | string | name of the method (§4.12) | connect, connack, auth |
 * | `authenticationData` | Uint8Array | what the method says (§4.12) | connect, connack, auth |
 * | `requestProblemInformation` | boolean | whether failures may be explained (§3.1.2.11.7) | connect |
 * | `willDelayInterval` | number | seconds before the Will is published (§3.1.3.2.2) | will |
 * | `requestResponseInformation` | boolean | whether Response Information is asked for (§3.1.2.11.6) | connect |
 * | `responseInformation` | string | what Response Topics are to begin with (§3.2.2.3.15) | connack |
 * | `serverReference` | string | another Server to use (§4.11) | connack, disconnect |
 * | `reasonString` | string | the reason, for people to read (§3.1.2.11.7) | connack, puback, pubrec, pubrel, pubcomp, suback, unsuback, disconnect, auth |
 * | `receiveMaximum` | number | QoS 1 and 2 messages that may be unacknowledged, 1…65535 (§3.1.2.11.3) | connect, connack |
 * | `topicAliasMaximum` | number | highest Topic Alias that is taken (§3.1.2.11.5) | connect, connack |
 * | `topicAlias` | number | stands for the Topic Name, 1…65535 (§3.3.2.3.4) | publish |
 * | `maximumQos` | number | 0 or 1; absent: 2 (§3.2.2.3.4) | connack |
 * | `retainAvailable` | boolean | whether messages can be retained; absent: they can (§3.2.2.3.5) | connack |
 * | `userProperties` | [name, value][] | what you like; names may repeat (§3.3.2.3.7) | all |
 * | `maximumPacketSize` | number | largest packet that is taken, in bytes (§3.1.2.11.4) | connect, connack |
 * | `wildcardSubscriptionAvailable` | boolean | absent: true (§3.2.2.3.11) | connack |
 * | `subscriptionIdentifierAvailable` | boolean | absent: true (§3.2.2.3.12) | connack |
 * | `sharedSubscriptionAvailable` | boolean | absent: true (§3.2.2.3.13) | connack |
 *
 * @typeParam H  The packet, in lower case, or `'will'`.
 * @see MQTT 5.0 §2.2.2.2
 */
export type PropertiesOf<H extends PropertyHost> = {
  readonly [N in NameIn<H> as KeyOf<N, H>]?: ValueOf<N, H> | undefined;
};

const SPECS: readonly (readonly [string, PropertySpec])[] = Object.entries(PROPERTIES);

/** The row of an id that does not exist. */
export const NO_ROW = 0xff;

/** Property id → row number in {@link PROPERTIES}, or {@link NO_ROW}. */
export const ROW_OF_ID = new Uint8Array(256).fill(NO_ROW);
SPECS.forEach(([, spec], row) => {
  ROW_OF_ID[spec.id] = row;
});

/** The rows by number; at most 31 of them, so that a set of rows is one small integer. */
export const PROPERTY_ROWS: readonly PropertySpec[] = SPECS.map(([, spec]) => spec);

/** The set that holds one property. */
export function propertyBit(name: keyof Rows): number {
  return 1 << ROW_OF_ID[PROPERTIES[name].id]!;
}

/** A property as one host has it. */
export interface HostProperty {
  readonly id: number;
  readonly wire: PropertyWire;
  /** Its key in {@link PropertiesOf}. */
  readonly key: string;
  /** It may stand more than once and is read into a list. */
  readonly many: boolean;
}

/** What a host allows; sets of rows are bit masks. */
export interface HostRules {
  readonly allowed: number;
  readonly many: number;
  /** What the Client, or the Server, may not send here although the host allows it. */
  readonly forbidden: Readonly<Record<Sender, number>>;
  /** What is allowed, in table order. */
  readonly properties: readonly HostProperty[];
  /** Row number → index in `properties`, or {@link NO_ROW}. */
  readonly indexOfRow: Uint8Array;
}

function rowsWhere(test: (spec: PropertySpec) => boolean): number {
  return PROPERTY_ROWS.reduce((set, spec, row) => (test(spec) ? set | (1 << row) : set), 0);
}

/** The name of the list that a property is read into where it may stand more than once; null where it may not. */
function listIn({ many }: PropertySpec, host: PropertyHost): string | null {
  return many?.in.includes(host) === true ? many.as : null;
}

function rulesOf(host: PropertyHost): HostRules {
  const forbiddenTo = (sender: Sender) =>
    rowsWhere(({ only }) => only !== undefined && only.in === host && only.from !== sender);
  const properties: HostProperty[] = [];
  const indexOfRow = new Uint8Array(PROPERTY_ROWS.length).fill(NO_ROW);
  SPECS.forEach(([name, spec], row) => {
    if (!spec.in.includes(host)) return;
    const list = listIn(spec, host);
    indexOfRow[row] = properties.length;
    properties.push({ id: spec.id, wire: spec.wire, key: list ?? name, many: list !== null });
  });
  return {
    allowed: rowsWhere((spec) => spec.in.includes(host)),
    many: rowsWhere((spec) => listIn(spec, host) !== null),
    forbidden: { client: forbiddenTo('client'), server: forbiddenTo('server') },
    properties,
    indexOfRow,
  };
}

/** The rules of every host. */
export const HOST_RULES: Readonly<Record<PropertyHost, HostRules>> = {
  connect: rulesOf('connect'),
  will: rulesOf('will'),
  connack: rulesOf('connack'),
  publish: rulesOf('publish'),
  puback: rulesOf('puback'),
  pubrec: rulesOf('pubrec'),
  pubrel: rulesOf('pubrel'),
  pubcomp: rulesOf('pubcomp'),
  subscribe: rulesOf('subscribe'),
  suback: rulesOf('suback'),
  unsubscribe: rulesOf('unsubscribe'),
  unsuback: rulesOf('unsuback'),
  disconnect: rulesOf('disconnect'),
  auth: rulesOf('auth'),
};
