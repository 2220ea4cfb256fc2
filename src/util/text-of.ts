/** What is read, as a string; an empty one if it can not be had. What was thrown may be anything, and throw itself when it is looked at. */
export function textOf(read: () => unknown): string {
  try {
    return String(read());
  } catch {
    return '';
  }
}
