/**
 * Stops on a broken invariant of this library. It stays on in production, so give it cheap integer
 * compares and a constant text.
 */
export function assert(condition: boolean, text: string): asserts condition {
  if (!condition) throw new Error(`assertion: ${text}`);
}
