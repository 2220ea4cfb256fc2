import { performance } from 'node:perf_hooks';

/**
 * Publishes one message after another, with at most `window` promises pending, refilled at half, until `deadline` (of
 * performance.now). Resolves with the number of messages when all have settled.
 *
 * @param window Rounded down to an even number; 2 at least.
 */
export function publishInWindow(
  publish: (topic: string) => Promise<unknown>,
  topics: readonly string[],
  window: number,
  deadline: number,
): Promise<number> {
  const half = Math.max(1, Math.floor(window / 2));
  return new Promise((resolve, reject) => {
    let published = 0;
    let pending = 0;
    const refill = (): void => {
      if (performance.now() >= deadline) {
        if (pending === 0) resolve(published);
        return;
      }
      while (pending < 2 * half) {
        pending += 1;
        publish(topics[published % topics.length]!).then(settled, reject);
        published += 1;
      }
    };
    const settled = (): void => {
      pending -= 1;
      if (pending === half || pending === 0) refill();
    };
    refill();
  });
}
