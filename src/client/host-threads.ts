import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { ControlEvent, ControlRequest } from '../channel/control-messages.js';
import { BELL } from '../channel/doorbell.js';
import type {
  HostTask,
  PortToHost,
  ThreadEvent,
  ThreadRequest,
  ThreadTask,
} from '../channel/host-task.js';
import { MqttError } from '../errors/mqtt-error.js';
import { WORKER_DEFAULTS, withoutDefaults } from '../options/resolve.js';

/** What a client hears of its host. */
export interface HostOwner {
  received(message: ControlEvent | typeof BELL): void;
  /** There is no host any more, or none was to be had, and there was no last word. */
  died(error: MqttError): void;
}

/** Runs hosts until the port is closed, or the thread dies. */
export type RunThread = (task: ThreadTask) => Promise<void>;

export interface ThreadLimits {
  readonly threads: number;
  readonly clientsEach: number;
}

/** The threads that run the hosts of clients by one worker module. */
export class HostThreads {
  readonly #run: RunThread;
  readonly #limits: ThreadLimits;
  readonly #handsOver: boolean;
  readonly #threads: Set<HostThread> = new Set();

  /** @param handsOver Tasks are handed over as they are instead of being posted: on the thread of the caller. */
  constructor(run: RunThread, limits: ThreadLimits, handsOver: boolean) {
    this.#run = run;
    this.#limits = limits;
    this.#handsOver = handsOver;
  }

  /** As `openHost`, by the module of these threads. */
  open(task: HostTask, request: ControlRequest | null, owner: HostOwner): PortToHost {
    const thread = this.#choose();
    if (thread === null) return noHost(owner, new MqttError('GNEISS_ERR_POOL_EXHAUSTED'));
    return thread.open(task, request, owner);
  }

  /** An idle thread first, then a new one; only then do clients share. */
  #choose(): HostThread | null {
    let least: HostThread | null = null;
    for (const thread of this.#threads)
      if (least === null || thread.clients < least.clients) least = thread;
    const { threads, clientsEach } = this.#limits;
    if (least === null || (least.clients > 0 && this.#threads.size < threads)) return this.#begin();
    return least.clients < clientsEach ? least : null;
  }

  #begin(): HostThread {
    const thread: HostThread = new HostThread(this.#run, this.#handsOver, () => {
      this.#threads.delete(thread);
    });
    this.#threads.add(thread);
    return thread;
  }
}

/** One of them, with the port that its clients share. */
class HostThread {
  readonly #port: MessagePort;
  readonly #tasks: Map<number, HostTask> | null;
  readonly #ended: () => void;
  readonly #owners: Map<number, HostOwner> = new Map();
  #lastClient = 0;

  constructor(run: RunThread, handsOver: boolean, ended: () => void) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#tasks = handsOver ? new Map() : null;
    this.#ended = ended;
    port1.on('message', (message: ThreadEvent) => {
      this.#receive(message);
    });
    run({ port: port2, tasks: this.#tasks, defaults: WORKER_DEFAULTS }).then(
      () => {
        this.#died(undefined);
      },
      (cause: unknown) => {
        this.#died(cause);
      },
    );
  }

  get clients(): number {
    return this.#owners.size;
  }

  open(task: HostTask, request: ControlRequest | null, owner: HostOwner): PortToHost {
    const client = ++this.#lastClient;
    this.#tasks?.set(client, task);
    const posted =
      this.#tasks === null ? { ...task, options: withoutDefaults(task.options) } : null;
    if (this.#owners.size === 0) this.#port.ref();
    this.#owners.set(client, owner);
    try {
      this.#post({ client, task: posted, request });
    } catch (error) {
      this.#remove(client);
      throw error;
    }
    return {
      postMessage: (message) => {
        this.#post(message === BELL ? client : { client, request: message });
      },
      close: () => {
        if (!this.#owners.has(client)) return;
        this.#post({ client, request: null });
        this.#remove(client);
      },
    };
  }

  #post(message: ThreadRequest): void {
    this.#port.postMessage(message);
  }

  #receive(message: ThreadEvent): void {
    const client = typeof message === 'number' ? message : message.client;
    const owner = this.#owners.get(client);
    // The client was destroyed: what its host still says is for nobody.
    if (owner === undefined) return;
    if (typeof message === 'number') owner.received(BELL);
    else if ('failure' in message) {
      this.#remove(client);
      owner.died(workerDied(message.failure));
    } else {
      if (message.isLast) this.#remove(client);
      owner.received(message.event);
    }
  }

  #remove(client: number): void {
    this.#owners.delete(client);
    if (this.#owners.size > 0) return;
    // Nothing keeps the process alive. Another client may follow at once, and need not begin with a thread.
    this.#port.unref();
    setImmediate(() => {
      if (this.#owners.size > 0) return;
      this.#ended();
      this.#port.close();
    });
  }

  #died(cause: unknown): void {
    this.#ended();
    this.#port.close();
    const owners = [...this.#owners.values()];
    this.#owners.clear();
    for (const owner of owners) owner.died(workerDied(cause));
  }
}

/** The way to a host that is not to be had, which the owner is told of after the call. */
export function noHost(owner: HostOwner, cause: unknown): PortToHost {
  queueMicrotask(() => {
    owner.died(cause instanceof MqttError ? cause : workerDied(cause));
  });
  return { postMessage: () => {}, close: () => {} };
}

/** What a client ends with whose thread has died, or has never begun. Often a bundler has moved a file, so the message says which. */
function workerDied(cause: unknown): MqttError {
  const detail = cause instanceof Error ? cause.message : undefined;
  return new MqttError('GNEISS_ERR_WORKER_DIED', { detail, cause });
}
