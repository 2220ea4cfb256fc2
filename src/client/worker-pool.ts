import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { HostTask } from '../channel/host-task.js';
import { MqttError } from '../errors/mqtt-error.js';

type PiscinaWorker = Parameters<
  NonNullable<NonNullable<ConstructorParameters<typeof Piscina>[0]>['loadBalancer']>
>[1][number];

/** One core is left to the thread that uses the clients. */
const THREADS_MAX = Math.max(1, availableParallelism() - 1);
const CLIENTS_A_THREAD = 1024;
const IDLE_TIMEOUT_MS = 1000;

/** Worker threads for one worker module, each of which runs many clients. */
class WorkerPool {
  readonly #pool: Piscina;
  #clients = 0;
  readonly #ready: WeakSet<Piscina['threads'][number]> = new WeakSet();
  /** Clients that wait for a thread, first come, first served. Nobody but us tells them when none will be ready. */
  readonly #waiting: ((cause: unknown) => void)[] = [];
  #lastError: unknown;
  /** The last thread that was starting ended before it was ready: the pool still holds what waited for it. */
  #isBroken = false;

  constructor(workerUrl: URL) {
    this.#pool = new Piscina({
      filename: fileURLToPath(workerUrl),
      minThreads: 0,
      maxThreads: THREADS_MAX,
      idleTimeout: IDLE_TIMEOUT_MS,
      concurrentTasksPerWorker: CLIENTS_A_THREAD,
      // A client is one task that lasts as long as it does: one that had to queue would wait for ever.
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

  async run(task: HostTask): Promise<void> {
    // Counted here: the pool would refuse the client and yet start it as soon as there is a place.
    if (this.#clients === THREADS_MAX * CLIENTS_A_THREAD)
      throw new MqttError('GNEISS_ERR_POOL_EXHAUSTED');
    this.#clients++;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(reject);
        this.#pool.run(task, { transferList: [task.port] }).then(resolve, reject);
      });
    } catch (cause) {
      throw workerDied(cause);
    } finally {
      this.#clients--;
    }
  }

  /** Those who wait, wait for a thread that is starting: any takes them. They fail when the last one of these has ended. */
  #failWaiting(): void {
    if (this.#waiting.length === 0) return;
    if (this.#pool.threads.some((thread) => !this.#ready.has(thread))) return;
    this.#isBroken = true;
    const cause = this.#lastError ?? new Error('the thread ended before it was ready');
    for (const reject of this.#waiting.splice(0)) reject(cause);
  }
}

/** What a client ends with whose thread has died, or has never begun. Often a bundler has moved a file, so the message says which. */
export function workerDied(cause: unknown): MqttError {
  const detail = cause instanceof Error ? cause.message : undefined;
  return new MqttError('GNEISS_ERR_WORKER_DIED', { detail, cause });
}

const pools: Map<string, WorkerPool> = new Map();

/**
 * Runs the protocol of a client on a thread of the pool of its worker module.
 *
 * @returns Resolves when the client was closed.
 * @throws {MqttError} `GNEISS_ERR_POOL_EXHAUSTED`, `GNEISS_ERR_WORKER_DIED`.
 */
export async function runOnWorker(task: HostTask, workerUrl: URL): Promise<void> {
  let pool = pools.get(workerUrl.href);
  if (pool === undefined || pool.isBroken) {
    pool = new WorkerPool(workerUrl);
    pools.set(workerUrl.href, pool);
  }
  await pool.run(task);
}

/** An idle thread first, then a new one; only then do clients share. */
function choose(workers: readonly PiscinaWorker[]): PiscinaWorker | null {
  const [first, ...others] = workers;
  if (first === undefined) return null;
  const least = others.reduce(
    (one, other) => (other.currentUsage < one.currentUsage ? other : one),
    first,
  );
  if (least.currentUsage > 0 && workers.length < THREADS_MAX) return null;
  return least.currentUsage < CLIENTS_A_THREAD ? least : null;
}
