/** How many operations a task does in one call: far more than the clock's resolution and its overhead. */
export const OPERATIONS = 1_024;

/** One micro-benchmark: does {@link OPERATIONS} operations a call. */
export interface MicroTask {
  readonly name: string;
  run(): void;
}
