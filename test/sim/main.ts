import { parseArgs } from 'node:util';
import { runMutants } from './mutants/run-mutants.js';
import { runInProcesses } from './processes.js';
import { replay } from './replay.js';
import { describeRun, missingSituations } from './report.js';
import { runRange } from './run-range.js';

// Errors are made by the thousand, and nobody reads where.
Error.stackTraceLimit = 5;

const { values } = parseArgs({
  options: {
    /** Plays one history and prints what happens in it. */
    seed: { type: 'string' },
    /** MQTT 5 or 4 (3.1.1), where it is not for the seed to choose. */
    version: { type: 'string' },
    /** Plays so many histories … */
    seeds: { type: 'string', default: '1000' },
    /** … from this one on … */
    from: { type: 'string', default: '1' },
    /** … in so many processes. */
    jobs: { type: 'string', default: '1' },
    /** Plants each defect in turn and looks for it. */
    mutants: { type: 'boolean', default: false },
    /** Only the defects with this in their names. */
    only: { type: 'string', default: '' },
    /** Writes what was found to perf-reports/. */
    save: { type: 'boolean', default: false },
    /** Plays histories for another process of the simulator. */
    child: { type: 'boolean', default: false },
    /** Tells that process of each seed as its history begins. */
    progress: { type: 'boolean', default: false },
    /** Stops at so many failures. */
    failures: { type: 'string', default: '20' },
  },
});
const version = values.version === undefined ? null : values.version === '4' ? 4 : 5;
const from = Number(values.from);
const seeds = Number(values.seeds);

if (values.child) {
  const begins = values.progress ? (seed: number) => process.send?.(seed) : undefined;
  process.send?.(await runRange(from, seeds, version, Number(values.failures), begins));
  process.disconnect();
} else if (values.seed !== undefined) {
  process.exitCode = (await replay(Number(values.seed), version)) ? 0 : 1;
} else if (values.mutants) {
  process.exitCode = (await runMutants(seeds, values.only, Number(values.jobs), values.save))
    ? 0
    : 1;
} else {
  const result = await runInProcesses(from, seeds, version, Number(values.jobs));
  const missing = missingSituations(result, version);
  console.log(describeRun(result, missing));
  process.exitCode = result.failures.length + missing.length === 0 ? 0 : 1;
}
