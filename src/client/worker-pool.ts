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
const CLIENTS_A_THREAD = 256;
const IDLE_TIMEOUT_MS = 1000;

/** Worker threads for one worker module, each of which runs many clients. */
class WorkerPool {
  readonly #pool: Piscina;
  #clients = 0;

  constructor(workerUrl: URL) {
    this.#pool = new Piscina({
      filename: fileURLToPath(workerUrl),
      minThreads: 0,
      maxThreads: THREADS_MAX,
      idleTimeout: IDLE_TIMEOUT_MS,
      concurrentTasksPerWorker: CLIENTS_A_THREAD,
      // A client is one task that lasts as long as it does: one that had to queue would wait for ever.
      maxQueue: 0,
      // With synchronous atomics a worker without tasks blocks its event loop, and with it sockets that are still closing.
      atomics: 'disabled',
      loadBalancer: balance,
    });
    // A thread that dies rejects its tasks; the pool itself has nothing to add.
    this.#pool.on('error', () => {});
  }

  async run(task: HostTask): Promise<void> {
    // Counted here: the pool would refuse the client and yet start it as soon as there is a place.
    if (this.#clients === THREADS_MAX * CLIENTS_A_THREAD)
      throw new MqttError('GNEISS_ERR_POOL_EXHAUSTED');
    this.#clients++;
    try {
      await this.#pool.run(task, { transferList: [task.port] });
    } catch (cause) {
      throw new MqttError('GNEISS_ERR_WORKER_DIED', { cause });
    } finally {
      this.#clients--;
    }
  }
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
  if (pool === undefined) {
    pool = new WorkerPool(workerUrl);
    pools.set(workerUrl.href, pool);
  }
  await pool.run(task);
}

/** An idle thread first, then a new one; only then do clients share. */
function balance(_task: unknown, workers: PiscinaWorker[]): PiscinaWorker | null {
  const [first, ...others] = workers;
  if (first === undefined) return null;
  const least = others.reduce(
    (one, other) => (other.currentUsage < one.currentUsage ? other : one),
    first,
  );
  if (least.currentUsage > 0 && workers.length < THREADS_MAX) return null;
  return least.currentUsage < CLIENTS_A_THREAD ? least : null;
}
