import { AUTHENTICATING } from './authenticating.js';
import { BETWEEN_THREADS } from './between-threads.js';
import { COMPLETION } from './completion.js';
import { CONNECTING } from './connecting.js';
import type { Mutant } from './mutant.js';
import { OPTIONS } from './options.js';
import { RECEIVING } from './receiving.js';
import { SENDING } from './sending.js';
import { SERVERS } from './servers.js';

/** Every planted defect. Each of them has to be found. */
export const MUTANTS: readonly Mutant[] = [
  ...SENDING,
  ...COMPLETION,
  ...RECEIVING,
  ...CONNECTING,
  ...BETWEEN_THREADS,
  ...OPTIONS,
  ...AUTHENTICATING,
  ...SERVERS,
];
