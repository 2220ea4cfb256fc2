import { performance } from 'node:perf_hooks';
import type { BenchClient } from '../clients/client.js';
import { topicNames } from '../peers/frames.js';
import { quantile } from '../statistics.js';
import { type LaneContext, type RunResult, sleep } from './lane.js';
import { type Load, openAll } from './load.js';
import type { Measures } from './metrics.js';
import { StallWatch, Stretch } from './stretch.js';

/** Promises that may be pending, so that a client that can not keep up comes to an end; its rate tells. */
const PENDING_MAX = 16_384;

/** Publishing at a steady rate: what it leaves of the main thread and, where there are acknowledgements, how late they are. */
export async function publishPaced(context: LaneContext, load: Load): Promise<RunResult> {
  const [client] = await openAll(context, load);
  const pace = new Pace(client!, load, load.rate!);
  await sleep(context.warmupSeconds);
  const before = pace.published;
  pace.forgetRoundTrips();
  const stalls = new StallWatch();
  const stretch = new Stretch([client!]);
  await sleep(context.seconds);
  const measures = { ...stretch.end(pace.published - before), ...stalls.end() };
  const published = await pace.stop();
  return { measures: { ...measures, ...pace.roundTrips() }, published };
}

/** Publishes every millisecond what is due. */
class Pace {
  published = 0;
  readonly #client: BenchClient;
  readonly #load: Load;
  readonly #topics: readonly string[];
  readonly #payload: Uint8Array;
  readonly #rate: number;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #pending = 0;
  #microseconds: number[] = [];
  #failure: unknown;

  constructor(client: BenchClient, load: Load, rate: number) {
    this.#client = client;
    this.#load = load;
    this.#topics = topicNames(load.topics);
    this.#payload = new Uint8Array(load.payloadBytes).fill(0x61);
    this.#rate = rate;
    this.#timer = setInterval(() => this.#tick(), 1);
  }

  forgetRoundTrips(): void {
    this.#microseconds = [];
  }

  roundTrips(): Measures {
    return this.#load.qos === 0 ? {} : toRoundTrips(this.#microseconds);
  }

  /** Resolves with the number of messages once the peer has them all. */
  async stop(): Promise<number> {
    clearInterval(this.#timer);
    await this.#client.publish(this.#topics[0]!, this.#payload, 1);
    while (this.#pending > 0 && this.#failure === undefined) await sleep(0.001);
    if (this.#failure !== undefined) throw new Error('A publish failed', { cause: this.#failure });
    return this.published + 1;
  }

  #tick(): void {
    const due = Math.floor(((performance.now() - this.#startedAt) * this.#rate) / 1_000);
    while (this.published < due) {
      const topic = this.#topics[this.published % this.#topics.length]!;
      if (this.#load.qos === 0) {
        if (!this.#client.post(topic, this.#payload)) return;
      } else {
        if (this.#pending === PENDING_MAX) return;
        this.#publish(topic);
      }
      this.published += 1;
    }
  }

  /** Counts the round trip from when it was due: a thread that is late must not look quick. */
  #publish(topic: string): void {
    const dueAt = this.#startedAt + Math.ceil((this.published * 1_000) / this.#rate);
    this.#pending += 1;
    this.#client.publish(topic, this.#payload, this.#load.qos).then(
      () => {
        this.#pending -= 1;
        this.#microseconds.push((performance.now() - dueAt) * 1_000);
      },
      (error: unknown) => {
        this.#failure = error;
      },
    );
  }
}

/** The distribution of round trips. */
export function toRoundTrips(microseconds: readonly number[]): Measures {
  return {
    p50Us: quantile(microseconds, 0.5),
    p99Us: quantile(microseconds, 0.99),
    p999Us: quantile(microseconds, 0.999),
    maxUs: quantile(microseconds, 1),
  };
}
