/** When messages are to be sent, from the start: fixed in advance, whatever becomes of them. */
export type Schedule = () => number;

/** A message each so many milliseconds. @param rate Messages a second. */
export function constantSchedule(rate: number): Schedule {
  let index = 0;
  // By a product, not a sum: errors do not add up.
  return () => (index++ * 1000) / rate;
}

/** A Poisson process: times between messages are exponentially distributed. The same seed makes the same schedule. */
export function poissonSchedule(rate: number, seed: number): Schedule {
  const random = mulberry32(seed);
  let at = 0;
  return () => {
    const due = at;
    at -= (Math.log(1 - random()) * 1000) / rate;
    return due;
  };
}

/** A generator of numbers from 0 up to 1, by Tommy Ettinger. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
