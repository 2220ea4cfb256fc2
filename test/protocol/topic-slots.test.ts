import { describe, expect, test } from 'vitest';
import { VIOLATIONS } from '../../src/errors/violations.js';
import { NO_TOPIC, TopicSlots } from '../../src/protocol/topic-slots.js';

const memory = new Uint8Array(new SharedArrayBuffer(4096));
const TOPICS_MANY = 1000;

/** Looks a topic up that stands at an offset of memory. */
function lookup(slots: TopicSlots, topicName: string, start = 3): { slot: number; isNew: boolean } {
  const bytes = Buffer.from(topicName);
  memory.set(bytes, start);
  const slot = slots.lookup(start, bytes.length);
  return { slot, isNew: slots.isNew };
}

describe('topic slots', () => {
  test.each([1, 3, 4, 7, 8, 9, 11, 15, 16, 17, 23, 24, 41, 255, 256])(
    'a topic of %i bytes → new once, then the same slot wherever it stands',
    (length) => {
      const slots = new TopicSlots(memory);
      const topicName = 'x'.repeat(length - 1).concat('y');
      const first = lookup(slots, topicName);
      expect(first.isNew).toBe(true);
      for (let start = 0; start < 9; start++) {
        expect(lookup(slots, topicName, start)).toEqual({ slot: first.slot, isNew: false });
      }
    },
  );

  test.each([2, 7, 8, 9, 12, 16, 19, 64])(
    'topics of %i bytes that differ in one byte, whichever → each its own',
    (length) => {
      for (let at = 0; at < length; at++) {
        const slots = new TopicSlots(memory);
        const bytes = Array<string>(length).fill('a');
        const one = lookup(slots, bytes.join(''));
        bytes[at] = 'b';
        const other = lookup(slots, bytes.join(''));
        expect(other.isNew).toBe(true);
        expect(other.slot).not.toBe(one.slot);
      }
    },
  );

  test('a beginning of a known topic → a topic of its own', () => {
    const slots = new TopicSlots(memory);
    lookup(slots, 'plant/7/temperature');
    expect(lookup(slots, 'plant/7/temp').isNew).toBe(true);
  });

  test('a thousand topics of one plant in turn → nearly all keep their slots', () => {
    const slots = new TopicSlots(memory);
    const topics = Array.from({ length: TOPICS_MANY }, (_, meter) => `plant/7/meter-${meter}/kW`);
    for (const topic of topics) lookup(slots, topic);
    const again = topics.filter((topic) => lookup(slots, topic).isNew);
    expect(again.length).toBeLessThan(TOPICS_MANY / 20);
  });

  test('more topics than slots → every answer is right for the topics told so far', () => {
    const slots = new TopicSlots(memory);
    const told = new Map<number, string>();
    for (let round = 0; round < 3; round++) {
      for (let meter = 0; meter < 5000; meter++) {
        const topicName = `m/${meter}`;
        const { slot, isNew } = lookup(slots, topicName);
        if (isNew) told.set(slot, topicName);
        expect(told.get(slot)).toBe(topicName);
      }
    }
  });

  test('longer than the cache takes → new every time, and checked every time', () => {
    const slots = new TopicSlots(memory);
    const topicName = 'x'.repeat(257);
    expect(lookup(slots, topicName)).toEqual(lookup(slots, topicName));
    expect(lookup(slots, topicName).isNew).toBe(true);
    expect(lookup(slots, `${topicName}#`).slot).toBe(NO_TOPIC);
    expect(slots.violation).toBe(VIOLATIONS.topicWildcard);
  });

  test('nothing → no topic, though empty slots have its length', () => {
    const slots = new TopicSlots(memory);
    expect(lookup(slots, '').slot).toBe(NO_TOPIC);
    expect(slots.violation).toBe(VIOLATIONS.topicEmpty);
  });

  test('no topic name → its violation, and nothing is kept', () => {
    const slots = new TopicSlots(memory);
    for (let time = 0; time < 2; time++) {
      expect(lookup(slots, 'a/#').slot).toBe(NO_TOPIC);
      expect(slots.violation).toBe(VIOLATIONS.topicWildcard);
    }
  });
});
