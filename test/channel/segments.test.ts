import { describe, expect, test } from 'vitest';
import { SegmentOwner, SegmentReleaser } from '../../src/channel/segments.js';
import { Prng } from '../support/prng.js';
import { betweenAtomics, NEAR_WRAP, placements, smallMemory } from './support.js';

function poolPair(segments: number, startCount = 0) {
  const memory = smallMemory({ outboundSegments: segments });
  const { released, generations } = memory.layout.pools.outbound;
  memory.words.fill(startCount, released, released + segments);
  memory.words.fill(startCount, generations, generations + segments);
  return {
    memory,
    owner: new SegmentOwner(memory, 'outbound'),
    releaser: new SegmentReleaser(memory, 'outbound'),
  };
}

describe('segments', () => {
  test('single segments → from the bottom, the lowest free one first', () => {
    const { owner } = poolPair(4);
    expect([owner.acquire(1), owner.acquire(1), owner.acquire(1)]).toEqual([0, 1, 2]);
    owner.seal(1);
    owner.seal(0);
    expect([owner.acquire(1), owner.acquire(1), owner.acquire(1), owner.acquire(1)]).toEqual([
      0, 1, 3, -1,
    ]);
  });

  test('runs → from the top, contiguous', () => {
    const { owner } = poolPair(8);
    expect([owner.acquire(3), owner.acquire(1), owner.acquire(2), owner.acquire(3)]).toEqual([
      5, 0, 3, -1,
    ]);
  });

  test('enough segments free but not neighbours → -1', () => {
    const { owner } = poolPair(4);
    for (let taken = 0; taken < 4; taken++) owner.acquire(1);
    owner.seal(0);
    owner.seal(2);
    expect([owner.freeCount, owner.acquire(2)]).toEqual([2, -1]);
  });

  test('a reserve for runs → single segments leave it alone, runs take it and give it back', () => {
    const { owner } = poolPair(4);
    const keep = 2;
    expect([owner.acquire(1, keep), owner.acquire(1, keep), owner.acquire(1, keep)]).toEqual([
      0, 1, -1,
    ]);
    expect(owner.acquire(2, keep)).toBe(2);
    owner.seal(0);
    // What the run holds is the reserve.
    expect(owner.acquire(1, keep)).toBe(0);
    owner.seal(2);
    expect([owner.freeCount, owner.acquire(1, keep), owner.acquire(2, keep)]).toEqual([2, -1, 2]);
  });

  test('start → absolute, after the other pool', () => {
    const { memory, owner } = poolPair(4);
    const inbound = memory.layout.pools.inbound;
    expect(owner.start(0)).toBe(inbound.start + inbound.segments * 128);
    expect(owner.start(3)).toBe(memory.buffer.byteLength - 128);
  });

  test('sealed with leases in force → free only after the last release', () => {
    const { owner, releaser } = poolPair(1, 0x7fff_ffff);
    const segment = owner.acquire(1);
    const generation = owner.generation(segment);
    owner.lease(segment);
    owner.lease(segment);
    owner.seal(segment);
    releaser.release(segment, generation);
    expect([owner.freeCount, owner.acquire(1)]).toEqual([0, -1]);
    releaser.release(segment, generation);
    expect([owner.freeCount, owner.acquire(1)]).toEqual([1, 0]);
    expect(owner.generation(segment)).not.toBe(generation);
  });

  test('all leases released but not sealed → stays with the owner', () => {
    const { owner, releaser } = poolPair(1);
    owner.acquire(1);
    owner.lease(0);
    releaser.release(0, owner.generation(0));
    expect(owner.freeCount).toBe(0);
    owner.seal(0);
    expect(owner.freeCount).toBe(1);
  });

  test('run → leased, sealed and freed as one', () => {
    const { owner, releaser } = poolPair(5);
    const first = owner.acquire(4);
    owner.lease(first);
    owner.seal(first);
    expect(owner.freeCount).toBe(1);
    releaser.release(first, owner.generation(first));
    expect(owner.freeCount).toBe(5);
  });

  test('stale or foreign lease → asserts', () => {
    const { owner, releaser } = poolPair(2);
    owner.acquire(1);
    const generation = owner.generation(0);
    owner.seal(0);
    owner.acquire(1);
    expect(() => releaser.release(0, generation)).toThrow('assertion');
    expect(() => releaser.release(2, 0)).toThrow('assertion');
    expect(() => releaser.release(-1, 0)).toThrow('assertion');
  });

  test('released twice → asserts at the next use of the segment', () => {
    const whileSealed = poolPair(1);
    whileSealed.owner.acquire(1);
    whileSealed.owner.seal(0);
    whileSealed.releaser.release(0, whileSealed.owner.generation(0));
    expect(() => whileSealed.owner.freeCount).toThrow('assertion');

    const whileFree = poolPair(1);
    whileFree.owner.acquire(1);
    const generation = whileFree.owner.generation(0);
    whileFree.owner.seal(0);
    expect(whileFree.owner.freeCount).toBe(1);
    whileFree.releaser.release(0, generation);
    expect(() => whileFree.owner.acquire(1)).toThrow('assertion');
  });

  test('use of what is free, sealed, inside a run or outside the pool → asserts', () => {
    const { owner } = poolPair(4);
    const run = owner.acquire(2);
    owner.acquire(1);
    owner.lease(0);
    owner.seal(0);
    for (const segment of [0, 1, run + 1, 4, -1]) {
      expect(() => owner.lease(segment)).toThrow('assertion');
      expect(() => owner.seal(segment)).toThrow('assertion');
    }
    for (const segment of [1, run + 1, 4, -1]) {
      expect(() => owner.generation(segment)).toThrow('assertion');
    }
    expect(() => owner.acquire(0)).toThrow('assertion');
    expect(() => owner.acquire(5)).toThrow('assertion');
  });

  test('release at any moment of a failing acquire → a segment is found or starved is seen', () => {
    const attempt = (release: number, take: number): number => {
      const { owner, releaser } = poolPair(1);
      owner.acquire(1);
      owner.lease(0);
      owner.seal(0);
      const generation = owner.generation(0);
      let operations = 0;
      let taken = false;
      const act = (position: number): void => {
        if (position === release) releaser.release(0, generation);
        if (position === take) taken = releaser.takeStarved();
      };
      const segment = betweenAtomics(
        () => owner.acquire(1),
        (position) => {
          operations = position + 1;
          act(position);
        },
      );
      for (let position = operations; position <= take; position++) act(position);
      expect(segment === 0 || taken, `release before ${release}, take before ${take}`).toBe(true);
      return operations;
    };
    const operations = attempt(9, 9);
    expect(operations).toBe(3);
    for (const [release, take] of placements(operations)) attempt(release, take);
  });

  test.each([
    { seed: 1, startCount: 0 },
    { seed: 2, startCount: NEAR_WRAP },
    { seed: 3, startCount: 0x7fff_ffff },
    { seed: 4, startCount: -0x8000_0000 },
    { seed: 5, startCount: -3 },
  ])('random steps of both sides, seed $seed, counts from $startCount → as a naive pool', (row) => {
    interface Run {
      first: number;
      length: number;
      generation: number;
      leases: number;
      sealed: boolean;
    }
    const count = 12;
    const { memory, owner, releaser } = poolPair(count, row.startCount);
    const prng = new Prng(row.seed);
    const runs: Run[] = [];
    let starved = false;
    let released = false;
    let refused = 0;

    const inUse = (): Run[] => runs.filter((run) => !run.sealed || run.leases > 0);
    const isFree = (segment: number): boolean =>
      segment >= 0 &&
      segment < count &&
      !inUse().some(({ first, length }) => segment >= first && segment < first + length);
    const expectedFirst = (length: number): number => {
      const firsts = Array.from({ length: count - length + 1 }, (_, first) => first).filter(
        (first) => Array.from({ length }, (_, step) => first + step).every(isFree),
      );
      return (length === 1 ? firsts.at(0) : firsts.at(-1)) ?? -1;
    };
    const bytesOf = (run: Run): Uint8Array =>
      memory.bytes.subarray(owner.start(run.first), owner.start(run.first + run.length - 1) + 128);

    const acquire = (): void => {
      const length = prng.chance(0.7) ? 1 : 2 + prng.below(4);
      const expected = expectedFirst(length);
      expect(owner.acquire(length)).toBe(expected);
      if (expected === -1) {
        starved = true;
        refused++;
        return;
      }
      const generation = owner.generation(expected);
      const run = { first: expected, length, generation, leases: 0, sealed: false };
      runs.push(run);
      bytesOf(run).fill(generation);
    };
    const open = (): Run | undefined => {
      const candidates = runs.filter((run) => !run.sealed);
      return candidates.length === 0 ? undefined : prng.pick(candidates);
    };
    const leased = (): Run | undefined => {
      const candidates = runs.filter((run) => run.leases > 0);
      return candidates.length === 0 ? undefined : prng.pick(candidates);
    };
    const steps = [
      acquire,
      (): void => {
        const run = open();
        if (run === undefined) return;
        for (let leases = prng.below(4); leases > 0; leases--, run.leases++) owner.lease(run.first);
      },
      (): void => {
        const run = open();
        if (run === undefined) return;
        owner.seal(run.first);
        run.sealed = true;
      },
      (): void => {
        const run = leased();
        if (run === undefined) return;
        // Nobody was handed these bytes while they were leased.
        expect(bytesOf(run).every((byte) => byte === (run.generation & 0xff))).toBe(true);
        releaser.release(run.first, run.generation);
        released = true;
        run.leases--;
      },
      (): void => {
        expect(releaser.takeStarved()).toBe(starved && released);
        if (released) starved = false;
        released = false;
      },
    ];
    for (let round = 0; round < 3000; round++) {
      prng.pick(steps)();
      const used = inUse();
      runs.length = 0;
      runs.push(...used);
      if (prng.chance(0.2)) {
        expect(owner.freeCount).toBe(count - used.reduce((sum, run) => sum + run.length, 0));
      }
    }
    expect(refused).toBeGreaterThan(10);
  });
});
