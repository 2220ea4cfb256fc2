import { performance } from 'node:perf_hooks';
import type { BenchClient, Counters } from '../clients/client.js';
import { HeapWatch } from '../heap-watch.js';
import type { Measures } from './metrics.js';

/** A stretch of time under load: what the clock, the CPU, the event loop and the clients' counters say at its ends. */
export class Stretch {
  readonly #clients: readonly BenchClient[];
  readonly #counters: Counters | null;
  readonly #heap = new HeapWatch();
  readonly #cpu = process.cpuUsage();
  readonly #loop = performance.eventLoopUtilization();
  readonly #startedAt = performance.now();

  /** Starts here. @param clients Those whose counters are read; none for a raw run. */
  constructor(clients: readonly BenchClient[]) {
    this.#clients = clients;
    this.#counters = sumOfCounters(clients);
  }

  /** Ends here; `messages` were carried in between. */
  end(messages: number): Measures {
    const elapsedMs = performance.now() - this.#startedAt;
    const { utilization } = performance.eventLoopUtilization(this.#loop);
    const { user, system } = process.cpuUsage(this.#cpu);
    const { allocatedBytes, collectionMs } = this.#heap.end();
    return {
      rate: (messages * 1_000) / elapsedMs,
      cpuNs: ((user + system) * 1_000) / messages,
      mainNs: (utilization * elapsedMs * 1e6) / messages,
      utilisationPercent: utilization * 100,
      gcPercent: (100 * collectionMs) / elapsedMs,
      allocatedBytes: allocatedBytes / messages,
      rssMiB: process.resourceUsage().maxRSS / 1_024,
      ...this.#countsPer(messages),
    };
  }

  #countsPer(messages: number): Measures {
    const before = this.#counters;
    const after = sumOfCounters(this.#clients);
    if (before === null || after === null) return {};
    const per = (counter: keyof Counters, count: number): number =>
      ((after[counter] - before[counter]) * count) / messages;
    return {
      portPosts: per('portPosts', 1_000),
      socketWrites: per('socketWrites', 1_000),
      socketReads: per('socketReads', 1_000),
      copiesOut: per('copiesOut', 1),
      copiesIn: per('copiesIn', 1),
    };
  }
}

/** Period of the timer that finds stalls: one shows as what the timer is late. */
const STALL_PERIOD_MS = 10;

/** Finds the longest time for which this thread's event loop did not turn; unlike a histogram, also one that lasts to the end. */
export class StallWatch {
  #last = performance.now();
  #longest = 0;
  readonly #timer = setInterval(() => this.#look(), STALL_PERIOD_MS);

  /** Ends here. */
  end(): Measures {
    clearInterval(this.#timer);
    this.#look();
    return { stallMs: this.#longest };
  }

  #look(): void {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#last - STALL_PERIOD_MS);
    this.#last = now;
  }
}

function sumOfCounters(clients: readonly BenchClient[]): Counters | null {
  let sum: Counters | null = null;
  for (const client of clients) {
    const counters = client.counters();
    if (counters === null) return null;
    sum = sum === null ? counters : add(sum, counters);
  }
  return sum;
}

function add(a: Counters, b: Counters): Counters {
  return {
    portPosts: a.portPosts + b.portPosts,
    socketWrites: a.socketWrites + b.socketWrites,
    socketReads: a.socketReads + b.socketReads,
    copiesOut: a.copiesOut + b.copiesOut,
    copiesIn: a.copiesIn + b.copiesIn,
  };
}
