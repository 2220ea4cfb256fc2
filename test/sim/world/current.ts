import type { Knobs } from './knobs.js';
import type { World } from './world.js';

/** The history that runs. Code of the client calls functions of the platform, which know no other way to find it. */
let current: { readonly world: World; readonly knobs: Knobs } | null = null;

export function enter(world: World, knobs: Knobs): void {
  current = { world, knobs };
}

export function leave(): void {
  current = null;
}

export function currentWorld(): World {
  if (current === null) throw new Error('no history runs');
  return current.world;
}

export function currentKnobs(): Knobs {
  if (current === null) throw new Error('no history runs');
  return current.knobs;
}

/** Takes what nobody caught while a history runs: it is the client's fault, or the simulator's, and a failure either way. */
export function reportUncaught(error: unknown): void {
  if (current === null) throw error;
  current.world.fail('no-exception', `uncaught: ${String(error)}`, error);
}
