import type { Cursor } from './cursor.js';
import type { PacketName, Side, StrictProperties } from './packets.js';
import { judgeName } from './topics.js';

/** What may carry properties: a packet, or the Will in a CONNECT. */
export type Carrier = Exclude<PacketName, 'PINGREQ' | 'PINGRESP'> | 'WILL';

const REASONED: readonly Carrier[] = [
  'CONNACK',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBACK',
  'UNSUBACK',
  'DISCONNECT',
  'AUTH',
];
const MESSAGE: readonly Carrier[] = ['PUBLISH', 'WILL'];
const NEGOTIATED: readonly Carrier[] = ['CONNECT', 'CONNACK'];
const AUTHENTICATED: readonly Carrier[] = ['CONNECT', 'CONNACK', 'AUTH'];
const ANY: readonly Carrier[] = [...REASONED, ...MESSAGE, 'CONNECT', 'SUBSCRIBE', 'UNSUBSCRIBE'];

type Kind = 'flag' | 'u16' | 'u32' | 'positive16' | 'positive32' | 'string' | 'data';
type Name = Exclude<keyof StrictProperties, 'subscriptionIdentifiers' | 'userProperties'>;
type Row = readonly [name: Name, kind: Kind, carriers: readonly Carrier[]];

/** The properties that stand once at most, by identifier. */
const SINGLE: ReadonlyMap<number, Row> = new Map<number, Row>([
  [0x01, ['payloadFormatIndicator', 'flag', MESSAGE]],
  [0x02, ['messageExpiryInterval', 'u32', MESSAGE]],
  [0x03, ['contentType', 'string', MESSAGE]],
  [0x08, ['responseTopic', 'string', MESSAGE]],
  [0x09, ['correlationData', 'data', MESSAGE]],
  [0x11, ['sessionExpiryInterval', 'u32', ['CONNECT', 'CONNACK', 'DISCONNECT']]],
  [0x12, ['assignedClientIdentifier', 'string', ['CONNACK']]],
  [0x13, ['serverKeepAlive', 'u16', ['CONNACK']]],
  [0x15, ['authenticationMethod', 'string', AUTHENTICATED]],
  [0x16, ['authenticationData', 'data', AUTHENTICATED]],
  [0x17, ['requestProblemInformation', 'flag', ['CONNECT']]],
  [0x18, ['willDelayInterval', 'u32', ['WILL']]],
  [0x19, ['requestResponseInformation', 'flag', ['CONNECT']]],
  [0x1a, ['responseInformation', 'string', ['CONNACK']]],
  [0x1c, ['serverReference', 'string', ['CONNACK', 'DISCONNECT']]],
  [0x1f, ['reasonString', 'string', REASONED]],
  [0x21, ['receiveMaximum', 'positive16', NEGOTIATED]],
  [0x22, ['topicAliasMaximum', 'u16', NEGOTIATED]],
  [0x23, ['topicAlias', 'u16', ['PUBLISH']]],
  [0x24, ['maximumQos', 'flag', ['CONNACK']]],
  [0x25, ['retainAvailable', 'flag', ['CONNACK']]],
  [0x27, ['maximumPacketSize', 'positive32', NEGOTIATED]],
  [0x28, ['wildcardSubscriptionAvailable', 'flag', ['CONNACK']]],
  [0x29, ['subscriptionIdentifierAvailable', 'flag', ['CONNACK']]],
  [0x2a, ['sharedSubscriptionAvailable', 'flag', ['CONNACK']]],
]);
const SUBSCRIPTION_IDENTIFIER = 0x0b;
const SESSION_EXPIRY_INTERVAL = 0x11;
const SERVER_REFERENCE = 0x1c;
const USER_PROPERTY = 0x26;

export function noProperties(): StrictProperties {
  return { subscriptionIdentifiers: [], userProperties: [] };
}

/** Reads a Property Length and the properties behind it. */
export function readProperties(cursor: Cursor, carrier: Carrier, sender: Side): StrictProperties {
  const properties = noProperties();
  const length = cursor.variableByteInteger();
  if (length > cursor.remaining) cursor.fail('propertyLength');
  cursor.within(length, () => {
    while (cursor.remaining > 0) readProperty(cursor, carrier, sender, properties);
  });
  if (properties.authenticationMethod === undefined) {
    cursor.demand(properties.authenticationData === undefined, 'authDataWithoutMethod');
  }
  return properties;
}

function readProperty(
  cursor: Cursor,
  carrier: Carrier,
  sender: Side,
  properties: StrictProperties,
): void {
  // A Variable Byte Integer, of which all that exist take one byte: a longer one is unknown, or overlong.
  const identifier = cursor.byte();
  judgeSender(cursor, carrier, sender, identifier);
  if (identifier === USER_PROPERTY) {
    cursor.demand(ANY.includes(carrier), 'propertyMisplaced');
    const name = cursor.string();
    properties.userProperties.push([name, cursor.string()]);
    return;
  }
  if (identifier === SUBSCRIPTION_IDENTIFIER) {
    cursor.demand(carrier === 'PUBLISH' || carrier === 'SUBSCRIBE', 'propertyMisplaced');
    const value = cursor.variableByteInteger();
    cursor.demand(value > 0, 'propertyOutOfRange');
    const isRepeated = carrier === 'SUBSCRIBE' && properties.subscriptionIdentifiers.length > 0;
    cursor.demand(!isRepeated, 'propertyRepeated');
    properties.subscriptionIdentifiers.push(value);
    return;
  }
  const row = SINGLE.get(identifier) ?? cursor.fail('propertyUnknown');
  const [name, kind, carriers] = row;
  cursor.demand(carriers.includes(carrier), 'propertyMisplaced');
  cursor.demand(properties[name] === undefined, 'propertyRepeated');
  const value = readValue(cursor, kind);
  if (name === 'topicAlias') cursor.demand(value !== 0, 'topicAliasZero');
  if (name === 'responseTopic') {
    judgeName(cursor, String(value), 'responseTopicEmpty', 'responseTopicWildcard');
  }
  Object.assign(properties, { [name]: value });
}

function readValue(cursor: Cursor, kind: Kind): number | string | Uint8Array {
  switch (kind) {
    case 'flag':
      return inRange(cursor, cursor.byte(), 0, 1);
    case 'u16':
      return cursor.twoBytes();
    case 'u32':
      return cursor.fourBytes();
    case 'positive16':
      return inRange(cursor, cursor.twoBytes(), 1, 0xffff);
    case 'positive32':
      return inRange(cursor, cursor.fourBytes(), 1, 0xffff_ffff);
    case 'string':
      return cursor.string();
    case 'data':
      return cursor.binaryData();
  }
}

function inRange(cursor: Cursor, value: number, lowest: number, highest: number): number {
  cursor.demand(value >= lowest && value <= highest, 'propertyOutOfRange');
  return value;
}

/** Some properties belong to a packet only when one of the sides sends it. */
function judgeSender(cursor: Cursor, carrier: Carrier, sender: Side, identifier: number): void {
  if (carrier === 'PUBLISH' && identifier === SUBSCRIPTION_IDENTIFIER) {
    cursor.demand(sender === 'server', 'subscriptionIdFromClient');
  }
  if (carrier !== 'DISCONNECT') return;
  if (identifier === SESSION_EXPIRY_INTERVAL) {
    cursor.demand(sender === 'client', 'sessionExpiryFromServer');
  }
  if (identifier === SERVER_REFERENCE) {
    cursor.demand(sender === 'server', 'serverReferenceFromClient');
  }
}
