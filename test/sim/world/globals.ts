import { currentWorld } from './current.js';

/*
 * What the bundle of the simulator has in place of the clocks, timers and chance of the platform, for all code in it: the one clock
 * is the history's, and whatever would make two runs of a seed differ throws.
 */

export const performance = {
  timeOrigin: 0,
  now: (): number => currentWorld().clock.mainNow,
};

export function setImmediate(run: () => void): void {
  currentWorld().clock.schedule(0, 'main', run);
}

export function setTimeout(): never {
  return forbidden('setTimeout');
}

export function setInterval(): never {
  return forbidden('setInterval');
}

/** In place of `Math.random`. */
export function mathRandom(): never {
  return forbidden('Math.random');
}

/** In place of `Date.now`. */
export function dateNow(): never {
  return forbidden('Date.now');
}

function forbidden(name: string): never {
  throw new Error(`${name} would make two runs of one seed differ`);
}
