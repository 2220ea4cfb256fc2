import { runHistory } from './history.js';
import { versionOf } from './run-range.js';

/** Plays one history and prints it. @returns Whether every rule held. */
export async function replay(seed: number, version: 4 | 5 | null): Promise<boolean> {
  const result = await runHistory(seed, version ?? versionOf(seed), true);
  for (const line of result.lines) console.log(line);
  const { failure, hash, events } = result;
  console.log(`${events} events, hash ${hash.toString(16)}`);
  if (failure === null) return true;
  console.log(failure.stack, failure.cause ?? '');
  return false;
}
