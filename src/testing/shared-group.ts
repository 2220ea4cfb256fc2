import type { Subscription } from './subscription.js';

/** The subscriptions of one `$share/{shareName}/{filter}`: a message goes to one of them, in turn. */
export class SharedGroup {
  readonly #members: Subscription[] = [];
  #turn = 0;

  get empty(): boolean {
    return this.#members.length === 0;
  }

  /** Adds a subscription, in place of an earlier one of the same session. */
  add(subscription: Subscription): void {
    const at = this.#members.findIndex((member) => member.session === subscription.session);
    if (at === -1) this.#members.push(subscription);
    else this.#members[at] = subscription;
  }

  delete(subscription: Subscription): void {
    const at = this.#members.findIndex((member) => member.session === subscription.session);
    if (at === -1) return;
    this.#members.splice(at, 1);
    if (this.#turn > at) this.#turn--;
  }

  /**
   * The subscription whose turn it is. Sessions that are connected and keep up go before those that
   * are connected, and these before the others.
   */
  next(): Subscription {
    const at = this.#pick();
    this.#turn = (at + 1) % this.#members.length;
    return this.#members[at]!;
  }

  #pick(): number {
    let connected = -1;
    for (let step = 0; step < this.#members.length; step++) {
      const at = (this.#turn + step) % this.#members.length;
      const { session } = this.#members[at]!;
      if (session.connected && session.keepsUp) return at;
      if (session.connected && connected === -1) connected = at;
    }
    return connected === -1 ? this.#turn % this.#members.length : connected;
  }
}
