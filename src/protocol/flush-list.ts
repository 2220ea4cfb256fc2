import { EMPTY, enlarge } from '../util/enlarge.js';
import { NO_TOKEN } from './operation-table.js';
import type { SessionSink } from './sink.js';

const ENTRIES_MAX = 8192;
const ENTRIES_AT_FIRST = 64;
const NO_ROW = -1;
const REASON_SUCCESS = 0x00;

/** The QoS 0 publishes of the batch that is being written: they are complete when the transport has taken it. */
export class FlushList {
  readonly #sink: SessionSink;
  #tokens: Int32Array = EMPTY.int32;
  #segments: Int32Array = EMPTY.int32;
  #generations: Int32Array = EMPTY.int32;
  /** How many frames an entry stands for: neighbours that nobody waits for share one. */
  #counts: Int32Array = EMPTY.int32;
  #rows: Int32Array = EMPTY.int32;
  #size = 0;

  constructor(sink: SessionSink) {
    this.#sink = sink;
  }

  get empty(): boolean {
    return this.#size === 0;
  }

  get full(): boolean {
    return this.#size === ENTRIES_MAX;
  }

  /** Adds a publish that has no row in the operation table. */
  add(token: number, segment: number, generation: number): void {
    const last = this.#size - 1;
    if (
      token === NO_TOKEN &&
      last >= 0 &&
      this.#tokens[last] === NO_TOKEN &&
      this.#segments[last] === segment &&
      this.#rows[last] === NO_ROW
    ) {
      this.#counts[last]!++;
      return;
    }
    this.#push(NO_ROW, token, segment, generation);
  }

  /** Adds a publish of the operation table, which knows its token: it may be given up before the flush. */
  addRow(row: number, segment: number, generation: number): void {
    this.#push(row, NO_TOKEN, segment, generation);
  }

  /** Completes all of them; rows of the table are handed to `free`, which returns their token. */
  flushed(free: (row: number) => number): void {
    for (let entry = 0; entry < this.#size; entry++) {
      this.#sink.framesReleased(
        this.#segments[entry]!,
        this.#generations[entry]!,
        this.#counts[entry]!,
      );
      const row = this.#rows[entry]!;
      const token = row === NO_ROW ? this.#tokens[entry]! : free(row);
      if (token !== NO_TOKEN) this.#sink.publishCompleted(token, 0, REASON_SUCCESS, 0, 0);
    }
    this.#size = 0;
  }

  /** The connection broke before the flush: rows of the table go back to `requeue`, the others fail. */
  interrupted(requeue: (row: number) => void): void {
    for (let entry = 0; entry < this.#size; entry++) {
      if (this.#rows[entry] !== NO_ROW) {
        requeue(this.#rows[entry]!);
        continue;
      }
      this.#sink.framesReleased(
        this.#segments[entry]!,
        this.#generations[entry]!,
        this.#counts[entry]!,
      );
      const token = this.#tokens[entry]!;
      this.#sink.operationFailed(token, 'GNEISS_ERR_CONNECTION_LOST', this.#counts[entry]!);
    }
    this.#size = 0;
  }

  #push(row: number, token: number, segment: number, generation: number): void {
    if (this.#size === this.#rows.length) this.#grow();
    const entry = this.#size++;
    this.#rows[entry] = row;
    this.#tokens[entry] = token;
    this.#segments[entry] = segment;
    this.#generations[entry] = generation;
    this.#counts[entry] = 1;
  }

  #grow(): void {
    const entries = Math.max(ENTRIES_AT_FIRST, 2 * this.#rows.length);
    this.#tokens = enlarge(this.#tokens, entries);
    this.#segments = enlarge(this.#segments, entries);
    this.#generations = enlarge(this.#generations, entries);
    this.#counts = enlarge(this.#counts, entries);
    this.#rows = enlarge(this.#rows, entries);
  }
}
