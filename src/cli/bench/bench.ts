import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { CliError, EXIT, type ExitCode, refuseUsage } from '../cli-error.js';
import { toConnection } from '../connection.js';
import type { BenchValues } from './flags.js';
import { gneissClients } from './gneiss-client.js';
import { writeHdrFile } from './hdr-file.js';
import { type ConnectClient, toNaming } from './load-client.js';
import { mqttjsClients } from './mqttjs-client.js';
import { type BenchKind, type Plan, toPlan } from './plan.js';
import { toTable } from './print.js';
import { Progress } from './progress.js';
import { renderReport } from './report.js';
import type { IntervalSample, Result } from './result.js';
import { runBenchmark } from './run.js';

/** `gneiss bench pub`, `sub`, `pubsub`, `conn` and `latency` */
export async function bench(
  kind: BenchKind,
  url: string | undefined,
  values: BenchValues,
): Promise<ExitCode> {
  const plan = toPlan(kind, values);
  const broker = values.embedded ? await startEmbedded(url, values) : null;
  const interruption = new AbortController();
  const onSignal = (): void => {
    interruption.abort();
  };
  process.once('SIGINT', onSignal);
  try {
    const outcome = await measure(plan, broker?.url ?? url, values, interruption.signal);
    if (interruption.signal.aborted) return EXIT.interrupted;
    return judge(plan, outcome);
  } finally {
    process.off('SIGINT', onSignal);
    await broker?.close();
  }
}

async function startEmbedded(url: string | undefined, { host, port, unix }: BenchValues) {
  if (url !== undefined || host !== undefined || port !== undefined || unix !== undefined)
    refuseUsage('--embedded does not go with the address of a broker');
  const { startBrokerProcess } = await import('../../testing/index.js');
  // What is measured is to wait, not to be lost, when the broker does not keep up.
  return startBrokerProcess({ qos0Overflow: 'pause', topicAliasMaximum: 1000 });
}

async function measure(
  plan: Plan,
  url: string | undefined,
  values: BenchValues,
  signal: AbortSignal,
): Promise<Result> {
  const connection = await toConnection(url, { ...values, clientId: undefined });
  const run = randomInt(2 ** 32 - 1);
  const naming = toNaming(plan, values.clientId, values.username ?? '', run);
  const { thread, client, aliases, json, ndjson, csv, hdr, report } = values;
  const connect: ConnectClient =
    client === 'gneiss'
      ? gneissClients(connection, plan, naming, thread, aliases)
      : await mqttjsClients(connection, plan, naming);
  if (csv) process.stdout.write(`${CSV_COLUMNS.join(',')}\n`);
  const { result, measurement } = await runBenchmark(plan, {
    connection,
    connect,
    naming,
    run,
    signal,
    progress: new Progress(values.progress),
    onRound: (round) => {
      if (ndjson) process.stdout.write(`${JSON.stringify(round)}\n`);
    },
    onSample: (sample) => {
      if (ndjson) process.stdout.write(`${JSON.stringify(sample)}\n`);
      if (csv) process.stdout.write(`${CSV_COLUMNS.map((name) => sample[name] ?? '').join(',')}\n`);
    },
  });
  const whole = { ...result, environment: { ...result.environment, client }, failures: [] };
  const failures = plan.conditions
    .filter(({ holds }) => holds(whole) !== false)
    .map(({ text, holds }) => (holds(whole) === null ? `${text}: there is no such figure` : text));
  const judged: Result = { ...whole, failures };
  if (hdr !== undefined) writeHdrFile(hdr, measurement, judged);
  if (report !== undefined) writeFileSync(report, renderReport(judged, measurement));
  if (json || ndjson) process.stdout.write(`${JSON.stringify(judged)}\n`);
  else if (!csv) process.stdout.write(toTable(judged));
  return judged;
}

const CSV_COLUMNS = [
  'at',
  'phase',
  'sentRate',
  'acknowledgedRate',
  'receivedRate',
  'p50Ms',
  'p99Ms',
  'maxMs',
  'cpuPercent',
  'residentMiB',
  'mainThreadDelayP99Ms',
] as const satisfies readonly (keyof IntervalSample)[];

/** A condition that holds comes first; QoS 1 and 2 promise that nothing is lost. */
function judge({ qos, kind, mayLose }: Plan, { failures, totals }: Result): ExitCode {
  if (failures.length > 0) throw new CliError(`--fail-on: ${failures.join(', ')}`, EXIT.threshold);
  const undelivered = totals.failed + (totals.unanswered ?? 0);
  if (undelivered > 0)
    throw new CliError(`${undelivered} messages were not delivered, or not acknowledged in time`);
  if (totals.disconnections > 0) throw new CliError('connections were lost');
  if (qos > 0 && kind !== 'sub' && !mayLose && (totals.lost ?? 0) > 0)
    throw new CliError(`${totals.lost} messages were lost at QoS ${qos}`);
  return EXIT.done;
}
