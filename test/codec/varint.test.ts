import { expect, test } from 'vitest';
import {
  fixedHeaderLength,
  packetLength,
  scanVarint,
  VARINT_INCOMPLETE,
  VARINT_MALFORMED,
  varintLength,
  varintValue,
  writeVarint,
} from '../../src/codec/varint.js';
import { bytes } from './support.js';

test.each([
  [0, '00'],
  [1, '01'],
  [127, '7f'],
  [128, '80 01'],
  [16_383, 'ff 7f'],
  [16_384, '80 80 01'],
  [2_097_151, 'ff ff 7f'],
  [2_097_152, '80 80 80 01'],
  [268_435_455, 'ff ff ff 7f'],
])('%i → %s and back, and every prefix is incomplete', (value, listing) => {
  const wire = bytes(listing);
  const memory = new Uint8Array(6);
  expect(writeVarint(memory, 1, value)).toBe(1 + wire.length);
  expect(memory.slice(1, 1 + wire.length)).toEqual(wire);
  expect(varintLength(value)).toBe(wire.length);
  expect(scanVarint(memory, 1, 6, true)).toBe(wire.length);
  expect(varintValue(memory, 1, wire.length)).toBe(value);
  for (let length = 0; length < wire.length; length += 1) {
    expect(scanVarint(memory, 1, 1 + length, true)).toBe(VARINT_INCOMPLETE);
  }
  const whole = packetLength(value);
  expect(whole).toBe(1 + wire.length + value);
  expect(fixedHeaderLength(whole)).toBe(1 + wire.length);
});

test('four bytes that all go on → malformed, without a fifth', () => {
  expect(scanVarint(bytes('ff ff ff ff'), 0, 4, true)).toBe(VARINT_MALFORMED);
  expect(scanVarint(bytes('80 80 80 80'), 0, 4, false)).toBe(VARINT_MALFORMED);
});

test('[MQTT-1.5.5-1] more bytes than needed → malformed, where the rule holds', () => {
  for (const listing of ['80 00', '81 00', 'ff ff 00', '80 80 80 00']) {
    const wire = bytes(listing);
    expect(scanVarint(wire, 0, wire.length, true)).toBe(VARINT_MALFORMED);
    expect(scanVarint(wire, 0, wire.length, false)).toBe(wire.length);
  }
});

test('a packet longer than the protocol has → no length', () => {
  expect(packetLength(268_435_456)).toBe(0);
});
