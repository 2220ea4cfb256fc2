import type { MqttError } from '../errors/mqtt-error.js';
import { Fifo } from '../util/fifo.js';
import type { Message } from './message.js';

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** One who iterates, with the messages that were given to it last. */
interface Reader {
  readonly held: Message[];
  readonly manualAck: boolean;
}

interface Waiter {
  readonly reader: Reader;
  /** There is a message to take, or there will be none. */
  wake(): void;
}

/** Messages on their way into iterations. Bounded by the leases that a client may hold, so not by itself. */
export class MessageQueue {
  readonly #manualAck: boolean;
  readonly #messages: Fifo<Message> = new Fifo();
  #waiters: Waiter[] = [];
  readonly #readers: Set<Reader> = new Set();
  #ended = false;
  #error: MqttError | null = null;

  /** @param manualAck Whether those who iterate acknowledge by hand. What nobody takes is acknowledged all the same. */
  constructor(manualAck: boolean) {
    this.#manualAck = manualAck;
  }

  /** Whether an iteration has begun and not ended. */
  get isRead(): boolean {
    return this.#readers.size > 0;
  }

  /** Lets go of what nobody has taken. */
  discard(): void {
    for (
      let message = this.#messages.shift();
      message !== undefined;
      message = this.#messages.shift()
    ) {
      message.letGo();
    }
  }

  push(message: Message): void {
    this.#messages.push(message);
    this.#waiters.shift()?.wake();
  }

  /** What is queued still comes; then iterations are done, or fail. */
  end(error: MqttError | null): void {
    this.#ended = true;
    this.#error = error;
    for (const waiter of this.#waiters.splice(0)) waiter.wake();
  }

  /** A new iteration over what is still queued. Each message is let go when the next is asked for, or the iteration ends. */
  iterate(): AsyncIterableIterator<Message> {
    const wakeAtOnce = (wake: () => void): void => {
      wake();
    };
    return this.#iterateBy((reader) => this.#takeOne(reader), wakeAtOnce);
  }

  /** The same in batches of up to `maximum`. The messages of one turn come together: a batch is taken when all of them are here. */
  iterateBatches(maximum: number): AsyncIterableIterator<readonly Message[]> {
    return this.#iterateBy((reader) => this.#takeBatch(reader, maximum), queueMicrotask);
  }

  #iterateBy<T>(
    take: (reader: Reader) => T | undefined,
    whenWoken: (wake: () => void) => void,
  ): AsyncIterableIterator<T> {
    const reader: Reader = { held: [], manualAck: this.#manualAck };
    this.#readers.add(reader);

    const next = (): IteratorResult<T> | Promise<IteratorResult<T>> => {
      // A stream may end its iteration while it waits: the message that comes next is not for it.
      if (!this.#readers.has(reader)) return DONE;
      const value = take(reader);
      if (value !== undefined) return { done: false, value };
      if (this.#error !== null) throw this.#error;
      if (this.#ended) return DONE;
      return new Promise((resolve, reject) => {
        const again = (): void => {
          try {
            resolve(next());
          } catch (error) {
            reject(error as MqttError);
          }
        };
        this.#waiters.push({ reader, wake: () => whenWoken(again) });
      });
    };
    return {
      next: async () => {
        letGo(reader);
        return next();
      },
      return: async () => {
        letGo(reader);
        this.#readers.delete(reader);
        const dismissed = this.#waiters.filter((waiter) => waiter.reader === reader);
        this.#waiters = this.#waiters.filter((waiter) => waiter.reader !== reader);
        for (const waiter of dismissed) waiter.wake();
        return DONE;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #takeOne(reader: Reader): Message | undefined {
    const message = this.#messages.shift();
    if (message !== undefined) give(reader, message);
    return message;
  }

  #takeBatch(reader: Reader, maximum: number): readonly Message[] | undefined {
    for (let count = Math.min(maximum, this.#messages.length); count > 0; count--) {
      give(reader, this.#messages.shift()!);
    }
    // A copy: what is done to it does not change what is let go.
    return reader.held.length > 0 ? reader.held.slice() : undefined;
  }
}

function give(reader: Reader, message: Message): void {
  if (reader.manualAck) message.makeManual();
  reader.held.push(message);
}

function letGo(reader: Reader): void {
  for (const message of reader.held.splice(0)) message.letGo();
}
