import { describe, expect, test } from 'vitest';
import { decodePacket } from '../../src/codec/decode.js';
import { Framer, FrameStatus } from '../../src/codec/framer.js';
import { PACKET_SIZE_MAX, PacketType, type ProtocolVersion } from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';
import { decodePublish, PublishFields } from '../../src/codec/publish.js';
import { VIOLATIONS } from '../../src/errors/violations.js';
import { Prng } from '../support/prng.js';
import { samplesOf } from './samples.js';
import { bytes, concat, encode, frame, reduceTo311, shared, VERSIONS } from './support.js';

const EXHAUSTIVE_MAX = 64;
const RANDOM_SPLITS = 40;
const { SEED = '20261122' } = process.env;
const prng = new Prng(Number(SEED));

describe.each(VERSIONS)('version %i', (version) => {
  test.each(samplesOf(version))('$title, arriving in two parts → one packet', (it) => {
    const wire = wireOf(it.packet, version);
    const memory = shared(wire, 3);
    const expected = decodeAll(wire, version, it.sender);
    for (const split of splitsOf(wire.length)) {
      const framer = new Framer(PACKET_SIZE_MAX, version);
      expect(framer.scan(memory, 3, 3 + split), `split at ${split}`).toBe(FrameStatus.INCOMPLETE);
      expect(framer.scan(memory, 3, 3 + wire.length)).toBe(FrameStatus.COMPLETE);
      expect(framer.packetLength).toBe(wire.length);
      const { header, bodyStart, end } = framer;
      const result = decodePacket(memory, header, bodyStart, end, version, it.sender);
      expect([result.packet]).toStrictEqual(expected);
    }
  });

  test.each(samplesOf(version))('$title, one byte short in its own frame → a violation', (it) => {
    const wire = wireOf(it.packet, version);
    const framer = new Framer(PACKET_SIZE_MAX, version);
    framer.scan(wire, 0, wire.length);
    const { header, bodyStart, end } = framer;
    // Payload and lists may lawfully be shorter, so only totality is asked for: no throw, no over-read.
    for (let cut = bodyStart; cut < end; cut += 1) {
      const whole = decodePacket(wire, header, bodyStart, cut, version, it.sender);
      const alone = wire.slice(0, cut);
      const same = decodePacket(alone, header, bodyStart, cut, version, it.sender);
      expect(whole).toStrictEqual(same);
    }
  });
});

test('many packets glued together → each as it was, also after the later ones', () => {
  const texts = Array.from({ length: 50 }, (_, index) => `payload ${index} ${'·'.repeat(index)}`);
  const wires = texts.map((text, index) => wireOf(publish(text, index + 1), 5));
  const memory = shared(concat(...wires), 5);
  const end = 5 + wires.reduce((sum, { length }) => sum + length, 0);
  const framer = new Framer(PACKET_SIZE_MAX, 5);
  const packets: Packet[] = [];
  for (let start = 5; start < end; start = framer.end) {
    expect(framer.scan(memory, start, end)).toBe(FrameStatus.COMPLETE);
    const { header, bodyStart } = framer;
    packets.push(decodePacket(memory, header, bodyStart, framer.end, 5, 'server').packet!);
  }
  memory.fill(0);
  expect(packets).toStrictEqual(texts.map((text, index) => publish(text, index + 1)));
});

test('random chunks of a long stream → the same packets', () => {
  for (let round = 0; round < 20; round += 1) {
    const sent = Array.from({ length: 30 }, () => prng.pick(samplesOf(5)));
    const stream = shared(concat(...sent.map(({ packet }) => encode(packet, 5))));
    const length = stream.length - 7;
    const framer = new Framer(PACKET_SIZE_MAX, 5);
    const received: Packet[] = [];
    let start = 0;
    let arrived = 0;
    while (arrived < length) {
      arrived = Math.min(length, arrived + 1 + prng.below(prng.chance(0.5) ? 5 : 300));
      while (framer.scan(stream, start, arrived) === FrameStatus.COMPLETE) {
        const { sender } = sent[received.length]!;
        const { header, bodyStart, end } = framer;
        received.push(decodePacket(stream, header, bodyStart, end, 5, sender).packet!);
        start = framer.end;
      }
    }
    expect(received).toStrictEqual(sent.map(({ packet }) => packet));
  }
});

test('a large packet byte by byte → each look touches the fixed header only', () => {
  const length = 200_000;
  const memory = shared(frame(0x30, new Uint8Array(length)));
  const framer = new Framer(PACKET_SIZE_MAX, 5);
  let reads = 0;
  const counting = new Proxy(memory, {
    get: (target, key) => {
      reads += 1;
      return Reflect.get(target, key) as unknown;
    },
  });
  for (let arrived = 0; arrived < length; arrived += 1) {
    expect(framer.scan(counting, 0, arrived)).toBe(FrameStatus.INCOMPLETE);
  }
  expect(reads).toBeLessThanOrEqual(9 * length);
});

