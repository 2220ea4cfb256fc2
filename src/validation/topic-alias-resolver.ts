/**
 * Decides which Topic Alias each PUBLISH goes out with. It keeps no bindings: the client does, and leaves the Topic Name out of a PUBLISH
 * only where the Server knows the alias as just this topic.
 *
 * What throws fails the publish at hand with `GNEISS_ERR_TOPIC_ALIAS_INVALID`, and so does a number that is no alias of this connection.
 *
 * @see MQTT 5.0 §3.3.2.3.4
 */
export interface TopicAliasResolver {
  /**
   * A connection was accepted; the aliases of the one before are void.
   *
   * @param topicAliasMaximum  The highest alias that the Server takes, 1…65535; when it takes none, nothing is asked.
   */
  startConnection(topicAliasMaximum: number): void;
  /**
   * The alias for the next PUBLISH. Must not take it for sent: the PUBLISH may yet be refused, or go without the alias for want of room.
   *
   * @param topicName   Its Topic Name.
   * @param topicAlias  The alias that the caller of `publish` asked for; 0: none.
   * @returns 1…topicAliasMaximum, or 0 for none.
   */
  resolve(topicName: string, topicAlias: number): number;
  /**
   * The PUBLISH is on its way with this alias: the Server knows it as this topic from here on.
   *
   * @param topicName   Its Topic Name.
   * @param topicAlias  What `resolve` has returned for it.
   */
  sent(topicName: string, topicAlias: number): void;
}

/** Whether a value has what a {@link TopicAliasResolver} has. */
export function isTopicAliasResolver(value: unknown): value is TopicAliasResolver {
  if (typeof value !== 'object' || value === null) return false;
  const methods = ['startConnection', 'resolve', 'sent'];
  return methods.every((method) => typeof Reflect.get(value, method) === 'function');
}
