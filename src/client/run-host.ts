import type { HostTask } from '../channel/host-task.js';
import { MqttError } from '../errors/mqtt-error.js';
import { runOnWorker } from './worker-pool.js';

/** Where the build puts the worker module: beside the file that this module is built into. */
const DEFAULT_WORKER_URL = new URL('./workers/mqtt-worker.js', import.meta.url);

/**
 * Runs the protocol of a client: on a worker thread, or on this one, where the very same module is loaded.
 *
 * @returns Resolves when the client was closed.
 * @throws {MqttError} `GNEISS_ERR_POOL_EXHAUSTED`, `GNEISS_ERR_WORKER_DIED`.
 */
export async function runHost(
  task: HostTask,
  thread: 'worker' | 'inline',
  workerUrl: string | undefined,
): Promise<void> {
  try {
    const url = workerUrl === undefined ? DEFAULT_WORKER_URL : new URL(workerUrl);
    if (thread === 'worker') {
      await runOnWorker(task, url);
      return;
    }
    const worker = (await import(url.href)) as { default: (task: HostTask) => Promise<void> };
    await worker.default(task);
  } catch (cause) {
    if (cause instanceof MqttError) throw cause;
    throw new MqttError('GNEISS_ERR_WORKER_DIED', { cause });
  }
}
