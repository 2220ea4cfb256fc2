import type { ProtocolVersion, Qos } from '../codec/packet-types.js';
import {
  encodePublishStart,
  PublishLayout,
  publishFrameLength,
  publishHeader,
} from '../codec/publish.js';
import { encodeUtf8, utf8Length } from '../codec/utf8.js';
import { assertTopicName } from '../validation/outbound.js';

const ENTRIES_MAX = 1024;
const NONE: Uint8Array = new Uint8Array(0);

/**
 * A Topic Name in UTF-8, and the head of the last frame that was published to it: all that stands before the payload of a PUBLISH
 * without properties. A sensor that sends the same kind of message again has the same head again.
 */
export class EncodedTopic {
  readonly bytes: Uint8Array;
  readonly #layout = new PublishLayout();
  #head = NONE;
  /** What the head was made for; the length of the payload is noted before a head is made for it. */
  #payloadLength = -1;
  #header = -1;

  constructor(topicName: string) {
    this.bytes = new Uint8Array(utf8Length(topicName));
    encodeUtf8(topicName, this.bytes, 0);
  }

  /** The head of a frame; null unless the last one was of the same kind, with a payload as long. */
  head(
    qos: Qos,
    retain: boolean,
    payloadLength: number,
    version: ProtocolVersion,
  ): Uint8Array | null {
    const header = publishHeader(qos, retain, false);
    const isSame = payloadLength === this.#payloadLength && header === this.#header;
    if (!isSame) {
      this.#payloadLength = payloadLength;
      this.#header = header;
      this.#head = NONE;
      return null;
    }
    return this.#head === NONE ? this.#makeHead(qos, version) : this.#head;
  }

  #makeHead(qos: Qos, version: ProtocolVersion): Uint8Array | null {
    const { length } = this.bytes;
    const frameLength = publishFrameLength(length, 0, this.#payloadLength, qos, version);
    if (frameLength === 0) return null;
    this.#head = new Uint8Array(frameLength - this.#payloadLength);
    encodePublishStart(
      this.#head,
      0,
      this.#header,
      length,
      0,
      this.#payloadLength,
      version,
      this.#layout,
    );
    this.#head.set(this.bytes, this.#layout.topicStart);
    return this.#head;
  }
}

/** Topics that were published to, so that none is checked or encoded again. */
export class TopicEncodings {
  readonly #entries: Map<string, EncodedTopic> = new Map();
  #lastTopic = '';
  #last: EncodedTopic | null = null;

  /** @throws {MqttError} `GNEISS_ERR_INVALID_TOPIC`. */
  encode(topicName: string): EncodedTopic {
    // The same string object as last time is the common case, and compares by its address.
    if (topicName === this.#lastTopic && this.#last !== null) return this.#last;
    const topic = this.#entries.get(topicName) ?? this.#add(topicName);
    this.#lastTopic = topicName;
    this.#last = topic;
    return topic;
  }

  #add(topicName: string): EncodedTopic {
    assertTopicName(topicName);
    const topic = new EncodedTopic(topicName);
    if (this.#entries.size === ENTRIES_MAX) this.#entries.clear();
    this.#entries.set(topicName, topic);
    return topic;
  }
}
