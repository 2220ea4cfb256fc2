import { expect, test } from 'vitest';
import { OperationQueue } from '../../src/protocol/operation-queue.js';
import { Prng } from '../support/prng.js';

test('random pushes, shifts and deletions → as an array has them, however much the queue grows', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const prng = new Prng(seed);
    const queue = new OperationQueue();
    const model: number[] = [];
    let next = 0;
    for (let step = 0; step < 30; step++) {
      for (let count = prng.below(90); count > 0; count--) {
        queue.push(next);
        model.push(next++);
      }
      for (let count = prng.below(50); count > 0 && model.length > 0; count--) {
        expect(queue.peek(), `seed ${seed}`).toBe(model.shift());
        queue.shift();
      }
      const position = prng.below(200);
      if (position < model.length) {
        queue.deleteAt(position);
        model.splice(position, 1);
      }
      expect(
        model.map((_, at) => queue.at(at)),
        `seed ${seed}`,
      ).toEqual(model);
      expect(queue.size).toBe(model.length);
    }
  }
});
