import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ClientName } from './clients/client.js';
import type { Lane, LaneContext, RunResult } from './lanes/lane.js';
import type { Measures, Metric } from './lanes/metrics.js';
import type { PeerMode, PeerReport } from './peers/null-peer.js';
import { Progress } from './progress.js';
import type { ClientResult, Results } from './report.js';
import { summarise } from './statistics.js';

/** No run may take longer than this beyond its own time. */
const GRACE_SECONDS = 60;

/** What a run takes beyond its own time: two processes' start and end. */
const START_SECONDS = 0.8;

/** What is run, and for how long. */
export interface Plan {
  readonly lanes: readonly Lane[];
  /** Which of a lane's clients. */
  readonly has: (client: ClientName) => boolean;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly repetitions: number;
  /** Lanes that want more time or fewer repetitions get them, unless everything is to be short. */
  readonly isShort: boolean;
}

/** What came of a plan. */
export interface Outcome {
  readonly results: Results;
  /** What went wrong, a line each: a run that is void leaves no figures. */
  readonly failures: readonly string[];
}

interface Run {
  readonly lane: Lane;
  readonly client: ClientName;
  readonly seconds: number;
}

/** Samples of each measure: lane, client, measure. */
type Samples = Map<string, Map<ClientName, Map<Metric, number[]>>>;

/** Runs a plan: the clients of a lane in turn, all lanes once per repetition, each run in a process of its own. */
export async function carryOut(plan: Plan): Promise<Outcome> {
  const failures = new Set<string>();
  const samples: Samples = new Map();
  const runs = toRuns(plan);
  const plannedSeconds = ({ seconds }: Run): number => plan.warmupSeconds + seconds + START_SECONDS;
  const progress = new Progress(process.stderr, runs.map(plannedSeconds));
  const peer = fork(siblingPath('null-peer.js'));
  try {
    for (const run of runs) {
      const { lane, client } = run;
      progress.begin(`${lane.name} ${client}`);
      try {
        add(samples, lane.name, client, await runOnce(peer, run, plan.warmupSeconds));
      } catch (error) {
        failures.add(`${lane.name} ${client}: ${String(error)}`);
      }
      progress.end(plannedSeconds(run));
    }
  } finally {
    peer.disconnect();
  }
  return { results: summariseAll(samples), failures: [...failures] };
}

function toRuns({ lanes, has, seconds, repetitions, isShort }: Plan): readonly Run[] {
  return Array.from({ length: repetitions }, (_, repetition) =>
    lanes
      .filter((lane) => isShort || repetition < (lane.repetitions ?? repetitions))
      .flatMap((lane): readonly Run[] => {
        const clients = lane.clients.filter(has);
        // Every other repetition goes backwards, so that no client always runs behind the same other one.
        const turn = repetition % 2 === 0 ? clients : clients.toReversed();
        const ownSeconds = isShort ? seconds : (lane.seconds ?? seconds);
        return turn.map((client) => ({ lane, client, seconds: ownSeconds }));
      }),
  ).flat();
}

async function runOnce(
  peer: ChildProcess,
  { lane, client, seconds }: Run,
  warmupSeconds: number,
): Promise<Measures> {
  const { urls } = await setMode(peer, lane.peer);
  const url = urls[lane.road];
  const { measures, published } = await runChild({
    lane: lane.name,
    client,
    url,
    warmupSeconds,
    seconds,
  });
  const { received, faults, utilisationPercent } = await setMode(peer, { kind: 'sink' });
  if (faults > 0) throw new Error(`${faults} acknowledgements out of order or refused`);
  if (published !== undefined && published !== received) {
    throw new Error(`${published} messages published, ${received} received by the peer`);
  }
  return { ...measures, peerPercent: utilisationPercent };
}

/** Tells the peer what to do with the next client; the answer is about the one before. */
async function setMode(peer: ChildProcess, mode: PeerMode): Promise<PeerReport> {
  const answer = once(peer, 'message');
  peer.send(mode);
  const [report] = (await answer) as [PeerReport];
  return report;
}

function runChild(context: LaneContext): Promise<RunResult> {
  // aws-crt says at each start which versions of Node it will leave behind.
  const child = fork(siblingPath('child.js'), [JSON.stringify(context)], {
    execArgv: ['--disable-warning=NodeDeprecationWarning'],
  });
  const timeout = (context.warmupSeconds + context.seconds + GRACE_SECONDS) * 1_000;
  const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
  return new Promise((resolve, reject) => {
    let result: RunResult | null = null;
    child.on('message', (message) => {
      result = message as RunResult;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (result !== null) resolve(result);
      else reject(new Error(`the process ended with ${signal ?? code} before its result`));
    });
  });
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

function siblingPath(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
