import { decodeUtf8 } from '../codec/utf8.js';
import type { TopicAliasResolver } from '../validation/topic-alias-resolver.js';
import { type AliasPolicy, INVALID_ALIAS, NO_ALIAS } from './alias-policy.js';

/** Aliases that code of the user's chooses. Whatever it throws or returns, the session stays whole. */
export class ResolvedAliases implements AliasPolicy {
  readonly assigns = true;
  readonly #resolver: TopicAliasResolver;
  readonly #memory: Uint8Array;
  // Connection.
  #maximum = 0;
  /** The resolver has thrown where no publish could fail for it: it does not know what was sent. */
  #isLost = false;
  #topicName = '';

  constructor(resolver: TopicAliasResolver, memory: Uint8Array) {
    this.#resolver = resolver;
    this.#memory = memory;
  }

  startConnection(topicAliasMaximum: number): void {
    this.#maximum = topicAliasMaximum;
    this.#isLost = false;
    if (topicAliasMaximum > 0) {
      this.#guard(() => {
        this.#resolver.startConnection(topicAliasMaximum);
      });
    }
  }

  choose(topicStart: number, topicLength: number, requested: number): number {
    if (this.#maximum === 0) return NO_ALIAS;
    if (this.#isLost) return INVALID_ALIAS;
    this.#topicName = decodeUtf8(this.#memory, topicStart, topicStart + topicLength);
    try {
      const alias: unknown = this.#resolver.resolve(this.#topicName, requested);
      const isNumber = typeof alias === 'number' && Number.isInteger(alias);
      return isNumber && alias >= 0 && alias <= this.#maximum ? alias : INVALID_ALIAS;
    } catch {
      return INVALID_ALIAS;
    }
  }

  sent(_topicStart: number, _topicLength: number, alias: number): void {
    this.#guard(() => {
      this.#resolver.sent(this.#topicName, alias);
    });
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch {
      this.#isLost = true;
    }
  }
}
