import { TopicTrie } from '../validation/topic-trie.js';
import { parseSharedFilter } from '../validation/topics.js';
import type { BrokerClient } from './client.js';
import { type Grant, mergeGrants } from './grant.js';
import type { Message } from './message.js';
import type { Recipient } from './recipient.js';
import { SharedGroup } from './shared-group.js';
import type { Subscription } from './subscription.js';
import type { Topic } from './topic-cache.js';

/** Topics whose routes are kept; beyond, all are forgotten. */
const ROUTES_MAX = 0x1_0000;

/** Where a session gets the messages of one topic. */
interface Route {
  readonly session: Recipient;
  /** What its subscriptions grant to messages of others. */
  readonly grant: Grant | null;
  /** What they grant to its own messages: null when all of them are No Local. */
  readonly ownGrant: Grant | null;
}

/** Where the messages of one topic go. */
interface Routes {
  readonly sessions: readonly Route[];
  readonly groups: readonly SharedGroup[];
}

/** The Client that a message comes from: it is told of subscribers that do not keep up. */
export interface Publisher {
  readonly client: BrokerClient;
  readonly session: Recipient;
  /** Not to be acknowledged, or not to be read from, until the session keeps up again. */
  waitFor(session: Recipient): void;
}

/**
 * Knows who subscribed to what.
 *
 * The routes of a topic are found in the trie once and then kept. Every change of the subscriptions
 * forgets them all: they are found again faster than one could tell which of them have changed.
 */
export class Router {
  readonly #trie = new TopicTrie<Subscription | SharedGroup>();
  readonly #groups = new Map<string, SharedGroup>();
  readonly #routes = new Map<Topic, Routes>();

  add(subscription: Subscription): void {
    this.#routes.clear();
    const shared = parseSharedFilter(subscription.topicFilter);
    if (shared === null) {
      this.#trie.add(subscription.topicFilter, subscription);
      return;
    }
    let group = this.#groups.get(subscription.topicFilter);
    if (group === undefined) {
      group = new SharedGroup();
      this.#groups.set(subscription.topicFilter, group);
      this.#trie.add(shared.topicFilter, group);
    }
    group.add(subscription);
  }

  delete(subscription: Subscription): void {
    this.#routes.clear();
    const shared = parseSharedFilter(subscription.topicFilter);
    if (shared === null) {
      this.#trie.delete(subscription.topicFilter, subscription);
      return;
    }
    const group = this.#groups.get(subscription.topicFilter);
    if (group === undefined) return;
    group.delete(subscription);
    if (!group.empty) return;
    this.#groups.delete(subscription.topicFilter);
    this.#trie.delete(shared.topicFilter, group);
  }

  /** Delivers a message to everyone it is for, and returns how many that are. */
  route(message: Message, publisher: Publisher | null): number {
    const { sessions, groups } = this.#routesOf(message.topic);
    let count = 0;
    for (const { session, grant, ownGrant } of sessions) {
      const effective = session === publisher?.session ? ownGrant : grant;
      if (effective === null) continue;
      count++;
      if (!deliver(message, session, effective)) publisher?.waitFor(session);
    }
    for (const group of groups) {
      const subscription = group.next();
      count++;
      if (!deliver(message, subscription.session, subscription)) {
        publisher?.waitFor(subscription.session);
      }
    }
    return count;
  }

  #routesOf(topic: Topic): Routes {
    const known = this.#routes.get(topic);
    if (known !== undefined) return known;
    const routes = this.#findRoutes(topic.name);
    if (this.#routes.size === ROUTES_MAX) this.#routes.clear();
    this.#routes.set(topic, routes);
    return routes;
  }

  #findRoutes(topicName: string): Routes {
    const matches = new Map<Recipient, Subscription[]>();
    const groups: SharedGroup[] = [];
    this.#trie.match(topicName, (match) => {
      if (match instanceof SharedGroup) {
        groups.push(match);
        return;
      }
      const subscriptions = matches.get(match.session);
      if (subscriptions === undefined) matches.set(match.session, [match]);
      else subscriptions.push(match);
    });
    return { sessions: Array.from(matches, ([session, found]) => toRoute(session, found)), groups };
  }
}

function toRoute(session: Recipient, subscriptions: readonly Subscription[]): Route {
  return {
    session,
    grant: mergeGrants(subscriptions),
    ownGrant: mergeGrants(subscriptions.filter(({ noLocal }) => !noLocal)),
  };
}

function deliver(message: Message, session: Recipient, grant: Grant): boolean {
  return session.deliver(message, grant, message.retain && grant.retainAsPublished);
}
