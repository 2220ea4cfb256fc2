import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../src/codec/byte-writer.js';
import { PacketType, type Sender } from '../../src/codec/packet-types.js';
import type { PublishPacket } from '../../src/codec/packets.js';
import {
  decodeProperties,
  sizeProperties,
  writePropertyFields,
} from '../../src/codec/properties.js';
import { PropertyScanner } from '../../src/codec/property-scanner.js';
import { HOST_RULES, type PropertyHost } from '../../src/codec/property-table.js';
import { concat, decoded, encode, frame, nameOf, shared, violationOf } from './support.js';

const HOSTS = Object.keys(HOST_RULES) as PropertyHost[];
const REASON = 'connack puback pubrec pubrel pubcomp suback unsuback disconnect auth';
const ALL = HOSTS.join(' ');

/** Table 2-4 once more, from the specification: id, hosts, a value, a value out of range. */
const TABLE: readonly (readonly [id: number, hosts: string, value: string, bad?: string])[] = [
  [0x01, 'publish will', '01', '02'],
  [0x02, 'publish will', '00000000'],
  [0x03, 'publish will', '000161'],
  [0x08, 'publish will', '000161', '000123'],
  [0x09, 'publish will', '0002ff00'],
  [0x0b, 'publish subscribe', '01', '00'],
  [0x11, 'connect connack disconnect', 'ffffffff'],
  [0x12, 'connack', '0000'],
  [0x13, 'connack', '0000'],
  [0x15, 'connect connack auth', '0000'],
  [0x16, 'connect connack auth', '0000'],
  [0x17, 'connect', '01', '02'],
  [0x18, 'will', 'ffffffff'],
  [0x19, 'connect', '00', 'ff'],
  [0x1a, 'connack', '0000'],
  [0x1c, 'connack disconnect', '0000'],
  [0x1f, REASON, '0000'],
  [0x21, 'connect connack', 'ffff', '0000'],
  [0x22, 'connect connack', '0000'],
  [0x23, 'publish', 'ffff', '0000'],
  [0x24, 'connack', '01', '02'],
  [0x25, 'connack', '01', '02'],
  [0x26, ALL, '00000000'],
  [0x27, 'connect connack', '00000001', '00000000'],
  [0x28, 'connack', '00', '80'],
  [0x29, 'connack', '00', '02'],
  [0x2a, 'connack', '01', '02'],
];

/** Ids that one side may not send although the packet may carry them. */
const ONE_SIDED: Readonly<Record<string, Sender>> = {
  'publish 11': 'server',
  'disconnect 17': 'client',
  'disconnect 28': 'server',
};

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

function scan(section: Uint8Array, host: PropertyHost, sender: Sender): string | null {
  const memory = shared(section, 2);
  const end = 2 + section.length;
  const violation = new PropertyScanner().scan(memory, 2, end, HOST_RULES[host], sender);
  return violation && nameOf(violation);
}

describe.each(HOSTS)('in %s', (host) => {
  test.each(['client', 'server'] as const)(
    'every id of 256 from the %s → as Table 2-4 says',
    (sender) => {
      for (let id = 0; id < 256; id += 1) {
        const row = TABLE.find(([known]) => known === id);
        const section = concat(Uint8Array.of(id), hex(row?.[2] ?? '0000'));
        const only = ONE_SIDED[`${host} ${id}`];
        const result = scan(section, host, sender);
        if (row === undefined) expect(result).toBe('propertyUnknown');
        else if (!row[1].split(' ').includes(host)) expect(result).toBe('propertyMisplaced');
        else if (only !== undefined && only !== sender)
          expect(result).toMatch(/From(Client|Server)$/);
        else if (id === 0x16) expect(result).toBe('authDataWithoutMethod');
        else expect(result, `id ${id}`).toBe(null);
      }
    },
  );

  test('each property twice → refused unless it may repeat', () => {
    for (const [id, hosts, value] of TABLE) {
      if (!hosts.split(' ').includes(host)) continue;
      const sender = ONE_SIDED[`${host} ${id}`] ?? 'server';
      const one = concat(Uint8Array.of(id), hex(value));
      const repeats = id === 0x26 || (id === 0x0b && host === 'publish');
      expect(scan(concat(one, one), host, sender)).toBe(repeats ? null : 'propertyDuplicate');
    }
  });

  test('each property with a value out of range → refused', () => {
    for (const [id, hosts, , outOfRange] of TABLE) {
      if (outOfRange === undefined || !hosts.split(' ').includes(host)) continue;
      const sender = ONE_SIDED[`${host} ${id}`] ?? 'server';
      const section = concat(Uint8Array.of(id), hex(outOfRange));
      expect(scan(section, host, sender)).toMatch(/^(propertyValue|topicAliasZero|responseTopic)/);
    }
  });

  test('each property cut short anywhere → truncated', () => {
    for (const [id, hosts, value] of TABLE) {
      if (!hosts.split(' ').includes(host)) continue;
      const sender = ONE_SIDED[`${host} ${id}`] ?? 'server';
      const section = concat(Uint8Array.of(id), hex(value));
      for (let length = 1; length < section.length; length += 1) {
        expect(scan(section.subarray(0, length), host, sender)).toBe('truncated');
      }
    }
  });
});

