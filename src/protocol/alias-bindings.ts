/** A topic that the Server knows by an alias. The bytes stay when the alias is bound anew, and are longer than the topic then. */
interface Binding {
  bytes: Uint8Array;
  /** The same bytes four at a time, aligned or not. */
  words: DataView;
  length: number;
}

const WORD_BYTES = 4;
const NO_BYTES = new Uint8Array(0);

/** The Topic Aliases that we have bound on this connection (§3.3.2.3.4). */
export class AliasBindings {
  readonly #memory: Uint8Array;
  readonly #words: DataView;
  readonly #bindings: Map<number, Binding> = new Map();

  /** @param memory That the offsets of topics point into. */
  constructor(memory: Uint8Array) {
    this.#memory = memory;
    this.#words = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  }

  /** Whether the Server knows the alias as this topic. */
  isBound(alias: number, topicStart: number, topicLength: number): boolean {
    const binding = this.#bindings.get(alias);
    if (binding?.length !== topicLength) return false;
    const { bytes, words } = binding;
    let index = 0;
    for (; index + WORD_BYTES <= topicLength; index += WORD_BYTES) {
      if (words.getInt32(index) !== this.#words.getInt32(topicStart + index)) return false;
    }
    for (; index < topicLength; index++) {
      if (bytes[index] !== this.#memory[topicStart + index]) return false;
    }
    return true;
  }

  /** To be called only once the PUBLISH that binds the alias is on its way. */
  bind(alias: number, topicStart: number, topicLength: number): void {
    const binding = this.#bindings.get(alias) ?? this.#add(alias);
    if (binding.bytes.length < topicLength) {
      binding.bytes = new Uint8Array(topicLength);
      binding.words = new DataView(binding.bytes.buffer);
    }
    binding.length = topicLength;
    for (let index = 0; index < topicLength; index++) {
      binding.bytes[index] = this.#memory[topicStart + index]!;
    }
  }

  clear(): void {
    this.#bindings.clear();
  }

  #add(alias: number): Binding {
    const binding = { bytes: NO_BYTES, words: new DataView(NO_BYTES.buffer), length: 0 };
    this.#bindings.set(alias, binding);
    return binding;
  }
}
