import { describe, expect, test } from 'vitest';
import type { ChannelMemory, RingName } from '../../src/channel/layout.js';
import { RingConsumer, RingProducer } from '../../src/channel/ring.js';
import { Prng } from '../support/prng.js';
import { betweenAtomics, NEAR_WRAP, placements, smallMemory } from './support.js';

function ringPair(ring: RingName, startIndex = 0) {
  const memory = smallMemory();
  const { head, tail } = memory.layout.rings[ring];
  memory.words[head] = startIndex;
  memory.words[tail] = startIndex;
  return {
    memory,
    producer: new RingProducer(memory, ring),
    consumer: new RingConsumer(memory, ring),
  };
}

function send(memory: ChannelMemory, producer: RingProducer, value: number): boolean {
  const offset = producer.reserve();
  if (offset === -1) return false;
  memory.words[offset] = value;
  producer.commit();
  return true;
}

function fill(memory: ChannelMemory, producer: RingProducer): number {
  let sent = 0;
  while (send(memory, producer, sent)) sent++;
  producer.publish();
  return sent;
}

describe('ring', () => {
  test('nothing published → the consumer sees nothing', () => {
    const { memory, producer, consumer } = ringPair('submission');
    expect(consumer.next()).toBe(-1);
    send(memory, producer, 5);
    send(memory, producer, 6);
    expect(producer.unpublished).toBe(2);
    expect([consumer.next(), consumer.pending]).toEqual([-1, 0]);
    producer.publish();
    expect([producer.unpublished, consumer.pending]).toEqual([0, 2]);
    expect(memory.words[consumer.next()]).toBe(5);
  });

  test('reserve twice without commit → the same record', () => {
    const { producer } = ringPair('submission');
    expect(producer.reserve()).toBe(producer.reserve());
  });

  test('full ring → -1 until records are released, not merely read', () => {
    const { memory, producer, consumer } = ringPair('submission');
    expect(fill(memory, producer)).toBe(4);
    consumer.next();
    consumer.advance();
    expect(producer.reserve()).toBe(-1);
    consumer.release();
    expect(producer.reserve()).toBeGreaterThan(0);
  });

  test('commit or advance without a record → asserts', () => {
    const { memory, producer, consumer } = ringPair('submission');
    expect(() => consumer.advance()).toThrow('assertion');
    fill(memory, producer);
    expect(() => producer.commit()).toThrow('assertion');
  });

  test('indexes that no producer leaves → asserts', () => {
    const { memory, consumer } = ringPair('submission');
    memory.words[memory.layout.rings.submission.tail] = 5;
    expect(() => consumer.next()).toThrow('assertion');
  });

  test('producer found the ring full → starved is taken once, after a release', () => {
    const { memory, producer, consumer } = ringPair('submission');
    producer.reserve();
    expect(consumer.takeStarved()).toBe(false);
    fill(memory, producer);
    expect(consumer.takeStarved()).toBe(false);
    consumer.next();
    consumer.advance();
    consumer.release();
    expect([consumer.takeStarved(), consumer.takeStarved()]).toEqual([true, false]);
  });

  test('the ring is found full again without a release → nobody is rung for it', () => {
    const { memory, producer, consumer } = ringPair('submission');
    fill(memory, producer);
    consumer.next();
    consumer.advance();
    consumer.release();
    consumer.takeStarved();
    fill(memory, producer);
    expect([consumer.takeStarved(), producer.reserve()]).toEqual([false, -1]);
  });

  test('ends made anew in the middle → go on where the shared indexes are', () => {
    const { memory, producer, consumer } = ringPair('completion', NEAR_WRAP);
    for (const value of [1, 2, 3]) send(memory, producer, value);
    producer.publish();
    consumer.next();
    consumer.advance();
    consumer.release();
    const laterProducer = new RingProducer(memory, 'completion');
    const laterConsumer = new RingConsumer(memory, 'completion');
    send(memory, laterProducer, 4);
    laterProducer.publish();
    expect(laterConsumer.pending).toBe(3);
    expect(memory.words[laterConsumer.next()]).toBe(2);
  });

  test('consumer releases at any moment of a failing reserve → room is found or starved is seen', () => {
    const attempt = (release: number, take: number): number => {
      const { memory, producer, consumer } = ringPair('submission');
      while (producer.unpublished < 4) send(memory, producer, 0);
      producer.publish();
      consumer.next();
      consumer.advance();
      let operations = 0;
      let taken = false;
      const act = (position: number): void => {
        if (position === release) consumer.release();
        if (position === take) taken = consumer.takeStarved();
      };
      const offset = betweenAtomics(
        () => producer.reserve(),
        (position) => {
          operations = position + 1;
          act(position);
        },
      );
      for (let position = operations; position <= take; position++) act(position);
      expect(offset !== -1 || taken, `release before ${release}, take before ${take}`).toBe(true);
      return operations;
    };
    const operations = attempt(9, 9);
    expect(operations).toBe(3);
    for (const [release, take] of placements(operations)) attempt(release, take);
  });

  const starts = [0, NEAR_WRAP, -5, 0x7fff_ffff, -0x8000_0000];
  const rings = ['submission', 'completion', 'delivery', 'acknowledgement'] as const;
  test.each(rings.flatMap((ring) => starts.map((start) => ({ ring, start }))))(
    'random steps of both sides, $ring from index $start → as two queues and a counter',
    ({ ring, start }) => {
      const { memory, producer, consumer } = ringPair(ring, start);
      const { records, recordWords } = memory.layout.rings[ring];
      const prng = new Prng(start ^ records);
      const unpublished: number[] = [];
      const readable: number[] = [];
      let unreleased = 0;
      let sequence = 0;
      let fullSeen = 0;
      let emptySeen = 0;

      const produce = (): void => {
        const offset = producer.reserve();
        if (unpublished.length + readable.length + unreleased === records) {
          expect(offset).toBe(-1);
          fullSeen++;
          return;
        }
        memory.words.fill(sequence, offset, offset + recordWords);
        producer.commit();
        unpublished.push(sequence++);
      };
      const publish = (): void => {
        producer.publish();
        readable.push(...unpublished.splice(0));
      };
      const consume = (): void => {
        const offset = consumer.next();
        const expected = readable.shift();
        if (expected === undefined) {
          expect(offset).toBe(-1);
          emptySeen++;
          return;
        }
        const record = memory.words.subarray(offset, offset + recordWords);
        expect(record.every((word) => word === expected)).toBe(true);
        consumer.advance();
        unreleased++;
      };
      const release = (): void => {
        consumer.release();
        unreleased = 0;
      };
      const look = (): void => {
        expect(consumer.pending).toBe(readable.length);
      };

      const steps = [produce, produce, produce, publish, consume, consume, release, look];
      for (let round = 0; round < 1500; round++) {
        // Bursts of one step drive the ring full and empty.
        const step = prng.pick(steps);
        for (let burst = prng.chance(0.1) ? records : 1; burst > 0; burst--) step();
        expect(producer.unpublished).toBe(unpublished.length);
      }
      expect(Math.min(fullSeen, emptySeen)).toBeGreaterThan(10);
      expect(sequence).toBeGreaterThan(4 * records);
    },
  );
});
