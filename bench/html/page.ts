import { CLIENT_NAMES, type ClientName } from '../clients/client.js';
import { METRICS, type Metric } from '../lanes/metrics.js';
import {
  formatNumber,
  type LaneTable,
  laneTable,
  type Report,
  TITLES,
  timesMqttjs,
  titleOfLane,
  toBoundRows,
} from '../report.js';
import type { Verdict } from '../targets.js';
import { type Dot, type DotRow, dotPlot } from './dot-plot.js';
import { escapeHtml, htmlTable } from './markup.js';
import { STYLE } from './style.js';

interface Plot {
  readonly title: string;
  readonly says: string;
  readonly unit: string;
  readonly metric: Metric;
  readonly has: (lane: string) => boolean;
}

const isPaced = (lane: string): boolean => /-\d+k$/.test(lane) && !lane.startsWith('reconnect');

const PLOTS: readonly Plot[] = [
  {
    title: 'Publishing, flat out',
    says: 'Messages a second, further right is better. The bare socket is the ceiling of this machine and the peer.',
    unit: 'messages/s',
    metric: 'rate',
    has: (lane) => lane.startsWith('publish-') && !isPaced(lane),
  },
  {
    title: 'Receiving, flat out',
    says: 'Messages a second, further right is better.',
    unit: 'messages/s',
    metric: 'rate',
    has: (lane) => lane.startsWith('receive-') && !isPaced(lane),
  },
  {
    title: 'What a message costs the main thread',
    says: 'Nanoseconds for which the event loop was busy for each message, further left is better.',
    unit: 'ns/message',
    metric: 'mainNs',
    has: () => true,
  },
  {
    title: 'What a message costs all threads',
    says: 'Nanoseconds of CPU of the whole process for each message, further left is better: a rate that is won with another core’s work shows here.',
    unit: 'ns/message',
    metric: 'cpuNs',
    has: () => true,
  },
  {
    title: 'A steady load',
    says: 'Percent of the main thread that a load of so many messages a second takes, further left is better.',
    unit: '% of the thread',
    metric: 'utilisationPercent',
    has: isPaced,
  },
  {
    title: 'Connecting',
    says: 'Milliseconds from connect() to the connected client, further left is better.',
    unit: 'ms',
    metric: 'connectMs',
    has: () => true,
  },
];

const ROUND_TRIPS = ['p50Us', 'p99Us', 'p999Us', 'maxUs'] as const;

/** The report as one HTML page that needs nothing else. */
export function toHtml(report: Report, verdicts: readonly Verdict[]): string {
  const { date, machine, settings } = report;
  const facts = Object.entries({ ...machine, ...settings })
    .map(([name, value]) => `<span>${escapeHtml(`${name}: ${value}`)}</span>`)
    .join('');
  const parts = [
    `<h1>gneiss-mqtt, measured</h1><p>${escapeHtml(date.slice(0, 16).replace('T', ', '))} UTC. Figures belong to this machine; the quotients with MQTT.js, taken in the same run, travel.</p>`,
    `<div class="facts">${facts}</div>`,
    tiles(report, verdicts),
    ...PLOTS.map((plot) => plotSection(report, plot)),
    roundTripSection(report),
    boundsSection(verdicts),
    '<h2>All figures</h2><p>Median ± median absolute deviation over the repetitions. The last column is gneiss-mqtt ÷ MQTT.js.</p>',
    ...Object.keys(report.results).map((lane) => details(lane, laneTable(report.results, lane))),
  ];
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>gneiss-mqtt, measured</title><style>${STYLE}${colours()}</style></head><body>${parts.join('\n')}</body></html>\n`;
}

function colours(): string {
  return CLIENT_NAMES.map((name) => `.${name}{--colour:var(--${name})}`).join('');
}

function tiles({ results }: Report, verdicts: readonly Verdict[]): string {
  const quotients = ['publish-qos0', 'publish-qos1', 'receive-qos0', 'receive-qos1'].flatMap(
    (lane): readonly [string, string][] => {
      const quotient = timesMqttjs(results, lane, 'rate');
      if (quotient === undefined) return [];
      return [[`${formatNumber(quotient, 1)} ×`, `the rate of MQTT.js: ${titleOfLane(lane)}`]];
    },
  );
  const met = verdicts.filter((verdict) => verdict.met).length;
  const all: readonly [string, string][] = [
    ...quotients,
    ...(verdicts.length > 0
      ? [[`${met} of ${verdicts.length}`, 'bounds met'] as [string, string]]
      : []),
  ];
  const html = all.map(([b, text]) => `<div class="tile"><b>${b}</b>${escapeHtml(text)}</div>`);
  return `<div class="tiles">${html.join('')}</div>`;
}

function plotSection({ results }: Report, { title, says, unit, metric, has }: Plot): string {
  const { digits } = METRICS[metric];
  const rows = Object.entries(results)
    .filter(([lane]) => has(lane))
    .map(
      ([lane, clients]): DotRow => ({
        label: lane,
        dots: CLIENT_NAMES.flatMap((client): readonly Dot[] => {
          const summary = clients[client]?.[metric];
          if (summary === undefined || !(summary.median > 0)) return [];
          const value = formatNumber(summary.median, digits);
          return [
            {
              series: client,
              value: summary.median,
              deviation: summary.mad,
              title: `${TITLES[client]}: ${value} ${unit}`,
            },
          ];
        }),
      }),
    )
    .filter(({ dots }) => dots.length > 0);
  return section(title, says, rows, unit);
}

/** A row for each client, a dot for each part of the distribution. */
function roundTripSection({ results }: Report): string {
  const rows = Object.entries(results).flatMap(([lane, clients]) =>
    CLIENT_NAMES.flatMap((client): readonly DotRow[] => {
      const dots = ROUND_TRIPS.flatMap((metric): readonly Dot[] => {
        const summary = clients[client]?.[metric];
        if (summary === undefined) return [];
        const title = `${METRICS[metric].title}: ${formatNumber(summary.median, 0)}`;
        return [{ series: client, value: summary.median, deviation: 0, title }];
      });
      return dots.length > 0 ? [{ label: `${lane}, ${TITLES[client]}`, dots }] : [];
    }),
  );
  const says =
    'Microseconds from publish() to its settled promise, further left is better. The dots of a line are the median, p99, p99.9 and the longest.';
  return section('Round trips', says, rows, 'µs');
}

function section(title: string, says: string, rows: readonly DotRow[], unit: string): string {
  if (rows.length === 0) return '';
  const shown = new Set(rows.flatMap(({ dots }) => dots.map(({ series }) => series)));
  const legend = CLIENT_NAMES.filter((client) => shown.has(client))
    .map((client: ClientName) => `<span class="${client}">${TITLES[client]}</span>`)
    .join('');
  return `<h2>${title}</h2><p>${says}</p><div class="card"><div class="legend">${legend}</div>${dotPlot(rows, unit)}</div>`;
}

function boundsSection(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return '';
  const table = htmlTable(toBoundRows(verdicts), (text) => text);
  return `<h2>Bounds</h2><p>What gneiss-mqtt is to reach.</p><div class="card">${table}</div>`;
}

function details(lane: string, { title, rows, note }: LaneTable): string {
  const remark = note === null ? '' : `<p>${escapeHtml(note)}</p>`;
  return `<details><summary>${escapeHtml(lane)}<span>${escapeHtml(title)}</span></summary>${htmlTable(rows)}${remark}</details>`;
}
