import type { SubscribePacket } from '../codec/packets.js';
import type { MqttError } from '../errors/mqtt-error.js';
import { TopicTrie } from '../validation/topic-trie.js';
import { parseSharedFilter } from '../validation/topics.js';
import type { Subscription } from './subscription.js';

/** Filters that are remembered when their subscription is over. A message for one that was forgotten would wait to be asked for. */
const PAST_MAX = 1024;

/** The subscriptions of a client, and which of them a topic concerns. */
export class Subscriptions {
  readonly #trie: TopicTrie<Subscription> = new TopicTrie();
  /** All that are routed to: the granted ones, and those whose SUBSCRIBE is on its way. */
  readonly #all: Set<Subscription> = new Set();
  /** Subscription → the SUBSCRIBE that made it, to be sent again when the Server has lost the Session. */
  readonly #active: Map<Subscription, SubscribePacket> = new Map();
  /** Those that the Server sends no more messages for, but some that have come wait for their turn. */
  readonly #retired: Set<Subscription> = new Set();
  /** Whether the Session may have subscriptions that an earlier client has made. */
  #inherited = true;
  /** Filters that this client was done with, the latest last, and what they match. */
  readonly #past: Set<string> = new Set();
  readonly #pastTrie: TopicTrie<true> = new TopicTrie();
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

  /**
   * The Server has forgotten it: what it sends from now on is for others. What it has sent is still routed.
   *
   * @returns False when that was known.
   */
  retire(subscription: Subscription): boolean {
    if (!this.#all.delete(subscription)) return false;
    this.#active.delete(subscription);
    this.#retired.add(subscription);
    return true;
  }

  delete(subscription: Subscription): void {
    for (const filter of subscription.topicFilters)
      this.#trie.delete(toMatched(filter), subscription);
    this.#all.delete(subscription);
    this.#active.delete(subscription);
    this.#retired.delete(subscription);
    this.epoch++;
  }

  /** A Server may send messages for filters that this client has given up, or failed to get: nobody will ask for them. */
  dismiss(topicFilters: readonly string[]): void {
    for (const filter of topicFilters.map(toMatched)) {
      this.#past.delete(filter);
      this.#past.add(filter);
      this.#pastTrie.add(filter, true);
    }
    for (const oldest of this.#past) {
      if (this.#past.size <= PAST_MAX) return;
      this.#past.delete(oldest);
      this.#pastTrie.delete(oldest, true);
    }
  }

  /** The Server has accepted a connection. */
  connected(sessionPresent: boolean): void {
    if (sessionPresent) return;
    this.#inherited = false;
    for (const filter of this.#past) this.#pastTrie.delete(filter, true);
    this.#past.clear();
  }

  /**
   * Whether a message that no subscription asks for may be asked for yet: a resumed Session may bring messages before the application
   * has subscribed anew. Others came for a subscription that has ended.
   */
  mayBeAskedFor(topicName: string): boolean {
    if (!this.#inherited) return false;
    let dismissed = false;
    this.#pastTrie.match(topicName, () => {
      dismissed = true;
    });
    return !dismissed;
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

  /** Whether the Server has granted it, and it was not given up. */
  isActive(subscription: Subscription): boolean {
    return this.#active.has(subscription);
  }

  /** Ends all of them. */
  endAll(error: MqttError | null): void {
    const all = new Set([...this.#active.keys(), ...this.#retired]);
    this.#active.clear();
    this.#retired.clear();
    for (const subscription of all) subscription.end(error);
  }
}

function toMatched(filter: string): string {
  return parseSharedFilter(filter)?.topicFilter ?? filter;
}
