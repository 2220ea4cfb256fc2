import type { BenchClient } from '../clients/client.js';
import {
  ANNOUNCEMENT_PAYLOAD_BYTES,
  cycleOf,
  END_PAYLOAD_BYTES,
  topicNames,
} from '../peers/frames.js';

/** Counts the messages of the peer's stream and sees whether any is missing. */
export class Tally {
  /** Messages received so far. */
  count = 0;
  #gaps = 0;
  #expected = 0;
  readonly #mask: number;
  readonly #total: Promise<number>;
  #resolveTotal: (total: number) => void = () => undefined;

  constructor(payloadBytes: number) {
    this.#mask = cycleOf(payloadBytes) - 1;
    this.#total = new Promise((resolve) => {
      this.#resolveTotal = resolve;
    });
  }

  /** Takes a message: reads its place in the cycle from the payload's first two bytes. */
  take(payload: Uint8Array): void {
    if (payload.length === END_PAYLOAD_BYTES) {
      this.#resolveTotal(Buffer.from(payload).readDoubleLE());
      return;
    }
    if (payload.length === ANNOUNCEMENT_PAYLOAD_BYTES) return;
    const place = payload[0]! | (payload[1]! << 8);
    if (place !== this.#expected) this.#gaps += 1;
    this.#expected = (place + 1) & this.#mask;
    this.count += 1;
  }

  /** Has the peer end its stream and waits for the end; returns how many messages were lost or out of place. */
  async finish(client: BenchClient): Promise<number> {
    await client.publish(topicNames(1)[0]!, new Uint8Array(1), 1);
    return Math.abs((await this.#total) - this.count) + this.#gaps;
  }
}
