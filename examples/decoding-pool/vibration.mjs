/** What the simulated machine does, to be found again in the frames. */
export const RATE = 8000;
const SAMPLES = 2000;

/** The frequency at which it vibrates in a frame. */
export function hertzOf(sequence) {
  return 25 * (1 + (sequence % 40));
}

/** The samples of a frame: the vibration, with noise. */
export function vibrationOf(sequence) {
  const step = (2 * Math.PI * hertzOf(sequence)) / RATE;
  const noise = () => 900 * Math.random();
  return Int32Array.from({ length: SAMPLES }, (_, at) => 9000 * Math.sin(step * at) + noise());
}
