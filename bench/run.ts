import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CLIENT_NAMES, type ClientName } from './clients/client.js';
import type { Lane, LaneContext, Measures, Metric } from './lanes/lane.js';
import { LANES } from './lanes/lanes.js';
import type { PeerMode, PeerReport } from './peers/null-peer.js';
import {
  type ClientResult,
  describeMachine,
  type Report,
  type Results,
  toHead,
  toMarkdown,
} from './report.js';
import { summarise } from './statistics.js';
import { compare, judge, type Verdict } from './targets.js';

const USAGE = `npm run bench -- [options]
  --lanes a,b          only these lanes: ${LANES.map(({ name }) => name).join(', ')}
  --clients a,b        only these clients: ${CLIENT_NAMES.join(', ')}
  --seconds 2          measured time of one run, after a warm-up of a quarter of it, at least half a second
  --repetitions 5      runs of each lane with each client, interleaved
  --smoke              everything once and for a moment: shows that it works, measures nothing
  --check              exit status 1 when a target is missed
  --compare            exit status 1 when worse than perf-reports/baseline.json
  --save name          write perf-reports/<date>-<name>.json and .md ("baseline" has no date)
  --micro              the tinybench suites instead`;

/** No run may take longer than this beyond its own time. */
const RUN_GRACE_SECONDS = 60;

