import { NEVER } from './operation-table.js';

const ABSENT = -1;

/** A binary heap of deadlines, one a row at most, each of which can be taken out: it never outgrows the table. */
export class DeadlineHeap {
  readonly #deadlines: Float64Array;
  /** Row → its place in the heap. */
  readonly #places: Int32Array;
  readonly #rows: Int32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#deadlines = new Float64Array(capacity);
    this.#places = new Int32Array(capacity).fill(ABSENT);
    this.#rows = new Int32Array(capacity);
  }

  /** The earliest deadline. */
  get earliest(): number {
    return this.#size === 0 ? NEVER : this.#deadlines[this.#rows[0]!]!;
  }

  /** Sets the deadline of a row that has none. */
  add(row: number, deadline: number): void {
    this.#deadlines[row] = deadline;
    this.#rise(this.#size++, row);
  }

  has(row: number): boolean {
    return this.#places[row] !== ABSENT;
  }

  delete(row: number): void {
    const place = this.#places[row]!;
    if (place === ABSENT) return;
    this.#places[row] = ABSENT;
    const last = this.#rows[--this.#size]!;
    if (last === row) return;
    this.#sink(place, last);
    this.#rise(this.#places[last]!, last);
  }

  /** Takes out a row whose deadline has come; -1 when there is none. */
  takeDue(now: number): number {
    if (this.earliest > now) return ABSENT;
    const row = this.#rows[0]!;
    this.delete(row);
    return row;
  }

  clear(): void {
    for (let place = 0; place < this.#size; place++) this.#places[this.#rows[place]!] = ABSENT;
    this.#size = 0;
  }

  #rise(place: number, row: number): void {
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#rows[parent]!;
      if (this.#deadlines[above]! <= this.#deadlines[row]!) break;
      this.#put(place, above);
      place = parent;
    }
    this.#put(place, row);
  }

  #sink(place: number, row: number): void {
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (
        right < this.#size &&
        this.#deadlines[this.#rows[right]!]! < this.#deadlines[this.#rows[child]!]!
      ) {
        child = right;
      }
      const below = this.#rows[child]!;
      if (this.#deadlines[below]! >= this.#deadlines[row]!) break;
      this.#put(place, below);
      place = child;
    }
    this.#put(place, row);
  }

  #put(place: number, row: number): void {
    this.#rows[place] = row;
    this.#places[row] = place;
  }
}
