import { performance } from 'node:perf_hooks';
import type { PayloadHandler } from '../clients/client.js';
import { TOPIC_FILTER, WINDOW } from '../peers/frames.js';
import { type Lane, type LaneContext, openFor, type RunResult, sleep } from './lane.js';
import { Stretch } from './stretch.js';
import { Tally } from './tally.js';

/** What the handler takes for a message, so that it falls behind any client: 50,000 messages a second. */
const HANDLER_MS = 0.02;

/** Period of the memory samples. */
const SAMPLE_MS = 50;

/** How the handler falls behind. */
export type Slowness = 'blocking' | 'awaited';

/** A flood at QoS 1 into a handler that falls behind: memory must stay bounded and nothing may be lost. */
export function floodLane(name: string, slowness: Slowness, payloadBytes: number): Lane {
  const how = slowness === 'blocking' ? 'blocks the thread' : 'returns a promise that settles late';
  return {
    name,
    title: `flood at QoS 1, ${payloadBytes} bytes, into a handler that ${how}`,
    peer: {
      kind: 'source',
      shape: { qos: 1, payloadBytes, topics: 16, version: 5, extras: 'none' },
      rate: null,
      window: WINDOW,
    },
    road: 'mqtt',
    clients: ['mqttjs', 'gneiss'],
    isCore: true,
    seconds: 30,
    repetitions: 1,
    run: (context) => flood(context, slowness, payloadBytes),
  };
}

async function flood(
  context: LaneContext,
  slowness: Slowness,
  payloadBytes: number,
): Promise<RunResult> {
  const client = await openFor(context);
  const tally = new Tally(payloadBytes);
  const work = slowness === 'blocking' ? new BlockingWork() : new AwaitedWork();
  const handler: PayloadHandler = (payload) => {
    tally.take(payload);
    return work.take();
  };

  const rssBefore = process.memoryUsage.rss();
  let rssMax = rssBefore;
  const sampler = setInterval(() => {
    rssMax = Math.max(rssMax, process.memoryUsage.rss());
  }, SAMPLE_MS);
  await client.subscribe(TOPIC_FILTER, 1, handler, slowness === 'awaited');
  const stretch = new Stretch([client]);
  await sleep(context.seconds);
  const measures = stretch.end(tally.count);
  work.finish();
  const lost = await tally.finish(client);
  clearInterval(sampler);
  return { measures: { ...measures, rssGrowthMiB: (rssMax - rssBefore) / 2 ** 20, lost } };
}

interface Work {
  /** The work for one message. */
  take(): void | Promise<void>;
  /** What is still to come costs nothing. */
  finish(): void;
}

/** Work that keeps the thread busy. */
class BlockingWork implements Work {
  #costMs = HANDLER_MS;

  take(): void {
    const until = performance.now() + this.#costMs;
    while (performance.now() < until);
  }

  finish(): void {
    this.#costMs = 0;
  }
}

/** Messages that the store takes at once. */
const BATCH = Math.round(1 / HANDLER_MS);

/**
 * Work that waits its turn, as for a store that takes one batch of messages a millisecond. The messages of a batch share their
 * promise, so that hardly any of the memory measured is this one's.
 */
class AwaitedWork implements Work {
  #batches: { readonly stored: Promise<void>; settle(): void }[] = [];
  #inLastBatch = BATCH;
  #finished = false;
  readonly #timer = setInterval(() => this.#batches.shift()?.settle(), 1);

  take(): void | Promise<void> {
    if (this.#finished) return;
    if (this.#inLastBatch === BATCH || this.#batches.length === 0) {
      let settle = (): void => undefined;
      const stored = new Promise<void>((resolve) => {
        settle = resolve;
      });
      this.#batches.push({ stored, settle });
      this.#inLastBatch = 0;
    }
    this.#inLastBatch += 1;
    return this.#batches.at(-1)?.stored;
  }

  finish(): void {
    this.#finished = true;
    clearInterval(this.#timer);
    for (const { settle } of this.#batches.splice(0)) settle();
  }
}
