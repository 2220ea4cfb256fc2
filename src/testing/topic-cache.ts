import { checkTopicBytes } from '../codec/publish.js';
import { decodeUtf8 } from '../codec/utf8.js';
import { sameBytes } from './bytes.js';

const SLOTS = 0x4000;
/** Longer topics are not worth the memory. */
const CACHED_LENGTH_MAX = 256;
const UTF8 = new TextEncoder();

/** A Topic Name: as text and as bytes. */
export interface Topic {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Finds the topic of the bytes in a PUBLISH without decoding them.
 *
 * Every topic has one slot, by a hash of its bytes; another topic with the same slot replaces it.
 * Thus the memory is fixed, a lookup compares once, and the worst that a hostile choice of topics
 * brings about is a decoding for each message.
 */
export class TopicCache {
  readonly #slots = new Array<Topic | undefined>(SLOTS).fill(undefined);
  /** The reason code for what is wrong with the bytes, when {@link find} returned null. */
  reasonCode = 0;

  /** The topic of some bytes, or null when they are not a Topic Name. */
  find(memory: Uint8Array, start: number, length: number): Topic | null {
    let hash = 0x811c_9dc5;
    for (let at = start; at < start + length; at++) {
      hash = Math.imul(hash ^ memory[at]!, 0x0100_0193);
    }
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const cached = this.#slots[slot];
    if (cached !== undefined && sameBytes(memory, start, length, cached.bytes)) return cached;

    const violation = checkTopicBytes(memory, start, start + length);
    if (violation !== null) {
      this.reasonCode = violation.reasonCode;
      return null;
    }
    const topic = toTopic(decodeUtf8(memory, start, start + length));
    if (length <= CACHED_LENGTH_MAX) this.#slots[slot] = topic;
    return topic;
  }

  /** The topic of a valid Topic Name. */
  of(topicName: string): Topic {
    const bytes = UTF8.encode(topicName);
    return this.find(bytes, 0, bytes.length) ?? toTopic(topicName);
  }
}

/** Makes a topic of a valid Topic Name. */
export function toTopic(name: string): Topic {
  return { name, bytes: UTF8.encode(name) };
}
