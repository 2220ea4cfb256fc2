import type { ProtocolVersion } from '../codec/packet-types.js';
import { propertyBit } from '../codec/property-table.js';
import { decodePublish, decodePublishProperties, PublishFields } from '../codec/publish.js';
import { REASON_CODES } from '../codec/reason-codes.js';
import { Message } from './message.js';
import { type Topic, type TopicCache, toTopic } from './topic-cache.js';

const TOPIC_ALIAS = propertyBit('topicAlias');
/** Properties that are not forwarded as they came: for one hop only, or counted down. */
const NOT_FORWARDED = TOPIC_ALIAS | propertyBit('messageExpiryInterval');

/**
 * Reads the PUBLISHes of one Client, where they lie, into one reused {@link Message}.
 */
export class PublishReader {
  /** The parts of the last packet. */
  readonly fields: PublishFields = new PublishFields();
  readonly #message = new Message(toTopic('/'));
  readonly #topics: TopicCache;
  readonly #topicAliasMaximum: number;
  /** Topic Alias → topic; for the time of the connection. */
  readonly #aliases: (Topic | undefined)[] = [];
  /** The reason code for what is wrong, when {@link read} returned null. */
  reasonCode = 0;

  constructor(topics: TopicCache, topicAliasMaximum: number) {
    this.#topics = topics;
    this.#topicAliasMaximum = topicAliasMaximum;
  }

  /** The message of a PUBLISH, good until the next call; null when the packet breaks the protocol. */
  read(
    memory: Uint8Array,
    header: number,
    start: number,
    end: number,
    version: ProtocolVersion,
  ): Message | null {
    const { fields } = this;
    const violation = decodePublish(memory, header, start, end, version, fields, 'client');
    if (violation !== null) return this.#refuse(violation.reasonCode);
    const topic = this.#resolveTopic(memory);
    if (topic === null) return null;
    const message = this.#message;
    message.reset(topic, fields.qos, fields.retain);
    message.payload = memory;
    message.payloadStart = fields.payloadStart;
    message.payloadLength = fields.payloadLength;
    this.#setProperties(memory);
    return message;
  }

  #resolveTopic(memory: Uint8Array): Topic | null {
    const { topicStart, topicLength, topicAlias } = this.fields;
    if (topicAlias > this.#topicAliasMaximum) {
      return this.#refuse(REASON_CODES.topicAliasInvalid.value);
    }
    if (topicLength === 0) {
      return this.#aliases[topicAlias] ?? this.#refuse(REASON_CODES.protocolError.value);
    }
    const topic = this.#topics.find(memory, topicStart, topicLength);
    if (topic === null) return this.#refuse(this.#topics.reasonCode);
    if (topicAlias > 0) this.#aliases[topicAlias] = topic;
    return topic;
  }

  #setProperties(memory: Uint8Array): void {
    const message = this.#message;
    const { propertiesStart, propertiesLength, scanner } = this.fields;
    const seen = propertiesLength === 0 ? 0 : scanner.seen;
    message.properties = memory;
    message.propertiesStart = propertiesStart;
    message.propertiesLength = (seen & ~TOPIC_ALIAS) === 0 ? 0 : propertiesLength;
    if (message.propertiesLength === 0 || (seen & NOT_FORWARDED) === 0) return;

    const end = propertiesStart + propertiesLength;
    message.setProperties(decodePublishProperties(memory, propertiesStart, end));
  }

  #refuse(reasonCode: number): null {
    this.reasonCode = reasonCode;
    return null;
  }
}
