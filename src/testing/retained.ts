import { TopicTrie } from '../validation/topic-trie.js';
import { hasWildcard } from '../validation/topics.js';
import type { BrokerCounters } from './counters.js';
import type { Message } from './message.js';
import type { ResolvedOptions } from './options.js';

/** The last retained message of every topic. */
export class RetainedMessages {
  readonly #messages = new Map<string, Message>();
  readonly #options: ResolvedOptions;
  readonly #counters: BrokerCounters;

  constructor(options: ResolvedOptions, counters: BrokerCounters) {
    this.#options = options;
    this.#counters = counters;
  }

  get size(): number {
    return this.#messages.size;
  }

  /** Replaces the retained message of a topic, or removes it when the payload is empty. */
  store(message: Message): void {
    const { name } = message.topic;
    if (message.payloadLength === 0) {
      this.#messages.delete(name);
    } else if (
      this.#messages.size < this.#options.retainedMessagesMax ||
      this.#messages.has(name)
    ) {
      this.#messages.set(name, message.copy());
    } else {
      this.#counters.retainedRefused++;
    }
  }

  /** The retained messages that a filter, not a shared one, matches; expired ones are dropped. */
  match(topicFilter: string, now: number): Message[] {
    const messages = hasWildcard(topicFilter)
      ? this.#matchWildcard(topicFilter)
      : [this.#messages.get(topicFilter)].filter((message) => message !== undefined);
    return messages.filter((message) => {
      if (!message.isExpired(now, this.#options.secondMs)) return true;
      this.#messages.delete(message.topic.name);
      this.#counters.expired++;
      return false;
    });
  }

  clear(): void {
    this.#messages.clear();
  }

  #matchWildcard(topicFilter: string): Message[] {
    const matches: Message[] = [];
    const trie = new TopicTrie<true>();
    trie.add(topicFilter, true);
    for (const [topicName, message] of this.#messages) {
      trie.match(topicName, () => matches.push(message));
    }
    return matches;
  }
}
