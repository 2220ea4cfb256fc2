import { expect, test } from 'vitest';
import { PacketType, type Sender } from '../../src/codec/packet-types.js';
import { describeReasonCode, isReasonCodeOf, REASON_CODES } from '../../src/codec/reason-codes.js';

/** The tables of the packets' own sections; `server` and `client` are what only that side sends. */
const LEGAL: Readonly<
  Partial<Record<keyof typeof PacketType, Partial<Record<Sender | 'both', string>>>>
> = {
  CONNACK: {
    server: '00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f',
  },
  PUBACK: { both: '00 80 83 87 90 91 97 99', server: '10' },
  PUBREC: { both: '00 80 83 87 90 91 97 99', server: '10' },
  PUBREL: { both: '00 92' },
  PUBCOMP: { both: '00 92' },
  SUBACK: { server: '00 01 02 80 83 87 8f 91 97 9e a1 a2' },
  UNSUBACK: { server: '00 11 80 83 87 8f 91' },
  DISCONNECT: {
    both: '00 80 81 82 83 90 93 94 95 96 97 98 99',
    client: '04',
    server: '87 89 8b 8c 8d 8e 8f 9a 9b 9c 9d 9e 9f a0 a1 a2',
  },
  AUTH: { both: '18', server: '00', client: '19' },
};

test('every code in every packet from either side → as the tables say', () => {
  for (const [name, type] of Object.entries(PacketType)) {
    const row = LEGAL[name as keyof typeof PacketType] ?? {};
    for (const sender of ['client', 'server'] as const) {
      const legal = `${row.both ?? ''} ${row[sender] ?? ''}`.split(' ');
      for (let code = 0; code < 256; code += 1) {
        const hex = code.toString(16).padStart(2, '0');
        if (isReasonCodeOf(type, code, sender) !== legal.includes(hex)) {
          expect.fail(`${name} ${hex} from the ${sender}`);
        }
      }
    }
  }
});

test('values → unique, and each in some packet', () => {
  const rows = Object.values(REASON_CODES);
  expect(rows).toHaveLength(43);
  expect(new Set(rows.map(({ value }) => value)).size).toBe(rows.length);
});

test('names → those of the packet', () => {
  expect(describeReasonCode(0, PacketType.SUBACK)).toBe('Granted QoS 0 (0x00)');
  expect(describeReasonCode(0, PacketType.DISCONNECT)).toBe('Normal disconnection (0x00)');
  expect(describeReasonCode(0, PacketType.PUBACK)).toBe('Success (0x00)');
  expect(describeReasonCode(0x9d, PacketType.CONNACK)).toBe('Server moved (0x9d)');
  expect(describeReasonCode(0x05, PacketType.CONNACK)).toBe('0x05');
});
