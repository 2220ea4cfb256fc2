import { threadId } from 'node:worker_threads';
import { decodeFrame, isIntact } from './frame.mjs';

/** Frequencies that a machine of this kind is listened to at, in hertz. */
const FREQUENCIES = Array.from({ length: 40 }, (_, at) => 25 * (at + 1));

/**
 * The task of the pool: decodes frames and finds in each the frequency that stands out. The views show the memory that the client has
 * received the messages in, which nobody writes to before this task has come to its end and its leases are given back.
 *
 * @param {Uint8Array[]} views
 * @returns For each view what its frame says, or the reason why it says nothing. Small: results are cloned.
 */
export default function decode(views) {
  return { threadId, results: views.map(analyze) };
}

function analyze(view) {
  if (!isIntact(view)) return { problem: 'damaged' };
  try {
    const { sequence, rate, samples } = decodeFrame(view);
    const powers = FREQUENCIES.map((frequency) => powerAt(samples, frequency / rate));
    const strongest = powers.indexOf(Math.max(...powers));
    // Once more, after the work: a view that is read beyond its lease shows another message by now.
    if (!isIntact(view)) return { problem: 'overwritten while it was read' };
    return { sequence, hertz: FREQUENCIES[strongest] };
  } catch (error) {
    // One frame that is none must not take the whole task with it.
    return { problem: error.message };
  }
}

/** Goertzel's algorithm: the power of one frequency, given in cycles a sample. */
function powerAt(samples, cycles) {
  const factor = 2 * Math.cos(2 * Math.PI * cycles);
  let last = 0;
  let beforeLast = 0;
  for (const sample of samples) {
    const next = sample + factor * last - beforeLast;
    beforeLast = last;
    last = next;
  }
  return last * last + beforeLast * beforeLast - factor * last * beforeLast;
}
