import { GCProfiler, getHeapStatistics } from 'node:v8';

/** What this thread has done to its heap over a stretch of time. */
export interface HeapUse {
  /** All that was allocated, whether it lived on or not. */
  readonly allocatedBytes: number;
  readonly collectionMs: number;
}

/** Adds up what every collection has found, so that nothing is missed that was gone before the end. */
export class HeapWatch {
  readonly #profiler = new GCProfiler();
  readonly #usedBefore: number;

  /** Starts here. */
  constructor() {
    this.#profiler.start();
    this.#usedBefore = getHeapStatistics().used_heap_size;
  }

  /** Ends here. */
  end(): HeapUse {
    const usedAfter = getHeapStatistics().used_heap_size;
    const { statistics } = this.#profiler.stop();
    let freed = 0;
    let microseconds = 0;
    for (const { beforeGC, afterGC, cost } of statistics) {
      freed += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize;
      microseconds += cost;
    }
    return {
      allocatedBytes: usedAfter - this.#usedBefore + freed,
      collectionMs: microseconds / 1_000,
    };
  }
}
