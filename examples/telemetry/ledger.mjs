const CHUNK_BITS = 16;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;

/** Which numbers of one publisher and QoS have arrived: a bit each, so that loss and duplicates are counted and not guessed. */
export class Ledger {
  #chunks = [];
  /** Different messages that arrived. */
  received = 0;
  duplicates = 0;
  /** All numbers below have been sent for certain. */
  reached = 0;

  /** @returns Whether it is the first time. */
  add(sequence) {
    const chunk = sequence >>> CHUNK_BITS;
    this.#chunks[chunk] ??= new Uint8Array(1 << (CHUNK_BITS - 3));
    const bits = this.#chunks[chunk];
    const at = (sequence & CHUNK_MASK) >>> 3;
    const bit = 1 << (sequence & 7);
    if (sequence >= this.reached) this.reached = sequence + 1;
    if ((bits[at] & bit) !== 0) {
      this.duplicates++;
      return false;
    }
    bits[at] |= bit;
    this.received++;
    return true;
  }
}
