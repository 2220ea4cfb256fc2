import { checkTopicBytes, decodePublishProperties, type PublishFields } from '../codec/publish.js';
import { decodeUtf8, isWellFormedUtf8 } from '../codec/utf8.js';
import { TOLERATIONS } from '../errors/tolerations.js';
import type { Violation } from '../errors/violations.js';
import type { SessionSubscriptions } from './session-subscriptions.js';

/**
 * Looks at each message as a strict client does: whether it is one that the Server was asked for, and what it says it is. That costs a walk
 * through the subscriptions for each message, which a forgiving client saves.
 */
export class MessageInspector {
  readonly #memory: Uint8Array;
  readonly #subscriptions: SessionSubscriptions;
  /** Topic Alias → the topic that the Server has bound to it (connection). */
  readonly #aliases: Map<number, string> = new Map();

  constructor(memory: Uint8Array, subscriptions: SessionSubscriptions) {
    this.#memory = memory;
    this.#subscriptions = subscriptions;
  }

  /** Topic Aliases end with the connection. */
  startConnection(): void {
    this.#aliases.clear();
  }

  /** @returns What the message violates, or null; of an alias out of order nothing is said here. */
  inspect(fields: PublishFields): Violation | null {
    const { topicStart, topicLength, topicAlias, qos, retain } = fields;
    const topicEnd = topicStart + topicLength;
    if (topicLength > 0) {
      const violation = checkTopicBytes(this.#memory, topicStart, topicEnd);
      if (violation !== null) return violation;
    }
    const topicName =
      topicLength > 0
        ? decodeUtf8(this.#memory, topicStart, topicEnd)
        : this.#aliases.get(topicAlias);
    if (topicName === undefined) return null;
    if (topicAlias !== 0) this.#aliases.set(topicAlias, topicName);

    const allowance = this.#subscriptions.allowance(topicName);
    if (allowance.qos < 0) return TOLERATIONS.unsolicitedMessage;
    if (qos > allowance.qos) return TOLERATIONS.qosAboveGrant;
    if (retain && !allowance.retain) return TOLERATIONS.retainUnasked;
    return fields.propertiesLength === 0 ? null : this.#inspectProperties(fields);
  }

  #inspectProperties(fields: PublishFields): Violation | null {
    const { propertiesStart, propertiesLength, payloadStart, payloadLength } = fields;
    const { subscriptionIdentifiers, payloadFormatIndicator } = decodePublishProperties(
      this.#memory,
      propertiesStart,
      propertiesStart + propertiesLength,
    );
    const isKnown = (identifier: number): boolean => this.#subscriptions.hasIdentifier(identifier);
    if (subscriptionIdentifiers?.every(isKnown) === false) return TOLERATIONS.subscriptionIdUnasked;
    const isText = payloadFormatIndicator === 1;
    return isText && !isWellFormedUtf8(this.#memory, payloadStart, payloadStart + payloadLength)
      ? TOLERATIONS.payloadFormat
      : null;
  }
}
