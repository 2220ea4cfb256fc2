import { OUT } from '../style.js';
import { createTable, describeRun } from './print.js';
import type { Result } from './result.js';
import { showCount, showMs, showRatio } from './units.js';

/** Libraries that are compared, in the order of the runs, and what they are called. */
export const LIBRARIES = { mqttjs: 'MQTT.js', gneiss: 'gneiss-mqtt' } as const;
export type Library = keyof typeof LIBRARIES;
export const LIBRARY_NAMES = Object.keys(LIBRARIES) as readonly Library[];

/** Runs that stood next to each other: one with each library. */
export type Round = Readonly<Record<Library, Result>>;

interface Figure {
  readonly title: string;
  readonly of: (result: Result) => number | null;
  readonly show: (value: number) => string;
}

const FIGURES: Readonly<Record<string, Figure>> = {
  receivedRate: {
    title: 'received, messages/s',
    of: ({ rates }) => rates.received,
    show: showCount,
  },
  latencyP50Ms: {
    title: 'latency p50',
    of: ({ latencyMs }) => latencyMs?.p50 ?? null,
    show: showMs,
  },
  latencyP99Ms: {
    title: 'latency p99',
    of: ({ latencyMs }) => latencyMs?.p99 ?? null,
    show: showMs,
  },
  latencyMaxMs: {
    title: 'latency max',
    of: ({ latencyMs }) => latencyMs?.max ?? null,
    show: showMs,
  },
  lost: { title: 'lost, messages', of: ({ totals }) => totals.lost, show: showCount },
  cpuMicrosecondsAMessage: {
    title: 'CPU a message, µs',
    of: ({ cost }) => cost.cpuMicrosecondsAMessage,
    show: (value) => value.toFixed(2),
  },
  mainThreadBusyPercent: {
    title: 'main thread busy, %',
    of: ({ cost }) => cost.mainThreadBusyPercent,
    show: (value) => value.toFixed(0),
  },
  mainThreadDelayP99Ms: {
    title: 'main thread late, p99',
    of: ({ cost }) => cost.mainThreadDelayMs.p99,
    show: showMs,
  },
  mainThreadDelayMaxMs: {
    title: 'main thread late, max',
    of: ({ cost }) => cost.mainThreadDelayMs.max,
    show: showMs,
  },
  residentMiB: {
    title: 'memory, MiB',
    of: ({ cost }) => cost.residentMiBMax,
    show: (value) => value.toFixed(0),
  },
};

/** Names of the figures that are compared. */
export const FIGURE_NAMES = Object.keys(FIGURES);

/** What a run has of each figure, in the order of {@link FIGURE_NAMES}; null where it has none. */
export function figuresOf(result: Result): readonly (number | null)[] {
  return Object.values(FIGURES).map(({ of }) => of(result));
}

/** Where the runs lie. */
export interface Center {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** A figure of both libraries. */
type Compared = Readonly<Record<Library, Center>> & {
  /** How many times the first library the second is, within each round; null where one of them has 0. */
  readonly ratio: Center | null;
};

/** Each figure that all runs have. */
export function compareRounds(rounds: readonly Round[]): Readonly<Record<string, Compared>> {
  const compared: Record<string, Compared> = {};
  for (const [name, { of }] of Object.entries(FIGURES)) {
    const pairs = rounds.map(({ mqttjs, gneiss }) => [of(mqttjs), of(gneiss)] as const);
    const present = pairs.filter((pair): pair is readonly [number, number] => !pair.includes(null));
    if (present.length < rounds.length) continue;
    const ratios = present.flatMap(([theirs, ours]) =>
      theirs > 0 && ours > 0 ? [ours / theirs] : [],
    );
    compared[name] = {
      mqttjs: toCenter(present.map(([theirs]) => theirs)),
      gneiss: toCenter(present.map(([, ours]) => ours)),
      ratio: ratios.length < rounds.length ? null : toCenter(ratios),
    };
  }
  return compared;
}

/** @param values At least one. */
export function toCenter(values: readonly number[]): Center {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle]!;
  return {
    median: sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2,
    min: sorted[0]!,
    max: sorted.at(-1)!,
  };
}

/** The figures side by side, as people read them. */
export function toComparison(rounds: readonly Round[]): string {
  const { plan, environment } = rounds[0]!.gneiss;
  const isRepeated = rounds.length > 1;
  const spread = isRepeated ? ['±'] : [];
  const columns = ['', LIBRARIES.mqttjs, ...spread, LIBRARIES.gneiss, ...spread, '÷', ...spread];
  const table = createTable(columns);
  for (const [name, { mqttjs, gneiss, ratio }] of Object.entries(compareRounds(rounds))) {
    const { title, show } = FIGURES[name]!;
    const around = (center: Center | null): string[] =>
      isRepeated ? [OUT.dim(center === null ? NOTHING : showSpread(center))] : [];
    table.push([
      title,
      show(mqttjs.median),
      ...around(mqttjs),
      OUT.bold(show(gneiss.median)),
      ...around(gneiss),
      ratio === null ? OUT.dim(NOTHING) : showRatio(ratio.median),
      ...around(ratio),
    ]);
  }
  const heading = `${OUT.bold('bench compare')}  ${environment['broker'] ?? ''}`;
  const load = `${describeRun(rounds[0]!.gneiss)}\n${plan['load']}`;
  const remark = isRepeated
    ? `\n\n${OUT.dim(`${rounds.length} runs each, in turns: medians ± the run that is farthest off; ÷ is that of neighbours`)}`
    : '';
  return `${heading}\n${OUT.dim(load)}\n\n${table.toString()}${remark}\n`;
}

/** Stands where there is no figure. */
const NOTHING = '–';

/** How far the run that is farthest off is from the median. */
function showSpread({ median, min, max }: Center): string {
  if (median === 0) return NOTHING;
  return `${((100 * Math.max(max - median, median - min)) / median).toFixed(0)} %`;
}
