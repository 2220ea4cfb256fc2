import { type Configuration, Histories } from './history.js';
import type { Agreement } from './judge.js';
import type { Mutation } from './mutations.js';

/** Connections of one machine; the next block has a new one. */
export const CONNECTIONS_A_BLOCK = 5_000;
const SEEDS_APART = 1_000_003;

/** The blocks take turns. */
const CONFIGURATIONS: readonly Configuration[] = [
  { version: 5, resumes: false, compliance: 'forgiving' },
  { version: 4, resumes: false, compliance: 'forgiving' },
  { version: 5, resumes: true, compliance: 'forgiving' },
  { version: 4, resumes: true, compliance: 'forgiving' },
  { version: 5, resumes: false, compliance: 'strict' },
  { version: 5, resumes: true, compliance: 'forgiving' },
  { version: 4, resumes: true, compliance: 'strict' },
];

/** What blocks have amounted to. */
export interface Tally {
  /** Mutated packets that reached the machine. */
  mutations: number;
  connections: number;
  readonly agreements: Map<Agreement, number>;
  readonly kinds: Map<Mutation, number>;
}

export function newTally(): Tally {
  return { mutations: 0, connections: 0, agreements: new Map(), kinds: new Map() };
}

/**
 * Runs one block, all of which follows from seed and number, and adds it to the tally.
 *
 * @throws What went wrong, with the bytes and how to do it again.
 */
export function runBlock(
  seed: number,
  block: number,
  tally: Tally,
  connections: number = CONNECTIONS_A_BLOCK,
): void {
  const configuration = CONFIGURATIONS[block % CONFIGURATIONS.length]!;
  const histories = new Histories(seed * SEEDS_APART + block, configuration);
  while (histories.connections < connections) {
    try {
      histories.run();
    } catch (error) {
      throw new Error(failureText(seed, block, histories), { cause: error });
    }
  }
  tally.mutations += histories.mutations;
  tally.connections += histories.connections;
  addCounts(tally.agreements, histories.judge.agreements);
  addCounts(tally.kinds, histories.mutator.counts);
}

function failureText(seed: number, block: number, histories: Histories): string {
  const { connections, version, arrived } = histories;
  const pieces = arrived.map((piece) => Buffer.from(piece).toString('hex'));
  return [
    `connection ${connections} of block ${block}, MQTT ${version === 5 ? '5' : '3.1.1'}`,
    `again: npm run fuzz -- --seed ${seed} --block ${block}`,
    `arrived: ${pieces.join(' ')}`,
  ].join('\n');
}

function addCounts<K>(sum: Map<K, number>, counts: ReadonlyMap<K, number>): void {
  for (const [key, count] of counts) sum.set(key, (sum.get(key) ?? 0) + count);
}
