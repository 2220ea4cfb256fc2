import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHECKED_LANES, compare, type Difference, differenceTable } from './comparison.js';
import { toHtml } from './html/page.js';
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

try {
  await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

async function main(options: BenchOptions): Promise<void> {
  if (options.mode === 'help') console.log(USAGE);
  else if (options.mode === 'report') report(options.names);
  else if (options.mode === 'micro') await runSuites(options);
  else if (options.mode === 'check') await check(options);
  else await runLanes(options);
}

async function runLanes(options: BenchOptions): Promise<void> {
  const isSmoke = options.mode === 'smoke';
  const { has, names, isAll, seconds = SECONDS, repetitions = REPETITIONS } = options;
  const plan: Plan = {
    lanes: names.length > 0 ? chooseLanes(names) : LANES.filter(({ isCore }) => isAll || isCore),
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
  const markdown = toMarkdown(report, verdicts);
  console.log(markdown);
  if (options.save !== undefined) saveLanes(stemOf(options.save, report), report);
  const missed = options.holdsBounds
    ? verdicts
        .filter(({ met }) => !met)
        .map(({ what, bound, measured }) => `${what}: ${bound}, measured ${measured}`)
    : [];
  fail([...failures, ...missed]);
}

/** Holds a short run against the baseline; a quotient that is too low is looked at once more, and longer, before it counts. */
async function check(options: BenchOptions): Promise<void> {
  const { results: baseline } = readReport('baseline');
  const lanes = chooseLanes(options.names.length === 0 ? CHECKED_LANES : options.names);
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
  if (options.save !== undefined) {
    const stem = stemOf(options.save, head);
    write(`${stem}.json`, `${JSON.stringify({ ...head, results }, null, 2)}\n`);
    write(`${stem}.md`, markdown);
  }
}

function fail(reasons: readonly string[]): void {
  for (const reason of reasons) console.error(`FAILED ${reason}`);
  if (reasons.length > 0) process.exitCode = 1;
}

function report(names: readonly string[]): void {
  for (const name of names.length === 0 ? ['baseline'] : names) {
    const stem = basename(name, '.json');
    for (const file of saveTexts(stem, readReport(stem))) console.log(file);
  }
}

function saveLanes(stem: string, report: Report): void {
  write(`${stem}.json`, `${JSON.stringify(report, null, 2)}\n`);
  saveTexts(stem, report);
}

/** Writes what people read of a report. @returns The files. */
function saveTexts(stem: string, report: Report): readonly string[] {
  const verdicts = judge(report.results);
  return [
    write(`${stem}.md`, toMarkdown(report, verdicts)),
    write(`${stem}.html`, toHtml(report, verdicts)),
  ];
}

function readReport(stem: string): Report {
  return JSON.parse(readFileSync(reportPath(`${stem}.json`), 'utf8')) as Report;
}

function stemOf(name: string, { date }: Pick<Report, 'date'>): string {
  return name === 'baseline' ? name : `${date.slice(0, 10)}-${name}`;
}

function write(file: string, text: string): string {
  writeFileSync(reportPath(file), text);
  return `perf-reports/${file}`;
}

function reportPath(file: string): string {
  return fileURLToPath(new URL(`../../perf-reports/${file}`, import.meta.url));
}
