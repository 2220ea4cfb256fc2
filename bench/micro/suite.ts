/** How many operations a task does in one call: far more than the clock's resolution and its overhead. */
export const OPERATIONS = 1_024;

/** One micro-benchmark. */
export interface MicroTask {
  readonly name: string;
  /** How many operations a call does; {@link OPERATIONS} unless told. */
  readonly operations?: number;
  run(): void;
}
