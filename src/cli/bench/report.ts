import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Distribution } from './distribution.js';
import type { Measurement } from './measurement.js';
import { describeRun } from './print.js';
import { REPORT_SCRIPT, REPORT_STYLE } from './report-page.js';
import { figureOf, PERCENTILES, type Result, type Spread } from './result.js';
import { showCount, showMs, showRate } from './units.js';

/** The result as a page of its own: nothing in it is loaded from anywhere. */
export function renderReport(result: Result, measurement: Measurement): string {
  const { benchmark, environment, startedAt, plan } = result;
  const { size, ...rest } = plan;
  const data = { intervals: result.intervals, curves: toCurves(result, measurement) };
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>gneiss bench ${escapeHtml(benchmark)} · ${escapeHtml(environment['broker'] ?? '')}</title>
<style>${asset('uPlot.min.css')}${REPORT_STYLE}</style>
<header>
<h1>bench ${escapeHtml(benchmark)}</h1>
<p>${escapeHtml(environment['broker'] ?? '')} · ${escapeHtml(describeRun(result))}</p>
<p>${escapeHtml(String(plan['load']))} · ${escapeHtml(startedAt.replace('T', ' ').slice(0, 16))} UTC</p>
</header>
${toVerdict(result)}
<section class="tiles">${toTiles(result)}</section>
<section class="plots">
<figure><figcaption>Messages a second</figcaption><div id="rates"></div></figure>
<figure><figcaption>Latency over time, in milliseconds</figcaption><div id="latencies"></div></figure>
<figure><figcaption>Latency by share of messages, in milliseconds</figcaption><div id="curve"></div></figure>
<figure><figcaption>This process: CPU in %, lateness of its main thread in ms</figcaption><div id="cost"></div></figure>
</section>
${toSpreads(result)}
${toRounds(result)}
${toMessages(result)}
<h2>How to do it again</h2>
<table class="facts">${toFacts({ ...rest, 'payload, bytes': size, ...environment })}</table>
<script>${asset('uPlot.iife.min.js')}</script>
<script>const DATA = ${JSON.stringify(data).replaceAll('<', '\\u003c')};${REPORT_SCRIPT}</script>
</html>
`;
}

function asset(name: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), 'utf8');
}

function toVerdict({ failures }: Result): string {
  if (failures.length === 0) return '';
  return `<p class="verdict">✗ ${failures.map(escapeHtml).join(' · ')}</p>`;
}

function toTiles({ rates, latencyMs, totals, cost }: Result): string {
  const tiles: [string, string | null][] = [
    ['messages sent /s', rates.sent === null ? null : showRate(rates.sent)],
    ['messages acknowledged /s', rates.acknowledged === null ? null : showRate(rates.acknowledged)],
    ['messages received /s', rates.received === null ? null : showRate(rates.received)],
    ['latency p50', latencyMs === null ? null : showMs(latencyMs.p50)],
    ['latency p99', latencyMs === null ? null : showMs(latencyMs.p99)],
    ['latency max', latencyMs === null ? null : showMs(latencyMs.max)],
    ['messages lost', totals.lost === null ? null : showCount(totals.lost)],
    ['main thread late, p99', showMs(cost.mainThreadDelayMs.p99)],
  ];
  return tiles
    .flatMap(([name, figure]) => (figure === null ? [] : [`<div><b>${figure}</b>${name}</div>`]))
    .join('');
}

function toSpreads(result: Result): string {
  const { latencyMs, serviceMs, connectMs, reconnectMs, allBackMs } = result;
  const columns = [...PERCENTILES, 'min', 'mean', 'max'] as const;
  const rows: [string, Spread | null][] = [
    ['latency, from when it was to be sent', latencyMs],
    ['service time, from when it was sent', serviceMs],
    ['connect', connectMs],
    ['reconnect', reconnectMs],
    ['until all were back', allBackMs],
  ];
  const body = rows.flatMap(([name, spread]) =>
    spread === null
      ? []
      : [
          `<tr><th>${name}</th>${columns.map((at) => `<td>${toCell(figureOf(spread, at))}</td>`).join('')}</tr>`,
        ],
  );
  if (body.length === 0) return '';
  const head = columns.map((name) => `<th>${name}</th>`).join('');
  return `<h2>Times</h2><div class="wide"><table><tr><th></th>${head}</tr>${body.join('')}</table></div>`;
}

function toCell(ms: number | null | undefined): string {
  return typeof ms === 'number' ? showMs(ms) : '–';
}

function toRounds({ rounds }: Result): string {
  if (rounds === null || rounds.length === 0) return '';
  const body = rounds.map(({ round, at, allBackMs, missing, recoveryMs }) => {
    const times = [allBackMs, recoveryMs?.p50, recoveryMs?.p99, recoveryMs?.max];
    const cells = times.map(toCell);
    const row = [`${at.toFixed(1)} s`, ...cells, showCount(missing)];
    return `<tr><th>${round}</th>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const columns = ['began at', 'all back', 'p50', 'p99', 'max', 'missing'];
  const head = columns.map((name) => `<th>${name}</th>`).join('');
  return `<h2>Rounds of the storm</h2><div class="wide"><table><tr><th>round</th>${head}</tr>${body.join('')}</table></div>`;
}

function toMessages({ totals, fairness, cost }: Result): string {
  const counts = Object.entries(totals).flatMap(([name, count]) =>
    count === null ? [] : [[toWords(name), showCount(count as number)] as const],
  );
  const even =
    fairness === null
      ? []
      : [
          [
            `rates of the ${fairness.clients} clients: min, median, max`,
            [fairness.min, fairness.median, fairness.max].map(showRate).join(', '),
          ] as const,
          ['fairness (Jain)', fairness.index.toFixed(3)] as const,
        ];
  const own = [
    ['CPU of this process', `${cost.cpuPercent.toFixed(0)} %`],
    ['its memory, at most', `${cost.residentMiBMax.toFixed(0)} MiB`],
    ...(cost.mainThreadBusyPercent === null
      ? []
      : [['its main thread busy', `${cost.mainThreadBusyPercent.toFixed(0)} %`] as const]),
  ] as const;
  return `<h2>Messages, and what they took</h2><table class="facts">${toFacts(Object.fromEntries([...counts, ...even, ...own]))}</table>`;
}

function toFacts(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts)
    .map(
      ([name, value]) =>
        `<tr><th>${escapeHtml(toWords(name))}</th><td>${escapeHtml(String(value))}</td></tr>`,
    )
    .join('');
}

function toWords(name: string): string {
  return name.includes(' ') ? name : name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Points of the curve: as many nines as there are messages for. */
function toCurves({ serviceMs }: Result, { latency, service, connect, reconnect }: Measurement) {
  const main = latency.count > 0 ? latency : reconnect.count > 0 ? reconnect : connect;
  const nines = Math.log10(Math.max(10, main.count));
  const shares = Array.from({ length: 200 }, (_, at) => 1 - 10 ** ((-nines * at) / 199));
  return {
    name: latency.count > 0 ? 'latency' : reconnect.count > 0 ? 'reconnect' : 'connect',
    odds: shares.map((share) => 1 / (1 - share)),
    main: toCurve(main, shares),
    // In a closed loop it is the same, and would hide the other.
    service: serviceMs === null ? null : toCurve(service, shares),
  };
}

function toCurve(distribution: Distribution, shares: readonly number[]): readonly number[] {
  return shares.map((share) => distribution.percentile(share * 100));
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
