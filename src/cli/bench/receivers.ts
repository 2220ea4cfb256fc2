import type { LoadClient } from './load-client.js';
import type { Measurement } from './measurement.js';
import type { Plan } from './plan.js';
import type { Totals } from './result.js';
import { Sequence } from './sequence.js';
import { monotonicMs, readStamp, type Stamp } from './stamp.js';

/** More publishers than any run has; and as many runs as fit beside it into an exact number. */
const PUBLISHERS_MAX = 2 ** 20;

/** The subscribers of a run, and what they get. */
export class Receivers {
  readonly #plan: Plan;
  readonly #measurement: Measurement;
  /** Undefined: messages of any run are taken. */
  readonly #run: number | undefined;
  /** For each subscriber, by publisher. */
  readonly #sequences: Map<number, Sequence>[] = [];
  /** Called with the publisher of each message. */
  onMessage: (publisher: number) => void = () => {};

  constructor(plan: Plan, measurement: Measurement, run: number | undefined) {
    this.#plan = plan;
    this.#measurement = measurement;
    this.#run = run;
  }

  async subscribe(client: LoadClient, index: number, filter: string): Promise<void> {
    const sequences = new Map<number, Sequence>();
    this.#sequences.push(sequences);
    const { counts } = this.#measurement;
    const stamp: Stamp = { run: 0, publisher: 0, sequence: 0, intended: 0, sent: 0 };
    // Of a publisher that is not ours nobody knows where it began.
    const fromZero = this.#run !== undefined;
    const isFair = this.#plan.publishers === 0 || this.#plan.isEcho;
    await client.subscribe(filter, (payload) => {
      if (!readStamp(payload, stamp)) {
        if (fromZero) return;
        counts.received++;
        this.#measurement.served(index);
        return;
      }
      if (fromZero && stamp.run !== this.#run) return;
      counts.received++;
      if (isFair) this.#measurement.served(index);
      this.#measurement.answered(stamp.intended, stamp.sent, monotonicMs());
      const key = stamp.run * PUBLISHERS_MAX + stamp.publisher;
      let sequence = sequences.get(key);
      if (sequence === undefined) {
        sequence = new Sequence(fromZero);
        sequences.set(key, sequence);
      }
      sequence.take(stamp.sequence);
      this.onMessage(stamp.publisher);
    });
  }

  /** Different messages that have come, at all subscribers. */
  get unique(): number {
    return this.#sum(({ unique }) => unique);
  }

  /** @param expected Messages that should have come; undefined: nobody knows, and only gaps count. */
  receipts(expected: number | undefined): Pick<Totals, 'lost' | 'duplicated' | 'outOfOrder'> {
    return {
      lost:
        expected === undefined
          ? this.#sum(({ missing }) => missing)
          : Math.max(0, expected - this.unique),
      duplicated: this.#sum(({ duplicated }) => duplicated),
      outOfOrder: this.#sum(({ outOfOrder }) => outOfOrder),
    };
  }

  #sum(figure: (sequence: Sequence) => number): number {
    let sum = 0;
    for (const sequences of this.#sequences)
      for (const sequence of sequences.values()) sum += figure(sequence);
    return sum;
  }
}
