import { describe, expect, test } from 'vitest';
import { createChannelMemory } from '../../src/channel/layout.js';
import { Framer, FrameStatus } from '../../src/codec/framer.js';
import { checkTopicBytes, decodePublish, PublishFields } from '../../src/codec/publish.js';
import { InboundAssembler } from '../../src/host/inbound-assembler.js';
import { Counters } from '../../src/metrics/counters.js';
import { concat, frame } from '../codec/support.js';

const SEGMENT_BYTES = 64 * 1024;

describe('bytes in small pieces', () => {
  test.each([
    ['16 MB packet in pieces of 1 KB', 16 << 20, 1024],
    ['128 KB packet byte by byte', 128 << 10, 1],
  ])(
    '%s → its beginning moves once, and each piece costs one look at a fixed header',
    (_title, size, piece) => {
      const { assembler, counters, framer, reads } = createAssembler(size);
      const packet = frame(0x30, new Uint8Array(size - 5));
      for (let sent = 0; sent < packet.length; ) {
        if (!assembler.prepare(false)) throw new Error('no room');
        sent += assembler.copy(packet.subarray(sent, sent + piece));
        const expected = sent < packet.length ? FrameStatus.INCOMPLETE : FrameStatus.COMPLETE;
        if (assembler.next() !== expected) throw new Error(`not ${expected} after ${sent} bytes`);
      }
      expect(framer.packetLength).toBe(packet.length);
      expect(counters.read().prefixBytesMoved).toBeLessThanOrEqual(SEGMENT_BYTES);
      expect(reads()).toBeLessThanOrEqual(10 * Math.ceil(packet.length / piece));
    },
  );

  test('packets of all sizes, in pieces of all sizes → no byte moves twice', () => {
    const { assembler, counters, framer } = createAssembler(SEGMENT_BYTES);
    const sizes = Array.from({ length: 400 }, (_, index) => (index * 7919) % 40_000);
    const stream = concat(...sizes.map((size) => frame(0x30, new Uint8Array(size))));
    let packets = 0;
    for (let sent = 0, piece = 1; sent < stream.length; piece = (piece * 31) % 9973) {
      if (!assembler.prepare(false)) throw new Error('no room');
      sent += assembler.copy(stream.subarray(sent, sent + piece));
      while (assembler.next() === FrameStatus.COMPLETE) {
        packets += 1;
        assembler.advance();
      }
      expect(framer.violation).toBeNull();
    }
    expect(packets).toBe(sizes.length);
    const { prefixBytesMoved } = counters.read();
    expect(prefixBytesMoved).toBeGreaterThan(0);
    expect(prefixBytesMoved).toBeLessThanOrEqual(stream.length);
  });
});

describe('packets that are large in numbers', () => {
  test('60,000 User Properties → a bounded number of looks at each byte', () => {
    const one = propertyReads(30_000);
    const two = propertyReads(60_000);
    expect(two).toBeLessThanOrEqual(2 * one + 100);
    // A property here is seven bytes: identifier, two lengths, one character each.
    expect(two).toBeLessThanOrEqual(60_000 * 7 * 3);
  });

  test('a topic of 32,767 levels → a bounded number of looks at each byte', () => {
    const topic = new TextEncoder().encode('a/'.repeat(32_767));
    const counted = counting(topic);
    expect(checkTopicBytes(counted.memory, 0, topic.length)).toBeNull();
    expect(counted.reads()).toBeLessThanOrEqual(3 * topic.length);
  });

  test('a topic of 65,535 bytes, all beyond ASCII but one → a bounded number of looks at each byte', () => {
    const topic = new TextEncoder().encode(`${'é'.repeat(32_767)}a`);
    const counted = counting(topic);
    expect(checkTopicBytes(counted.memory, 0, topic.length)).toBeNull();
    expect(counted.reads()).toBeLessThanOrEqual(4 * topic.length);
  });
});

/** How often the decoder looks at a byte of a PUBLISH with so many User Properties. */
function propertyReads(count: number): number {
  const property = Uint8Array.of(0x26, 0, 1, 0x6b, 0, 1, 0x76);
  const length = count * property.length;
  const digits = [length & 0x7f, (length >>> 7) & 0x7f, length >>> 14];
  const head = Uint8Array.of(0, 1, 0x61, digits[0]! | 0x80, digits[1]! | 0x80, digits[2]!);
  const body = new Uint8Array(head.length + length);
  body.set(head);
  for (let at = head.length; at < body.length; at += property.length) body.set(property, at);
  const counted = counting(body);
  const fields = new PublishFields();
  expect(decodePublish(counted.memory, 0x30, 0, body.length, 5, fields)).toBeNull();
  expect(fields.propertiesLength).toBe(length);
  return counted.reads();
}

/** The same bytes, and how many of them were read. */
function counting(source: Uint8Array): { memory: Uint8Array; reads: () => number } {
  let reads = 0;
  const memory = new Proxy(source, {
    get: (target, key) => {
      reads += 1;
      return Reflect.get(target, key) as unknown;
    },
  });
  return { memory, reads: () => reads };
}

function createAssembler(largest: number) {
  const run = Math.ceil(largest / SEGMENT_BYTES);
  const memory = createChannelMemory({
    submissionRecords: 2,
    completionRecords: 2,
    deliveryRecords: 2,
    acknowledgementRecords: 2,
    inboundSegments: run + 4,
    outboundSegments: 1,
    segmentBytes: SEGMENT_BYTES,
  });
  const framer = new CountingFramer(largest, 5);
  const counters = new Counters(memory);
  const assembler = new InboundAssembler(memory, framer, counters);
  return { assembler, counters, framer, reads: () => framer.reads };
}

/** A framer that counts how many bytes it looks at. */
class CountingFramer extends Framer {
  reads = 0;

  override scan(memory: Uint8Array, start: number, end: number): FrameStatus {
    const counted = counting(memory.subarray(start, Math.min(end, start + 5)));
    const status = super.scan(counted.memory, 0, end - start);
    this.reads += counted.reads();
    // Told from where the packet begins: as the assembler has it.
    this.bodyStart += start;
    this.end += start;
    return status;
  }
}
