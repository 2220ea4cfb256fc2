import { randomBytes } from 'node:crypto';
import { build } from 'hdr-histogram-js';

const TICK_MS = 10;
/** A probe that has not come back by then counts as lost. */
const LOST_AFTER_SECONDS = 10;
/** Up to a minute, in microseconds. */
const HISTOGRAM = { lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 };
/** One message in so many is slower than the percentile: from the median to 1 in 10,000. */
const ODDS = [1, 2, 4, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/** Sends messages to itself through the broker, at a steady rate and without waiting for those before, and times them. */
export class Probe {
  /** A payload begins with the time at which it was sent. */
  static SIZE_MIN = 8;

  #client;
  #qos;
  #probes;
  #topic = `latency-dashboard/${randomBytes(8).toString('hex')}`;
  #payload;
  #sentAt;
  #perMs;
  #due = 0;
  #lastTick = 0;
  #timer;
  #began = performance.now();
  #sent = 0;
  #received = 0;
  /** Probes that could not be sent, for want of a connection or of room. */
  #unsent = 0;
  /** How many were sent by each of the latest snapshots. */
  #sentBefore = [];
  #last = { at: 0, sent: 0, received: 0, bytes: 0 };
  #latest = build(HISTOGRAM);
  #all = build(HISTOGRAM);

  /** @param plan `rate` in messages a second, `qos`, `size` of a payload in bytes, and `probes`: how many, perhaps Infinity. */
  constructor(client, { rate, qos, size, probes }) {
    this.#client = client;
    this.#qos = qos;
    this.#probes = probes;
    this.#payload = new Uint8Array(size);
    this.#sentAt = new DataView(this.#payload.buffer);
    this.#perMs = rate / 1000;
  }

  async start() {
    await this.#client.subscribe(this.#topic, { qos: this.#qos }, (message) =>
      this.#handle(message),
    );
    this.#lastTick = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** What there was since the last snapshot, and since the beginning. Times are in milliseconds. */
  snapshot() {
    const now = (performance.now() - this.#began) / 1000;
    const stats = this.#client.stats();
    const bytes = stats.bytesSent + stats.bytesReceived;
    const last = this.#last;
    const rateOf = (count, before) => (count - before) / (now - last.at);
    const sentLongAgo = this.#sentBefore.at(-LOST_AFTER_SECONDS) ?? 0;
    const snapshot = {
      at: now,
      connected: stats.connected === 1,
      sent: this.#sent,
      received: this.#received,
      unsent: this.#unsent,
      lost: Math.max(0, sentLongAgo - this.#received),
      sentRate: rateOf(this.#sent, last.sent),
      receivedRate: rateOf(this.#received, last.received),
      byteRate: rateOf(bytes, last.bytes),
      latest: summaryOf(this.#latest),
      all: summaryOf(this.#all),
      curve: ODDS.filter((odds) => odds <= this.#all.totalCount).map((odds) => [
        odds,
        this.#all.getValueAtPercentile(100 - 100 / odds) / 1000,
      ]),
    };
    this.#latest.reset();
    this.#last = { at: now, sent: this.#sent, received: this.#received, bytes };
    this.#sentBefore.push(this.#sent);
    if (this.#sentBefore.length > LOST_AFTER_SECONDS) this.#sentBefore.shift();
    return snapshot;
  }

  /** A tick that is late sends what was due meanwhile; but what this thread has missed for long is not made up for: a burst would measure itself. */
  #tick() {
    const now = performance.now();
    this.#due += this.#perMs * Math.min(now - this.#lastTick, 3 * TICK_MS);
    this.#lastTick = now;
    for (; this.#due >= 1 && this.#sent < this.#probes; this.#due--) {
      this.#sentAt.setFloat64(0, performance.now());
      if (this.#client.tryPublish(this.#topic, this.#payload, { qos: this.#qos })) this.#sent++;
      else this.#unsent++;
    }
  }

  #handle({ payload }) {
    const { buffer, byteOffset } = payload;
    const latency = performance.now() - new DataView(buffer, byteOffset).getFloat64(0);
    const microseconds = Math.min(HISTOGRAM.highestTrackableValue, Math.round(latency * 1000));
    this.#latest.recordValue(microseconds);
    this.#all.recordValue(microseconds);
    this.#received++;
  }
}

function summaryOf(histogram) {
  // The histogram answers with the upper end of the range that a value fell into, which may be above all of them.
  const at = (percentile) =>
    Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue) / 1000;
  const count = histogram.totalCount;
  if (count === 0) return { count, p50: null, p90: null, p99: null, p999: null, maximum: null };
  return {
    count,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    maximum: histogram.maxValue / 1000,
  };
}
