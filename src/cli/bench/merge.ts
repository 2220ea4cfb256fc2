import { EXIT, type ExitCode, refuseUsage } from '../cli-error.js';
import { Distribution } from './distribution.js';
import { readHdrFile } from './hdr-file.js';
import { toMergedTable } from './print.js';
import type { Rates, Totals } from './result.js';

/** `gneiss bench merge`: what several machines have measured at the same time, as one. */
export function merge(paths: readonly string[], isJson: boolean): ExitCode {
  if (paths.length === 0)
    refuseUsage('files are missing', 'gneiss bench merge one.hlog other.hlog');
  const files = paths.map(readHdrFile);
  const distributions = new Map<string, Distribution>();
  for (const file of files) {
    for (const [name, distribution] of file.distributions) {
      const sum = distributions.get(name) ?? new Distribution();
      sum.add(distribution);
      distributions.set(name, sum);
    }
  }
  const merged = {
    files: files.length,
    totals: sumOf<Totals>(files.map(({ totals }) => totals)),
    rates: sumOf<Rates>(files.map(({ rates }) => rates)),
    latencyMs: distributions.get('latency')?.spread() ?? null,
    serviceMs: distributions.get('service')?.spread() ?? null,
    connectMs: distributions.get('connect')?.spread() ?? null,
    reconnectMs: distributions.get('reconnect')?.spread() ?? null,
    allBackMs: distributions.get('allBack')?.spread() ?? null,
  };
  process.stdout.write(isJson ? `${JSON.stringify(merged)}\n` : toMergedTable(merged));
  return EXIT.done;
}

/** Adds up what there is: null only where no file has a figure. */
function sumOf<T extends Totals | Rates>(records: readonly T[]): T {
  const sum: Record<string, number | null> = {};
  for (const record of records) {
    for (const [name, value] of Object.entries(record) as [string, number | null][])
      sum[name] = value === null ? (sum[name] ?? null) : (sum[name] ?? 0) + value;
  }
  return sum as T & Record<string, number | null>;
}
