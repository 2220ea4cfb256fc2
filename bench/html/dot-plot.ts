import { escapeHtml } from './markup.js';

/** One dot: a figure and how far it strays. */
export interface Dot {
  /** Names the class that colours it. */
  readonly series: string;
  readonly value: number;
  readonly deviation: number;
  /** What it is, for who points at it. */
  readonly title: string;
}

/** One line of a plot. */
export interface DotRow {
  readonly label: string;
  readonly dots: readonly Dot[];
}

const WIDTH = 960;
const LABEL_WIDTH = 230;
const RIGHT = 28;
const ROW_HEIGHT = 26;
const AXIS_HEIGHT = 30;
const RADIUS = 5.5;

/** Figures of several series beside each other, a row each, on a logarithmic scale, as SVG. */
export function dotPlot(rows: readonly DotRow[], unit: string): string {
  const values = rows.flatMap(({ dots }) => dots.map(({ value }) => value));
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values) * 1.001));
  const x = (value: number): number => {
    const part = Math.log10(Math.max(value, low) / low) / Math.log10(high / low);
    return LABEL_WIDTH + part * (WIDTH - LABEL_WIDTH - RIGHT);
  };
  const bottom = rows.length * ROW_HEIGHT + 6;
  const decades = Math.round(Math.log10(high / low));
  const axis = Array.from({ length: decades + 1 }, (_, step) => {
    const at = x(low * 10 ** step).toFixed(1);
    return (
      `<line class="grid" x1="${at}" y1="0" x2="${at}" y2="${bottom}"/>` +
      `<text class="tick" x="${at}" y="${bottom + 16}">${toShort(low * 10 ** step)}</text>`
    );
  });
  const lines = rows.map(({ label, dots }, index) => {
    const y = index * ROW_HEIGHT + ROW_HEIGHT / 2 + 3;
    const places = dots.map(({ value }) => x(value));
    return [
      `<text class="label" x="${LABEL_WIDTH - 14}" y="${y + 4}">${escapeHtml(label)}</text>`,
      `<line class="span" x1="${Math.min(...places).toFixed(1)}" y1="${y}" x2="${Math.max(...places).toFixed(1)}" y2="${y}"/>`,
      ...dots.map((dot) => toWhisker(dot, x, y)),
      ...dots.map((dot) => toDot(dot, x, y)),
    ].join('');
  });
  return (
    `<svg viewBox="0 0 ${WIDTH} ${bottom + AXIS_HEIGHT}" role="img">` +
    `${axis.join('')}${lines.join('')}` +
    `<text class="unit" x="${LABEL_WIDTH - 14}" y="${bottom + 16}">${escapeHtml(unit)}</text></svg>`
  );
}

function toWhisker({ series, value, deviation }: Dot, x: (value: number) => number, y: number) {
  const from = x(value - deviation).toFixed(1);
  const to = x(value + deviation).toFixed(1);
  return `<line class="whisker ${series}" x1="${from}" y1="${y}" x2="${to}" y2="${y}"/>`;
}

function toDot({ series, value, title }: Dot, x: (value: number) => number, y: number) {
  const circle = `<circle class="dot ${series}" cx="${x(value).toFixed(1)}" cy="${y}" r="${RADIUS}">`;
  return `${circle}<title>${escapeHtml(title)}</title></circle>`;
}

function toShort(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  return value >= 1e3 ? `${value / 1e3} k` : String(Number(value.toPrecision(3)));
}
