import type { Grant } from './grant.js';
import type { Message } from './message.js';

/** A publisher that waits until a recipient keeps up again. */
export interface Waiter {
  goOn(recipient: Recipient): void;
}

/** A session, as those see it who have messages for it. */
export interface Recipient {
  readonly connected: boolean;
  /** Can it take another message without anybody having to wait? */
  readonly keepsUp: boolean;
  /** Takes a message; false when it does not keep up and the publisher has to wait for it. */
  deliver(message: Message, grant: Grant, retain: boolean): boolean;
  addWaiter(waiter: Waiter): void;
  deleteWaiter(waiter: Waiter): void;
}
