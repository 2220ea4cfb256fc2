/** A bounded queue of rows of the operation table, in order of their submission. */
export class OperationQueue {
  readonly #rows: Int32Array;
  readonly #mask: number;
  #head = 0;
  #size = 0;

  /** @param capacity A power of two, at least the number of operations there can be. */
  constructor(capacity: number) {
    this.#rows = new Int32Array(capacity);
    this.#mask = capacity - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** The oldest row; -1 when empty. */
  peek(): number {
    return this.#size === 0 ? -1 : this.#rows[this.#head]!;
  }

  push(row: number): void {
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
}
