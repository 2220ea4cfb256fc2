import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { packCorpus, unpackCorpus } from './corpus.js';

const USAGE = `npm run fuzz:coverage -- [options]
  --seconds 60         how long to look for inputs that reach new branches
Fetches Jazzer.js, which is no dependency of this package, and keeps what it finds in fuzz/corpus.txt.`;

/** Its binary is in the package, but needs glibc 2.38 or newer on Linux. */
const JAZZER = '@jazzer.js/core@4.0.0';
const TARGET = 'fuzz/dist/target.cjs';
const CORPUS = 'fuzz/corpus.txt';
const FOUND = 'fuzz/dist/found';
const MERGED = 'fuzz/dist/merged';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) console.log(USAGE);
else run();

function run(): void {
  unpackCorpus(CORPUS, FOUND);
  jazzer([FOUND], [`-max_total_time=${options.seconds}`, '-max_len=256']);
  rmSync(MERGED, { recursive: true, force: true });
  mkdirSync(MERGED, { recursive: true });
  jazzer([MERGED, FOUND], ['-merge=1']);
  console.log(`${packCorpus(MERGED, CORPUS)} inputs in ${CORPUS}`);
}

/** Throws when an input was found that the target does not bear; Jazzer.js has written it down then. */
function jazzer(folders: readonly string[], flags: readonly string[]): void {
  const command = ['--yes', '--package', JAZZER, '--', 'jazzer', TARGET, '--sync', ...folders];
  const { status } = spawnSync('npx', [...command, '--', ...flags], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`Jazzer.js ended with ${String(status)}`);
}
