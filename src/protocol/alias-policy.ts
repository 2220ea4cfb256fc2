/** No Topic Alias. */
export const NO_ALIAS = 0;
/** What no Server takes. */
export const INVALID_ALIAS = 0x1_0000;

/**
 * Chooses the Topic Alias of each PUBLISH. Choosing changes nothing, for the PUBLISH may yet be refused; only one that is sent
 * does. Topics are given by their place in memory.
 */
export interface AliasPolicy {
  /** Whether a PUBLISH may get an alias that its caller did not ask for. */
  readonly assigns: boolean;
  /** A connection was accepted: the aliases of the one before are void. */
  startConnection(topicAliasMaximum: number): void;
  /** @param requested What the caller asked for, or NO_ALIAS. @returns NO_ALIAS: none. */
  choose(topicStart: number, topicLength: number, requested: number): number;
  /** A PUBLISH is on its way with the alias that was chosen last. @param isKnown The Server knew the alias as this topic before. */
  sent(topicStart: number, topicLength: number, alias: number, isKnown: boolean): void;
}
