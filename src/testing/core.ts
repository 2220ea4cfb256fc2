import type { BrokerCounters } from './counters.js';
import type { BrokerEmitter } from './events.js';
import type { Faults } from './faults.js';
import type { Message } from './message.js';
import type { ResolvedOptions } from './options.js';
import type { RetainedMessages } from './retained.js';
import type { Publisher, Router } from './router.js';
import type { Sessions } from './sessions.js';
import type { TopicCache } from './topic-cache.js';

/** What all connections of a broker share. */
export interface BrokerCore {
  readonly options: ResolvedOptions;
  readonly counters: BrokerCounters;
  readonly events: BrokerEmitter;
  readonly faults: Faults;
  readonly topics: TopicCache;
  readonly router: Router;
  readonly retained: RetainedMessages;
  readonly sessions: Sessions;
}

/** Takes a message over: retains it, delivers it, and returns to how many sessions. */
export function publishMessage(
  core: BrokerCore,
  message: Message,
  publisher: Publisher | null,
): number {
  if (message.retain) core.retained.store(message);
  const count = core.router.route(message, publisher);
  if (core.events.listenerCount('publish') > 0) {
    core.events.emit('publish', message.toObject(), publisher?.client ?? null);
  }
  return count;
}
