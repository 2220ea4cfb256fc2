/*
 * A message to a port costs microseconds, so a thread posts one only when the other sleeps; otherwise
 * the other will look at its rings by itself. Why no wake-up is lost:
 *
 *     sleeper                                   ringer
 *     S1  store awake = 0                       R1  store tail (or head, released, …)
 *     S2  load tail (the last look)             R2  exchange awake with 1; was it 0? post
 *
 * Atomics are sequentially consistent, so these four operations happen in one order that both threads
 * agree on. If S2 comes after R1, the last look finds the work, and the sleeper wakes by itself. If not,
 * S1 comes before S2, S2 before R1, R1 before R2: the exchange sees 0, and the message is posted. With
 * either pair turned round this fails; a plain store at S1 or R1 would fail too, as it may become visible
 * after the load that follows it.
 *
 * And why there is at most one message per sleep: only a sleep makes the word 0, and an exchange that
 * saw 0 leaves 1.
 */
import { COUNTER_SLOTS, Counters } from '../metrics/counters.js';
import type { ChannelMemory, Side } from './layout.js';

/** The message of a bell. Everything else on the port is a control message. */
export const BELL = 0;

/** What a doorbell needs of a MessagePort. */
export interface BellPort {
  postMessage(message: typeof BELL): void;
}

/** The doorbells of both threads as one of them uses them: it hears its own, and rings the other's. */
export class Doorbell {
  readonly #words: Int32Array;
  readonly #ownWord: number;
  readonly #peerWord: number;
  readonly #port: BellPort;
  readonly #counters: Counters;
  readonly #postsSlot: number;

  /** @param side The side that uses this object. */
  constructor(memory: ChannelMemory, side: Side, port: BellPort) {
    const { awake } = memory.layout;
    this.#words = memory.words;
    this.#ownWord = awake[side];
    this.#peerWord = awake[side === 'main' ? 'worker' : 'main'];
    this.#port = port;
    this.#counters = new Counters(memory);
    this.#postsSlot = COUNTER_SLOTS[side === 'main' ? 'portPostsToWorker' : 'portPostsToMain'];
  }

  /**
   * From here on the other side posts a message when it rings. The caller must look at everything it waits
   * for once more after this call: rings that it reads, and a reserve or an acquire that had failed. When
   * there is something, it calls `wake` and goes on.
   */
  sleep(): void {
    // S1: pairs with the exchange in ring.
    Atomics.store(this.#words, this.#ownWord, 0);
  }

  /**
   * This side is awake and will look at its rings by itself: at the start of every turn, whatever woke it.
   * A message that was posted in the meantime still arrives; it means nothing more.
   */
  wake(): void {
    Atomics.store(this.#words, this.#ownWord, 1);
  }

  /** Wakes the other side if it sleeps. Call it after everything that it should see is published. */
  ring(): void {
    // R2: pairs with the store in sleep.
    if (Atomics.exchange(this.#words, this.#peerWord, 1) === 1) return;
    this.#counters.add(this.#postsSlot, 1);
    this.#port.postMessage(BELL);
  }
}