test('a million packets in one piece → no recursion, nothing lost', () => {
  const one = bytes(`30 04 00 01 'a' 00`);
  const count = 1_000_000;
  const memory = new Uint8Array(new SharedArrayBuffer(one.length * count));
  memory.set(one);
  for (let length = one.length; length < memory.length; length *= 2) {
    memory.copyWithin(length, 0, Math.min(length, memory.length - length));
  }
  const framer = new Framer(1024, 5);
  const fields = new PublishFields();
  let decoded = 0;
  for (let start = 0; start < memory.length; start = framer.end) {
    if (framer.scan(memory, start, memory.length) !== FrameStatus.COMPLETE) break;
    if (decodePublish(memory, framer.header, framer.bodyStart, framer.end, 5, fields)) break;
    decoded += 1;
  }
  expect(decoded).toBe(count);
});

describe('[MQTT-3.1.2-24] the maximum packet size', () => {
  const status = (listing: string, maximumPacketSize: number) => {
    const wire = bytes(listing);
    const framer = new Framer(maximumPacketSize, 5);
    return [framer.scan(wire, 0, wire.length), framer.violation, framer.packetLength];
  };

  test('a packet of exactly the maximum → waits for its body', () => {
    expect(status('30 7e', 128)).toEqual([FrameStatus.INCOMPLETE, null, 128]);
    expect(status('30 ff ff ff 7f', PACKET_SIZE_MAX)[0]).toBe(FrameStatus.INCOMPLETE);
  });

  test('one byte more → refused by its header, before the body', () => {
    const refused = [FrameStatus.VIOLATION, VIOLATIONS.packetTooLarge];
    expect(status('30 7f', 128).slice(0, 2)).toEqual(refused);
    expect(status('30 ff ff ff 7f', PACKET_SIZE_MAX - 1).slice(0, 2)).toEqual(refused);
  });

  test('the limit and the version change → they hold for the next scan', () => {
    const framer = new Framer(4, 4);
    const wire = bytes('f0 03 00 00 00');
    expect(framer.scan(wire, 0, 5)).toBe(FrameStatus.VIOLATION);
    expect(framer.violation).toBe(VIOLATIONS.reservedType);
    framer.version = 5;
    framer.scan(wire, 0, 5);
    expect(framer.violation).toBe(VIOLATIONS.packetTooLarge);
    framer.maximumPacketSize = 5;
    expect(framer.scan(wire, 0, 5)).toBe(FrameStatus.COMPLETE);
    expect(framer.violation).toBe(null);
  });
});

test('an impossible first byte → refused before anything else arrives', () => {
  for (let header = 0; header < 256; header += 1) {
    const type = header >>> 4;
    const flags = header & 0xf;
    const expected = type === 6 || type === 8 || type === 10 ? flags === 2 : flags === 0;
    const isLegal = type === 3 ? (flags & 6) !== 6 : type !== 0 && expected;
    for (const version of VERSIONS) {
      const framer = new Framer(PACKET_SIZE_MAX, version);
      const legal = isLegal && !(version === 4 && type === 15);
      const expectedStatus = legal ? FrameStatus.INCOMPLETE : FrameStatus.VIOLATION;
      expect(framer.scan(Uint8Array.of(header), 0, 1)).toBe(expectedStatus);
    }
  }
});

test('no byte at all → incomplete', () => {
  const framer = new Framer(1024, 5);
  expect(framer.scan(new Uint8Array(4), 2, 2)).toBe(FrameStatus.INCOMPLETE);
  expect(framer.packetLength).toBe(0);
});

function publish(text: string, packetId: number): Packet {
  return {
    type: PacketType.PUBLISH,
    topicName: `topic/${packetId}`,
    payload: new TextEncoder().encode(text),
    qos: 1,
    retain: false,
    dup: false,
    packetId,
    properties: { correlationData: Uint8Array.of(packetId), contentType: text },
  };
}

function wireOf(packet: Packet, version: ProtocolVersion): Uint8Array {
  return encode(version === 5 ? packet : reduceTo311(packet), version);
}

function decodeAll(wire: Uint8Array, version: ProtocolVersion, sender: 'client' | 'server') {
  const framer = new Framer(PACKET_SIZE_MAX, version);
  framer.scan(wire, 0, wire.length);
  return [decodePacket(wire, framer.header, framer.bodyStart, framer.end, version, sender).packet];
}

/** Every place to split a short packet, and random ones of a long packet beyond that. */
function splitsOf(length: number): readonly number[] {
  const first = Array.from({ length: Math.min(length, EXHAUSTIVE_MAX) }, (_, index) => index);
  if (length <= EXHAUSTIVE_MAX) return first;
  const random = () => EXHAUSTIVE_MAX + prng.below(length - EXHAUSTIVE_MAX);
  return [...first, ...Array.from({ length: RANDOM_SPLITS }, random)];
}
