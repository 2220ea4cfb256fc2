import { writeFileSync } from 'node:fs';
import { HistogramLogWriter } from 'hdr-histogram-js';
import { refuseUsage } from '../cli-error.js';
import { readInput } from '../connection.js';
import { Distribution } from './distribution.js';
import type { Measurement } from './measurement.js';
import type { Rates, Result, Totals } from './result.js';

/** What a file holds: distributions by name, and figures that can be added up. */
export interface HdrFile {
  readonly distributions: ReadonlyMap<string, Distribution>;
  readonly totals: Totals;
  readonly rates: Rates;
}

const TOTALS = '[gneiss ';
const US_A_MS = 1000;

/**
 * Writes the distributions of a run as an HdrHistogram log, version 1.3: each under its tag, in microseconds (maxima in
 * milliseconds). A comment holds what histograms can not.
 */
export function writeHdrFile(path: string, measurement: Measurement, result: Result): void {
  let text = '';
  const writer = new HistogramLogWriter((piece: string) => {
    text += piece;
  });
  const { totals, rates, startedAt, seconds } = result;
  const startMs = Date.parse(startedAt);
  writer.outputLogFormatVersion();
  writer.outputComment(`${TOTALS}${JSON.stringify({ totals, rates })}]`);
  writer.outputStartTime(startMs);
  writer.outputLegend();
  for (const name of ['latency', 'service', 'connect', 'reconnect', 'allBack'] as const) {
    const { histogram, count } = measurement[name];
    if (count === 0) continue;
    histogram.tag = name;
    writer.outputIntervalHistogram(histogram, startMs / 1000, startMs / 1000 + seconds, US_A_MS);
  }
  writeFileSync(path, text);
}

/** Reads a file of {@link writeHdrFile}. @throws {CliError} */
export function readHdrFile(path: string): HdrFile {
  const lines = readInput(path, 'merge').toString('utf8').split('\n');
  const comment = lines.find((line) => line.startsWith(`#${TOTALS}`));
  if (comment === undefined) return refuseUsage(`${path} is not a file of gneiss bench --hdr`);
  const { totals, rates } = JSON.parse(comment.slice(TOTALS.length + 1, -1)) as HdrFile;
  const distributions = new Map<string, Distribution>();
  for (const line of lines) {
    const [, name, encoded] = /^Tag=([^,]+),[^,]+,[^,]+,[^,]+,(.+)$/.exec(line) ?? [];
    if (name !== undefined && encoded !== undefined)
      distributions.set(name, Distribution.decode(encoded));
  }
  return { distributions, totals, rates };
}
