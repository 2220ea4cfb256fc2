import { describe, expect, test } from 'vitest';
import {
  ACKNOWLEDGEMENT,
  COMPLETION,
  createChannelMemory,
  DELIVERY,
  openChannelMemory,
  SUBMISSION,
} from '../../src/channel/layout.js';
import { SMALL_CONFIG, smallMemory } from './support.js';

describe('layout', () => {
  test('all regions → inside the buffer, on whole lines, none overlapping', () => {
    const { buffer, layout, counters } = smallMemory();
    const { rings, pools } = layout;
    const regions: [name: string, start: number, bytes: number][] = [
      ['main awake', layout.awake.main * 4, 4],
      ['worker awake', layout.awake.worker * 4, 4],
      ['counters', layout.countersStart, counters.byteLength],
    ];
    for (const [name, ring] of Object.entries(rings)) {
      regions.push([`${name} head`, ring.head * 4, 4]);
      regions.push([`${name} tail`, ring.tail * 4, 4]);
      regions.push([`${name} starved`, ring.starved * 4, 4]);
      regions.push([`${name} records`, ring.start * 4, ring.records * ring.recordWords * 4]);
    }
    for (const [name, pool] of Object.entries(pools)) {
      regions.push([`${name} starved`, pool.starved * 4, 4]);
      regions.push([`${name} generations`, pool.generations * 4, pool.segments * 4]);
      regions.push([`${name} released`, pool.released * 4, pool.segments * 4]);
      regions.push([`${name} segments`, pool.start, pool.segments * pool.segmentBytes]);
    }
    const sorted = regions.toSorted((a, b) => a[1] - b[1]);
    let end = 0;
    for (const [name, start, bytes] of sorted) {
      expect(start % 64, name).toBe(0);
      expect(start, name).toBeGreaterThanOrEqual(end);
      end = start + bytes;
    }
    expect(end).toBe(buffer.byteLength);
    expect(sorted.slice(-2).map(([name]) => name)).toEqual([
      'inbound segments',
      'outbound segments',
    ]);
  });

  test('fields of a record → each its own word', () => {
    for (const fields of [SUBMISSION, COMPLETION, DELIVERY, ACKNOWLEDGEMENT]) {
      const words = Object.values(fields);
      expect(words).toEqual(words.map((_, row) => row));
    }
  });

  test('new memory → everything zero: neither side is awake', () => {
    expect(smallMemory().words.every((word) => word === 0)).toBe(true);
  });

  test('memory opened again → the same bytes', () => {
    const memory = smallMemory();
    const other = openChannelMemory(memory.buffer, SMALL_CONFIG);
    expect(other.layout).toEqual(memory.layout);
    memory.bytes[memory.buffer.byteLength - 1] = 7;
    memory.counters[1] = 9;
    expect(other.bytes.at(-1)).toBe(7);
    expect(other.counters[1]).toBe(9);
  });

  test('memory opened with another configuration → asserts', () => {
    const { buffer } = smallMemory();
    expect(() => openChannelMemory(buffer, { ...SMALL_CONFIG, inboundSegments: 4 })).toThrow(
      'assertion',
    );
  });

  test.each([
    { submissionRecords: 0 },
    { completionRecords: 3 },
    { deliveryRecords: -4 },
    { acknowledgementRecords: 2.5 },
    { inboundSegments: 0 },
    { outboundSegments: 1.5 },
    { segmentBytes: 0 },
    { segmentBytes: 100 },
    { outboundSegments: 0x800_0000, segmentBytes: 64 },
  ])('configuration out of range %o → asserts', (fault) => {
    expect(() => createChannelMemory({ ...SMALL_CONFIG, ...fault })).toThrow('assertion');
  });
});
