import { CustomTransport, type TransportFactory } from '../transport/custom-transport.js';
import { openTransport } from '../transport/open-transport.js';
import type { Route } from '../transport/route.js';
import type { Transport, TransportEvents } from '../transport/transport.js';

/** A cancellable call in the future. */
export interface Timer {
  cancel(): void;
}

/** Everything outside that a host depends on; tests put their own in place. */
export interface HostEnvironment {
  /** Milliseconds since the epoch on a clock that never goes back. The same clock on all threads. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  setTimer(delayMs: number, fire: () => void): Timer;
  /** Calls back after the pending input and output of this thread. */
  defer(callback: () => void): void;
  openTransport(route: Route, events: TransportEvents): Transport;
}

/** The environment of Node. */
export const NODE_ENVIRONMENT: HostEnvironment = {
  now: () => performance.timeOrigin + performance.now(),
  random: () => Math.random(),
  setTimer: (delayMs, fire) => {
    const timeout = setTimeout(fire, delayMs);
    return {
      cancel: () => {
        clearTimeout(timeout);
      },
    };
  },
  defer: (callback) => {
    setImmediate(callback);
  },
  openTransport,
};

/** The same environment, in which a factory of the user's makes the transports. */
export function withTransport(
  environment: HostEnvironment,
  factory: TransportFactory,
): HostEnvironment {
  return {
    now: () => environment.now(),
    random: () => environment.random(),
    setTimer: (delayMs, fire) => environment.setTimer(delayMs, fire),
    defer: (callback) => {
      environment.defer(callback);
    },
    openTransport: ({ endpoint }, events) => new CustomTransport(factory, { endpoint }, events),
  };
}
