import { decodeAckProperties } from '../../src/codec/acks.js';
import type { ConnackPacket, SubackPacket, UnsubackPacket } from '../../src/codec/packets.js';
import type { PropertiesOf } from '../../src/codec/property-table.js';
import { decodePublishProperties, type PublishFields } from '../../src/codec/publish.js';
import { decodeUtf8 } from '../../src/codec/utf8.js';
import type { ErrorCode } from '../../src/errors/codes.js';
import type { CountedToleration } from '../../src/errors/tolerations.js';
import { NO_TOKEN } from '../../src/protocol/operation-table.js';
import type { SessionSink } from '../../src/protocol/sink.js';
import { NO_SLOT } from '../../src/protocol/topic-slots.js';
import type { NegotiatedSettings } from '../../src/validation/negotiated.js';
import { hex } from './packet-text.js';

/** A message as the application would see it. */
export interface ReceivedMessage {
  readonly topicName: string;
  readonly payload: string;
  readonly qos: number;
  readonly dup: boolean;
  readonly retain: boolean;
  readonly receipt: number;
  readonly properties: PropertiesOf<'publish'>;
}

/** How an operation ended. */
export interface Outcome {
  /** `done` and the reason code, the reason codes of a subscription, or the code of the error. */
  readonly text: string;
  readonly properties: PropertiesOf<'puback'>;
  readonly packet: SubackPacket | UnsubackPacket | null;
}

/**
 * Records what a session tells, and fails at once where it breaks a promise: an operation that ends twice, a frame that is
 * released twice, a topic slot that stands for two topics.
 */
export class RecordingSink implements SessionSink {
  readonly #memory: Uint8Array;
  readonly connections: {
    readonly connack: ConnackPacket;
    readonly settings: NegotiatedSettings;
  }[] = [];
  /** Everything in the order in which it happened. */
  readonly events: string[] = [];
  readonly messages: ReceivedMessage[] = [];
  /** Suppressed duplicates that told a topic. */
  readonly topicsTold: string[] = [];
  readonly outcomes: Map<number, Outcome> = new Map();
  readonly openTokens: Set<number> = new Set();
  /** Segment and generation → frames that the session holds. */
  readonly heldFrames: Map<string, number> = new Map();
  /** Misbehaviour that was let pass, in the order in which it came. */
  readonly tolerations: CountedToleration[] = [];
  /** Operations that failed, awaited or not. */
  failed = 0;
  readonly #topics: Map<number, { readonly generation: number; readonly topicName: string }> =
    new Map();

  constructor(memory: Uint8Array) {
    this.#memory = memory;
  }

  get tolerated(): number {
    return this.tolerations.length;
  }

  holdFrame(segment: number, generation: number): void {
    const key = `${segment}/${generation}`;
    this.heldFrames.set(key, (this.heldFrames.get(key) ?? 0) + 1);
  }

  connected(connack: ConnackPacket, settings: NegotiatedSettings): void {
    this.connections.push({ connack, settings });
    this.events.push('connected');
  }

  publishCompleted(
    token: number,
    qos: number,
    reasonCode: number,
    propertiesStart: number,
    propertiesLength: number,
  ): void {
    const end = propertiesStart + propertiesLength;
    this.#complete(token, {
      text: `done ${hex(reasonCode)}`,
      properties:
        propertiesLength === 0 ? {} : decodeAckProperties(this.#memory, propertiesStart, end),
      packet: null,
    });
    this.events.push(`published ${token} at QoS ${qos}`);
  }

  subscriptionCompleted(token: number, packet: SubackPacket | UnsubackPacket): void {
    const text = packet.reasonCodes.map(hex).join(' ');
    this.#complete(token, { text, properties: packet.properties, packet });
    this.events.push(`subscription ${token}`);
  }

  operationFailed(token: number, code: ErrorCode, count: number): void {
    this.failed += count;
    if (token === NO_TOKEN) return;
    if (count !== 1) throw new Error(`operation ${token} failed ${count} times`);
    this.#complete(token, { text: code, properties: {}, packet: null });
    this.events.push(`failed ${token} ${code}`);
  }

  framesReleased(segment: number, generation: number, count: number): void {
    const key = `${segment}/${generation}`;
    const held = (this.heldFrames.get(key) ?? 0) - count;
    if (held < 0 || count < 1) throw new Error(`frame ${key} released once too often`);
    if (held === 0) this.heldFrames.delete(key);
    else this.heldFrames.set(key, held);
  }

  messageReceived(
    fields: PublishFields,
    receipt: number,
    topicSlot: number,
    topicGeneration: number,
    deliver: boolean,
  ): void {
    const topicName = this.#topicOf(fields, topicSlot, topicGeneration);
    if (!deliver) {
      this.topicsTold.push(topicName);
      return;
    }
    const { propertiesStart, propertiesLength, payloadStart, payloadLength } = fields;
    const propertiesEnd = propertiesStart + propertiesLength;
    this.messages.push({
      topicName,
      payload: decodeUtf8(this.#memory, payloadStart, payloadStart + payloadLength),
      qos: fields.qos,
      dup: fields.dup,
      retain: fields.retain,
      receipt,
      properties: decodePublishProperties(this.#memory, propertiesStart, propertiesEnd),
    });
    this.events.push(`message ${topicName}`);
  }

  violationTolerated(name: CountedToleration): void {
    this.tolerations.push(name);
  }

  /** What the main thread does: it knows a topic by its slot, and takes it from the packet when it does not. */
  #topicOf({ topicStart, topicLength }: PublishFields, slot: number, generation: number): string {
    const known = this.#topics.get(slot);
    const told =
      topicLength > 0 ? decodeUtf8(this.#memory, topicStart, topicStart + topicLength) : null;
    const isKnown = slot !== NO_SLOT && known?.generation === generation;
    if (isKnown && told !== null && told !== known.topicName)
      throw new Error(`slot ${slot} stands for ${known.topicName} and ${told}`);
    if (told === null) {
      if (isKnown) return known.topicName;
      throw new Error(`nothing has told the topic of slot ${slot}`);
    }
    if (slot !== NO_SLOT) this.#topics.set(slot, { generation, topicName: told });
    return told;
  }

  #complete(token: number, outcome: Outcome): void {
    if (!this.openTokens.delete(token))
      throw new Error(`operation ${token} ended without being open: ${outcome.text}`);
    this.outcomes.set(token, outcome);
  }
}
