import Table from 'cli-table3';
import { OUT } from '../style.js';
import { figureOf, PERCENTILES, type Result, type Spread } from './result.js';
import { showBytesRate, showCount, showMs, showRate } from './units.js';

/** Lines of a table without frames: the shape of figures is enough. */
const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** What a merged result has, too. */
type Summary = Pick<
  Result,
  'totals' | 'rates' | 'latencyMs' | 'serviceMs' | 'connectMs' | 'reconnectMs' | 'allBackMs'
>;

/** The result as people read it. */
export function toTable(result: Result): string {
  const parts = [
    toHeading(result),
    toMessages(result),
    toLatencies(result),
    toRounds(result),
    toFairness(result),
    toCost(result),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** What several machines have measured, as one. */
export function toMergedTable(merged: Summary & { readonly files: number }): string {
  const heading = OUT.bold(`${merged.files} files, as one`);
  const parts = [heading, toMessages(merged), toLatencies(merged)];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function toHeading(result: Result): string {
  const { benchmark, plan, environment } = result;
  const isLoaded = plan['publishers'] !== 0;
  return [
    `${OUT.bold(`bench ${benchmark}`)}  ${environment['broker'] ?? ''}`,
    OUT.dim(describeRun(result)),
    ...(isLoaded ? [OUT.dim(String(plan['load']))] : []),
  ].join('\n');
}

/** Clients, messages and time of a run, in words. */
export function describeRun({ benchmark, plan, seconds }: Result): string {
  const clients = ['connections', 'publishers', 'subscribers'].flatMap((name) =>
    plan[name] === 0 ? [] : [`${plan[name]} ${plan[name] === 1 ? name.slice(0, -1) : name}`],
  );
  const messages = [
    `QoS ${plan['qos']}`,
    ...(benchmark === 'sub' ? [] : [`${plan['size']} bytes`]),
  ];
  const hasMessages = plan['publishers'] !== 0 || plan['subscribers'] !== 0;
  return [...clients, ...(hasMessages ? messages : []), `${seconds.toFixed(1)} s`].join(' · ');
}

function toMessages({ totals, rates }: Summary): string {
  if (rates.sent === null && rates.received === null) return '';
  const rows: [string, number | null, number | null][] = [
    ['sent', rates.sent, rates.sent === null ? null : totals.sent],
    ['acknowledged', rates.acknowledged, totals.acknowledged],
    ['received', rates.received, totals.received],
  ];
  const table = createTable(['', 'messages/s', 'in all']);
  for (const [name, rate, total] of rows) {
    if (total !== null)
      table.push([name, OUT.bold(rate === null ? '–' : showCount(rate)), showCount(total)]);
  }
  const losses: [string, number | null][] = [
    ['lost', totals.lost],
    ['failed', totals.failed],
    ['unanswered', totals.unanswered === 0 ? null : totals.unanswered],
    ['connections lost', totals.disconnections === 0 ? null : totals.disconnections],
    ['duplicated', totals.duplicated],
    ['out of order', totals.outOfOrder],
  ];
  const summary = losses
    .filter(([, count]) => count !== null)
    .map(([name, count]) =>
      count === 0 ? OUT.dim(`${name} 0`) : OUT.red(`${name} ${showCount(count ?? 0)}`),
    );
  return `${table.toString()}\n${[`${showBytesRate(rates.megabytes)} ${rates.sent === null ? 'received' : 'sent'}`, ...summary].join(OUT.dim(' · '))}`;
}

function toLatencies(summary: Summary): string {
  const { latencyMs, serviceMs, connectMs, reconnectMs, allBackMs } = summary;
  const rows: [string, Spread | null][] = [
    ['latency', latencyMs],
    ['service', serviceMs],
    ['connect', connectMs],
    ['reconnect', reconnectMs],
    ['all back', allBackMs],
  ];
  const present = rows.flatMap(([name, spread]) =>
    spread === null ? [] : [[name, spread] as const],
  );
  if (present.length === 0) return '';
  const columns = [...PERCENTILES, 'max', 'mean'] as const;
  const isNarrow = process.stdout.isTTY && process.stdout.columns < 90;
  const shown = isNarrow
    ? columns.filter((name) => !['p90', 'p95', 'p99.99'].includes(name))
    : columns;
  const table = createTable(['', ...shown]);
  for (const [name, spread] of present)
    table.push([name, ...shown.map((column) => toFigure(column, figureOf(spread, column)))]);
  return table.toString();
}

/** As many rounds of a storm are told one by one. */
const ROUNDS_MAX = 10;

function toRounds({ rounds }: Result): string {
  if (rounds === null || rounds.length === 0) return '';
  const table = createTable(['round', 'at', 'all back', 'p50', 'p99', 'missing']);
  for (const { round, at, allBackMs, missing, recoveryMs } of rounds.slice(0, ROUNDS_MAX))
    table.push([
      `${round}`,
      `${at.toFixed(1)} s`,
      allBackMs === null ? OUT.red('never') : OUT.bold(showMs(allBackMs)),
      recoveryMs === null ? '' : showMs(recoveryMs.p50),
      recoveryMs === null ? '' : showMs(recoveryMs.p99),
      missing === 0 ? '0' : OUT.red(showCount(missing)),
    ]);
  const more = rounds.length - ROUNDS_MAX;
  return `${table.toString()}${more > 0 ? OUT.dim(`\n… and ${more} more: --json has them`) : ''}`;
}

function toFigure(column: string, ms: number | null): string {
  if (ms === null) return OUT.dim('–');
  return column === 'p99' ? OUT.bold(showMs(ms)) : showMs(ms);
}

function toFairness({ fairness }: Result): string {
  if (fairness === null) return '';
  const { clients, min, median, max, index } = fairness;
  const rates = [min, median, max].map((rate) => showRate(rate)).join(' / ');
  return `${clients} clients: ${rates} messages/s (min / median / max), fairness ${index.toFixed(3)}`;
}

function toCost({ cost }: Result): string {
  const { cpuPercent, cpuMicrosecondsAMessage, residentMiBMax, mainThreadDelayMs } = cost;
  const { mainThreadBusyPercent } = cost;
  const late = `late p99 ${showMs(mainThreadDelayMs.p99)}, max ${showMs(mainThreadDelayMs.max)}`;
  const busy =
    mainThreadBusyPercent === null
      ? 'main thread spins between messages'
      : `main thread busy ${mainThreadBusyPercent.toFixed(0)} %`;
  const parts = [
    `CPU ${cpuPercent.toFixed(0)} %`,
    ...(cpuMicrosecondsAMessage === null
      ? []
      : [`${cpuMicrosecondsAMessage.toFixed(2)} µs a message`]),
    `memory ${residentMiBMax.toFixed(0)} MiB`,
  ];
  return OUT.dim(`this process: ${parts.join(' · ')}\n${busy}, ${late}`);
}

/** A table whose first column is text and whose others are figures. */
export function createTable(head: readonly string[]): InstanceType<typeof Table> {
  return new Table({
    head: head.map((title) => OUT.dim(title)),
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, at) => (at === 0 ? 'left' : 'right')),
  });
}
