/** How the page of a report looks, and draws its plots. */

export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1c2128; --soft: #67707b; --line: #e3e6ea; --paper: #fff; --card: #f6f7f9; --bad: #c4302b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #9aa3ad; --line: #333940; --paper: #14171a; --card: #1d2125; --bad: #ff7b72; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1080px; margin: 2.5rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.9rem; margin: 0 0 .3rem; letter-spacing: -.02em; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
header p { margin: 0; color: var(--soft); }
.verdict { color: var(--bad); font-weight: 600; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .8rem; margin: 1.6rem 0; }
@media (max-width: 720px) { .tiles { grid-template-columns: repeat(2, 1fr); } }
.tiles div { background: var(--card); border-radius: 10px; padding: .8rem 1.1rem; color: var(--soft); font-size: .82rem; }
.tiles b { display: block; font-size: 1.5rem; color: var(--ink); letter-spacing: -.02em; font-variant-numeric: tabular-nums; white-space: nowrap; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(460px, 100%), 1fr)); gap: 1.4rem; }
figure { margin: 0; background: var(--card); border-radius: 10px; padding: .9rem 1rem .4rem; min-width: 0; }
figcaption { font-weight: 600; font-size: .9rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9rem; }
td, th { padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { font-weight: 500; color: var(--soft); } tr > :first-child { text-align: left; } .facts td { text-align: left; white-space: normal; } .facts th { width: 17rem; }
.u-legend { font-size: .8rem; color: var(--soft); } .u-inline.u-live th::after { content: none; } .u-legend td, .u-legend th { border: 0; padding: .1rem .3rem; font-weight: 500; }
`;

export const REPORT_SCRIPT = `
const ink = getComputedStyle(document.documentElement).getPropertyValue('--soft').trim();
const line = getComputedStyle(document.documentElement).getPropertyValue('--line').trim();
const axis = (more) => ({ stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: '11px system-ui', ...more });
const short = (value) => value === null || value === undefined ? '' : value >= 1e6 ? +(value / 1e6).toPrecision(3) + 'M' : value >= 1e3 ? +(value / 1e3).toPrecision(3) + 'k' : String(+value.toPrecision(3));
const plot = (id, series, data, x, y) => {
  const element = document.getElementById(id);
  const drawn = series.flatMap((one, at) => data[at + 1].some((value) => value !== null && value > 0) ? [at] : []);
  if (drawn.length === 0 || data[0].length === 0) { element.parentElement.remove(); return; }
  const chart = new uPlot({
    width: element.clientWidth, height: 230, cursor: { points: { size: 6 } },
    scales: { x: { time: false, ...x.scale }, y: y.scale },
    axes: [axis(x.axis), axis({ size: 56, values: (_, ticks) => ticks.map(short), ...y.axis })],
    series: [{ label: x.label, value: x.value }, ...drawn.map((at) => ({ width: 2, points: { show: false }, value: (_, value) => short(value), ...series[at] }))],
  }, [data[0], ...drawn.map((at) => data[at + 1])], element);
  addEventListener('resize', () => chart.setSize({ width: element.clientWidth, height: 230 }));
};
const of = (name) => DATA.intervals.map((one) => one[name]);
const seconds = { label: 'at', value: (_, value) => value === null ? '' : value.toFixed(0) + ' s', axis: { values: (_, ticks) => ticks.map((tick) => tick + ' s') }, scale: {} };
const zero = { scale: { range: (_, min, max) => [0, (max || 1) * 1.08] }, axis: {} };
const positive = (values) => values.map((value) => value === null || value <= 0 ? null : value);
const log = { scale: { distr: 3 }, axis: { values: (_, ticks) => ticks.map((tick) => Number.isInteger(+Math.log10(tick).toFixed(6)) ? short(tick) : '') } };
plot('rates', [{ label: 'sent', stroke: '#3d7fd9' }, { label: 'acknowledged', stroke: '#e0932f' }, { label: 'received', stroke: '#2f9e6e', fill: '#2f9e6e1f' }],
  [of('at'), of('sentRate'), of('acknowledgedRate'), of('receivedRate')], seconds, zero);
plot('latencies', [{ label: 'p50', stroke: '#2f9e6e' }, { label: 'p99', stroke: '#e0932f' }, { label: 'max', stroke: '#d1495b' }],
  [of('at'), positive(of('p50Ms')), positive(of('p99Ms')), positive(of('maxMs'))], seconds, log);
const share = (odds) => String(+(100 - 100 / odds).toPrecision(Math.max(2, Math.round(Math.log10(odds)) + 1)));
plot('curve', [{ label: DATA.curves.name + ', ms', stroke: '#3d7fd9', fill: '#3d7fd91f' }, { label: 'service time, ms', stroke: '#9a6dd7' }],
  [DATA.curves.odds, DATA.curves.main, DATA.curves.service || DATA.curves.odds.map(() => null)],
  { label: 'share', value: (_, value) => value === null ? '' : share(value) + ' %', scale: { distr: 3, range: () => [1, DATA.curves.odds.at(-1)] }, axis: { values: (_, ticks) => ticks.map((tick) => Number.isInteger(+Math.log10(tick).toFixed(6)) ? share(tick) + ' %' : '') } }, zero);
plot('cost', [{ label: 'CPU, %', stroke: '#3d7fd9', fill: '#3d7fd91f' }, { label: 'late (p99), ms', stroke: '#d1495b' }],
  [of('at'), of('cpuPercent'), of('mainThreadDelayP99Ms')], seconds, zero);
`;
