import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';
import { PERCENTILES, type Spread } from './result.js';

/** Microseconds: finer than any clock here is worth, and coarse enough for numbers of 32 bits up to half an hour. */
const MICROSECONDS_MAX = 0x7fff_ffff;

/** Times in an HDR histogram of three significant digits. */
export class Distribution {
  readonly #histogram: Histogram;

  constructor(histogram: Histogram = create()) {
    this.#histogram = histogram;
  }

  /** Reads what {@link encode} has written. @throws {Error} */
  static decode(text: string): Distribution {
    const distribution = new Distribution();
    distribution.#histogram.add(decodeFromCompressedBase64(text, 32, false));
    return distribution;
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** The underlying histogram, for the log writer. */
  get histogram(): Histogram {
    return this.#histogram;
  }

  record(ms: number): void {
    this.#histogram.recordValue(Math.min(MICROSECONDS_MAX, Math.max(0, Math.round(ms * 1000))));
  }

  add(other: Distribution): void {
    this.#histogram.add(other.#histogram);
  }

  reset(): void {
    this.#histogram.reset();
  }

  /** Milliseconds. */
  percentile(percentile: number): number {
    const { maxValue } = this.#histogram;
    return Math.min(this.#histogram.getValueAtPercentile(percentile), maxValue) / 1000;
  }

  get maxMs(): number {
    return this.#histogram.maxValue / 1000;
  }

  /** Null when there is nothing in it. */
  spread(): Spread | null {
    const histogram = this.#histogram;
    if (histogram.totalCount === 0) return null;
    const percentiles = Object.fromEntries(
      PERCENTILES.map((name) => [name, this.percentile(Number(name.slice(1)))]),
    ) as Record<(typeof PERCENTILES)[number], number>;
    return {
      ...percentiles,
      // The smallest that is not 0: below a microsecond there is none.
      min: histogram.minNonZeroValue > MICROSECONDS_MAX ? 0 : histogram.minNonZeroValue / 1000,
      mean: histogram.mean / 1000,
      stdev: histogram.stdDeviation / 1000,
      max: this.maxMs,
      count: histogram.totalCount,
    };
  }

  /** In HdrHistogram's compressed format, version 2. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }
}

function create(): Histogram {
  return build({
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: MICROSECONDS_MAX,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
}
