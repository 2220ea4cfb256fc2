import type { MqttError } from '../errors/mqtt-error.js';
import { Fifo } from '../util/fifo.js';
import type { Message } from './message.js';

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

interface Waiter {
  resolve(result: IteratorResult<Message>): void;
  reject(error: MqttError): void;
}

/** Messages on their way into an iteration. Bounded by the leases that a client may hold, so not by itself. */
export class MessageQueue {
  readonly #messages: Fifo<Message> = new Fifo();
  readonly #waiters: Waiter[] = [];
  #ended = false;
  #error: MqttError | null = null;

  push(message: Message): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#messages.push(message);
    else waiter.resolve({ done: false, value: message });
  }

  /** What is queued still comes; then the iteration is done, or fails. */
  end(error: MqttError | null): void {
    this.#ended = true;
    this.#error = error;
    for (const waiter of this.#waiters.splice(0)) {
      if (error === null) waiter.resolve(DONE);
      else waiter.reject(error);
    }
  }

  /** A new iteration over what is still queued. Each message is let go when the next is asked for, or the iteration ends. */
  iterate(): AsyncIterator<Message> {
    let current: Message | null = null;
    const letGo = (): void => {
      current?.letGo();
      current = null;
    };
    return {
      next: async () => {
        letGo();
        const result = await this.#take();
        if (result.done !== true) current = result.value;
        return result;
      },
      return: () => {
        letGo();
        return Promise.resolve(DONE);
      },
    };
  }

  async #take(): Promise<IteratorResult<Message>> {
    const message = this.#messages.shift();
    if (message !== undefined) return { done: false, value: message };
    if (this.#error !== null) throw this.#error;
    if (this.#ended) return DONE;
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }
}
