import type { OperationQueue } from './operation-queue.js';
import { OperationKind, OperationState, type OperationTable } from './operation-table.js';
import type { WriteOrder } from './write-order.js';

const NO_ROW = -1;

/**
 * The order of a connection that follows a lost one: one operation at a time, until all those have ended that connections broke
 * over. A Server that closes the connection over one of them then does so over nothing else.
 */
export class SlowStart implements WriteOrder {
  readonly #order: WriteOrder;
  readonly #table: OperationTable;
  /** The operations that must end: rows, and the sequence numbers by which a row is known to be taken by another one. */
  readonly #rows: readonly number[];
  readonly #sequences: readonly number[];
  #ended = 0;
  /** What was written last. */
  #row = NO_ROW;

  /** @param rows The operations that must end. @param order Decides among all of them, and when they have ended. */
  constructor(rows: readonly number[], order: WriteOrder, table: OperationTable) {
    this.#order = order;
    this.#table = table;
    this.#rows = rows;
    this.#sequences = rows.map((row) => table.sequence[row]!);
  }

  next(): OperationQueue | null {
    if (this.#isOver()) return this.#order.next();
    if (this.#awaitsAnswer()) return null;
    const queue = this.#order.next();
    if (queue !== null) this.#row = queue.peek();
    return queue;
  }

  mayPass(): boolean {
    return this.#isOver() && this.#order.mayPass();
  }

  #isOver(): boolean {
    while (this.#ended < this.#rows.length && this.#hasEnded(this.#ended)) this.#ended++;
    return this.#ended === this.#rows.length;
  }

  /** Nothing waits for an exchange that its caller has given up: the Server may never answer it. */
  #hasEnded(index: number): boolean {
    const { abandoned, sequence, state } = this.#table;
    const row = this.#rows[index]!;
    return (
      state[row] === OperationState.FREE ||
      sequence[row] !== this.#sequences[index] ||
      abandoned[row] === 1
    );
  }

  #awaitsAnswer(): boolean {
    const { abandoned, kind, state } = this.#table;
    const row = this.#row;
    if (row === NO_ROW || kind[row] === OperationKind.QOS_0 || abandoned[row] === 1) return false;
    return state[row] === OperationState.UNACKNOWLEDGED || state[row] === OperationState.RELEASING;
  }
}
