import { describe, expect, test } from 'vitest';
import type { ProtocolVersion, Sender } from '../../src/codec/packet-types.js';
import { VIOLATIONS, type ViolationName } from '../../src/errors/violations.js';
import { bytes, shared, violationOf } from './support.js';

interface Case {
  readonly violation: ViolationName;
  readonly title: string;
  readonly listing: string;
  readonly version?: ProtocolVersion;
  readonly sender?: Sender;
  readonly maximumPacketSize?: number;
}

const from = { client: 'client', server: 'server' } as const;
const client = { sender: from.client };
const v4 = { version: 4 } as const;
const CONNECT = `00 04 'MQTT' 05`;

const CASES: readonly Case[] = [
  // The fixed header.
  bad('reservedType', 'type 0', '00 00'),
  bad('reservedType', 'type 0 with flags', '0f 00'),
  bad('reservedType', 'AUTH in 3.1.1', 'f0 00', v4),
  bad('headerFlags', 'CONNACK with flags', '21 03 00 00 00'),
  bad('headerFlags', '[MQTT-3.6.1-1] PUBREL without its flag', '60 02 00 01'),
  bad('headerFlags', '[MQTT-3.8.1-1] SUBSCRIBE without its flag', '80 00', client),
  bad('headerFlags', '[MQTT-3.10.1-1] UNSUBSCRIBE without its flag', 'a0 00', client),
  bad('headerFlags', '[MQTT-3.14.1-1] DISCONNECT with flags', 'e1 00'),
  bad('headerFlags', '[MQTT-3.15.1-1] AUTH with flags', 'f8 00'),
  bad('qos3', '[MQTT-3.3.1-4] PUBLISH of QoS 3', '36 00'),
  bad('qos3', 'PUBLISH of QoS 3 with DUP and RETAIN in 3.1.1', '3f 00', v4),
  bad('variableByteInteger', 'Remaining Length of five bytes', '30 80 80 80 80 01'),
  bad('variableByteInteger', 'Remaining Length of five bytes in 3.1.1', '30 ff ff ff ff 7f', v4),
  bad('variableByteInteger', '[MQTT-1.5.5-1] Remaining Length of 0 in two bytes', 'd0 80 00'),
  bad('variableByteInteger', 'Remaining Length of 127 in three bytes', '30 ff 80 00'),
  bad('packetTooLarge', 'one byte above the maximum, header only', '30 fe 07', {
    maximumPacketSize: 1024,
  }),
  bad('packetTooLarge', 'the longest packet there is, header only', '30 ff ff ff 7f', {
    maximumPacketSize: 65_536,
  }),
  bad('wrongSender', 'CONNECT from the Server', '10 00'),
  bad('wrongSender', 'SUBSCRIBE from the Server', '82 00'),
  bad('wrongSender', 'UNSUBSCRIBE from the Server', 'a2 00'),
  bad('wrongSender', 'PINGREQ from the Server', 'c0 00'),
  bad('wrongSender', 'CONNACK from a Client', '20 00', client),
  bad('wrongSender', 'SUBACK from a Client', '90 00', client),
  bad('wrongSender', 'UNSUBACK from a Client', 'b0 00', client),
  bad('wrongSender', 'PINGRESP from a Client', 'd0 00', client),
  bad('wrongSender', 'DISCONNECT from the Server in 3.1.1', 'e0 00', v4),

  // Lengths.
  bad('truncated', 'PUBLISH without a topic length', '30 01 00'),
  bad('truncated', 'PUBLISH whose topic runs past its end', `30 04 00 09 'ab'`),
  bad('truncated', 'PUBLISH whose topic runs past its end in 3.1.1', `30 04 00 09 'ab'`, v4),
  bad('truncated', 'PUBLISH without its Packet Identifier', `32 03 00 01 'a'`),
  bad('truncated', 'PUBLISH without a Property Length', `30 03 00 01 'a'`),
  bad('truncated', 'PUBACK of one byte', '40 01 00'),
  bad('truncated', 'PUBACK with half a Property Length', '40 04 00 01 00 80'),
  bad('truncated', 'CONNACK of nothing', '20 00'),
  bad('truncated', 'CONNACK without a Property Length', '20 02 00 00'),
  bad('truncated', 'SUBACK of nothing', '90 00'),
  bad('truncated', 'SUBACK without a Property Length', '90 02 00 01'),
  bad(
    'truncated',
    'CONNECT that ends in the password',
    `10 12 ${CONNECT} c0 00 00 00 00 00 00 00 00 05 01`,
    client,
  ),
  bad('truncated', 'SUBSCRIBE without options', `82 06 00 01 00 00 01 'a'`, client),
  bad('truncated', 'a u8 property without its value', `30 05 00 01 'a' 01 01`),
  bad('truncated', 'a u16 property with half its value', `30 06 00 01 'a' 02 23 00`),
  bad('truncated', 'a u32 property with part of its value', `30 08 00 01 'a' 04 02 00 00 00`),
  bad('truncated', 'a varint property that goes on', `30 06 00 01 'a' 02 0b 80`),
  bad('truncated', 'a string property without its length', `30 06 00 01 'a' 02 03 00`),
  bad(
    'truncated',
    'a string property that runs past the section',
    `30 08 00 01 'a' 03 03 00 01 'x'`,
  ),
  bad(
    'truncated',
    'a binary property that runs past the section',
    `30 08 00 01 'a' 03 09 00 01 'x'`,
  ),
  bad('truncated', 'a User Property without its value', `30 08 00 01 'a' 04 26 00 01 'k'`),
  bad('trailingBytes', 'PINGRESP with a body', 'd0 01 00'),
  bad('trailingBytes', 'CONNACK with more than its properties', '20 04 00 00 00 00'),
  bad('trailingBytes', 'CONNACK of three bytes in 3.1.1', '20 03 00 00 00', v4),
  bad('trailingBytes', 'PUBACK of three bytes in 3.1.1', '40 03 00 01 00', v4),
  bad('trailingBytes', 'PUBACK with more than its properties', '40 05 00 01 00 00 00'),
  bad('trailingBytes', 'UNSUBACK with codes in 3.1.1', 'b0 03 00 01 00', v4),
  bad('trailingBytes', 'DISCONNECT with more than its properties', 'e0 03 00 00 00'),
  bad('trailingBytes', 'DISCONNECT with a body in 3.1.1', 'e0 01 00', { ...client, ...v4 }),
  bad(
    'trailingBytes',
    'CONNECT with more than its fields',
    `10 0e ${CONNECT} 00 00 00 00 00 00 ff`,
    client,
  ),
  bad('propertyLength', 'PUBLISH: Property Length beyond the packet', `30 05 00 01 'a' 02 23`),
  bad('propertyLength', 'PUBLISH: Property Length of 268,435,455', `30 07 00 01 'a' ff ff ff 7f`),
  bad('propertyLength', 'PUBACK: Property Length beyond the packet', '40 04 00 01 00 01'),
  bad('propertyLength', 'CONNACK: Property Length beyond the packet', '20 03 00 00 7f'),
  bad('propertyLength', 'DISCONNECT: Property Length beyond the packet', 'e0 02 00 01'),
  bad('variableByteInteger', 'PUBLISH: Property Length not minimal', `30 05 00 01 'a' 80 00`),
  bad('variableByteInteger', 'PUBACK: Property Length not minimal', '40 05 00 01 00 80 00'),
  bad('variableByteInteger', 'CONNACK: Property Length not minimal', '20 04 00 00 80 00'),
  bad('variableByteInteger', 'Subscription Identifier not minimal', `30 07 00 01 'a' 03 0b 81 00`),
  bad('packetIdZero', '[MQTT-2.2.1-4] PUBLISH', `32 06 00 01 'a' 00 00 00`),
  bad('packetIdZero', 'PUBACK', '40 02 00 00'),
  bad('packetIdZero', 'PUBREC in 3.1.1', '50 02 00 00', v4),
  bad('packetIdZero', 'SUBACK', '90 04 00 00 00 00'),
  bad('packetIdZero', 'UNSUBACK', 'b0 04 00 00 00 00'),
  bad('packetIdZero', '[MQTT-2.2.1-3] SUBSCRIBE', `82 07 00 00 00 00 01 'a' 00`, client),
  bad('packetIdZero', 'UNSUBSCRIBE', `a2 06 00 00 00 00 01 'a'`, client),

  // Strings and topics.
  bad('utf8', '[MQTT-3.3.2-1] topic that is not UTF-8', '30 04 00 01 ff 00'),
  bad('utf8', '[MQTT-1.5.4-1] topic with a surrogate', '30 06 00 03 ed a0 80 00'),
  bad('utf8', 'topic with an overlong slash', '30 05 00 02 c0 af 00'),
  bad('utf8', 'Reason String that is not UTF-8', '40 08 00 01 80 04 1f 00 01 80'),
  bad(
    'utf8',
    '[MQTT-1.5.7-1] User Property value that is not UTF-8',
    '40 0a 00 01 80 06 26 00 00 00 01 80',
  ),
  bad(
    'utf8',
    '[MQTT-3.1.3-4] client id that is not UTF-8',
    `10 0e ${CONNECT} 00 00 00 00 00 01 ff`,
    client,
  ),
  bad(
    'utf8',
    '[MQTT-3.1.3-11] Will Topic that is not UTF-8',
    `10 13 ${CONNECT} 04 00 00 00 00 00 00 00 01 ff 00 00`,
    client,
  ),
  bad(
    'utf8',
    '[MQTT-3.1.3-12] user name that is not UTF-8',
    `10 10 ${CONNECT} 80 00 00 00 00 00 00 01 ff`,
    client,
  ),
  bad(
    'utf8',
    '[MQTT-3.8.3-1] topic filter that is not UTF-8',
    '82 07 00 01 00 00 01 ff 00',
    client,
  ),
  bad('utf8', '[MQTT-3.10.3-1] topic filter that is not UTF-8', 'a2 06 00 01 00 00 01 ff', client),
  bad('utf8', '[MQTT-3.3.2-13] Response Topic that is not UTF-8', `30 08 00 01 'a' 04 08 00 01 ff`),
  bad('utf8', '[MQTT-3.3.2-19] Content Type that is not UTF-8', `30 08 00 01 'a' 04 03 00 01 ff`),
  bad('utf8Null', '[MQTT-1.5.4-2] topic with U+0000', '30 04 00 01 00 00'),
  bad('utf8Null', 'topic with U+0000 in 3.1.1', '30 05 00 01 00 00 00', v4),
  bad('utf8Null', 'User Property name with U+0000', '40 0a 00 01 80 06 26 00 01 00 00 00'),
  bad('topicEmpty', 'PUBLISH with neither topic nor alias', '30 03 00 00 00'),
  bad('topicEmpty', 'PUBLISH without a topic in 3.1.1', '30 02 00 00', v4),
  bad(
    'topicEmpty',
    'Will without a topic',
    `10 12 ${CONNECT} 04 00 00 00 00 00 00 00 00 00 00`,
    client,
  ),
  bad('topicEmpty', '[MQTT-4.7.3-1] SUBSCRIBE to nothing', '82 06 00 01 00 00 00 00', client),
  bad('topicEmpty', 'an empty Response Topic', `30 07 00 01 'a' 03 08 00 00`),
  bad('topicWildcard', '[MQTT-3.3.2-2] PUBLISH to a/+', `30 06 00 03 'a/+' 00`),
  bad('topicWildcard', 'PUBLISH to # in 3.1.1', `30 03 00 01 '#'`, v4),
  bad(
    'topicWildcard',
    'Will with a wildcard',
    `10 13 ${CONNECT} 04 00 00 00 00 00 00 00 01 '#' 00 00`,
    client,
  ),
  bad(
    'responseTopicWildcard',
    '[MQTT-3.3.2-14] Response Topic r/#',
    `30 0a 00 01 'a' 06 08 00 03 'r/#'`,
  ),
  ...['a#', 'a/#/b', '#/a', '##'].map((filter) => badFilter('filterMultiLevel', filter)),
  ...['a+', 'a/+b', '++', '+a/b'].map((filter) => badFilter('filterSingleLevel', filter)),
  ...['$share/', '$share/g', '$share/g/', '$share//a', '$share/g+/a', '$share/g#/a'].map((filter) =>
    badFilter('filterShared', filter),
  ),
  badFilter('filterMultiLevel', '$share/g/a#'),

  // Properties.
  bad('propertyUnknown', 'id 0x00', `30 06 00 01 'a' 02 00 00`),
  bad('propertyUnknown', 'id 0x7f', `40 05 00 01 80 01 7f`),
  bad('propertyUnknown', 'id 0xff', '20 04 00 00 01 ff'),
  bad('propertyMisplaced', 'Topic Alias in PUBACK', '40 07 00 01 80 03 23 00 01'),
  bad('propertyMisplaced', 'Will Delay Interval in PUBLISH', `30 09 00 01 'a' 05 18 00 00 00 00`),
  bad(
    'propertyMisplaced',
    'Reason String in SUBSCRIBE',
    `82 0a 00 01 03 1f 00 00 00 01 'a' 00`,
    client,
  ),
  bad('propertyDuplicate', 'Topic Alias twice', `30 0a 00 01 'a' 06 23 00 01 23 00 01`),
  bad('propertyDuplicate', 'Reason String twice', '40 0a 00 01 80 06 1f 00 00 1f 00 00'),
  bad(
    'propertyDuplicate',
    'Subscription Identifier twice in SUBSCRIBE',
    `82 0b 00 01 04 0b 01 0b 01 00 01 'a' 00`,
    client,
  ),
  bad('propertyValue', 'Payload Format Indicator 2', `30 06 00 01 'a' 02 01 02`),
  bad('propertyValue', 'Subscription Identifier 0', `30 06 00 01 'a' 02 0b 00`),
  bad('propertyValue', 'Receive Maximum 0', '20 06 00 00 03 21 00 00'),
  bad('propertyValue', 'Maximum Packet Size 0', '20 08 00 00 05 27 00 00 00 00'),
  bad('propertyValue', 'Maximum QoS 2', '20 05 00 00 02 24 02'),
  bad('propertyValue', 'Retain Available 2', '20 05 00 00 02 25 02'),
  bad(
    'propertyValue',
    'Request Problem Information 2',
    `10 0f ${CONNECT} 00 00 00 02 17 02 00 00`,
    client,
  ),
  bad('topicAliasZero', '[MQTT-3.3.2-8] Topic Alias 0', `30 07 00 01 'a' 03 23 00 00`),
  bad('subscriptionIdFromClient', '[MQTT-3.3.4-6]', `30 06 00 01 'a' 02 0b 01`, client),
  bad('sessionExpiryFromServer', '[MQTT-3.14.2-2]', 'e0 07 00 05 11 00 00 00 00'),
  bad(
    'serverReferenceFromClient',
    'a Client that refers to a server',
    'e0 05 00 03 1c 00 00',
    client,
  ),
  bad('authDataWithoutMethod', 'in CONNACK', '20 06 00 00 03 16 00 00'),
  bad('authDataWithoutMethod', 'in CONNECT', `10 10 ${CONNECT} 00 00 00 03 16 00 00 00 00`, client),
  bad('authMethodMissing', '[MQTT-4.12.0-5] AUTH without properties', 'f0 02 18 00'),
  bad('authMethodMissing', '[MQTT-4.12.0-5] an empty AUTH', 'f0 00'),

  // CONNECT and CONNACK.
  bad('protocolName', '[MQTT-3.1.2-1] MQIsdp', `10 09 00 06 'MQIsdp' 03`, client),
  bad(
    'protocolVersion',
    '[MQTT-3.1.2-2] version 3',
    `10 0c 00 04 'MQTT' 03 00 00 00 00 00`,
    client,
  ),
  bad('protocolVersion', 'version 6', `10 0d 00 04 'MQTT' 06 00 00 00 00 00 00`, client),
  bad('connectReservedFlag', '[MQTT-3.1.2-3]', `10 0d ${CONNECT} 01 00 00 00 00 00`, client),
  bad('willQosWithoutWill', '[MQTT-3.1.2-11]', `10 0d ${CONNECT} 08 00 00 00 00 00`, client),
  bad('willQos3', '[MQTT-3.1.2-12]', `10 0d ${CONNECT} 1c 00 00 00 00 00`, client),
  bad('willRetainWithoutWill', '[MQTT-3.1.2-13]', `10 0d ${CONNECT} 20 00 00 00 00 00`, client),
  bad(
    'passwordWithoutUserName',
    '[MQTT-3.1.1:3.1.2-22]',
    `10 0e 00 04 'MQTT' 04 40 00 00 00 00 00 00`,
    client,
  ),
  bad('connackFlags', '[MQTT-3.2.2-1]', '20 03 02 00 00'),
  bad('connackFlags', 'all flags in 3.1.1', '20 02 ff 00', v4),
  bad('sessionPresentOnRefusal', '[MQTT-3.2.2-6]', '20 03 01 87 00'),
  bad('sessionPresentOnRefusal', '[MQTT-3.1.1:3.2.2-4]', '20 02 01 05', v4),
  bad('connackReasonCode', '[MQTT-3.2.2-8] 0x01 in MQTT 5', '20 03 00 01 00'),
  bad('connackReasonCode', 'return code 6 in 3.1.1', '20 02 00 06', v4),
  bad('connackReasonCode', 'return code 0x80 in 3.1.1', '20 02 00 80', v4),

  // Acknowledgements.
  bad('pubackReasonCode', '[MQTT-3.4.2-1] 0x92', '40 03 00 01 92'),
  bad('pubackReasonCode', '0x10 from a Client', '40 03 00 01 10', client),
  bad('pubrecReasonCode', '[MQTT-3.5.2-1] 0x01', '50 03 00 01 01'),
  bad('pubrelReasonCode', '[MQTT-3.6.2-1] 0x80', '62 03 00 01 80'),
  bad('pubcompReasonCode', '[MQTT-3.7.2-1] 0x10', '70 03 00 01 10'),
  bad('subackEmpty', '[MQTT-3.8.4-6] no code', '90 03 00 01 00'),
  bad('subackEmpty', 'no code in 3.1.1', '90 02 00 01', v4),
  bad('subackReasonCode', '[MQTT-3.9.3-2] 0x03', '90 04 00 01 00 03'),
  bad('subackReasonCode', '0x87 in 3.1.1', '90 03 00 01 87', v4),
  bad('unsubackEmpty', '[MQTT-3.11.3-1] no code', 'b0 03 00 01 00'),
  bad('unsubackReasonCode', '[MQTT-3.11.3-2] 0x01', 'b0 04 00 01 00 01'),
  bad('disconnectReasonCode', '[MQTT-3.14.2-1] 0x04 from the Server', 'e0 01 04'),
  bad('disconnectReasonCode', '0x8d from a Client', 'e0 01 8d', client),
  bad('disconnectReasonCode', '0x01', 'e0 01 01'),
  bad('authReasonCode', '[MQTT-3.15.2-1] 0x19 from the Server', 'f0 05 19 03 15 00 00'),
  bad('authReasonCode', '0x00 from a Client', 'f0 05 00 03 15 00 00', client),

  // SUBSCRIBE and UNSUBSCRIBE.
  bad('subscribeEmpty', '[MQTT-3.8.3-2] no filter', '82 03 00 01 00', client),
  bad('subscribeEmpty', 'no filter in 3.1.1', '82 02 00 01', { ...client, ...v4 }),
  bad('noLocalShared', '[MQTT-3.8.3-4]', `82 10 00 01 00 00 0a '$share/g/a' 04`, client),
  bad('subscribeOptions', '[MQTT-3.8.3-5] bit 6', `82 07 00 01 00 00 01 'a' 40`, client),
  bad('subscribeOptions', 'No Local in 3.1.1', `82 06 00 01 00 01 'a' 04`, { ...client, ...v4 }),
  bad('subscribeQos3', 'QoS 3', `82 07 00 01 00 00 01 'a' 03`, client),
  bad('retainHandling3', 'Retain Handling 3', `82 07 00 01 00 00 01 'a' 30`, client),
  bad('unsubscribeEmpty', '[MQTT-3.10.3-2] no filter', 'a2 03 00 01 00', client),
];