const { values: options } = parseArgs({
  options: {
    lanes: { type: 'string' },
    clients: { type: 'string' },
    seconds: { type: 'string', default: '2' },
    repetitions: { type: 'string', default: '5' },
    smoke: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    compare: { type: 'boolean', default: false },
    save: { type: 'string' },
    micro: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Lanes and suites are saved alike. */
type SavedReport = Omit<Report, 'results'> & { readonly results: unknown };

/** Samples of each measure: lane, client, measure. */
type Samples = Map<string, Map<ClientName, Map<Metric, number[]>>>;

if (options.help) console.log(USAGE);
else if (options.micro) await runSuites();
else await runLanes();

async function runLanes(): Promise<void> {
  const lanes = LANES.filter(({ name }) => isChosen(options.lanes, name));
  const repetitions = options.smoke ? 1 : Number(options.repetitions);
  const machine = describeMachine();
  const failures: string[] = [];
  const samples: Samples = new Map();

  const peer = fork(siblingPath('null-peer.js'));
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    for (const lane of lanes) {
      if (repetition >= (lane.repetitions ?? repetitions)) continue;
      const clients = lane.clients.filter((client) => isChosen(options.clients, client));
      // Every other repetition goes backwards, so that no client always runs behind the same other one.
      for (const client of repetition % 2 === 0 ? clients : clients.toReversed()) {
        process.stderr.write(`${repetition + 1}/${repetitions} ${lane.name} ${client}\n`);
        try {
          add(samples, lane.name, client, await runOnce(peer, lane, client));
        } catch (error) {
          failures.push(`${lane.name} ${client}: ${String(error)}`);
        }
      }
    }
  }
  peer.disconnect();

  const report: Report = {
    date: new Date().toISOString(),
    machine,
    settings: { seconds: options.smoke ? 'smoke' : options.seconds, repetitions },
    results: summariseAll(samples),
  };
  const verdicts = options.smoke ? [] : judge(report.results);
  const markdown = toMarkdown(report, lanes, verdicts);
  console.log(markdown);
  if (options.save !== undefined) save(options.save, report, markdown);

  if (options.check) failures.push(...missed(verdicts));
  if (options.compare) failures.push(...missed(compare(readBaseline(), report.results)));
  for (const failure of new Set(failures)) console.error(`FAILED ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

/** One lane, one client, one process. */
async function runOnce(peer: ChildProcess, lane: Lane, client: ClientName): Promise<Measures> {
  const seconds = options.smoke ? 0.1 : (lane.seconds ?? Number(options.seconds));
  const warmupSeconds = options.smoke ? 0.05 : Math.max(0.5, Number(options.seconds) / 4);
  const { urls } = await setMode(peer, lane.peer);
  const url = urls[lane.road];
  const context: LaneContext = { lane: lane.name, client, url, warmupSeconds, seconds };
  const measures = await runChild(context);

  const { received, faults } = await setMode(peer, { kind: 'sink' });
  if (faults > 0) throw new Error(`${faults} acknowledgements out of order or refused`);
  if (measures.published !== undefined && measures.published !== received) {
    throw new Error(`${measures.published} messages published, ${received} received by the peer`);
  }
  return measures;
}

/** Tells the peer what to do with the next client; the answer is about the one before. */
async function setMode(peer: ChildProcess, mode: PeerMode): Promise<PeerReport> {
  const answer = once(peer, 'message');
  peer.send(mode);
  const [report] = (await answer) as [PeerReport];
  return report;
}

function runChild(context: LaneContext): Promise<Measures> {
  const child = fork(siblingPath('child.js'), [JSON.stringify(context)]);
  const timeout = (context.warmupSeconds + context.seconds + RUN_GRACE_SECONDS) * 1_000;
  const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
  return new Promise((resolve, reject) => {
    let measures: Measures | null = null;
    child.on('message', (message) => {
      measures = message as Measures;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (measures !== null) resolve(measures);
      else reject(new Error(`the process ended with ${signal ?? code} before its result`));
    });
  });
}

async function runSuites(): Promise<void> {
  // Only here: the lanes measure the built package and need none of its sources.
  const { runMicro, microTable } = await import('./micro/main.js');
  const machine = describeMachine();
  const time = options.smoke ? 5 : 500;
  const results = await runMicro(time);
  const head = { date: new Date().toISOString(), machine, settings: { millisecondsEach: time } };
  const markdown = `${toHead(head)}\n\n${microTable(results)}\n`;
  console.log(markdown);
  if (options.save !== undefined) save(options.save, { ...head, results }, markdown);
}

function add(samples: Samples, lane: string, client: ClientName, measures: Measures): void {
  const ofLane = samples.get(lane) ?? new Map<ClientName, Map<Metric, number[]>>();
  const ofClient = ofLane.get(client) ?? new Map<Metric, number[]>();
  for (const [metric, value] of Object.entries(measures) as [Metric, number][]) {
    ofClient.set(metric, [...(ofClient.get(metric) ?? []), value]);
  }
  samples.set(lane, ofLane.set(client, ofClient));
}

function summariseAll(samples: Samples): Results {
  const ofClient = (metrics: ReadonlyMap<Metric, readonly number[]>): ClientResult =>
    Object.fromEntries([...metrics].map(([metric, values]) => [metric, summarise(values)]));
  return Object.fromEntries(
    [...samples].map(([lane, clients]) => [
      lane,
      Object.fromEntries([...clients].map(([client, metrics]) => [client, ofClient(metrics)])),
    ]),
  );
}

function missed(verdicts: readonly Verdict[]): string[] {
  return verdicts
    .filter(({ met }) => !met)
    .map(({ what, bound, measured }) => `${what}: ${bound}, measured ${measured}`);
}

function save(name: string, report: SavedReport, markdown: string): void {
  const stem = name === 'baseline' ? name : `${report.date.slice(0, 10)}-${name}`;
  writeFileSync(reportPath(`${stem}.json`), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(reportPath(`${stem}.md`), markdown);
}

function readBaseline(): Results {
  return (JSON.parse(readFileSync(reportPath('baseline.json'), 'utf8')) as Report).results;
}

function isChosen(list: string | undefined, name: string): boolean {
  return list === undefined || list.split(',').includes(name);
}

function siblingPath(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

function reportPath(file: string): string {
  return fileURLToPath(new URL(`../../perf-reports/${file}`, import.meta.url));
}
