import type { SubscribePacket } from '../codec/packets.js';
import type { MqttError } from '../errors/mqtt-error.js';
import { TopicTrie } from '../validation/topic-trie.js';
import { parseSharedFilter } from '../validation/topics.js';
import type { Subscription } from './subscription.js';

/** The subscriptions of a client, and which of them a topic concerns. */
export class Subscriptions {
  readonly #trie: TopicTrie<Subscription> = new TopicTrie();
  /** All that are routed to: the granted ones, and those whose SUBSCRIBE is on its way. */
  readonly #all: Set<Subscription> = new Set();
  /** Subscription → the SUBSCRIBE that made it, to be sent again when the Server has lost the Session. */
  readonly #active: Map<Subscription, SubscribePacket> = new Map();
  /** Changes whenever a topic may concern other subscriptions than before. */
  epoch = 0;

  /** Routes messages to a subscription. Done before its SUBSCRIBE is sent: retained messages may come before the SUBACK. */
  add(subscription: Subscription): void {
    for (const filter of subscription.topicFilters) this.#trie.add(toMatched(filter), subscription);
    this.#all.add(subscription);
    this.epoch++;
  }

  /** The Server has granted a subscription. */
  activate(subscription: Subscription, packet: SubscribePacket): void {
    this.#active.set(subscription, packet);
  }

  delete(subscription: Subscription): void {
    for (const filter of subscription.topicFilters)
      this.#trie.delete(toMatched(filter), subscription);
    this.#all.delete(subscription);
    this.#active.delete(subscription);
    this.epoch++;
  }

  match(topicName: string): Subscription[] {
    const subscriptions: Subscription[] = [];
    this.#trie.match(topicName, (subscription) => {
      // Several filters of one subscription may match: it gets the message once.
      if (!subscriptions.includes(subscription)) subscriptions.push(subscription);
    });
    return subscriptions;
  }

  /** Filters of the subscription that no other one uses: those the Server is to be told to forget. */
  exclusiveFilters(subscription: Subscription): string[] {
    const others = [...this.#all].filter((other) => other !== subscription);
    return subscription.topicFilters.filter(
      (filter) => !others.some((other) => other.topicFilters.includes(filter)),
    );
  }

  /** What the Server granted, oldest first. */
  get active(): readonly (readonly [Subscription, SubscribePacket])[] {
    return [...this.#active];
  }

  /** Ends all of them. */
  endAll(error: MqttError | null): void {
    const all = new Set(this.#active.keys());
    this.#active.clear();
    for (const subscription of all) subscription.end(error);
  }
}

function toMatched(filter: string): string {
  return parseSharedFilter(filter)?.topicFilter ?? filter;
}
