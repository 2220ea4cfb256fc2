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
 * this, sees everything at least once.
 */
export class WaitingGauge {
  readonly #words: Int32Array;
  readonly #messagesWord: number;
  readonly #bytesWord: number;

  constructor(memory: ChannelMemory) {
    this.#words = memory.words;
    this.#messagesWord = memory.layout.waiting.messages;
    this.#bytesWord = memory.layout.waiting.bytes;
  }

  get messages(): number {
    // Pairs with the store in show.
    return Atomics.load(this.#words, this.#messagesWord);
  }

  get bytes(): number {
    // Pairs with the store in show.
    return Atomics.load(this.#words, this.#bytesWord);
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
