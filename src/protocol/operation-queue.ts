import { EMPTY, enlarge } from '../util/enlarge.js';

const PLACES_AT_FIRST = 64;

/** A queue of rows of the operation table, in order of their submission, in a ring that doubles when it is full: the table bounds it. */
export class OperationQueue {
  /** Its length is a power of two; none until there is a first row. */
  #rows: Int32Array = EMPTY.int32;
  #mask = 0;
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The oldest row; -1 when empty. */
  peek(): number {
    return this.#size === 0 ? -1 : this.#rows[this.#head]!;
  }

  push(row: number): void {
    if (this.#size === this.#rows.length) this.#grow();
    this.#rows[(this.#head + this.#size) & this.#mask] = row;
    this.#size++;
  }

  shift(): void {
    this.#head = (this.#head + 1) & this.#mask;
    this.#size--;
  }

  /** The row at a position, counted from the oldest. */
  at(position: number): number {
    return this.#rows[(this.#head + position) & this.#mask]!;
  }

  /** Takes a row out of the middle; rare, hence the walk. */
  delete(row: number): void {
    for (let position = 0; position < this.#size; position++) {
      if (this.at(position) !== row) continue;
      this.deleteAt(position);
      return;
    }
  }

  /** Takes the row at a position out: those before it move up. */
  deleteAt(position: number): void {
    for (let at = this.#head + position; at > this.#head; at--) {
      this.#rows[at & this.#mask] = this.#rows[(at - 1) & this.#mask]!;
    }
    this.shift();
  }

  clear(): void {
    this.#size = 0;
  }

  #grow(): void {
    const places = this.#rows.length;
    const larger = enlarge(this.#rows, Math.max(PLACES_AT_FIRST, 2 * places));
    // What stood before the head comes after the end.
    larger.copyWithin(places, 0, this.#head);
    this.#rows = larger;
    this.#mask = larger.length - 1;
  }
}
