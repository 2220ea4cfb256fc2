import { describe, expect, test } from 'vitest';
import {
  COUNTER_SLOT_COUNT,
  COUNTER_SLOTS,
  COUNTERS,
  Counters,
} from '../../src/metrics/counters.js';

describe('counters', () => {
  test('slots → one per counter, the two writers on different cache lines', () => {
    const slots = Object.values(COUNTER_SLOTS);
    expect(new Set(slots).size).toBe(Object.keys(COUNTERS).length);
    expect(Math.max(...slots)).toBeLessThan(COUNTER_SLOT_COUNT);
    const linesOf = (writer: string): Set<number> =>
      new Set(
        Object.entries(COUNTERS).flatMap(([name, row]) =>
          row.writer === writer
            ? [Math.floor((COUNTER_SLOTS as Record<string, number>)[name]! / 8)]
            : [],
        ),
      );
    for (const line of linesOf('main')) expect(linesOf('worker').has(line)).toBe(false);
  });

  test('add and set → read by name from the same memory', () => {
    const memory = { counters: new Float64Array(COUNTER_SLOT_COUNT) };
    const counters = new Counters(memory);
    counters.add(COUNTER_SLOTS.bytesSent, 2 ** 40);
    counters.add(COUNTER_SLOTS.bytesSent, 1);
    counters.set(COUNTER_SLOTS.inflight, 7);
    counters.set(COUNTER_SLOTS.inflight, 3);
    const snapshot = new Counters(memory).read();
    expect(snapshot.bytesSent).toBe(2 ** 40 + 1);
    expect(snapshot.inflight).toBe(3);
    expect(Object.values(snapshot).filter((value) => value === 0)).toHaveLength(
      Object.keys(COUNTERS).length - 2,
    );
  });
});
