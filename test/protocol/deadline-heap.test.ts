import { describe, expect, test } from 'vitest';
import { DeadlineHeap } from '../../src/protocol/deadline-heap.js';
import { Prng } from '../support/prng.js';

const CAPACITY = 64;

describe('DeadlineHeap', () => {
  test('empty → never', () => {
    const heap = new DeadlineHeap();
    expect(heap.earliest).toBe(Number.POSITIVE_INFINITY);
    expect(heap.takeDue(1e12)).toBe(-1);
    heap.delete(3);
    expect(heap.has(3)).toBe(false);
  });

  test('cleared → every row can be added again', () => {
    const heap = new DeadlineHeap();
    for (let row = 0; row < 4; row++) heap.add(row, row);
    heap.clear();
    expect(heap.earliest).toBe(Number.POSITIVE_INFINITY);
    for (let row = 0; row < 4; row++) heap.add(row, 10 - row);
    expect([1, 2, 3, 4].map(() => heap.takeDue(100))).toEqual([3, 2, 1, 0]);
  });

  test('random additions, removals and expiries → as a sorted list', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const prng = new Prng(seed);
      const heap = new DeadlineHeap();
      const model = new Map<number, number>();
      for (let step = 0; step < 500; step++) {
        const row = prng.below(CAPACITY);
        if (prng.chance(0.2)) {
          const now = prng.below(1000);
          const taken = heap.takeDue(now);
          const earliest = Math.min(...model.values());
          if (taken === -1) expect(earliest, `seed ${seed}`).toBeGreaterThan(now);
          else expect(model.get(taken), `seed ${seed}`).toBe(earliest);
          model.delete(taken);
        } else if (model.has(row)) {
          heap.delete(row);
          model.delete(row);
        } else {
          const deadline = prng.below(1000);
          heap.add(row, deadline);
          model.set(row, deadline);
        }
        expect(heap.has(row), `seed ${seed}`).toBe(model.has(row));
        expect(heap.earliest, `seed ${seed}`).toBe(Math.min(...model.values()));
      }
    }
  });
});
