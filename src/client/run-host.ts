import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { HostTask } from '../channel/host-task.js';
import { MqttError } from '../errors/mqtt-error.js';
import { runOnWorker, workerDied } from './worker-pool.js';

type Run = (task: HostTask) => Promise<void>;

interface WorkerModule {
  readonly default: Run | { readonly default: Run };
}

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
    const url = workerUrl === undefined ? defaultWorkerUrl() : toUrl(workerUrl);
    if (thread === 'worker') await runOnWorker(task, url);
    else await runHere(task, url);
  } catch (cause) {
    if (cause instanceof MqttError) throw cause;
    throw workerDied(cause);
  }
}

/** Where the build puts the worker module: beside the file that this module is built into. A bundle may not know where it is itself. */
function defaultWorkerUrl(): URL {
  return new URL('./workers/mqtt-worker.js', import.meta.url);
}

function toUrl(place: string): URL {
  return isAbsolute(place) ? pathToFileURL(place) : new URL(place);
}

async function runHere(task: HostTask, url: URL): Promise<void> {
  // A bundler can not know what is imported here, and shall leave it.
  const worker = (await import(/* webpackIgnore: true */ url.href)) as WorkerModule;
  // What a CommonJS module exports is the default export as a whole.
  const run = typeof worker.default === 'function' ? worker.default : worker.default.default;
  await run(task);
}
