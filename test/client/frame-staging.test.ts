import { describe, expect, test } from 'vitest';
import { FrameStaging } from '../../src/client/frame-staging.js';
import { Prng } from '../support/prng.js';

const SHARED_BYTES = 128 * 1024;
const FRAME_BYTES_MAX = 2000;

/** Writes frames of distinct bytes through a staging and straight into a model. */
class Stage {
  readonly shared = new Uint8Array(new SharedArrayBuffer(SHARED_BYTES));
  readonly model = new Uint8Array(SHARED_BYTES);
  readonly staging = new FrameStaging(this.shared);
  #value = 0;

  /** Whether shared memory has what was written. */
  get isComplete(): boolean {
    return Buffer.compare(this.shared, this.model) === 0;
  }

  write(offset: number, length: number): void {
    const at = this.staging.place(offset, length);
    for (let index = 0; index < length; index++) {
      this.#value = (this.#value + 1) % 251;
      this.staging.bytes[at + index] = this.#value;
      this.model[offset + index] = this.#value;
    }
    this.staging.commit(length);
  }
}

describe('frame staging', () => {
  test.each([0, 1, 5, 7, 8, 4096])(
    'a frame at %i → nothing in shared memory before the flush, all of it after',
    (offset) => {
      const stage = new Stage();
      stage.write(offset, 100);
      expect(stage.shared.every((byte) => byte === 0)).toBe(true);
      stage.staging.flush();
      expect(stage.isComplete).toBe(true);
    },
  );

  test('neighbours, jumps, and more than there is room for → every byte in its place', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const prng = new Prng(seed);
      const stage = new Stage();
      let offset = prng.below(100);
      while (offset + FRAME_BYTES_MAX < SHARED_BYTES) {
        const length = 1 + prng.below(FRAME_BYTES_MAX);
        stage.write(offset, length);
        offset += length + (prng.chance(0.1) ? prng.below(5000) : 0);
        if (prng.chance(0.1)) stage.staging.flush();
      }
      stage.staging.flush();
      expect(stage.isComplete).toBe(true);
    }
  });

  test('the longest frame that it takes → fits at every alignment', () => {
    const stage = new Stage();
    let length = 1;
    while (stage.staging.takes(length + 1)) length++;
    for (let offset = 0; offset < 9; offset++) {
      stage.write(offset, length);
      stage.staging.flush();
      expect(stage.isComplete).toBe(true);
    }
  });
});
