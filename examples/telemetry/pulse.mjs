import { performance } from 'node:perf_hooks';

const TICKS_PER_SECOND = 60;
const PERIOD_MS = 1000 / TICKS_PER_SECOND;

/** What a user interface would feel: a ticker on the main thread, how late it gets, and how busy the thread is. */
export class Pulse {
  #begin = performance.now();
  #tick = 0;
  #timer = null;
  #atBegin = performance.eventLoopUtilization();
  #atLap = this.#atBegin;
  /** How late the latest tick came, in milliseconds. */
  stall = 0;
  /** Largest resident memory of the process that was seen, in bytes. */
  memory = 0;

  constructor() {
    this.#schedule();
  }

  /** Share of the time that the thread was busy since the last call, 0 to 1. */
  lap() {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#atLap);
    this.#atLap = now;
    this.memory = Math.max(this.memory, process.memoryUsage.rss());
    return utilization;
  }

  /** Ends it. @returns What there was from begin to end. */
  stop() {
    this.lap();
    clearTimeout(this.#timer);
    const { utilization } = performance.eventLoopUtilization(this.#atBegin);
    return { utilization, stall: this.stall, memory: this.memory };
  }

  #schedule() {
    const due = this.#begin + ++this.#tick * PERIOD_MS;
    this.#timer = setTimeout(() => {
      const late = performance.now() - due;
      this.stall = Math.max(this.stall, late);
      // Ticks that were missed are not made up for.
      this.#tick += Math.max(0, Math.floor(late / PERIOD_MS));
      this.#schedule();
    }, due - performance.now());
  }
}
