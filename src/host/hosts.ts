import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { ControlEvent, ControlRequest } from '../channel/control-messages.js';
import { BELL } from '../channel/doorbell.js';
import type {
  ClientPort,
  HostListener,
  HostTask,
  PostedTask,
  ThreadEvent,
  ThreadRequest,
  ThreadTask,
} from '../channel/host-task.js';
import { assert } from '../util/assert.js';

/** Runs the host of one client; resolves when it has let go of everything. */
type RunHost = (task: HostTask, port: ClientPort) => Promise<void>;

/**
 * Runs the hosts of all clients that share a port.
 *
 * @returns Resolves when the port was closed and no host is left.
 */
export async function runHosts(task: ThreadTask, run: RunHost): Promise<void> {
  const hosts = new Hosts(task, run);
  await new Promise<void>((resolve) => {
    task.port.once('close', resolve);
  });
  await hosts.end();
}

class Hosts {
  readonly #port: MessagePort;
  readonly #tasks: ThreadTask['tasks'];
  readonly #defaults: ThreadTask['defaults'];
  readonly #run: RunHost;
  readonly #clients: Map<number, SharingPort> = new Map();
  readonly #running: Set<Promise<void>> = new Set();

  constructor({ port, tasks, defaults }: ThreadTask, run: RunHost) {
    this.#port = port;
    this.#tasks = tasks;
    this.#defaults = defaults;
    this.#run = run;
    port.on('message', (message: ThreadRequest) => {
      this.#receive(message, false);
    });
  }

  post(message: ThreadEvent): void {
    this.#port.postMessage(message);
  }

  fetch(): boolean {
    const received = receiveMessageOnPort(this.#port) as { message: ThreadRequest } | undefined;
    if (received === undefined) return false;
    this.#receive(received.message, true);
    return true;
  }

  has(client: number): boolean {
    return this.#clients.has(client);
  }

  remove(client: number): void {
    this.#clients.delete(client);
  }

  /** The main thread is gone, or has no clients any more. */
  async end(): Promise<void> {
    for (const client of [...this.#clients.keys()]) this.#gone(client);
    await Promise.all(this.#running);
  }

  #receive(message: ThreadRequest, isFetched: boolean): void {
    if (typeof message === 'number') {
      this.#clients.get(message)?.received(BELL, isFetched);
      return;
    }
    const { client, request } = message;
    if ('task' in message) this.#begin(client, message.task);
    else if (request === null) this.#gone(client);
    if (request !== null) this.#clients.get(client)?.received(request, isFetched);
  }

  #begin(client: number, posted: PostedTask | null): void {
    const task = posted === null ? this.#tasks?.get(client) : this.#complete(posted);
    assert(task !== undefined, 'a task is posted or handed over');
    this.#tasks?.delete(client);
    const port = new SharingPort(this, client);
    this.#clients.set(client, port);
    const running = this.#run(task, port)
      .catch((failure: unknown) => {
        if (this.#clients.delete(client)) this.post({ client, failure });
      })
      .finally(() => {
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  #complete({ buffer, config, options }: PostedTask): HostTask {
    // Copied as a whole, then changed: to spread both would add one option after the other, which takes longer.
    return { buffer, config, options: Object.assign({ ...this.#defaults }, options) };
  }

  #gone(client: number): void {
    const port = this.#clients.get(client);
    this.#clients.delete(client);
    port?.gone();
  }
}

/** The part of one client in the port that all share. */
class SharingPort implements ClientPort {
  readonly #hosts: Hosts;
  readonly #client: number;
  #listener: HostListener | null = null;
  /** What has come before somebody listened. */
  readonly #early: (ControlRequest | typeof BELL)[] = [];
  #isGone = false;

  constructor(hosts: Hosts, client: number) {
    this.#hosts = hosts;
    this.#client = client;
  }

  listen(listener: HostListener): void {
    this.#listener = listener;
    for (const message of this.#early.splice(0)) listener.received(message, false);
    if (this.#isGone) listener.gone();
  }

  postMessage(message: ControlEvent | typeof BELL): void {
    const client = this.#client;
    this.#hosts.post(message === BELL ? client : { client, event: message, isLast: false });
  }

  close(event: ControlEvent): void {
    const client = this.#client;
    if (!this.#hosts.has(client)) return;
    this.#hosts.remove(client);
    this.#hosts.post({ client, event, isLast: true });
  }

  fetch(): boolean {
    return this.#hosts.fetch();
  }

  received(message: ControlRequest | typeof BELL, isFetched: boolean): void {
    if (this.#listener === null) this.#early.push(message);
    else this.#listener.received(message, isFetched);
  }

  gone(): void {
    this.#isGone = true;
    this.#listener?.gone();
  }
}
