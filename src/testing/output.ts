import type { Socket } from 'node:net';
import type { BrokerCounters } from './counters.js';

const CHUNK_BYTES = 0x1_0000;
/** Written chunks that are kept for reuse; a burst beyond them is left to the garbage collector. */
const SPARE_CHUNKS = 4;

interface Chunk {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/**
 * What is on its way to one Client: packets are encoded into a preallocated chunk, and everything
 * of one turn of the event loop goes out in one write.
 *
 * Output never refuses bytes. It tells by `congested` that the Client does not keep up, and whoever
 * produces for it has to stop; `onDrain` follows when less than half of the high-water mark waits.
 */
export class Output {
  readonly #socket: Socket;
  readonly #highWaterMark: number;
  readonly #counters: BrokerCounters;
  readonly #onDrain: () => void;
  readonly #spare: Uint8Array[] = [];
  /** Chunks that wait while writing is stalled; null while it is not. */
  #stalled: Chunk[] | null = null;
  /** Bytes reserved that the socket has not taken yet. */
  #pending = 0;
  #end = 0;
  #scheduled = false;
  /** Has `pending` reached the high-water mark and not yet come down again? */
  congested = false;
  /** The chunk that packets are encoded into; changes with {@link reserve}. */
  bytes: Uint8Array = new Uint8Array(CHUNK_BYTES);

  constructor(
    socket: Socket,
    highWaterMark: number,
    counters: BrokerCounters,
    onDrain: () => void,
  ) {
    this.#socket = socket;
    this.#highWaterMark = highWaterMark;
    this.#counters = counters;
    this.#onDrain = onDrain;
  }

  /** Bytes that the socket has not taken yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Makes room for one packet: it is to be written to `bytes` at the returned offset. */
  reserve(length: number): number {
    if (this.#end + length > this.bytes.length) this.#nextChunk(length);
    const offset = this.#end;
    this.#end += length;
    this.#pending += length;
    if (this.#pending >= this.#highWaterMark) this.congested = true;
    if (!this.#scheduled) this.#schedule();
    return offset;
  }

  /** Hands everything to the socket now. */
  flush(): void {
    if (this.#end === 0) return;
    this.#write({ bytes: this.bytes, length: this.#end });
    this.bytes = this.#spare.pop() ?? new Uint8Array(CHUNK_BYTES);
    this.#end = 0;
  }

  /** Stops handing bytes to the socket until {@link resume}. */
  stall(): void {
    this.#stalled ??= [];
  }

  resume(): void {
    const stalled = this.#stalled;
    if (stalled === null) return;
    this.#stalled = null;
    for (const chunk of stalled) this.#write(chunk);
    this.flush();
  }

  #schedule(): void {
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  #nextChunk(length: number): void {
    this.flush();
    if (length > this.bytes.length) this.bytes = new Uint8Array(length);
  }

  #write(chunk: Chunk): void {
    if (this.#stalled !== null) this.#stalled.push(chunk);
    else this.#socket.write(chunk.bytes.subarray(0, chunk.length), () => this.#written(chunk));
  }

  #written({ bytes, length }: Chunk): void {
    this.#pending -= length;
    this.#counters.bytesSent += length;
    if (bytes.length === CHUNK_BYTES && this.#spare.length < SPARE_CHUNKS) this.#spare.push(bytes);
    if (!this.congested || this.#pending > this.#highWaterMark / 2) return;
    this.congested = false;
    this.#onDrain();
  }
}
