import type { HostEnvironment, Timer } from '../../../src/host/environment.js';
import type { Route } from '../../../src/transport/route.js';
import type { Transport, TransportEvents } from '../../../src/transport/transport.js';
import type { NetworkSwarm } from '../swarm.js';
import type { World } from '../world/world.js';
import { Link } from './link.js';
import type { LinkEnds } from './link-ends.js';

/** Who looks at connections as they come and go. */
export interface NetworkWatcher {
  /** The client opens a connection. */
  attempt(link: Link): void;
  /** The client asked for a random number: its back-off did. */
  drewRandom(value: number): void;
}

/** The platform that the host of a client runs on: timers, chance, and connections to the model broker. */
export class Network implements HostEnvironment {
  readonly #world: World;
  readonly #swarm: NetworkSwarm;
  readonly #ends: LinkEnds;
  readonly #watcher: NetworkWatcher;
  /** Hosts where nobody listens. */
  readonly #down: readonly string[];
  /** Timers that are set. */
  timers = 0;
  /** The connection that was opened last. */
  link: Link | null = null;
  links = 0;
  /** From now on every connection works. */
  isHealed = false;

  constructor(
    world: World,
    swarm: NetworkSwarm,
    down: readonly string[],
    ends: LinkEnds,
    watcher: NetworkWatcher,
  ) {
    this.#world = world;
    this.#swarm = swarm;
    this.#down = down;
    this.#ends = ends;
    this.#watcher = watcher;
  }

  now(): number {
    return this.#world.now;
  }

  random(): number {
    const value = this.#world.prng.below(1000) / 1000;
    this.#watcher.drewRandom(value);
    return value;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    this.timers++;
    let isSet = true;
    const done = (): void => {
      if (isSet) this.timers--;
      isSet = false;
    };
    const timer = (): void => {
      done();
      fire();
    };
    const event = this.#world.clock.schedule(delayMs, 'worker', timer, true);
    return {
      cancel: () => {
        event.isCancelled = true;
        done();
      },
    };
  }

  defer(callback: () => void): void {
    this.#world.clock.schedule(0, 'worker', callback);
  }

  openTransport(route: Route, events: TransportEvents): Transport {
    const fate = this.isHealed ? 'opens' : this.#fate(route);
    const link = new Link(
      this.#world,
      this.#swarm,
      route,
      ++this.links,
      events,
      this.#ends,
      this.isHealed,
    );
    this.link = link;
    this.#world.trace('attempt', this.links, 0, () => fate);
    this.#watcher.attempt(link);
    link.begin(fate);
    return link;
  }

  /** Faults are over: what is broken and not yet noticed breaks for good, and all that follows works. */
  heal(): void {
    this.isHealed = true;
    this.link?.heal();
  }

  #fate({ endpoint }: Route): 'opens' | 'refuses' | 'swallows' {
    const { prng } = this.#world;
    if ('host' in endpoint && this.#down.includes(endpoint.host)) return 'refuses';
    if (prng.chance(this.#swarm.refusals)) return 'refuses';
    return prng.chance(this.#swarm.swallowedAttempts) ? 'swallows' : 'opens';
  }
}
