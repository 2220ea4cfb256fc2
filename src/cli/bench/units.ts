/** A time in milliseconds, with three digits and the unit that fits. */
export function showMs(ms: number): string {
  if (ms < 1) return `${digits(ms * 1000)} µs`;
  return ms < 1000 ? `${digits(ms)} ms` : `${digits(ms / 1000)} s`;
}

/** A count or rate, short: 1,234 or 56.7k. */
export function showRate(rate: number): string {
  if (rate >= 1e6) return `${digits(rate / 1e6)}M`;
  return rate >= 1e5 ? `${digits(rate / 1e3)}k` : showCount(rate);
}

/** Bytes a second, of millions of them. */
export function showBytesRate(megabytes: number): string {
  return megabytes < 1 ? `${digits(megabytes * 1000)} kB/s` : `${digits(megabytes)} MB/s`;
}

/** A whole number, with its thousands apart. */
export function showCount(count: number): string {
  return count.toLocaleString('en', { maximumFractionDigits: count < 10 ? 2 : 0 });
}

/** How many times one thing another is. */
export function showRatio(ratio: number): string {
  if (ratio < 1) return ratio.toFixed(3);
  return ratio < 1000 ? digits(ratio) : showCount(ratio);
}

function digits(number: number): string {
  return number >= 100 ? number.toFixed(0) : number.toPrecision(3);
}
