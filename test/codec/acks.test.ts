import { describe, expect, test } from 'vitest';
import {
  ACK_LENGTH_MAX,
  AckFields,
  type AckType,
  decodeAck,
  decodeAckProperties,
  encodeAck,
} from '../../src/codec/acks.js';
import { PacketType, packetHeader } from '../../src/codec/packet-types.js';
import { bytes, decoded, encode, shared, VERSIONS } from './support.js';

const TYPES: readonly AckType[] = [
  PacketType.PUBACK,
  PacketType.PUBREC,
  PacketType.PUBREL,
  PacketType.PUBCOMP,
];

describe.each(VERSIONS)('version %i', (version) => {
  test.each(TYPES)('type %i written alone → the bytes of the whole packet', (type) => {
    const failure = type === PacketType.PUBACK || type === PacketType.PUBREC ? 0x91 : 0x92;
    for (const reasonCode of [0, failure]) {
      const memory = new Uint8Array(ACK_LENGTH_MAX + 2).fill(0xee);
      const end = encodeAck(memory, 1, type, 0xfedc, reasonCode, version);
      const packet = { type, packetId: 0xfedc, reasonCode, properties: {} };
      expect(memory.slice(1, end)).toEqual(encode(packet, version));
      expect(memory[end]).toBe(0xee);
      expect(decoded(memory.slice(1, end), version, 'client')).toEqual(
        version === 5 ? packet : { ...packet, reasonCode: 0 },
      );
    }
  });
});

test('an acknowledgement with properties → their place, and their values', () => {
  const wire = bytes(`50 0f 00 07 97 0b 1f 00 02 'no' 26 00 01 'k' 00 00`);
  const memory = shared(wire, 9);
  const fields = new AckFields();
  expect(decodeAck(memory, 0x50, 11, 26, 5, fields)).toBe(null);
  expect(fields).toMatchObject({
    packetId: 7,
    reasonCode: 0x97,
    propertiesStart: 15,
    propertiesLength: 11,
  });
  expect(decodeAckProperties(memory, 15, 26)).toEqual({
    reasonString: 'no',
    userProperties: [['k', '']],
  });
});

test('fields used again → nothing is left of the packet before', () => {
  const fields = new AckFields();
  const long = bytes('00 07 92 05 1f 00 02 61 62');
  expect(decodeAck(long, 0x70, 0, long.length, 5, fields)).toBe(null);
  const short = bytes('00 08');
  expect(decodeAck(short, packetHeader(PacketType.PUBCOMP), 0, 2, 5, fields)).toBe(null);
  expect(fields).toMatchObject({ packetId: 8, reasonCode: 0, propertiesLength: 0 });
});

test('decoding acknowledgements → allocates nothing', () => {
  const memory = shared(bytes('00 07 97'));
  const fields = new AckFields();
  const run = (count: number) => {
    for (let index = 0; index < count; index += 1) {
      if (decodeAck(memory, 0x40, 0, 3, 5, fields) !== null) throw new Error();
    }
  };
  run(50_000);
  const before = process.memoryUsage().heapUsed;
  run(200_000);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(1_000_000);
});
