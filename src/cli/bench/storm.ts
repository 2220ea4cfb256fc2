import { setTimeout as sleep } from 'node:timers/promises';
import { Distribution } from './distribution.js';
import type { LoadClient } from './load-client.js';
import type { Measurement } from './measurement.js';
import type { StormRound } from './result.js';
import { monotonicMs } from './stamp.js';

/** Between two rounds: subscriptions are made again, and what the broker has kept comes. */
const PAUSE_MS = 1000;

/** When a storm ends, and who hears of it. */
export interface StormLimits {
  /** No round begins later. */
  readonly durationMs: number;
  /** How much longer than that clients may take to come back. */
  readonly graceMs: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  readonly onRound: (round: StormRound) => void;
}

/** All clients lose their connections at once and come back, again and again. */
export async function runStorm(
  clients: readonly LoadClient[],
  measurement: Measurement,
  limits: StormLimits,
): Promise<readonly StormRound[]> {
  const { durationMs, graceMs, signal, onRound } = limits;
  const rounds: StormRound[] = [];
  const beganMs = monotonicMs();
  const endMs = beganMs + durationMs;
  do {
    const startMs = monotonicMs();
    const recovery = new Distribution();
    const isComplete = await within(
      Math.max(0, endMs - startMs) + graceMs,
      signal,
      Promise.all(
        clients.map(async (client) => {
          const lostMs = monotonicMs();
          await client.reconnect();
          recovery.record(monotonicMs() - lostMs);
        }),
      ),
    );
    // It was ended in the middle: who would have come back is not known.
    if (!isComplete && signal.aborted) break;
    const allBackMs = isComplete ? monotonicMs() - startMs : null;
    const missing = clients.length - recovery.count;
    measurement.reconnect.add(recovery);
    if (allBackMs !== null) measurement.allBack.record(allBackMs);
    measurement.counts.disconnections += missing;
    const round = {
      round: rounds.length + 1,
      at: (startMs - beganMs) / 1000,
      allBackMs,
      missing,
      recoveryMs: recovery.spread(),
    };
    rounds.push(round);
    onRound(round);
    if (!isComplete) break;
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
  } while (monotonicMs() < endMs && !signal.aborted);
  return rounds;
}

/** @returns Whether it was done before the time was over and the signal aborted. */
async function within(ms: number, signal: AbortSignal, work: Promise<unknown>): Promise<boolean> {
  const done = new AbortController();
  // Nobody waits for it any more when it fails later.
  work.catch(() => {});
  const over = sleep(ms, false, { signal: AbortSignal.any([signal, done.signal]) });
  try {
    return await Promise.race([work.then(() => true), over.catch(() => false)]);
  } finally {
    done.abort();
  }
}
