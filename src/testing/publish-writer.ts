import { writeU16, writeU32 } from '../codec/byte-writer.js';
import { type ProtocolVersion, PublishFlag, type Qos } from '../codec/packet-types.js';
import { PROPERTIES } from '../codec/property-table.js';
import {
  encodePublishStart,
  encodeTopicAlias,
  PublishLayout,
  publishFrameLength,
  TOPIC_ALIAS_LENGTH,
} from '../codec/publish.js';
import { copyBytes } from './bytes.js';
import { type Message, NEVER_EXPIRES } from './message.js';

const EXPIRY_LENGTH = 5;

/** What the CONNECT of a Client allows, and the broker makes use of. */
export interface WriterLimits {
  readonly version: ProtocolVersion;
  readonly maximumPacketSize: number;
  /** Topic aliases to use. */
  readonly topicAliasMaximum: number;
  readonly secondMs: number;
}

/** Writes PUBLISHes for one Client: first {@link prepare}, which tells the length, then {@link write}. */
export class PublishWriter {
  readonly #limits: WriterLimits;
  readonly #layout = new PublishLayout();
  /** Topic name → alias that the Client knows; for the time of the connection. */
  readonly #aliases = new Map<string, number>();

  // The PUBLISH that was prepared.
  #topicLength = 0;
  #propertiesLength = 0;
  #expiry = NEVER_EXPIRES;
  /** 0 for none. */
  #topicAlias = 0;

  constructor(limits: WriterLimits) {
    this.#limits = limits;
  }

  /** The length of the PUBLISH, or 0 when it is too large for the Client or the protocol. */
  prepare(message: Message, header: number, identifiers: Uint8Array): number {
    const { version, maximumPacketSize } = this.#limits;
    this.#topicLength = message.topic.bytes.length;
    this.#propertiesLength = 0;
    this.#topicAlias = 0;
    this.#expiry = NEVER_EXPIRES;
    if (version === 5) this.#prepareProperties(message, identifiers);
    const length = publishFrameLength(
      this.#topicLength,
      this.#propertiesLength,
      message.payloadLength,
      qosOf(header),
      version,
    );
    return length > maximumPacketSize ? 0 : length;
  }

  /** Writes the PUBLISH that was prepared last. */
  write(
    memory: Uint8Array,
    offset: number,
    message: Message,
    header: number,
    packetId: number,
    identifiers: Uint8Array,
  ): void {
    const layout = this.#layout;
    const topicLength = this.#topicLength;
    encodePublishStart(
      memory,
      offset,
      header,
      topicLength,
      this.#propertiesLength,
      message.payloadLength,
      this.#limits.version,
      layout,
    );
    copyBytes(message.topic.bytes, 0, topicLength, memory, layout.topicStart);
    if (packetId !== 0) writeU16(memory, layout.packetIdStart, packetId);
    if (this.#propertiesLength > 0) {
      this.#writeProperties(memory, layout.propertiesStart, message, identifiers);
    }
    copyBytes(
      message.payload,
      message.payloadStart,
      message.payloadLength,
      memory,
      layout.payloadStart,
    );
  }

  #prepareProperties(message: Message, identifiers: Uint8Array): void {
    this.#propertiesLength = identifiers.length + message.propertiesLength;
    if (message.messageExpiryInterval !== NEVER_EXPIRES) {
      this.#expiry = message.remainingExpiry(performance.now(), this.#limits.secondMs);
      this.#propertiesLength += EXPIRY_LENGTH;
    }
    if (this.#limits.topicAliasMaximum === 0) return;
    const known = this.#aliases.get(message.topic.name);
    if (known !== undefined) this.#topicLength = 0;
    else if (this.#aliases.size === this.#limits.topicAliasMaximum) return;
    this.#topicAlias = known ?? this.#aliases.size + 1;
    this.#propertiesLength += TOPIC_ALIAS_LENGTH;
  }

  #writeProperties(
    memory: Uint8Array,
    start: number,
    message: Message,
    identifiers: Uint8Array,
  ): void {
    let offset = start;
    if (this.#expiry !== NEVER_EXPIRES) {
      memory[offset] = PROPERTIES.messageExpiryInterval.id;
      writeU32(memory, offset + 1, this.#expiry);
      offset += EXPIRY_LENGTH;
    }
    copyBytes(identifiers, 0, identifiers.length, memory, offset);
    offset += identifiers.length;
    if (this.#topicAlias !== 0) {
      offset = encodeTopicAlias(memory, offset, this.#topicAlias);
      this.#aliases.set(message.topic.name, this.#topicAlias);
    }
    copyBytes(
      message.properties,
      message.propertiesStart,
      message.propertiesLength,
      memory,
      offset,
    );
  }
}

function qosOf(header: number): Qos {
  const qos = (header >>> PublishFlag.QOS_SHIFT) & 3;
  return qos === 0 ? 0 : qos === 1 ? 1 : 2;
}