describe.each(['own', 'shared'])('in %s memory', (memory) => {
  test.each(CASES)('$violation: $title → that violation and no other', (it) => {
    const wire = bytes(it.listing);
    const source = memory === 'own' ? wire : shared(wire).subarray(0, wire.length);
    const { version = 5, sender = 'server', maximumPacketSize } = it;
    expect(violationOf(source, version, sender, maximumPacketSize)).toBe(it.violation);
  });
});

test('every violation of the codec → is met by a case', () => {
  const names = Object.keys(VIOLATIONS);
  const ofCodec = names.slice(0, names.indexOf('authReasonCode') + 1);
  const met = new Set<string>(CASES.map(({ violation }) => violation));
  expect(ofCodec.filter((name) => !met.has(name))).toEqual([]);
  expect(ofCodec.length).toBeGreaterThan(50);
});

test('Remaining Length longer than needed in 3.1.1 → is accepted', () => {
  expect(violationOf(bytes('d0 80 80 80 00'), 4, 'server')).toBe(null);
});

test('$share in 3.1.1 → is an ordinary topic filter', () => {
  expect(violationOf(bytes(`82 0c 00 01 00 07 '$share/' 00`), 4, 'client')).toBe(null);
});

function bad(
  violation: ViolationName,
  title: string,
  listing: string,
  options: Partial<Case> = {},
): Case {
  return { violation, title, listing, ...options };
}

function badFilter(violation: ViolationName, filter: string): Case {
  const length = filter.length.toString(16).padStart(2, '0');
  const size = (filter.length + 6).toString(16).padStart(2, '0');
  return bad(violation, filter, `82 ${size} 00 01 00 00 ${length} '${filter}' 00`, client);
}
