import type { TlsSessions } from './route.js';

/** As many as a client plausibly changes between. */
const SESSIONS_MAX = 16;

/** The TLS sessions of one client. */
export class TlsSessionCache implements TlsSessions {
  /** From the one that was kept first to the last. */
  readonly #sessions = new Map<string, Buffer>();

  get(key: string): Buffer | undefined {
    return this.#sessions.get(key);
  }

  set(key: string, session: Buffer): void {
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size <= SESSIONS_MAX) return;
    const [oldest] = this.#sessions.keys();
    this.#sessions.delete(oldest!);
  }
}
