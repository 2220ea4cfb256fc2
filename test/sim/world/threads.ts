import type { Thread } from './clock.js';
import { currentWorld } from './current.js';

/*
 * What the client finds in place of node:worker_threads: ports whose messages take the time that the history gives them, in
 * order, and a host that runs as an event of its own between those of the main thread.
 */

type Listener = (message: unknown) => void;

/** How long a message is on its way between the threads, in milliseconds, at most. */
let portDelayMs = 0;

export function setPortDelay(ms: number): void {
  portDelayMs = ms;
}

export class MessagePort {
  readonly #thread: Thread;
  readonly #queue: unknown[] = [];
  #peer: MessagePort | null = null;
  #onMessage: Listener | null = null;
  #onClose: (() => void) | null = null;
  #lastArrival = 0;
  #isClosed = false;

  constructor(thread: Thread) {
    this.#thread = thread;
  }

  connect(peer: MessagePort): void {
    this.#peer = peer;
  }

  once(event: 'close', listener: Listener): this {
    return this.on(event, listener);
  }

  on(event: 'message' | 'close', listener: Listener): this {
    if (event === 'close') {
      this.#onClose = () => {
        listener(undefined);
      };
      return this;
    }
    this.#onMessage = listener;
    // What was posted before somebody listened comes now.
    for (let message = 0; message < this.#queue.length; message++) this.#announce();
    return this;
  }

  postMessage(message: unknown): void {
    const peer = this.#peer;
    if (peer === null || this.#isClosed || peer.#isClosed) return;
    // The bell of a client.
    if (typeof message === 'number') currentWorld().rang();
    peer.#queue.push(typeof message === 'object' ? structuredClone(message) : message);
    if (peer.#onMessage !== null) peer.#announce();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#announceClose();
    if (this.#peer !== null) this.#peer.#announceClose();
  }

  ref(): void {}

  unref(): void {}

  take(): { message: unknown } | undefined {
    return this.#queue.length === 0 ? undefined : { message: this.#queue.shift() };
  }

  /** One message will be there: nobody says that it is still the one that was posted. */
  #announce(): void {
    this.#arrive(() => {
      if (this.#isClosed) return;
      const taken = this.take();
      if (taken !== undefined) this.#onMessage?.(taken.message);
    });
  }

  #announceClose(): void {
    this.#arrive(() => {
      this.#isClosed = true;
      this.#onClose?.();
      this.#onClose = null;
    });
  }

  #arrive(run: () => void): void {
    const { clock, prng } = currentWorld();
    const delay = portDelayMs === 0 ? 0 : prng.below(portDelayMs + 1);
    this.#lastArrival = Math.max(this.#lastArrival, clock.now + delay);
    clock.schedule(this.#lastArrival - clock.now, this.#thread, run);
  }
}

export class MessageChannel {
  readonly port1: MessagePort = new MessagePort('main');
  readonly port2: MessagePort = new MessagePort('worker');

  constructor() {
    this.port1.connect(this.port2);
    this.port2.connect(this.port1);
  }
}

export function receiveMessageOnPort(port: MessagePort): { message: unknown } | undefined {
  return port.take();
}
