import type { TopicAliasResolver } from '../validation/topic-alias-resolver.js';
import type { AliasBindings } from './alias-bindings.js';
import { type AliasPolicy, NO_ALIAS } from './alias-policy.js';
import { LruAliases } from './lru-aliases.js';
import { ResolvedAliases } from './resolved-aliases.js';

/** What decides on aliases. */
export interface AliasOptions {
  readonly topicAliasPolicy: 'none' | 'manual' | 'lru';
  /** Topics that `'lru'` keeps aliases for, at most. */
  readonly topicAliasCacheSize: number;
  /** Takes the place of the policy. */
  readonly topicAliasResolver: TopicAliasResolver | undefined;
}

/** Never an alias, whatever is asked for. */
const NONE: AliasPolicy = {
  assigns: false,
  startConnection: () => undefined,
  choose: () => NO_ALIAS,
  sent: () => undefined,
};

/** The alias that is asked for. */
const MANUAL: AliasPolicy = {
  ...NONE,
  choose: (_topicStart, _topicLength, requested) => requested,
};

/** Makes the policy of one client. @param memory That the places of topics point into. */
export function createAliasPolicy(
  options: AliasOptions,
  memory: Uint8Array,
  bindings: AliasBindings,
): AliasPolicy {
  const { topicAliasPolicy, topicAliasCacheSize, topicAliasResolver } = options;
  if (topicAliasResolver !== undefined) return new ResolvedAliases(topicAliasResolver, memory);
  switch (topicAliasPolicy) {
    case 'none':
      return NONE;
    case 'manual':
      return MANUAL;
    case 'lru':
      return new LruAliases(topicAliasCacheSize, memory, bindings);
  }
}
