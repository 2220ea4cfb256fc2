import type { Will } from '../codec/packets.js';
import type { BrokerCounters } from './counters.js';
import type { ResolvedOptions } from './options.js';
import type { Router } from './router.js';
import { Session } from './session.js';

/** The longest time that a timer can take; what would take longer is never due. */
const TIMER_MS_MAX = 0x7fff_ffff;

/** What happens when time has passed or a session is over. */
export interface SessionEvents {
  publishWill(will: Will, session: Session): void;
  sessionEnded(session: Session): void;
}

interface Timers {
  will: NodeJS.Timeout | null;
  expiry: NodeJS.Timeout | null;
}

/** The sessions of all Clients, and the time that they and their Wills have left. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #timers = new Map<Session, Timers>();
  readonly #options: ResolvedOptions;
  readonly #counters: BrokerCounters;
  readonly #router: Router;
  readonly #events: SessionEvents;
  #assigned = 0;

  constructor(
    options: ResolvedOptions,
    counters: BrokerCounters,
    router: Router,
    events: SessionEvents,
  ) {
    this.#options = options;
    this.#counters = counters;
    this.#router = router;
    this.#events = events;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Is there no room for another Client Identifier? */
  get full(): boolean {
    return this.#sessions.size >= this.#options.sessionsMax;
  }

  get(clientId: string): Session | undefined {
    return this.#sessions.get(clientId);
  }

  values(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** A Client Identifier that no session has. */
  assignClientId(): string {
    let clientId: string;
    do clientId = `assigned-${++this.#assigned}`;
    while (this.#sessions.has(clientId));
    return clientId;
  }

  /** The stored session of a Client that comes back; its Will is not sent any more [MQTT-3.1.3-9]. */
  resume(clientId: string): Session | undefined {
    const session = this.#sessions.get(clientId);
    if (session !== undefined) {
      this.#clearTimers(session);
      session.will = null;
    }
    return session;
  }

  /** A new session; one that the Client had before has to be ended first. */
  create(clientId: string): Session {
    const session = new Session(clientId, this.#options, this.#counters);
    this.#sessions.set(clientId, session);
    return session;
  }

  /** The connection of a session has closed: from now on its time runs. */
  leave(session: Session): void {
    session.detach();
    const { will, expiryInterval } = session;
    const delay = Math.min(will?.properties.willDelayInterval ?? 0, expiryInterval);
    if (will !== null && delay === 0) this.#publishWill(session);
    if (expiryInterval === 0) {
      this.end(session);
      return;
    }
    this.#timers.set(session, {
      will:
        will === null || delay === 0 ? null : this.#after(delay, () => this.#publishWill(session)),
      expiry: this.#after(expiryInterval, () => this.end(session)),
    });
  }

  /** Ends a session that is not connected: its Will goes out, its subscriptions and messages go. */
  end(session: Session): void {
    this.#clearTimers(session);
    this.#publishWill(session);
    for (const subscription of session.subscriptions.values()) this.#router.delete(subscription);
    session.subscriptions.clear();
    this.#sessions.delete(session.clientId);
    this.#events.sessionEnded(session);
  }

  /** Ends all sessions without publishing anything. */
  clear(): void {
    for (const session of this.#sessions.values()) {
      session.will = null;
      this.end(session);
    }
  }

  #publishWill(session: Session): void {
    const { will } = session;
    if (will === null) return;
    session.will = null;
    this.#events.publishWill(will, session);
  }

  #clearTimers(session: Session): void {
    const timers = this.#timers.get(session);
    if (timers === undefined) return;
    if (timers.will !== null) clearTimeout(timers.will);
    if (timers.expiry !== null) clearTimeout(timers.expiry);
    this.#timers.delete(session);
  }

  #after(seconds: number, run: () => void): NodeJS.Timeout | null {
    const ms = seconds * this.#options.secondMs;
    return ms > TIMER_MS_MAX ? null : setTimeout(run, ms);
  }
}
