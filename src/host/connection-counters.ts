import type { ControlEvent } from '../channel/control-messages.js';
import { COUNTER_SLOTS, type Counters } from '../metrics/counters.js';

/** Counts what becomes of connections by the events that tell the main thread: who reads the counters at an event finds it counted. */
export class ConnectionCounters {
  readonly #counters: Counters;
  #hasConnected = false;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  count({ kind }: ControlEvent): void {
    switch (kind) {
      case 'attempt':
        this.#counters.add(COUNTER_SLOTS.connectionAttempts, 1);
        return;
      case 'connected':
        this.#counters.add(COUNTER_SLOTS.connections, 1);
        if (this.#hasConnected) this.#counters.add(COUNTER_SLOTS.reconnects, 1);
        this.#hasConnected = true;
        this.#counters.set(COUNTER_SLOTS.connected, 1);
        return;
      case 'disconnection':
        this.#counters.set(COUNTER_SLOTS.connected, 0);
        return;
      default:
    }
  }
}
