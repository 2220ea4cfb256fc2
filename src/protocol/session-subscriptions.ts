import type { SubscribePacket, SubscriptionRequest } from '../codec/packets.js';
import { TopicTrie } from '../validation/topic-trie.js';
import { parseSharedFilter } from '../validation/topics.js';

const REASON_FAILURE = 0x80;
const NOT_GRANTED = -1;
/** Retain Handling: no retained messages. */
const SEND_NO_RETAINED = 2;
/** What is kept of the filters of one Session, at most; with more than that, nothing can be said of a message. */
const FILTERS_MAX = 65_536;
const CHARACTERS_MAX = 4 * 1024 * 1024;
const IDENTIFIERS_MAX = 65_536;

/** What the Server may send for one Topic Filter. */
interface Bounds {
  /** The highest QoS that was granted. */
  granted: number;
  /** By QoS: SUBSCRIBEs that were sent and not yet answered. */
  readonly asked: [number, number, number];
  /** A message with RETAIN set may be for this filter. */
  retain: boolean;
}

/** What the subscriptions to a topic allow its messages. */
export interface Allowance {
  /** −1: no subscription matches. */
  readonly qos: number;
  readonly retain: boolean;
}

/**
 * What a Session has subscribed to, to tell which messages the Server may send. An ended subscription stays: messages that
 * were on their way may still come (§3.10.4), and so may those queued before a subscription was made again with less.
 */
export class SessionSubscriptions {
  // Session.
  #filters: Map<string, Bounds> = new Map();
  #trie: TopicTrie<Bounds> = new TopicTrie();
  readonly #identifiers: Set<number> = new Set();
  #characters = 0;
  /** There were more than are kept. */
  #isPartial = false;

  /** A SUBSCRIBE is on its way: the Server may send messages before its SUBACK (§3.8.4). */
  requested({ subscriptions, properties }: SubscribePacket): void {
    const { subscriptionIdentifier } = properties;
    if (subscriptionIdentifier !== undefined) this.#identifiers.add(subscriptionIdentifier);
    for (const subscription of subscriptions) {
      const bounds = this.#boundsOf(subscription.topicFilter);
      bounds.asked[subscription.qos]++;
      bounds.retain ||= mayRetain(subscription);
    }
    this.#isPartial ||=
      this.#filters.size > FILTERS_MAX ||
      this.#characters > CHARACTERS_MAX ||
      this.#identifiers.size > IDENTIFIERS_MAX;
    if (this.#isPartial) this.#clear();
  }

  /** The SUBSCRIBE was answered. */
  answered({ subscriptions }: SubscribePacket, reasonCodes: readonly number[]): void {
    subscriptions.forEach(({ topicFilter, qos }, index) => {
      const bounds = this.#filters.get(topicFilter);
      const reasonCode = reasonCodes[index]!;
      if (bounds === undefined) return;
      bounds.asked[qos] = Math.max(0, bounds.asked[qos] - 1);
      if (reasonCode < REASON_FAILURE) bounds.granted = Math.max(bounds.granted, reasonCode);
    });
  }

  /** The connection is gone: what was not answered may have been granted. */
  interrupted(): void {
    for (const bounds of this.#filters.values()) {
      bounds.granted = highestQos(bounds);
      bounds.asked.fill(0);
    }
  }

  /** The Server has a new Session. */
  reset(): void {
    this.#isPartial = false;
    this.#clear();
  }

  /** Whether the Server was asked to send this Subscription Identifier. */
  hasIdentifier(identifier: number): boolean {
    return this.#isPartial || this.#identifiers.has(identifier);
  }

  /** What the messages of a topic may be. */
  allowance(topicName: string): Allowance {
    let qos = this.#isPartial ? 2 : NOT_GRANTED;
    let retain = this.#isPartial;
    this.#trie.match(topicName, (bounds) => {
      qos = Math.max(qos, highestQos(bounds));
      retain ||= bounds.retain;
    });
    return { qos, retain };
  }

  #boundsOf(topicFilter: string): Bounds {
    const known = this.#filters.get(topicFilter);
    if (known !== undefined) return known;
    const bounds: Bounds = { granted: NOT_GRANTED, asked: [0, 0, 0], retain: false };
    this.#filters.set(topicFilter, bounds);
    this.#trie.add(parseSharedFilter(topicFilter)?.topicFilter ?? topicFilter, bounds);
    this.#characters += topicFilter.length;
    return bounds;
  }

  #clear(): void {
    this.#filters = new Map();
    this.#trie = new TopicTrie();
    this.#identifiers.clear();
    this.#characters = 0;
  }
}

function highestQos({ granted, asked }: Bounds): number {
  return Math.max(
    granted,
    asked.findLastIndex((count) => count > 0),
  );
}

function mayRetain({ retainAsPublished, retainHandling }: SubscriptionRequest): boolean {
  return retainAsPublished || retainHandling !== SEND_NO_RETAINED;
}
