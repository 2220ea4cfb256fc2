import { setImmediate } from 'node:timers';
import type { World } from './world/world.js';

/** Events after which a history goes round in circles. */
const EVENTS_MAX = 100_000;

/** Lets the events of a history happen. */
export class Player {
  readonly #world: World;
  events = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Plays until something is so, nothing is left to happen, or a rule does not hold. */
  async until(isSo: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        try {
          if (this.#play(isSo)) resolve();
          // Promises come before the next event.
          else setImmediate(turn);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      setImmediate(turn);
    });
  }

  /** Promises that are settled, and nothing else, go on. */
  async settle(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  /** @returns Whether it is over; false after an event of the main thread. */
  #play(isSo: () => boolean): boolean {
    const world = this.#world;
    while (world.failure === null && !isSo()) {
      if (++this.events > EVENTS_MAX) {
        world.fail('I16', 'events without end');
        return true;
      }
      const event = world.clock.next();
      if (event === null) return true;
      event.run();
      if (event.thread === 'main') return false;
    }
    return true;
  }
}
