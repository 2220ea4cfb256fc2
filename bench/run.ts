import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CHECKED_LANES, compare, type Difference, differenceTable } from './comparison.js';
import { LANES } from './lanes/lanes.js';
import { type BenchOptions, chooseLanes, parseOptions, USAGE } from './options.js';
import { describeMachine, type Report, toHead, toMarkdown } from './report.js';
import { carryOut, type Plan } from './runner.js';
import { judge } from './targets.js';

const SECONDS = 1.5;
const REPETITIONS = 3;

/** The short check, and the second look at quotients that it did not like. */
const CHECK = { seconds: 0.4, warmupSeconds: 0.4, repetitions: 2, isShort: true };
const SECOND_LOOK = { seconds: 1, warmupSeconds: 0.5, repetitions: 3, isShort: true };

/** Lanes and suites are saved alike. */
type SavedReport = Omit<Report, 'results'> & { readonly results: unknown };

try {
  await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

async function main(options: BenchOptions): Promise<void> {
  if (options.mode === 'help') console.log(USAGE);
  else if (options.mode === 'micro') await runSuites(options);
  else if (options.mode === 'check') await check(options);
  else await runLanes(options);
}

async function runLanes(options: BenchOptions): Promise<void> {
  const isSmoke = options.mode === 'smoke';
  const { has, patterns, isAll, seconds = SECONDS, repetitions = REPETITIONS } = options;
  const plan: Plan = {
    lanes:
      patterns.length > 0 ? chooseLanes(patterns) : LANES.filter(({ isCore }) => isAll || isCore),
    has,
    ...(isSmoke
      ? { seconds: 0.1, warmupSeconds: 0.05, repetitions: 1, isShort: true }
      : { seconds, warmupSeconds: Math.max(0.5, seconds / 4), repetitions, isShort: false }),
  };
  const machine = describeMachine();
  const { results, failures } = await carryOut(plan);
  const report: Report = {
    date: new Date().toISOString(),
    machine,
    settings: { seconds: plan.seconds, repetitions: plan.repetitions },
    results,
  };
  const verdicts = isSmoke ? [] : judge(results);
  const markdown = toMarkdown(report, plan.lanes, verdicts);
  console.log(markdown);
  if (options.save !== undefined) save(options.save, report, markdown);
  const missed = options.holdsBounds
    ? verdicts
        .filter(({ met }) => !met)
        .map(({ what, bound, measured }) => `${what}: ${bound}, measured ${measured}`)
    : [];
  fail([...failures, ...missed]);
}

/** Holds a short run against the baseline; a quotient that is too low is looked at once more, and longer, before it counts. */
async function check(options: BenchOptions): Promise<void> {
  const { results: baseline } = JSON.parse(
    readFileSync(reportPath('baseline.json'), 'utf8'),
  ) as Report;
  const patterns = options.patterns.length === 0 ? CHECKED_LANES : options.patterns;
  const lanes = chooseLanes(patterns);
  const has: Plan['has'] = (client) => client === 'gneiss' || client === 'mqttjs';
  const first = await carryOut({ ...CHECK, lanes, has });
  let differences = compare(baseline, first.results);
  const failures = [...first.failures];

  const doubtful = new Set(
    differences.filter(({ met, isCount }) => !met && !isCount).map(({ lane }) => lane),
  );
  if (doubtful.size > 0) {
    const again = lanes.filter(({ name }) => doubtful.has(name));
    const second = await carryOut({ ...SECOND_LOOK, lanes: again, has });
    failures.push(...second.failures);
    differences = betterOf(differences, compare(baseline, second.results));
  }
  console.log(differenceTable(differences));
  fail([
    ...failures,
    ...differences
      .filter(({ met }) => !met)
      .map(({ lane, what, bound }) => `${lane}: ${what} is to be ${bound}`),
  ]);
}

/** Quotients of a second look replace those of the first; counts must hold in both. */
function betterOf(
  first: readonly Difference[],
  second: readonly Difference[],
): readonly Difference[] {
  return first.map((one) => {
    const other = second.find(({ lane, what }) => lane === one.lane && what === one.what);
    return other === undefined || (one.isCount && !one.met) ? one : other;
  });
}

async function runSuites(options: BenchOptions): Promise<void> {
  // Only here: the lanes measure the built package and need none of its sources.
  const { runMicro, microTable } = await import('./micro/main.js');
  const machine = describeMachine();
  const milliseconds = (options.seconds ?? 0.5) * 1_000;
  const results = await runMicro(milliseconds);
  const head = {
    date: new Date().toISOString(),
    machine,
    settings: { millisecondsEach: milliseconds },
  };
  const markdown = `${toHead(head)}\n\n${microTable(results)}\n`;
  console.log(markdown);
  if (options.save !== undefined) save(options.save, { ...head, results }, markdown);
}

function fail(reasons: readonly string[]): void {
  for (const reason of reasons) console.error(`FAILED ${reason}`);
  if (reasons.length > 0) process.exitCode = 1;
}

function save(name: string, report: SavedReport, markdown: string): void {
  const stem = name === 'baseline' ? name : `${report.date.slice(0, 10)}-${name}`;
  writeFileSync(reportPath(`${stem}.json`), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(reportPath(`${stem}.md`), markdown);
}

function reportPath(file: string): string {
  return fileURLToPath(new URL(`../../perf-reports/${file}`, import.meta.url));
}
