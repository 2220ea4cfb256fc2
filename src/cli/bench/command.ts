import { refuseUsage } from '../cli-error.js';
import { type Command, type CommandFamily, command } from '../command.js';
import type { FlagTable } from '../flag.js';
import { integer, toggle } from '../flag-kinds.js';
import { BENCH_FLAGS, BENCH_GROUPS } from './flags.js';
import type { BenchKind } from './plan.js';

type Examples = Command['examples'];

function benchCommand(name: BenchKind, summary: string, examples: Examples): Command {
  return command({
    name,
    summary,
    flags: BENCH_FLAGS,
    groups: BENCH_GROUPS,
    examples,
    run: async ([url], values) => (await import('./bench.js')).bench(name, url, values),
  });
}

const MERGE_FLAGS = { json: { ...toggle(), doc: 'one JSON object on standard output' } } as const;

const COMPARISON_FLAGS = {
  repeat: { ...integer('runs', 1), fallback: 3, doc: 'runs of each library, in turns' },
} as const satisfies FlagTable;

const compareCommand = command({
  name: 'compare',
  summary: 'The same load (of pubsub) with this library and with MQTT.js, where that is installed.',
  flags: { ...COMPARISON_FLAGS, ...BENCH_FLAGS },
  groups: [{ title: 'Comparison', flags: COMPARISON_FLAGS }, ...BENCH_GROUPS],
  examples: [
    ['gneiss bench compare --embedded -q 1 -c 10', 'both against the embedded broker'],
    [
      'gneiss bench compare mqtt://broker --repeat 9 --json',
      'more runs, and all that they measured',
    ],
  ],
  run: async (_, { repeat, json, ndjson, csv, hdr, report, failOn }) => {
    if (hdr !== undefined || report !== undefined || failOn.length > 0)
      refuseUsage('--hdr, --report and --fail-on are for one run, not for a comparison');
    if ([json, ndjson, csv].filter(Boolean).length > 1)
      refuseUsage('one of --json, --ndjson and --csv is enough');
    const { compare } = await import('./compare.js');
    const typed = process.argv.slice(process.argv.indexOf('compare') + 1);
    return compare(toRunArguments(typed), repeat, { json, ndjson, csv });
  },
});

/** Leaves out what is the comparison's own affair. */
function toRunArguments(typed: readonly string[]): readonly string[] {
  return typed.filter(
    (word, at) =>
      !['--json', '--ndjson', '--csv', '--repeat'].includes(word) &&
      !word.startsWith('--repeat=') &&
      typed[at - 1] !== '--repeat',
  );
}

const mergeCommand = command({
  name: 'merge',
  summary: 'Add up the files of --hdr: what several machines have measured, as one.',
  positionals: ['<files...>'],
  flags: MERGE_FLAGS,
  groups: [{ title: 'Results', flags: MERGE_FLAGS }],
  examples: [
    ['gneiss bench pub mqtt://broker -q 1 --hdr one.hlog', 'on each machine'],
    ['gneiss bench merge one.hlog other.hlog', 'and then'],
  ],
  run: async (files, { json }) => (await import('./merge.js')).merge(files, json),
});

export const benchFamily: CommandFamily = {
  name: 'bench',
  summary: 'Measure a broker: throughput, latency, connections.',
  commands: [
    benchCommand('pub', 'Publish, and time the acknowledgements.', [
      ['gneiss bench pub --embedded', 'as fast as it goes, at QoS 0'],
      [
        'gneiss bench pub mqtt://broker -c 100 -q 1 --rate 20k -d 60',
        'open loop: 20,000 messages a second whether or not the broker keeps up',
      ],
    ]),
    benchCommand('sub', 'Subscribe, and count what comes.', [
      [
        "gneiss bench sub mqtt://broker -t 'gneiss/bench/+' -d 30",
        'what `gneiss bench pub` on this or another machine sends',
      ],
    ]),
    benchCommand('pubsub', 'Publish and subscribe, and time the messages from end to end.', [
      ['gneiss bench pubsub --embedded --scenario fan-in', '50 publishers, one subscriber'],
      [
        "gneiss bench pubsub mqtt://broker -q 1 --rate 5000 --fail-on 'p99>5ms' --report out.html",
        'a test that fails, and a page with plots',
      ],
    ]),
    benchCommand('conn', 'Connect, and time it.', [
      ['gneiss bench conn mqtts://broker -c 500 --interval 2', '500 connections, 500 a second'],
      [
        'gneiss bench conn --embedded --scenario reconnect-storm',
        'all lose their connection at once',
      ],
    ]),
    benchCommand('latency', 'Send a message to oneself, and the next when it is back.', [
      ['gneiss bench latency mqtt://broker', 'an idle round trip at QoS 1'],
    ]),
    compareCommand,
    mergeCommand,
  ],
};
