import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Cost } from './result.js';

const MIB = 1024 * 1024;
const NS_A_MS = 1e6;
/** The resolution of the delay monitor: what it counts as delay begins beyond. */
const RESOLUTION_MS = 1;

/** What the load generator takes itself: processor, memory, and how late its main thread is. */
export class CostMeter {
  #cpu = process.cpuUsage();
  #at = performance.now();
  #utilization = performance.eventLoopUtilization();
  #residentMax = 0;
  #heapMax = 0;
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #intervalDelay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #intervalCpu = process.cpuUsage();
  #intervalAt = performance.now();

  constructor() {
    this.#delay.enable();
    this.#intervalDelay.enable();
  }

  /** The measurement begins. */
  begin(): void {
    this.#cpu = process.cpuUsage();
    this.#at = performance.now();
    this.#utilization = performance.eventLoopUtilization();
    this.#delay.reset();
    this.#residentMax = 0;
    this.#heapMax = 0;
  }

  /** What the time since the last call has taken. */
  interval(): {
    readonly cpuPercent: number;
    readonly residentMiB: number;
    readonly mainThreadDelayP99Ms: number;
  } {
    const { rss, heapUsed } = process.memoryUsage();
    this.#residentMax = Math.max(this.#residentMax, rss);
    this.#heapMax = Math.max(this.#heapMax, heapUsed);
    const cpuPercent = percentOf(this.#intervalCpu, this.#intervalAt);
    this.#intervalCpu = process.cpuUsage();
    this.#intervalAt = performance.now();
    const mainThreadDelayP99Ms = toDelay(this.#intervalDelay, 99);
    this.#intervalDelay.reset();
    return { cpuPercent, residentMiB: rss / MIB, mainThreadDelayP99Ms };
  }

  /**
   * What the measurement has taken.
   *
   * @param messages  Those that were sent or received in it.
   * @param isSpinning  Whether the main thread was kept busy without need.
   */
  end(messages: number, isSpinning: boolean): Cost {
    this.interval();
    const { user, system } = process.cpuUsage(this.#cpu);
    const cost = {
      cpuPercent: percentOf(this.#cpu, this.#at),
      cpuMicrosecondsAMessage: messages === 0 || isSpinning ? null : (user + system) / messages,
      residentMiBMax: this.#residentMax / MIB,
      heapMiBMax: this.#heapMax / MIB,
      mainThreadDelayMs: {
        p50: toDelay(this.#delay, 50),
        p99: toDelay(this.#delay, 99),
        max: toDelay(this.#delay, 100),
      },
      mainThreadBusyPercent: isSpinning
        ? null
        : 100 * performance.eventLoopUtilization(this.#utilization).utilization,
    };
    this.#delay.disable();
    this.#intervalDelay.disable();
    return cost;
  }
}

function percentOf(before: NodeJS.CpuUsage, at: number): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 10 / (performance.now() - at);
}

function toDelay(monitor: IntervalHistogram, percentile: number): number {
  const delay = monitor.percentile(percentile) / NS_A_MS - RESOLUTION_MS;
  return Number.isFinite(delay) ? Math.max(0, delay) : 0;
}
