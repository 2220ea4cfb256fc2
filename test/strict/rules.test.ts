import { describe, expect, test } from 'vitest';
import { bytes } from '../codec/support.js';
import { decodeOne, type Origin } from '../support/strict/decode.js';
import { RULES, type RuleName } from '../support/strict/rules.js';

interface Case {
  readonly rule: RuleName;
  readonly listing: string;
  readonly origin: Origin;
}

const CONNECT5 = `00 04 'MQTT' 05`;
const CONNECT4 = `00 04 'MQTT' 04`;
const SIZE_LIMIT: Partial<Origin> = { maximumPacketSize: 100 };

/** By hand from the specification: each rule at least once in each version that has it. */
const CASES: readonly Case[] = [
  server5('reservedType', '00 00'),
  server4('reservedType', '00 00'),
  server4('reservedType', 'f0 00'),
  client4('reservedType', 'f0 00'),
  server5('wrongSender', `10 0d ${CONNECT5} 02 00 00 00 00 00`),
  server5('wrongSender', 'c0 00'),
  client5('wrongSender', 'd0 00'),
  client5('wrongSender', '20 03 00 00 00'),
  server4('wrongSender', 'e0 00'),
  server4('wrongSender', 'c0 00'),
  client5('headerFlags', '80 00'),
  server5('headerFlags', '60 02 00 01'),
  server5('headerFlags', '41 02 00 01'),
  server4('headerFlags', 'd8 00'),
  server5('publishQos3', '36 00'),
  client4('publishQos3', '3f 00'),
  server5('dupAtQos0', `38 04 00 01 'a' 00`),
  client4('dupAtQos0', `38 03 00 01 'a'`),
  server5('lengthTooLong', '30 ff ff ff ff 01'),
  server4('lengthTooLong', '30 80 80 80 80'),
  server5('lengthNotMinimal', 'd0 80 00'),
  server5('lengthNotMinimal', `30 05 00 01 'a' 80 00`),
  server5('packetTooLarge', '30 63', SIZE_LIMIT),
  server4('packetTooLarge', '30 80 80 80 01', SIZE_LIMIT),
  server5('truncated', '40 01 00'),
  server5('truncated', `30 04 00 09 'ab'`),
  server5('truncated', `30 03 00 01 'a'`),
  server5('truncated', `30 07 00 01 'a' 02 23 00 01`),
  server5('truncated', 'f0 01 18'),
  server4('truncated', '20 01 00'),
  server5('trailingBytes', 'd0 01 00'),
  server5('trailingBytes', '40 05 00 01 00 00 00'),
  server4('trailingBytes', '40 03 00 01 00'),
  server4('trailingBytes', 'b0 03 00 01 00'),
  client4('trailingBytes', 'e0 01 00'),
  server5('illFormedUtf8', '30 04 00 01 c3 00'),
  server5('illFormedUtf8', '30 06 00 03 ed a0 80 00'),
  server5('illFormedUtf8', '30 05 00 02 c0 80 00'),
  server5('illFormedUtf8', '30 07 00 04 f4 90 80 80 00'),
  server4('illFormedUtf8', '30 03 00 01 ff'),
  server5('nullCharacter', `30 06 00 03 'a' 00 'b' 00`),
  server4('nullCharacter', `30 03 00 01 00`),
  server5('packetIdZero', '40 02 00 00'),
  server5('packetIdZero', `32 06 00 01 'a' 00 00 00`),
  client4('packetIdZero', `82 06 00 00 00 01 'a' 00`),

  server5('propertyLength', `30 05 00 01 'a' 02 01`),
  server5('propertyUnknown', `30 06 00 01 'a' 02 04 00`),
  server5('propertyUnknown', `30 06 00 01 'a' 02 ff 01`),
  server5('propertyMisplaced', `30 07 00 01 'a' 03 13 00 01`),
  server5('propertyMisplaced', '20 08 00 00 05 18 00 00 00 01'),
  server5('propertyMisplaced', '40 06 00 01 00 02 0b 01'),
  server5('propertyRepeated', `30 08 00 01 'a' 04 01 00 01 00`),
  client5('propertyRepeated', `82 0b 00 01 04 0b 01 0b 01 00 01 'a' 00`),
  server5('propertyOutOfRange', `30 06 00 01 'a' 02 01 02`),
  server5('propertyOutOfRange', `30 06 00 01 'a' 02 0b 00`),
  server5('propertyOutOfRange', '20 06 00 00 03 21 00 00'),
  server5('propertyOutOfRange', '20 08 00 00 05 27 00 00 00 00'),
  server5('propertyOutOfRange', '20 05 00 00 02 24 02'),
  server5('topicAliasZero', `30 07 00 01 'a' 03 23 00 00`),
  server5('responseTopicWildcard', `30 08 00 01 'a' 04 08 00 01 '+'`),
  server5('responseTopicEmpty', `30 07 00 01 'a' 03 08 00 00`),
  client5('subscriptionIdFromClient', `30 06 00 01 'a' 02 0b 01`),
  server5('sessionExpiryFromServer', 'e0 07 00 05 11 00 00 00 01'),
  client5('serverReferenceFromClient', `e0 06 00 04 1c 00 01 'a'`),
  server5('authDataWithoutMethod', '20 06 00 00 03 16 00 00'),
  server5('authWithoutMethod', 'f0 00'),
  server5('authWithoutMethod', 'f0 02 18 00'),

  server5('topicEmpty', '30 03 00 00 00'),
  server4('topicEmpty', '30 02 00 00'),
  server5('topicWildcard', `30 06 00 03 'a/#' 00`),
  server5('topicWildcard', `30 07 00 01 '+' 03 23 00 01`),
  client4('topicWildcard', `30 03 00 01 '+'`),
  client5('filterEmpty', '82 06 00 01 00 00 00 00'),
  client4('filterEmpty', 'a2 04 00 01 00 00'),
  client5('filterMultiLevel', `82 08 00 01 00 00 02 'a#' 00`),
  client5('filterMultiLevel', `82 09 00 01 00 00 03 '#/a' 00`),
  client4('filterMultiLevel', `a2 06 00 01 00 02 '##'`),
  client5('filterSingleLevel', `82 08 00 01 00 00 02 'a+' 00`),
  client4('filterSingleLevel', `a2 06 00 01 00 02 '+b'`),
  client5('shareNameMissing', `a2 0e 00 01 00 00 09 '$share//a'`),
  client5('shareNameInvalid', `a2 0d 00 01 00 00 08 '$share/g'`),
  client5('shareNameInvalid', `a2 0e 00 01 00 00 09 '$share/g/'`),
  client5('shareNameInvalid', `a2 10 00 01 00 00 0b '$share/g+/a'`),

  client5('protocolName', `10 07 00 04 'MQTt' 05`),
  client4('protocolName', `10 09 00 06 'MQIsdp' 03`),
  client5('protocolLevel', `10 07 00 04 'MQTT' 06`),
  client4('protocolLevel', `10 07 00 04 'MQTT' 03`),
  client5('connectReservedFlag', `10 0d ${CONNECT5} 03 00 00 00 00 00`),
  client4('connectReservedFlag', `10 0c ${CONNECT4} 03 00 00 00 00`),
  client5('willQosWithoutWill', `10 0d ${CONNECT5} 0a 00 00 00 00 00`),
  client4('willQosWithoutWill', `10 0c ${CONNECT4} 0a 00 00 00 00`),
  client5('willQos3', `10 13 ${CONNECT5} 1e 00 00 00 00 00 00 00 01 'w' 00 00`),
  client4('willQos3', `10 11 ${CONNECT4} 1e 00 00 00 00 00 01 'w' 00 00`),
  client5('willRetainWithoutWill', `10 0d ${CONNECT5} 22 00 00 00 00 00`),
  client4('willRetainWithoutWill', `10 0c ${CONNECT4} 22 00 00 00 00`),
  client4('passwordWithoutUserName', `10 0e ${CONNECT4} 42 00 00 00 00 00 00`),
  client4('clientIdEmptyWithSession', `10 0c ${CONNECT4} 00 00 00 00 00`),
  server5('connackFlags', '20 03 02 00 00'),
  server4('connackFlags', '20 02 80 00'),
  server5('sessionPresentOnRefusal', '20 03 01 80 00'),
  server4('sessionPresentOnRefusal', '20 02 01 05'),

  server5('connackReasonCode', '20 03 00 01 00'),
  server5('connackReasonCode', '20 03 00 8b 00'),
  server4('connackReasonCode', '20 02 00 06'),
  server5('pubackReasonCode', '40 03 00 01 92'),
  client5('pubackReasonCode', '40 03 00 01 10'),
  server5('pubrecReasonCode', '50 03 00 01 01'),
  server5('pubrelReasonCode', '62 03 00 01 80'),
  server5('pubcompReasonCode', '70 03 00 01 10'),
  server5('subackReasonCode', '90 04 00 01 00 03'),
  server4('subackReasonCode', '90 03 00 01 03'),
  server4('subackReasonCode', '90 03 00 01 87'),
  server5('unsubackReasonCode', 'b0 04 00 01 00 01'),
  server5('disconnectReasonCode', 'e0 01 04'),
  client5('disconnectReasonCode', 'e0 01 8d'),
  server5('authReasonCode', `f0 06 19 04 15 00 01 'm'`),
  client5('authReasonCode', `f0 06 00 04 15 00 01 'm'`),

  client5('subscribeEmpty', '82 03 00 01 00'),
  client4('subscribeEmpty', '82 02 00 01'),
  client5('subscribeReservedBits', `82 07 00 01 00 00 01 'a' 40`),
  client4('subscribeReservedBits', `82 06 00 01 00 01 'a' 04`),
  client5('subscribeQos3', `82 07 00 01 00 00 01 'a' 03`),
  client4('subscribeQos3', `82 06 00 01 00 01 'a' 03`),
  client5('retainHandling3', `82 07 00 01 00 00 01 'a' 30`),
  client5('noLocalOnShared', `82 10 00 01 00 00 0a '$share/g/a' 04`),
  server5('subackEmpty', '90 03 00 01 00'),
  server4('subackEmpty', '90 02 00 01'),
  client5('unsubscribeEmpty', 'a2 03 00 01 00'),
  client4('unsubscribeEmpty', 'a2 02 00 01'),
  server5('unsubackEmpty', 'b0 03 00 01 00'),
];

