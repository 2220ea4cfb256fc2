import { checkTopicBytes, type PublishFields } from '../codec/publish.js';
import { VIOLATIONS, type Violation } from '../errors/violations.js';
import type { SessionSink } from './sink.js';
import { NO_TOPIC, TopicSlots } from './topic-slots.js';

/** The topics of messages from the Server, and the aliases that it has given them (§3.3.2.3.4). */
export class InboundTopics {
  readonly #memory: Uint8Array;
  readonly #sink: SessionSink;
  readonly #topics: TopicSlots;
  readonly #aliasMaximum: number;
  /** Alias → 1 when bound on this connection; index 0 is unused. */
  readonly #aliases: Uint8Array;
  /** What is wrong with the topic of the last PUBLISH, if anything. */
  violation: Violation | null = null;

  constructor(memory: Uint8Array, sink: SessionSink, aliasMaximum: number) {
    this.#memory = memory;
    this.#sink = sink;
    this.#topics = new TopicSlots(memory);
    this.#aliasMaximum = aliasMaximum;
    this.#aliases = new Uint8Array(aliasMaximum + 1);
  }

  /** Aliases end with their connection. */
  startConnection(): void {
    this.#aliases.fill(0);
  }

  /** The slot of the topic; NO_TOPIC when `violation` tells what is wrong with it. */
  resolve({ topicAlias, topicStart, topicLength }: PublishFields): number {
    if (topicAlias !== 0) return this.#resolveAlias(topicAlias, topicStart, topicLength);
    const topics = this.#topics;
    const slot = topics.lookup(topicStart, topicLength);
    if (slot === NO_TOPIC) this.violation = topics.violation;
    else if (topics.isNew) this.#sink.topicReceived(slot, topicStart, topicLength);
    return slot;
  }

  #resolveAlias(alias: number, topicStart: number, topicLength: number): number {
    this.violation = null;
    if (alias > this.#aliasMaximum) this.violation = VIOLATIONS.topicAlias;
    else if (topicLength > 0) {
      this.violation = checkTopicBytes(this.#memory, topicStart, topicStart + topicLength);
    } else if (this.#aliases[alias] === 0) this.violation = VIOLATIONS.topicAliasUnbound;
    if (this.violation !== null) return NO_TOPIC;

    const slot = this.#topics.aliasSlot(alias);
    if (topicLength > 0) {
      this.#aliases[alias] = 1;
      // Also from a duplicate that is suppressed: the messages after it may have nothing but the alias.
      this.#sink.topicReceived(slot, topicStart, topicLength);
    }
    return slot;
  }
}
