import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ControlRequest } from '../channel/control-messages.js';
import type { HostTask, PortToHost, ThreadTask } from '../channel/host-task.js';
import { type HostOwner, HostThreads, noHost, type RunThread } from './host-threads.js';
import { runOnWorker, THREADS_MAX } from './worker-pool.js';

interface WorkerModule {
  readonly default: RunThread | { readonly default: RunThread };
}

const CLIENTS_A_THREAD = 1024;
const WORKERS = { threads: THREADS_MAX, clientsEach: CLIENTS_A_THREAD };
const THIS_THREAD = { threads: 1, clientsEach: Number.POSITIVE_INFINITY };

/** The threads of each kind, by worker module. */
const threads = { worker: new Map<string, HostThreads>(), inline: new Map<string, HostThreads>() };

/** Where the build puts the worker module: beside the file that this module is built into. */
let defaultWorkerUrl: string | null = null;

/**
 * Runs the protocol of a client: on a worker thread, or on this one, where the very same module is loaded.
 *
 * @param request  What the host is asked for first; null: nothing but what is submitted.
 * @returns The way to the host. That there is none is told to the owner.
 */
export function openHost(
  task: HostTask,
  request: ControlRequest | null,
  owner: HostOwner,
  thread: 'worker' | 'inline',
  workerUrl: string | undefined,
): PortToHost {
  try {
    return threadsOf(thread, workerUrl).open(task, request, owner);
  } catch (cause) {
    return noHost(owner, cause);
  }
}

function threadsOf(thread: 'worker' | 'inline', workerUrl: string | undefined): HostThreads {
  const url = workerUrl === undefined ? toDefaultWorkerUrl() : toUrl(workerUrl);
  const ofKind = threads[thread];
  let ofModule = ofKind.get(url);
  if (ofModule === undefined) {
    ofModule =
      thread === 'worker'
        ? new HostThreads(async (all) => runOnWorker(all, url), WORKERS, false)
        : new HostThreads(async (all) => runHere(all, url), THIS_THREAD, true);
    ofKind.set(url, ofModule);
  }
  return ofModule;
}

/** A bundle may not know where it is itself, and need not when it is told. */
function toDefaultWorkerUrl(): string {
  defaultWorkerUrl ??= new URL('./workers/mqtt-worker.js', import.meta.url).href;
  return defaultWorkerUrl;
}

function toUrl(place: string): string {
  return isAbsolute(place) ? pathToFileURL(place).href : new URL(place).href;
}

async function runHere(task: ThreadTask, url: string): Promise<void> {
  // A bundler can not know what is imported here, and shall leave it.
  const worker = (await import(/* webpackIgnore: true */ url)) as WorkerModule;
  // What a CommonJS module exports is the default export as a whole.
  const run = typeof worker.default === 'function' ? worker.default : worker.default.default;
  await run(task);
}
