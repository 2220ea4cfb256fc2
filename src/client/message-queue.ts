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
  resolve(result: IteratorResult<Message>): void;
  reject(error: MqttError): void;
}

/** Messages on their way into an iteration. Bounded by the leases that a client may hold, so not by itself. */
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
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#messages.push(message);
    else waiter.resolve(give(waiter.reader, message));
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
    const reader: Reader = { held: [], manualAck: this.#manualAck };
    this.#readers.add(reader);
    return {
      next: async () => {
        letGo(reader);
        return this.#take(reader);
      },
      return: async () => {
        letGo(reader);
        this.#readers.delete(reader);
        this.#dismiss(reader);
        return DONE;
      },
    };
  }

  async #take(reader: Reader): Promise<IteratorResult<Message>> {
    const message = this.#messages.shift();
    if (message !== undefined) return give(reader, message);
    if (this.#error !== null) throw this.#error;
    if (this.#ended) return DONE;
    return new Promise((resolve, reject) => {
      this.#waiters.push({ reader, resolve, reject });
    });
  }

  /** A stream may end its iteration while it waits: the message that comes next is not for it. */
  #dismiss(reader: Reader): void {
    const dismissed = this.#waiters.filter((waiter) => waiter.reader === reader);
    this.#waiters = this.#waiters.filter((waiter) => waiter.reader !== reader);
    for (const waiter of dismissed) waiter.resolve(DONE);
  }
}

function give(reader: Reader, message: Message): IteratorYieldResult<Message> {
  if (reader.manualAck) message.makeManual();
  reader.held.push(message);
  return { done: false, value: message };
}

function letGo(reader: Reader): void {
  for (const message of reader.held.splice(0)) message.letGo();
}
