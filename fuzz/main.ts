import { parseArgs } from 'node:util';
import { newTally, runBlock, type Tally } from './block.js';

const USAGE = `npm run fuzz -- [options]
  --mutations 1000000  stop after so many mutated packets
  --seed 1             where the randomness begins: the same seed does the same again
  --block n            only this block, as a failure names it
  --json               the result as JSON`;
const PROGRESS_MS = 30_000;

const { values: options } = parseArgs({
  options: {
    mutations: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    block: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) console.log(USAGE);
else run();

function run(): void {
  const seed = Number(options.seed);
  const tally = newTally();
  const began = performance.now();
  let told = began;
  if (options.block !== undefined) {
    runBlock(seed, Number(options.block), tally);
  } else {
    for (let block = 0; tally.mutations < Number(options.mutations); block += 1) {
      runBlock(seed, block, tally);
      if (options.json || performance.now() - told < PROGRESS_MS) continue;
      told = performance.now();
      console.log(`${tally.mutations} mutations`);
    }
  }
  report(tally, (performance.now() - began) / 1000);
}

function report(tally: Tally, seconds: number): void {
  const { mutations, connections } = tally;
  const agreements = Object.fromEntries(tally.agreements);
  const kinds = Object.fromEntries(tally.kinds);
  if (options.json) {
    const { seed } = options;
    console.log(JSON.stringify({ seed, mutations, connections, seconds, agreements, kinds }));
    return;
  }
  console.log(`${mutations} mutations on ${connections} connections in ${seconds.toFixed(1)} s`);
  console.table(agreements);
  console.table(kinds);
}
