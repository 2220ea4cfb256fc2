/** A measure over the repetitions of a run. */
export interface Summary {
  readonly median: number;
  /** Median absolute deviation. */
  readonly mad: number;
  readonly samples: readonly number[];
}

/** The q-quantile, between the two nearest samples where it falls between them; NaN without samples. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** Median and its deviation. */
export function summarise(samples: readonly number[]): Summary {
  const median = quantile(samples, 0.5);
  const mad = quantile(
    samples.map((sample) => Math.abs(sample - median)),
    0.5,
  );
  return { median, mad, samples };
}
