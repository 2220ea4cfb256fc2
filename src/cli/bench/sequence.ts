/** Numbers that are missing and may yet come, at most: those of before count as lost. */
const MISSING_MAX = 65_536;

/** What became of the messages of one publisher at one subscriber. */
export class Sequence {
  /** Different ones. */
  unique = 0;
  duplicated = 0;
  /** Those that came after a later one. */
  outOfOrder = 0;
  #next = 0;
  #isBegun = false;
  readonly #missing = new Set<number>();
  #skipped = 0;

  /** @param fromZero Whether it is known that the first number is 0: otherwise it is the first that comes. */
  constructor(fromZero: boolean) {
    this.#isBegun = fromZero;
  }

  /** Numbers that were passed over, and have not come after all. */
  get missing(): number {
    return this.#skipped;
  }

  take(number: number): void {
    if (!this.#isBegun) {
      this.#isBegun = true;
      this.#next = number;
    }
    if (number === this.#next) {
      this.#next++;
      this.unique++;
    } else if (number > this.#next) this.#passOver(number);
    else if (this.#missing.delete(number)) {
      this.#skipped--;
      this.outOfOrder++;
      this.unique++;
    } else this.duplicated++;
  }

  #passOver(number: number): void {
    this.#skipped += number - this.#next;
    for (let one = Math.max(this.#next, number - MISSING_MAX); one < number; one++)
      this.#missing.add(one);
    for (const oldest of this.#missing) {
      if (this.#missing.size <= MISSING_MAX) break;
      this.#missing.delete(oldest);
    }
    this.#next = number + 1;
    this.unique++;
  }
}
