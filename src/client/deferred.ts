import type { MqttError } from '../errors/mqtt-error.js';
import type { Settlement } from './pending-operations.js';

let resolveLast: (value: never) => void = () => undefined;
let rejectLast: (reason: unknown) => void = () => undefined;

/** One function for all promises, called while each is made: a closure for each would be garbage at once, as much as a promise is. */
function capture(resolve: (value: never) => void, reject: (reason: unknown) => void): void {
  resolveLast = resolve;
  rejectLast = reject;
}

/** A promise, and what settles it. */
export class Deferred<T> implements Settlement<T> {
  readonly promise: Promise<T> = new Promise<T>(capture);
  readonly resolve: (value: T) => void = resolveLast as (value: T) => void;
  readonly reject: (error: MqttError) => void = rejectLast;
}
