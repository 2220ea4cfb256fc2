import type { HostEnvironment, Timer } from '../../src/host/environment.js';
import type { Route } from '../../src/transport/route.js';
import type { Transport, TransportEvents } from '../../src/transport/transport.js';
import { Inbox } from './scripted-server.js';

const SPINS_MAX = 100;

/** A transport without a network: the test plays the operating system and the Server. */
export class FakeTransport implements Transport {
  readonly route: Route;
  readonly events: TransportEvents;
  /** Copies of what was written, one entry a write. */
  readonly writes = new Inbox<Uint8Array>();
  #chunk: Uint8Array | null = null;
  isEnded = false;
  isDestroyed = false;
  /** What the last read was answered with. */
  isReading = true;

  constructor(route: Route, events: TransportEvents) {
    this.route = route;
    this.events = events;
  }

  write(pieces: readonly Uint8Array[]): void {
    this.writes.push(Uint8Array.from(Buffer.concat(pieces)));
  }

  resume(): void {
    this.#chunk?.fill(0xee);
    this.isReading = true;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  /** Bytes arrive, straight in the memory of the reader. */
  receive(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      const target = this.events.buffer();
      const part = rest.subarray(0, target.length);
      target.set(part);
      rest = rest.subarray(part.length);
      this.isReading = this.events.received(part.length);
    }
  }

  /** Bytes arrive in memory of the transport's own, which it uses again as soon as it reads on. */
  receiveChunk(bytes: Uint8Array): void {
    const chunk = Uint8Array.from(bytes);
    this.#chunk = chunk;
    this.isReading = this.events.receivedChunk(chunk);
    if (this.isReading) chunk.fill(0xee);
  }
}

/** Clock, timers, randomness and transports in the hands of a test. */
export class FakeEnvironment implements HostEnvironment {
  readonly transports = new Inbox<FakeTransport>();
  readonly timers: { readonly at: number; readonly fire: () => void }[] = [];
  timersSet = 0;
  time = 1_000_000;
  /** What `random` returns. */
  dice = 1;
  #deferred: (() => void)[] = [];

  now(): number {
    return this.time;
  }

  random(): number {
    return this.dice;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const timer = { at: this.time + delayMs, fire };
    this.timers.push(timer);
    this.timersSet++;
    return {
      cancel: () => {
        const at = this.timers.indexOf(timer);
        if (at !== -1) this.timers.splice(at, 1);
      },
    };
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
    if (this.#deferred.length === 1) setImmediate(() => this.#runDeferred());
  }

  openTransport(route: Route, events: TransportEvents): Transport {
    const transport = new FakeTransport(route, events);
    this.transports.push(transport);
    return transport;
  }

  /**
   * Lets time pass, and every timer fire that is due meanwhile, in order. Nothing arrives in between: what a timer has deferred
   * follows it at once.
   */
  advance(ms: number): void {
    const end = this.time + ms;
    let fired = 0;
    for (;;) {
      const next = this.timers.toSorted((one, other) => one.at - other.at)[0];
      if (next === undefined || next.at > end) break;
      this.timers.splice(this.timers.indexOf(next), 1);
      fired = next.at > this.time ? 0 : fired + 1;
      if (fired > SPINS_MAX)
        throw new Error('the timer is set again and again for a moment that is past');
      this.time = Math.max(this.time, next.at);
      next.fire();
      this.#runDeferred();
    }
    this.time = end;
  }

  /** Lets time pass in which this thread does nothing: timers that are due fire after it, before anything arrives. */
  holdUp(ms: number): void {
    this.time += ms;
    for (const timer of this.timers.filter(({ at }) => at <= this.time)) {
      this.timers.splice(this.timers.indexOf(timer), 1);
      timer.fire();
    }
  }

  #runDeferred(): void {
    const callbacks = this.#deferred;
    this.#deferred = [];
    for (const callback of callbacks) callback();
  }
}

// The worker module may be loaded as a module of its own: what it shares with the test can not be a variable of this one.
const SHARED = Symbol.for('gneiss-mqtt.test.environment');
const shared = globalThis as { [SHARED]?: HostEnvironment | undefined };

/** Hands an environment to the next client whose worker module is `test/host/fake-worker.ts`. */
export function handEnvironment(environment: HostEnvironment): void {
  shared[SHARED] = environment;
}

export function takeEnvironment(): HostEnvironment {
  const environment = shared[SHARED];
  if (environment === undefined) throw new Error('no environment was handed over');
  shared[SHARED] = undefined;
  return environment;
}
