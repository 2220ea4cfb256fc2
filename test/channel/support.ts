import {
  type ChannelConfig,
  type ChannelMemory,
  createChannelMemory,
} from '../../src/channel/layout.js';

export const SMALL_CONFIG: ChannelConfig = {
  submissionRecords: 4,
  completionRecords: 8,
  deliveryRecords: 16,
  acknowledgementRecords: 32,
  inboundSegments: 3,
  outboundSegments: 12,
  segmentBytes: 128,
};

export function smallMemory(config: Partial<ChannelConfig> = {}): ChannelMemory {
  return createChannelMemory({ ...SMALL_CONFIG, ...config });
}

/** Just before the largest Int32, so that free-running counts wrap soon. */
export const NEAR_WRAP = 0x7fff_fff8;

/**
 * Runs `run` once for every sequence of choices it can make. It asks `choose(count)` for a number below
 * `count`, and must depend on nothing else. Returns how many sequences there were.
 */
export function everySchedule(run: (choose: (count: number) => number) => void): number {
  const taken: number[] = [];
  const counts: number[] = [];
  let runs = 0;
  for (;;) {
    let depth = 0;
    counts.length = 0;
    run((count) => {
      counts.push(count);
      if (depth === taken.length) taken.push(0);
      return taken[depth++]!;
    });
    runs++;
    while (taken.length > 0 && taken.at(-1)! + 1 === counts[taken.length - 1]) taken.pop();
    if (taken.length === 0) return runs;
    taken.push(taken.pop()! + 1);
  }
}

const ATOMIC_OPERATIONS = ['load', 'store', 'exchange'] as const;

type Operation = (...operands: unknown[]) => unknown;

/**
 * Runs `run` on this thread as if another thread acted in the middle of it: `beforeOperation` is called with
 * 0, 1, … before each of its atomic operations.
 */
export function betweenAtomics<T>(run: () => T, beforeOperation: (position: number) => void): T {
  const originals = new Map<string, Operation>();
  let position = 0;
  let nested = false;
  for (const name of ATOMIC_OPERATIONS) {
    const original = Reflect.get(Atomics, name) as Operation;
    originals.set(name, original);
    Reflect.set(Atomics, name, (...operands: unknown[]) => {
      if (!nested) {
        nested = true;
        beforeOperation(position++);
        nested = false;
      }
      return original(...operands);
    });
  }
  try {
    return run();
  } finally {
    for (const [name, original] of originals) Reflect.set(Atomics, name, original);
  }
}

/** All ways to place two steps, in order, before the operations of something or after all of them. */
export function placements(operations: number): (readonly [number, number])[] {
  const all: (readonly [number, number])[] = [];
  for (let first = 0; first <= operations; first++) {
    for (let second = first; second <= operations; second++) all.push([first, second]);
  }
  return all;
}
