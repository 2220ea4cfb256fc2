/** The topic aliases that we have bound on this connection (§3.3.2.3.4). */
export class OutboundAliases {
  readonly #topics: Map<number, Uint8Array> = new Map();

  /** Whether the Server knows the alias as this topic. */
  isBound(alias: number, memory: Uint8Array, topicStart: number, topicLength: number): boolean {
    const topic = this.#topics.get(alias);
    if (topic?.length !== topicLength) return false;
    return topic.every((byte, index) => memory[topicStart + index] === byte);
  }

  /** To be called only once the PUBLISH that binds the alias is on its way. */
  bind(alias: number, memory: Uint8Array, topicStart: number, topicLength: number): void {
    this.#topics.set(alias, Uint8Array.from(memory.subarray(topicStart, topicStart + topicLength)));
  }

  clear(): void {
    this.#topics.clear();
  }
}
