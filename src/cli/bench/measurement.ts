import { Distribution } from './distribution.js';
import type { Fairness, Rates, Totals } from './result.js';

/** Events of the whole run, counted. */
interface Counts {
  sent: number;
  acknowledged: number;
  failed: number;
  received: number;
  disconnections: number;
}

/** What is counted and timed in a run. Its latencies are of the messages that were to be sent within the measurement. */
export class Measurement {
  readonly latency = new Distribution();
  readonly service = new Distribution();
  readonly connect = new Distribution();
  readonly reconnect = new Distribution();
  /** Until the last client is back, in each round of a storm. */
  readonly allBack = new Distribution();
  /** Latencies of the second at hand, whichever phase it belongs to. */
  readonly second = new Distribution();
  readonly counts: Counts = { sent: 0, acknowledged: 0, failed: 0, received: 0, disconnections: 0 };
  #atBegin: Counts = { ...this.counts };
  #atEnd: Counts | null = null;
  #beginMs = Number.POSITIVE_INFINITY;
  #endMs = Number.POSITIVE_INFINITY;
  /** Events of each client within the measurement. */
  readonly #clients: Float64Array;

  /** @param clients Those among which it should go evenly. */
  constructor(clients: number) {
    this.#clients = new Float64Array(clients);
  }

  begin(nowMs: number): void {
    this.#beginMs = nowMs;
    this.#atBegin = { ...this.counts };
  }

  end(nowMs: number): void {
    this.#endMs = nowMs;
    this.#atEnd = { ...this.counts };
  }

  /** Seconds from beginning to end. */
  get seconds(): number {
    return Number.isFinite(this.#endMs) ? (this.#endMs - this.#beginMs) / 1000 : 0;
  }

  /** Something was done for a client; counts within the measurement. */
  served(client: number): void {
    if (this.#atEnd === null && Number.isFinite(this.#beginMs)) this.#clients[client]! += 1;
  }

  /** The answer to a message has come: its acknowledgement, or the message itself. */
  answered(intendedMs: number, sentMs: number, nowMs: number): void {
    const latency = nowMs - intendedMs;
    this.second.record(latency);
    if (intendedMs < this.#beginMs || intendedMs >= this.#endMs) return;
    this.latency.record(latency);
    this.service.record(nowMs - sentMs);
  }

  /** Events within the measurement. */
  get measured(): Counts {
    const end = this.#atEnd ?? this.counts;
    return {
      sent: end.sent - this.#atBegin.sent,
      acknowledged: end.acknowledged - this.#atBegin.acknowledged,
      failed: end.failed - this.#atBegin.failed,
      received: end.received - this.#atBegin.received,
      disconnections: end.disconnections - this.#atBegin.disconnections,
    };
  }

  rates(size: number, publishes: boolean, isAcknowledged: boolean, receives: boolean): Rates {
    const { sent, acknowledged, received } = this.measured;
    const per = (count: number): number => (this.seconds === 0 ? 0 : count / this.seconds);
    return {
      sent: publishes ? per(sent) : null,
      acknowledged: publishes && isAcknowledged ? per(acknowledged) : null,
      received: receives ? per(received) : null,
      megabytes: (per(publishes ? sent : received) * size) / 1e6,
    };
  }

  totals(
    isAcknowledged: boolean,
    receipts: Pick<Totals, 'lost' | 'duplicated' | 'outOfOrder'> | null,
  ): Totals {
    const { sent, acknowledged, failed, received, disconnections } = this.counts;
    return {
      sent,
      acknowledged: isAcknowledged ? acknowledged : null,
      failed,
      unanswered: isAcknowledged ? sent - acknowledged - failed : null,
      disconnections,
      received: receipts === null ? null : received,
      lost: receipts?.lost ?? null,
      duplicated: receipts?.duplicated ?? null,
      outOfOrder: receipts?.outOfOrder ?? null,
    };
  }

  fairness(): Fairness | null {
    const rates = [...this.#clients].map((count) => count / this.seconds).sort((a, b) => a - b);
    if (rates.length < 2 || this.seconds === 0) return null;
    const sum = rates.reduce((total, rate) => total + rate, 0);
    const squares = rates.reduce((total, rate) => total + rate * rate, 0);
    return {
      clients: rates.length,
      min: rates[0]!,
      median: rates[rates.length >> 1]!,
      max: rates.at(-1)!,
      index: squares === 0 ? 1 : (sum * sum) / (rates.length * squares),
    };
  }
}
