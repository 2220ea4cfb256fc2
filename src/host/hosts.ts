import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { ControlEvent, ControlRequest } from '../channel/control-messages.js';
import { BELL } from '../channel/doorbell.js';
import type {
  HostListener,
  HostTask,
  PortToClient,
  PostedTask,
  ThreadEvent,
  ThreadRequest,
  ThreadTask,
} from '../channel/host-task.js';
import { assert } from '../util/assert.js';
import { textOf } from '../util/text-of.js';

/** Runs the host of one client, which listens at once; resolves when it has let go of everything. */
type RunHost = (task: HostTask, port: PortToClient) => Promise<void>;

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
  readonly #running: Map<number, Promise<void>> = new Map();

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
    await Promise.all(this.#running.values());
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
      .catch((cause: unknown) => {
        if (!this.#clients.has(client)) return;
        this.#gone(client);
        this.post({ client, failure: toPostable(cause) });
      })
      .finally(() => {
        this.#running.delete(client);
      });
    this.#running.set(client, running);
  }

  #complete({ buffer, config, options }: PostedTask): HostTask {
    // Copied as a whole, then changed: to spread both would add one option after the other, which takes longer.
    return { buffer, config, options: Object.assign({ ...this.#defaults }, options) };
  }

  #gone(client: number): void {
    const port = this.#clients.get(client);
    if (port === undefined) return;
    this.#clients.delete(client);
    port.gone();
  }
}

/** The part of one client in the port that all share. */
class SharingPort implements PortToClient {
  readonly #hosts: Hosts;
  readonly #client: number;
  #listener: HostListener | null = null;

  constructor(hosts: Hosts, client: number) {
    this.#hosts = hosts;
    this.#client = client;
  }

  listen(listener: HostListener): void {
    this.#listener = listener;
    if (!this.#hosts.has(this.#client)) listener.gone();
  }

  postMessage(message: ControlEvent | typeof BELL): void {
    const client = this.#client;
    this.#hosts.post(message === BELL ? client : { client, event: message, isLast: false });
  }

  close(event: ControlEvent): void {
    const client = this.#client;
    if (!this.#hosts.has(client)) return;
    this.#hosts.post({ client, event, isLast: true });
    this.#hosts.remove(client);
  }

  fetch(): boolean {
    return this.#hosts.fetch();
  }

  received(message: ControlRequest | typeof BELL, isFetched: boolean): void {
    this.#listener?.received(message, isFetched);
  }

  gone(): void {
    this.#listener?.gone();
  }
}

/** What was thrown, as an error that is certain to be cloned. */
function toPostable(cause: unknown): Error {
  const error = new Error(textOf(() => (cause instanceof Error ? cause.message : cause)));
  error.stack = textOf(() => (cause instanceof Error ? cause.stack : undefined));
  return error;
}
