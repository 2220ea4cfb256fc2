import { EMPTY, enlarge } from '../util/enlarge.js';
import type { OperationTable } from './operation-table.js';

/** What is told once of operations that a connection breaks over. */
export interface InterruptionOptions {
  /** Whether a later connection sends them one at a time. */
  readonly slowStart: boolean;
  /** How often an operation may be interrupted and still be sent again; undefined: as often as it takes. */
  readonly maximumInterruptedRetries: number | undefined;
}

/**
 * How often connections broke while an operation awaited its acknowledgement. A row is counted under the sequence number of its
 * operation: nothing has to be told when operations end.
 */
export class Interruptions {
  readonly #table: OperationTable;
  readonly #isCounting: boolean;
  readonly #maximum: number;
  #counts: Uint32Array = EMPTY.uint32;
  #sequences: Float64Array = EMPTY.float64;

  constructor(table: OperationTable, options: InterruptionOptions) {
    const { slowStart, maximumInterruptedRetries } = options;
    this.#table = table;
    this.#isCounting = slowStart || maximumInterruptedRetries !== undefined;
    this.#maximum = maximumInterruptedRetries ?? Number.POSITIVE_INFINITY;
  }

  /** The connection broke over the operation. @returns Whether it may be sent again. */
  record(row: number): boolean {
    if (!this.#isCounting) return true;
    if (row >= this.#counts.length) {
      this.#counts = enlarge(this.#counts, this.#table.rowCount);
      this.#sequences = enlarge(this.#sequences, this.#table.rowCount);
    }
    const count = this.#count(row) + 1;
    this.#counts[row] = count;
    this.#sequences[row] = this.#table.sequence[row]!;
    return count <= this.#maximum;
  }

  /** Whether a connection has broken over the operation. */
  has(row: number): boolean {
    return this.#count(row) > 0;
  }

  #count(row: number): number {
    if (row >= this.#counts.length) return 0;
    return this.#sequences[row] === this.#table.sequence[row] ? this.#counts[row]! : 0;
  }
}
