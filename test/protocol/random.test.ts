import { describe, test } from 'vitest';
import { RandomSession } from '../support/random-session.js';
import { VERSIONS } from '../support/session-fixture.js';

const RUNS = 300;
/** `SEED=7 npx vitest run test/protocol/random.test.ts` does one run again. */
const { SEED } = process.env;
const SEEDS =
  SEED === undefined ? Array.from({ length: RUNS }, (_, run) => run + 1) : [Number(SEED)];

describe.each(VERSIONS)('version %i', (version) => {
  test(`${SEEDS.length} random runs → every rule of the session holds`, () => {
    for (const seed of SEEDS) {
      try {
        new RandomSession(seed, version).run();
      } catch (error) {
        throw new Error(`SEED=${seed}, version ${version}: ${String(error)}`, { cause: error });
      }
    }
  });
});
