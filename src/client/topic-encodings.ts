import { encodeUtf8, utf8Length } from '../codec/utf8.js';
import { assertTopicName } from '../validation/outbound.js';

const ENTRIES_MAX = 1024;

/** Topics in UTF-8, so that a topic that is published to again is neither checked nor encoded again. */
export class TopicEncodings {
  readonly #entries: Map<string, Uint8Array> = new Map();
  #lastTopic = '';
  #lastBytes: Uint8Array = new Uint8Array(0);

  /** @throws {MqttError} `GNEISS_ERR_INVALID_TOPIC`. */
  encode(topicName: string): Uint8Array {
    // The same string object as last time is the common case, and compares by its address.
    if (topicName === this.#lastTopic && topicName !== '') return this.#lastBytes;
    const bytes = this.#entries.get(topicName) ?? this.#add(topicName);
    this.#lastTopic = topicName;
    this.#lastBytes = bytes;
    return bytes;
  }

  #add(topicName: string): Uint8Array {
    assertTopicName(topicName);
    const bytes = new Uint8Array(utf8Length(topicName));
    encodeUtf8(topicName, bytes, 0);
    if (this.#entries.size === ENTRIES_MAX) this.#entries.clear();
    this.#entries.set(topicName, bytes);
    return bytes;
  }
}
