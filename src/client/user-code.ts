/**
 * Calls code of the user's in the middle of our own, which must be carried through: what it throws becomes an uncaught exception,
 * as it would from any other event emitter, once nothing of ours is on the stack.
 *
 * @returns What the call returns, undefined when it threw.
 */
export function callUserCode<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
    return undefined;
  }
}
