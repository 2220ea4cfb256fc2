/** A defect that is planted in one bundle of the simulator, and nowhere else. */
export interface Mutant {
  /** What is wrong, in a few words. */
  readonly id: string;
  /** Below the project. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly text: string;
  readonly by: string;
}
