import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { CLIENT_NAMES, type ClientName } from './clients/client.js';
import { LANES } from './lanes/lanes.js';
import { METRICS, type Metric } from './lanes/metrics.js';
import { quantile, type Summary } from './statistics.js';
import type { Verdict } from './targets.js';

/** What one client measured in a lane. */
export type ClientResult = Partial<Record<Metric, Summary>>;

/** Results of a run: lane, client, measure. */
export type Results = Readonly<Record<string, Partial<Record<ClientName, ClientResult>>>>;

/** A run as it is saved. */
export interface Report {
  readonly date: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly results: Results;
}

/** Packages whose clients are measured beside ours. */
const PEERS = ['mqtt', 'aws-crt', 'u8-mqtt'];

/** From here on the peer counts as the bottleneck. */
const PEER_BUSY_PERCENT = 90;

/** Client titles as readers know them. */
export const TITLES: Readonly<Record<ClientName, string>> = {
  raw: 'raw socket',
  mqttjs: 'MQTT.js',
  'mqttjs-silent': 'MQTT.js, no log',
  'aws-crt': 'aws-crt',
  'u8-mqtt': 'u8-mqtt',
  gneiss: 'gneiss-mqtt',
  'gneiss-inline': 'gneiss-mqtt inline',
};

/** What a figure depends on and cannot show. */
export function describeMachine(): Record<string, string> {
  const { node, v8, uv } = process.versions;
  return {
    cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    os: `${process.platform} ${process.arch} ${release()}`,
    loadBefore: loadavg()
      .map((load) => load.toFixed(2))
      .join(' '),
    node: `${node} (V8 ${v8}, libuv ${uv})`,
    'gneiss-mqtt': versionIn('../../package.json'),
    ...Object.fromEntries(PEERS.map((name) => [name, versionOf(name)])),
  };
}

/**
 * How many times MQTT.js gneiss-mqtt is: the median of the quotients within each repetition, whose runs stood next to each
 * other in time. Undefined where one of them did not run.
 */
export function timesMqttjs(results: Results, lane: string, metric: Metric): number | undefined {
  const ours = results[lane]?.gneiss?.[metric]?.samples;
  const theirs = results[lane]?.mqttjs?.[metric]?.samples;
  if (ours === undefined || theirs === undefined || ours.length !== theirs.length) return undefined;
  const quotients = ours.map((sample, repetition) => sample / theirs[repetition]!);
  return quantile(quotients, 0.5);
}

/** The head of a report: everything a figure depends on and cannot show. */
export function toHead({ date, machine, settings }: Omit<Report, 'results'>): string {
  const facts = Object.entries({ date, ...machine, ...settings });
  return ['# Benchmark report', '', ...facts.map(([name, value]) => `- ${name}: ${value}`)].join(
    '\n',
  );
}

/** A lane's figures as a table of text. */
export interface LaneTable {
  readonly title: string;
  /** A head, then a row for each measure. */
  readonly rows: readonly (readonly string[])[];
  /** What a reader should know. */
  readonly note: string | null;
}

/** The report as Markdown. */
export function toMarkdown(report: Report, verdicts: readonly Verdict[]): string {
  const parts = [
    toHead(report),
    'Median ± median absolute deviation over the repetitions. The last column: gneiss-mqtt ÷ MQTT.js.',
  ];
  for (const lane of Object.keys(report.results)) {
    const { title, rows, note } = laneTable(report.results, lane);
    parts.push(`## ${lane}`, ...(title === '' ? [] : [title]), toTable(rows));
    if (note !== null) parts.push(note);
  }
  if (verdicts.length > 0) {
    const [head, ...rows] = toBoundRows(verdicts);
    const marked = rows.map((row) => row.map((cell) => (cell === 'missed' ? '**missed**' : cell)));
    parts.push('## Bounds', toTable([head!, ...marked]));
  }
  return `${parts.join('\n\n')}\n`;
}

/** What a lane is, in a line; empty for one that there is no more. */
export function titleOfLane(lane: string): string {
  return LANES.find(({ name }) => name === lane)?.title ?? '';
}

/** A lane's figures. */
export function laneTable(results: Results, lane: string): LaneTable {
  const result = results[lane] ?? {};
  const clients = CLIENT_NAMES.filter((client) => result[client] !== undefined);
  const metrics = (Object.keys(METRICS) as Metric[]).filter((metric) =>
    clients.some((client) => result[client]?.[metric]),
  );
  const rows = metrics.map((metric) => [
    METRICS[metric].title,
    ...clients.map((client) => formatSummary(metric, result[client]?.[metric])),
    metric === 'peerPercent' ? '' : formatQuotient(timesMqttjs(results, lane, metric)),
  ]);
  const bound = clients.filter((client) => isPeerBound(client, result[client]));
  return {
    title: titleOfLane(lane),
    rows: [['', ...clients.map((client) => TITLES[client]), '÷'], ...rows],
    note:
      bound.length === 0
        ? null
        : `The peer was the bottleneck of ${bound.map((client) => TITLES[client]).join(' and ')}: it was busy all the time.`,
  };
}

/** The bounds as a table of text: a head, then a row each. */
export function toBoundRows(verdicts: readonly Verdict[]): readonly (readonly string[])[] {
  return [
    ['', 'bound', 'measured', ''],
    ...verdicts.map(({ what, bound, measured, met }) => [
      what,
      bound,
      measured,
      met ? 'met' : 'missed',
    ]),
  ];
}

/** Whether a figure says more about the peer than about the client. */
function isPeerBound(client: ClientName, result: ClientResult | undefined): boolean {
  return client !== 'raw' && (result?.peerPercent?.median ?? 0) >= PEER_BUSY_PERCENT;
}

/** A number as a report shows it. */
export function formatNumber(value: number, digits: number): string {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function formatSummary(metric: Metric, summary: Summary | undefined): string {
  if (summary === undefined) return '';
  const { digits } = METRICS[metric];
  const median = formatNumber(summary.median, digits);
  return summary.samples.length === 1 ? median : `${median} ± ${formatNumber(summary.mad, digits)}`;
}

function formatQuotient(quotient: number | undefined): string {
  return quotient === undefined || !Number.isFinite(quotient) ? '' : formatNumber(quotient, 2);
}

/** A Markdown table: a head and its rows, numbers to the right of the first column. */
export function toTable(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(3, ...lines.map((cells) => cells[column]!.length)),
  );
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  const rule = widths.map((width, column) => '-'.repeat(width - 1) + (column === 0 ? '-' : ':'));
  const [head = [], ...rows] = lines.map((cells) => cells.map(pad));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function versionOf(name: string): string {
  return versionIn(`../../node_modules/${name}/package.json`);
}

function versionIn(path: string): string {
  const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
    readonly version: string;
  };
  return version;
}
