import { describe, expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';
import { HOST_RULES, type PropertyHost } from '../../src/codec/property-table.js';
import { MqttError } from '../../src/errors/mqtt-error.js';
import { SAMPLES, samplesOf } from './samples.js';
import { decoded, encode, reduceTo311, shared, VERSIONS } from './support.js';

describe.each(VERSIONS)('version %i', (version) => {
  test.each(samplesOf(version))('$title → decodes to what was encoded', ({ packet, sender }) => {
    const whole = version === 5 ? packet : reduceTo311(packet);
    const wire = encode(
      packet.type === PacketType.CONNECT ? { ...packet, protocolVersion: version } : packet,
      version,
    );
    expect(decoded(wire, version, sender)).toStrictEqual(whole);
    expect(encode(decoded(wire, version, sender), version)).toEqual(wire);
  });
});

test('a packet in shared memory → decodes to the same, sharing nothing with it', () => {
  for (const { packet, sender } of SAMPLES) {
    const wire = encode(packet, 5);
    const memory = shared(wire);
    const result = decoded(memory, 5, sender);
    memory.fill(0);
    expect(result).toStrictEqual(packet);
  }
});

test('the samples → carry every property of every host', () => {
  for (const host of Object.keys(HOST_RULES) as PropertyHost[]) {
    const sent = new Set(SAMPLES.flatMap(({ packet }) => Object.keys(propertiesOf(packet, host))));
    const known = HOST_RULES[host].properties.map(({ key }) => key);
    expect([...sent].sort()).toEqual(known.sort());
  }
});

test('undefined properties → are not sent', () => {
  const packet = {
    type: PacketType.CONNACK,
    sessionPresent: false,
    reasonCode: 0,
    properties: { reasonString: undefined, userProperties: undefined, maximumQos: undefined },
  };
  expect([...encode(packet, 5)]).toEqual([0x20, 3, 0, 0, 0]);
});

test('a field above 65,535 bytes → an error, never a truncated length', () => {
  const text = 'x'.repeat(65_536);
  const types = { type: PacketType.UNSUBSCRIBE, packetId: 1, properties: {} } as const;
  expect(() => encode({ ...types, topicFilters: [text] }, 4)).toThrow(MqttError);
  const properties = { authenticationMethod: 'm', authenticationData: new Uint8Array(65_536) };
  const auth = { type: PacketType.AUTH, reasonCode: 0x18, properties } as const;
  expect(() => encode(auth, 5)).toThrow(/65536 bytes/);
  const longest = { ...types, topicFilters: [text.slice(1)] };
  expect(decoded(encode(longest, 5), 5, 'client')).toEqual(longest);
});

test('an identifier above 268,435,455 → an error', () => {
  const packet = {
    type: PacketType.SUBSCRIBE,
    packetId: 1,
    subscriptions: [],
    properties: { subscriptionIdentifier: 0x1000_0000 },
  } as const;
  expect(() => encode(packet, 5)).toThrow(/268435456/);
});

test('AUTH in 3.1.1 → an error', () => {
  const packet = { type: PacketType.AUTH, reasonCode: 0x18, properties: {} } as const;
  expect(() => encode(packet, 4)).toThrow(/3\.1\.1 has no AUTH/);
});

test.each([
  [0x84, 1],
  [0x85, 2],
  [0x88, 3],
  [0x86, 4],
  [0x87, 5],
])('CONNACK 0x%x in 3.1.1 → return code %i and back', (reasonCode, returnCode) => {
  const type = PacketType.CONNACK;
  const packet = { type, sessionPresent: false, reasonCode, properties: {} } as const;
  const wire = encode(packet, 4);
  expect([...wire]).toEqual([0x20, 2, 0, returnCode]);
  expect(decoded(wire, 4, 'server')).toEqual(packet);
});

test('CONNACK code that 3.1.1 can not say → server unavailable', () => {
  const type = PacketType.CONNACK;
  const wire = encode({ type, sessionPresent: false, reasonCode: 0x97, properties: {} }, 4);
  expect([...wire]).toEqual([0x20, 2, 0, 3]);
});

function propertiesOf(packet: Packet, host: PropertyHost): object {
  if (host === 'will')
    return packet.type === PacketType.CONNECT ? (packet.will?.properties ?? {}) : {};
  const hostType = PacketType[host.toUpperCase() as keyof typeof PacketType];
  return packet.type === hostType && 'properties' in packet ? packet.properties : {};
}