test('names such as __proto__ → values in pairs, nothing polluted', () => {
  const userProperties: readonly (readonly [string, string])[] = [
    ['__proto__', 'a'],
    ['constructor', 'b'],
    ['toString', 'c'],
    ['__proto__', 'd'],
  ];
  const packet = { type: PacketType.PUBACK, packetId: 1, reasonCode: 0 } as const;
  const wire = encode({ ...packet, properties: { userProperties } }, 5);
  const result = decoded(wire, 5, 'server');
  const copied = structuredClone(result);
  for (const { properties } of [result, copied] as { properties: object }[]) {
    expect(properties).toStrictEqual({ userProperties });
    expect(Object.getPrototypeOf(properties)).toBe(Object.prototype);
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test('two empty User Properties → both kept', () => {
  const section = concat(Uint8Array.of(0x26, 0, 0, 0, 0), Uint8Array.of(0x26, 0, 0, 0, 0));
  expect(decodeProperties(section, 0, section.length, 'publish')).toEqual({
    userProperties: [
      ['', ''],
      ['', ''],
    ],
  });
});

test('[MQTT-3.3.2-18] a bomb of 200,000 User Properties → all of them, in order', () => {
  const pair = Uint8Array.of(0x26, 0, 0, 0, 0);
  const count = 200_000;
  const section = new Uint8Array(pair.length * count);
  for (let index = 0; index < count; index += 1) section.set(pair, index * pair.length);
  // 1,000,000 = 40 84 3d in sevens.
  const body = concat(Uint8Array.of(0, 1, 0x61, 0xc0, 0x84, 0x3d), section);
  const wire = frame(0x30, body);
  const packet = decoded(wire, 5, 'server') as PublishPacket;
  expect(packet.properties.userProperties).toHaveLength(count);
  expect(packet.payload).toHaveLength(0);
  wire[wire.length - 2] = 1;
  expect(violationOf(wire, 5, 'server')).toBe('truncated');
});

test('Message Expiry Interval → always the first property, whatever the order of the keys', () => {
  const properties = {
    userProperties: [['k', 'v']] as const,
    topicAlias: 3,
    payloadFormatIndicator: 1,
    messageExpiryInterval: 0x0102_0304,
  };
  const memory = new Uint8Array(sizeProperties('publish', properties));
  const writer = new ByteWriter(memory, 0);
  writePropertyFields(writer, 'publish', properties);
  expect(writer.offset).toBe(memory.length);
  expect([...memory.subarray(0, 5)]).toEqual([2, 1, 2, 3, 4]);
});

test('the documentation of PropertiesOf → tells every property, and where it may stand', () => {
  const source = new URL('../../src/codec/property-table.ts', import.meta.url);
  const rows = readFileSync(source, 'utf8').matchAll(/^ \* \| `(\w+)` \|.* \| (.*) \|$/gm);
  const told = Array.from(rows).flatMap(([, key, hosts]) =>
    (hosts === 'all' ? HOSTS : hosts!.split(', ')).map((host) => `${key} in ${host}`),
  );
  const expected = HOSTS.flatMap((host) =>
    HOST_RULES[host].properties.map(({ key }) => `${key} in ${host}`),
  );
  expect(told.sort()).toEqual(expected.sort());
});