test.each(CASES)(
  '$rule: $listing ($origin.version, $origin.sender)',
  ({ rule, listing, origin }) => {
    const verdict = decodeOne(bytes(listing), 0, origin);
    expect(verdict).toMatchObject({ kind: 'refused', refusal: { rule, rules: [rule] } });
  },
);

describe('the cases', () => {
  test.each(Object.entries(RULES))('prove %s in each version that has it', (name, row) => {
    const versions = new Set(
      CASES.filter(({ rule }) => rule === name).map(({ origin }) => origin.version),
    );
    if (name !== 'passwordWithoutUserName' && name !== 'clientIdEmptyWithSession') {
      expect(versions).toContain(5);
    }
    if (row.statement311 !== null) expect(versions).toContain(4);
  });
});

test('several faults in one packet → all of them, the first in front', () => {
  const verdict = decodeOne(bytes(`3a 07 00 02 'a#' 00 00 00`), 0, {
    version: 5,
    sender: 'server',
  });
  expect(verdict).toMatchObject({
    refusal: { rule: 'packetIdZero', rules: ['packetIdZero', 'topicWildcard'], reasonCode: 0x82 },
  });
});

test('the statement cited is that of the version', () => {
  const invalid = bytes('30 04 00 01 ff 00');
  expect(decodeOne(invalid, 0, { version: 5, sender: 'server' })).toMatchObject({
    refusal: { statement: 'MQTT-1.5.4-1' },
  });
  expect(decodeOne(invalid, 0, { version: 4, sender: 'server' })).toMatchObject({
    refusal: { statement: 'MQTT-1.5.3-1' },
  });
});

function server5(rule: RuleName, listing: string, more: Partial<Origin> = {}): Case {
  return { rule, listing, origin: { version: 5, sender: 'server', ...more } };
}

function client5(rule: RuleName, listing: string): Case {
  return { rule, listing, origin: { version: 5, sender: 'client' } };
}

function server4(rule: RuleName, listing: string, more: Partial<Origin> = {}): Case {
  return { rule, listing, origin: { version: 4, sender: 'server', ...more } };
}

function client4(rule: RuleName, listing: string): Case {
  return { rule, listing, origin: { version: 4, sender: 'client' } };
}
