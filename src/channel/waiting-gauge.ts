import type { ChannelMemory } from './layout.js';

/** What waits for a connection. */
export interface Waiting {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * How much the session holds that waits for a connection: the worker shows it, the main thread reads it.
 *
 * What leaves the submission ring for the session is shown here before the ring's head moves. So who reads the head first, and then
 * this, sees everything at least once. Starvation is told as in a ring: the main thread stores the flag, then looks once more; the
 * worker shows, moves the head, then takes the flag.
 */
export class WaitingGauge {
  readonly #words: Int32Array;
  readonly #messagesWord: number;
  readonly #bytesWord: number;
  readonly #starvedWord: number;

  constructor(memory: ChannelMemory) {
    this.#words = memory.words;
    this.#messagesWord = memory.layout.waiting.messages;
    this.#bytesWord = memory.layout.waiting.bytes;
    this.#starvedWord = memory.layout.waiting.starved;
  }

  get messages(): number {
    // Pairs with the store in show.
    return Atomics.load(this.#words, this.#messagesWord);
  }

  get bytes(): number {
    // Pairs with the store in show.
    return Atomics.load(this.#words, this.#bytesWord);
  }

  /** The main thread waits for room: it is rung once there may be some, and looks again before every sleep. */
  starve(): void {
    // Pairs with the exchange in takeStarved: first the flag, then the second look.
    Atomics.store(this.#words, this.#starvedWord, 1);
  }

  /** Whether the main thread waits for room. To be asked when there may be some; when true, ring its bell. */
  takeStarved(): boolean {
    if (Atomics.load(this.#words, this.#starvedWord) === 0) return false;
    // Pairs with the main thread's store of the flag.
    return Atomics.exchange(this.#words, this.#starvedWord, 0) === 1;
  }

  /** @returns Whether it has changed. Only the worker writes the words, so it may read them plainly. */
  show({ messages, bytes }: Waiting): boolean {
    const words = this.#words;
    if (words[this.#messagesWord] === messages && words[this.#bytesWord] === bytes) return false;
    // Pairs with the loads of the main thread.
    Atomics.store(words, this.#messagesWord, messages);
    Atomics.store(words, this.#bytesWord, bytes);
    return true;
  }
}
