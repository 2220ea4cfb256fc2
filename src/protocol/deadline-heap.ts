import { EMPTY, enlarge } from '../util/enlarge.js';
import { NEVER } from './operation-table.js';

const ABSENT = -1;

/** A binary heap of deadlines, one a row at most, each of which can be taken out: it never outgrows the table. */
export class DeadlineHeap {
  #deadlines: Float64Array = EMPTY.float64;
  /** Row → its place in the heap. */
  #places: Int32Array = EMPTY.int32;
  #rows: Int32Array = EMPTY.int32;
  #size = 0;

  /** The earliest deadline. */
  get earliest(): number {
    return this.#size === 0 ? NEVER : this.#deadlines[this.#rows[0]!]!;
  }

  /** Sets the deadline of a row that has none. */
  add(row: number, deadline: number): void {
    if (row >= this.#places.length) this.#grow(row);
    this.#deadlines[row] = deadline;
    this.#rise(this.#size++, row);
  }

  has(row: number): boolean {
    return row < this.#places.length && this.#places[row] !== ABSENT;
  }

  delete(row: number): void {
    if (!this.has(row)) return;
    const place = this.#places[row]!;
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

  #grow(row: number): void {
    const before = this.#places.length;
    const length = Math.max(2 * before, row + 1);
    this.#deadlines = enlarge(this.#deadlines, length);
    this.#places = enlarge(this.#places, length).fill(ABSENT, before);
    this.#rows = enlarge(this.#rows, length);
  }
}
