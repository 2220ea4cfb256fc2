import { parseArgs } from 'node:util';
import { CLIENT_NAMES, type ClientName } from './clients/client.js';
import type { Lane } from './lanes/lane.js';
import { LANES } from './lanes/lanes.js';

/** What `--help` says. */
export const USAGE = `npm run bench -- [lane…] [options]
  lane…                only these; * stands for anything, as in 'publish-*'
  --all                every lane there is, not only those marked • below
  --clients a,b        only these clients: ${CLIENT_NAMES.join(', ')}
  --seconds 1.5        measured time of one run, after a warm-up of a quarter of it, at least half a second
  --repetitions 3      runs of each lane with each client, interleaved
  --check              few lanes for a short time, compared with perf-reports/baseline.json (npm run bench:check)
  --bounds             exit status 1 when a bound of bench/targets.ts is missed
  --smoke              everything once and for a moment: shows that it works, measures nothing
  --save name          write perf-reports/<date>-<name>.json, .md and .html ("baseline" has no date)
  --report [name…]     write .md and .html of perf-reports/<name>.json anew (npm run bench:report); baseline when none is named
  --micro              the tinybench suites instead

Lanes; those with • run without being named:
${LANES.map(({ name, title, isCore }) => `${isCore ? '•' : ' '} ${name.padEnd(26)} ${title}`).join(
  '\n',
)}`;

/** What the command line asks for. */
export interface BenchOptions {
  /** Names of lanes and patterns, or of reports. */
  readonly names: readonly string[];
  readonly isAll: boolean;
  readonly has: (client: ClientName) => boolean;
  readonly seconds: number | undefined;
  readonly repetitions: number | undefined;
  readonly mode: 'lanes' | 'check' | 'smoke' | 'report' | 'micro' | 'help';
  readonly holdsBounds: boolean;
  readonly save: string | undefined;
}

/** Reads the command line. @throws {Error} It says what is wrong with it. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      clients: { type: 'string' },
      seconds: { type: 'string' },
      repetitions: { type: 'string' },
      check: { type: 'boolean', default: false },
      bounds: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      save: { type: 'string' },
      report: { type: 'boolean', default: false },
      micro: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const modes = (['help', 'micro', 'check', 'smoke', 'report'] as const).filter(
    (mode) => values[mode],
  );
  if (modes.length > 1) throw new Error(`--${modes[0]} and --${modes[1]} exclude each other`);
  const clients = values.clients?.split(',');
  const unknown = clients?.find((name) => !(CLIENT_NAMES as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`There is no client ${unknown}`);
  return {
    names: positionals,
    isAll: values.all,
    has: (client) => clients === undefined || clients.includes(client),
    seconds: numberOf('seconds', values.seconds),
    repetitions: numberOf('repetitions', values.repetitions),
    mode: modes[0] ?? 'lanes',
    holdsBounds: values.bounds,
    save: values.save,
  };
}

/** The lanes that some names or patterns mean, in the order of a report. @throws {Error} A pattern means none. */
export function chooseLanes(patterns: readonly string[]): readonly Lane[] {
  const matchers = patterns.map((pattern) => {
    const parts = pattern.split('*').map((part) => part.replaceAll(/[^\w-]/g, '\\$&'));
    const matcher = new RegExp(`^${parts.join('.*')}$`);
    if (LANES.some(({ name }) => matcher.test(name))) return matcher;
    throw new Error(`There is no lane ${pattern}; --help lists them`);
  });
  return LANES.filter(({ name }) => matchers.some((matcher) => matcher.test(name)));
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${option} is to be a number above 0, not ${text}`);
  return value;
}
