import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { ThreadTask } from '../channel/host-task.js';

type PiscinaWorker = Parameters<
  NonNullable<NonNullable<ConstructorParameters<typeof Piscina>[0]>['loadBalancer']>
>[1][number];

/** One core is left to the thread that uses the clients. */
export const THREADS_MAX: number = Math.max(1, availableParallelism() - 1);
/** One that runs, and those that are about to end. */
const TASKS_A_THREAD = 1024;
const IDLE_TIMEOUT_MS = 1000;

/** Worker threads for one worker module, each of which runs many clients in one task. */
class WorkerPool {
  readonly #pool: Piscina;
  readonly #ready: WeakSet<Piscina['threads'][number]> = new WeakSet();
  /** Tasks that wait for a thread, first come, first served. Nobody but us tells them when none will be ready. */
  readonly #waiting: ((cause: unknown) => void)[] = [];
  #lastError: unknown;
  /** The last thread that was starting ended before it was ready: the pool still holds what waited for it. */
  #isBroken = false;

  constructor(workerUrl: string) {
    this.#pool = new Piscina({
      filename: fileURLToPath(workerUrl),
      minThreads: 0,
      maxThreads: THREADS_MAX,
      idleTimeout: IDLE_TIMEOUT_MS,
      concurrentTasksPerWorker: TASKS_A_THREAD,
      // A task lasts as long as there are clients: one that had to queue could wait for ever.
      maxQueue: 0,
      stricterFIFO: true,
      // With synchronous atomics a worker without tasks blocks its event loop, and with it sockets that are still closing.
      atomics: 'disabled',
      loadBalancer: (_task, workers) => {
        const worker = choose(workers);
        if (worker !== null) this.#waiting.shift();
        return worker;
      },
    });
    // A thread that dies rejects its tasks. One that dies before it was ready has none yet.
    this.#pool.on('error', (error: unknown) => {
      this.#lastError = error;
    });
    // Not told before it is ready.
    this.#pool.on('workerCreate', ({ id }: PiscinaWorker) => {
      const thread = this.#pool.threads.find(({ threadId }) => threadId === id);
      if (thread !== undefined) this.#ready.add(thread);
    });
    this.#pool.on('workerDestroy', () => {
      // What was wrong is told after this event.
      queueMicrotask(() => {
        this.#failWaiting();
      });
    });
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  async run(task: ThreadTask): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push(reject);
      this.#pool.run(task, { transferList: [task.port] }).then(resolve, reject);
    });
  }

  /** Tasks that wait are taken by whichever thread is ready first. They fail when the last one that was starting has ended. */
  #failWaiting(): void {
    if (this.#waiting.length === 0) return;
    if (this.#pool.threads.some((thread) => !this.#ready.has(thread))) return;
    this.#isBroken = true;
    const cause = this.#lastError ?? new Error('the thread ended before it was ready');
    for (const reject of this.#waiting.splice(0)) reject(cause);
  }
}

const pools: Map<string, WorkerPool> = new Map();

/**
 * Has a thread of the pool of this worker module carry out a task.
 *
 * @returns Resolves when it is done.
 * @throws What the thread has died of, or why it has never begun.
 */
export async function runOnWorker(task: ThreadTask, workerUrl: string): Promise<void> {
  let pool = pools.get(workerUrl);
  if (pool === undefined || pool.isBroken) {
    pool = new WorkerPool(workerUrl);
    pools.set(workerUrl, pool);
  }
  await pool.run(task);
}

/** An idle thread first, then a new one; only then one whose task may be about to end. */
function choose(workers: readonly PiscinaWorker[]): PiscinaWorker | null {
  const [first, ...others] = workers;
  if (first === undefined) return null;
  const least = others.reduce(
    (one, other) => (other.currentUsage < one.currentUsage ? other : one),
    first,
  );
  if (least.currentUsage > 0 && workers.length < THREADS_MAX) return null;
  return least.currentUsage < TASKS_A_THREAD ? least : null;
}
