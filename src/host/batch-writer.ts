import { COUNTER_SLOTS, type Counters } from '../metrics/counters.js';
import type { WriteBatch } from '../protocol/write-batch.js';
import type { Transport } from '../transport/transport.js';
import type { PacketTap } from './packet-tap.js';

/** What a transport must take within the write timeout; a larger write has proportionally longer. */
const TIMED_WRITE_BYTES = 1024 * 1024;
const NEVER = Number.POSITIVE_INFINITY;

/** Hands one batch at a time to the transport, and watches how long it takes. */
export class BatchWriter {
  readonly #batch: WriteBatch;
  readonly #counters: Counters;
  readonly #timeoutMs: number;
  readonly #tap: PacketTap | null;
  #isWriting = false;
  #deadline = NEVER;

  /** @param writeTimeoutMs 0 for no limit. */
  constructor(
    batch: WriteBatch,
    counters: Counters,
    writeTimeoutMs: number,
    tap: PacketTap | null,
  ) {
    this.#tap = tap;
    this.#batch = batch;
    this.#counters = counters;
    this.#timeoutMs = writeTimeoutMs;
  }

  /** The batch is with the transport: it must not be touched. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  /** By when the transport must have taken what is being written. */
  get deadline(): number {
    return this.#deadline;
  }

  /** Writes the batch unless it is empty. */
  write(transport: Transport, now: number): void {
    const batch = this.#batch;
    if (batch.byteLength === 0) return;
    this.#isWriting = true;
    if (this.#timeoutMs > 0)
      this.#deadline = now + this.#timeoutMs * Math.max(1, batch.byteLength / TIMED_WRITE_BYTES);
    this.#tap?.sent(batch, now);
    this.#counters.add(COUNTER_SLOTS.packetsSent, batch.packets);
    this.#counters.add(COUNTER_SLOTS.acknowledgementsSent, batch.acknowledgements);
    this.#counters.add(COUNTER_SLOTS.bytesSent, batch.byteLength);
    this.#counters.add(COUNTER_SLOTS.socketWrites, 1);
    transport.write(Array.from({ length: batch.pieceCount }, (_, index) => batch.piece(index)));
  }

  /** The transport has taken the batch. */
  flushed(): void {
    this.ended();
    this.#batch.reset();
  }

  /** The transport is gone: nobody has the batch any more. */
  ended(): void {
    this.#isWriting = false;
    this.#deadline = NEVER;
  }
}
