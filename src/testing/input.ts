/** The room kept between packets; more is given back once a large packet is through. */
const KEPT_BYTES = 0x1_0000;

const NOTHING = new Uint8Array(0);

/**
 * What one Client has sent and the broker has not yet taken apart: one stretch of bytes that begins
 * with a packet. Chunks are read where they lie; only the unfinished packet at the end of one is
 * copied, and room for it doubles, so that a packet of any size takes linear time.
 */
export class Input {
  #store: Uint8Array = new Uint8Array(KEPT_BYTES);
  #memory: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;

  get memory(): Uint8Array {
    return this.#memory;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  /** Adds a chunk behind what is left. It is borrowed until {@link settle}. */
  add(chunk: Uint8Array): void {
    if (this.#start === this.#end) {
      this.#memory = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    this.#makeRoom(chunk.length);
    this.#store.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Goes on behind a packet. */
  consume(end: number): void {
    this.#start = end;
  }

  /** Moves what is left to the front of the store, so that no chunk is borrowed any longer. */
  settle(): void {
    const left = this.#end - this.#start;
    if (left === 0) {
      this.#memory = NOTHING;
      if (this.#store.length > KEPT_BYTES) this.#store = new Uint8Array(KEPT_BYTES);
    } else if (this.#memory !== this.#store) {
      if (left > this.#store.length) this.#store = new Uint8Array(left * 2);
      this.#store.set(this.#memory.subarray(this.#start, this.#end));
      this.#memory = this.#store;
    } else if (this.#start > 0) {
      this.#store.copyWithin(0, this.#start, this.#end);
    }
    this.#start = 0;
    this.#end = left;
  }

  #makeRoom(length: number): void {
    const needed = this.#end + length;
    if (needed <= this.#store.length) return;
    const larger = new Uint8Array(needed * 2);
    larger.set(this.#store.subarray(0, this.#end));
    this.#store = larger;
    this.#memory = larger;
  }
}
