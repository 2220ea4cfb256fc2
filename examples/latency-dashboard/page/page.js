import uPlot from '/uplot.js';

/** Seconds that the plots over time show. */
const SHOWN = 300;
const HEIGHT = 230;

const snapshots = [];
let curve = [];
let plots = [];

const events = new EventSource('/events');
// The stream begins anew when it was interrupted, with all that is there.
events.addEventListener('plan', ({ data }) => {
  snapshots.length = 0;
  const { broker, embedded, rate, qos, size } = JSON.parse(data);
  byId('plan').textContent =
    `${broker}${embedded ? ' (embedded)' : ''} · ${rate} probes a second of ${size} bytes, QoS ${qos}`;
});
events.addEventListener('snapshot', ({ data }) => {
  const snapshot = JSON.parse(data);
  snapshots.push(snapshot);
  if (snapshots.length > SHOWN) snapshots.shift();
  curve = snapshot.curve;
  tell(snapshot);
  // A stream that has just begun brings many at once: drawn once.
  requestAnimationFrame(() => {
    if (snapshot === snapshots.at(-1)) drawData();
  });
});
events.addEventListener('error', () => setState('bad', 'no connection to the dashboard'));

addEventListener('resize', () => {
  for (const { plot, element } of plots)
    plot.setSize({ width: element.clientWidth, height: HEIGHT });
});
// uPlot paints on a canvas, which does not follow the style sheet by itself.
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
drawAll();

function tell({ connected, latest, receivedRate, byteRate, lost, sent, received, unsent, all }) {
  setState(connected ? 'good' : 'bad', connected ? 'connected' : 'no connection to the broker');
  setFigure('p50', latest.p50, 'ms');
  setFigure('p99', latest.p99, 'ms');
  setFigure('maximum', latest.maximum, 'ms');
  setFigure('rate', receivedRate, '/s');
  setFigure('bytes', byteRate / 1024, 'KiB/s');
  setFigure('lost', lost, '');
  const whole = (value) => value.toLocaleString('en');
  byId('totals').textContent =
    `${whole(sent)} sent, ${whole(received)} came back, ${whole(unsent)} could not be sent. ` +
    `Of all: median ${short(all.p50)} ms, p90 ${short(all.p90)} ms, p99 ${short(all.p99)} ms, p99.9 ${short(all.p999)} ms, slowest ${short(all.maximum)} ms.`;
}

function drawAll() {
  for (const { plot } of plots) plot.destroy();
  const seconds = { label: 'second', value: (_, value) => (value === null ? '' : value.toFixed()) };
  const log = {
    scale: { distr: 3 },
    // Powers of ten alone have their figure; the lines between them have none.
    axis: { values: (_, ticks) => ticks.map((tick) => (isPowerOfTen(tick) ? short(tick) : '')) },
  };
  const linear = { scale: { range: (_, __, most) => [0, (most || 1) * 1.1] }, axis: {} };
  const percentOf = (odds) => `${+(100 - 100 / odds).toPrecision(6)}`;
  const percentiles = {
    label: 'percentile',
    value: (_, odds) => (odds === null ? '' : `${percentOf(odds)} %`),
    scale: { distr: 3, range: () => [1, curve.at(-1)?.[0] ?? 10] },
    axis: {
      values: (_, ticks) => ticks.map((tick) => (isPowerOfTen(tick) ? `${percentOf(tick)} %` : '')),
    },
  };
  plots = [
    plotOf('latency', seconds, log, [
      ['median', '--median'],
      ['p90', '--p90'],
      ['p99', '--p99'],
      ['slowest', '--maximum'],
    ]),
    plotOf('curve', percentiles, linear, [['latency', '--p90']]),
    plotOf('rates', seconds, linear, [
      ['sent', '--p99'],
      ['came back', '--median'],
    ]),
  ];
  drawData();
}

function drawData() {
  const at = snapshots.map((snapshot) => Math.round(snapshot.at));
  const latest = (name) => snapshots.map((snapshot) => positive(snapshot.latest[name]));
  const of = (name) => snapshots.map((snapshot) => snapshot[name]);
  const [latency, distribution, rates] = plots.map(({ plot }) => plot);
  latency.setData([at, latest('p50'), latest('p90'), latest('p99'), latest('maximum')]);
  distribution.setData([curve.map(([odds]) => odds), curve.map(([, value]) => value)]);
  rates.setData([at, of('sentRate'), of('receivedRate')]);
}

function plotOf(id, x, y, lines) {
  const element = byId(id);
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = {
    stroke: color('--soft'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { stroke: color('--line'), width: 1 },
    font: '11px system-ui',
  };
  const options = {
    width: element.clientWidth,
    height: HEIGHT,
    scales: { x: { time: false, ...x.scale }, y: y.scale },
    axes: [
      { ...axis, ...x.axis },
      { ...axis, size: 56, values: (_, ticks) => ticks.map(short), ...y.axis },
    ],
    series: [
      { label: x.label, value: x.value },
      ...lines.map(([label, name]) => ({
        label,
        stroke: color(name),
        fill: lines.length === 1 ? `${color(name)}22` : undefined,
        width: 2,
        points: { show: false },
        value: (_, value) => short(value),
      })),
    ],
  };
  return { element, plot: new uPlot(options, [[], ...lines.map(() => [])], element) };
}

function setState(name, text) {
  const state = byId('state');
  state.className = `state ${name}`;
  state.textContent = text;
}

function setFigure(id, value, unit) {
  const small = document.createElement('small');
  small.textContent = ` ${unit}`;
  byId(id).replaceChildren(short(value), small);
}

function byId(id) {
  return document.getElementById(id);
}

/** A logarithmic axis has no zero. */
function positive(value) {
  return value === null || value <= 0 ? null : value;
}

function isPowerOfTen(value) {
  return Number.isInteger(+Math.log10(value).toFixed(6));
}

function short(value) {
  if (value === null || value === undefined) return '–';
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(+value.toPrecision(3));
}
