import { SubmissionFlag, SubmissionKind } from '../channel/control-messages.js';
import { type ChannelMemory, SUBMISSION } from '../channel/layout.js';
import { RingProducer } from '../channel/ring.js';
import type { ProtocolVersion } from '../codec/packet-types.js';
import type { PropertiesOf } from '../codec/property-table.js';
import {
  encodePublishProperties,
  encodePublishStart,
  PublishLayout,
  publishFrameLength,
  publishHeader,
  sizePublishProperties,
} from '../codec/publish.js';
import { MqttError } from '../errors/mqtt-error.js';
import { COUNTER_SLOTS, type Counters } from '../metrics/counters.js';
import type { MainOptions } from '../options/schema.js';
import { assertPublishChoices } from '../validation/outbound.js';
import type { PublishChoices } from '../validation/publish-choices.js';
import { FrameStaging } from './frame-staging.js';
import { createOfflineGate, type OfflineGate } from './offline-gate.js';
import { OutboundArena } from './outbound-arena.js';
import { type Payload, textLength, toBytes, writeText } from './payload.js';
import { NO_TOKEN, type PendingOperations, type Settlement } from './pending-operations.js';
import { toProperties } from './publish-properties.js';
import type { PublishResult } from './publish-result.js';
import { TopicEncodings } from './topic-encodings.js';

const NO_ROOM = -1;
/** Publishes that nobody awaits stop here: a deeper queue to the worker would not make them faster, only its memory colder. */
const UNAWAITED_MAX = 8192;
/** A payload of so many bytes is copied but once, into shared memory. */
const COPIED_ONCE_FROM = 1024;
/**
 * From so many bytes on a payload is aligned in shared memory as where it comes from, because V8 copies byte by byte otherwise, which takes
 * four times as long. The gap before the frame keeps it from joining its neighbour, which is the better for short ones.
 */
const ALIGNED_FROM = 8192;
const WORD_BYTES = 8;

/**
 * Writes PUBLISH packets, ready for the wire, into shared memory, and submits them to the worker. What only the worker knows (packet
 * id, DUP, alias) is left for it to fill in: the payload is copied here, twice when it is short, and never again.
 *
 * @thread main
 */
export class Publisher {
  readonly #shared: Uint8Array;
  readonly #staging: FrameStaging;
  readonly #words: Int32Array;
  readonly #version: ProtocolVersion;
  readonly #ackTimeoutMs: number;
  readonly #pending: PendingOperations;
  readonly #counters: Counters;
  readonly #submissions: RingProducer;
  readonly #arena: OutboundArena;
  readonly #topics: TopicEncodings = new TopicEncodings();
  readonly #layout: PublishLayout = new PublishLayout();
  readonly #unawaitedMax: number;
  /** What publishes may wait for a connection; null when that has no bounds of its own. */
  readonly offlineGate: OfflineGate | null;
  /** The length of the publish that room is awaited for: the one that was refused last. */
  awaitedLength = 1;
  /** Whether somebody was to await the publish that was refused last: such a one also needs a place among the pending. */
  #refusedAwaited = false;
  /** The token of the last publish that was submitted. */
  lastToken = NO_TOKEN;

  constructor(
    memory: ChannelMemory,
    options: MainOptions,
    pending: PendingOperations,
    counters: Counters,
  ) {
    this.#shared = memory.bytes;
    this.#staging = new FrameStaging(memory.bytes);
    this.#words = memory.words;
    this.#version = options.protocolVersion;
    this.#ackTimeoutMs = options.ackTimeoutMs;
    this.#pending = pending;
    this.#counters = counters;
    this.#submissions = new RingProducer(memory, 'submission');
    this.offlineGate = createOfflineGate(memory, this.#submissions, options);
    this.#arena = new OutboundArena(memory);
    this.#unawaitedMax = Math.min(UNAWAITED_MAX, memory.config.submissionRecords);
  }

  /** Whether the publish that was refused last would now find room. */
  get hasRoom(): boolean {
    return (
      this.offlineGate?.hasRoom(this.awaitedLength) !== false &&
      this.#reserveRecord(this.#refusedAwaited) !== NO_ROOM &&
      this.#arena.reserve(this.awaitedLength) !== NO_ROOM
    );
  }

  /** From here on it is room for this publish, which somebody awaits, that is asked for. */
  awaitRoomFor(length: number): void {
    this.awaitedLength = length;
    this.#refusedAwaited = true;
  }

  /** Records that the worker can not see yet. */
  get unpublished(): number {
    return this.#submissions.unpublished;
  }

  /** Shows the worker everything submitted so far. */
  show(): void {
    this.#staging.flush();
    this.#submissions.publish();
  }

  /**
   * Checks, writes and submits one PUBLISH. Throws before anything is written.
   *
   * @param settlement  Of the promise that awaits it; null: nobody does.
   * @param calledAt  When it was called, on the clock of `performance.now()`. Default: now.
   * @returns False when there is no room.
   */
  submit(
    topicName: string,
    payload: Payload,
    options: PublishChoices | undefined,
    settlement: Settlement<PublishResult> | null,
    calledAt?: number,
  ): boolean {
    const topic = this.#topics.encode(topicName);
    if (options !== undefined) assertPublishChoices(options, this.#version);
    const qos = options?.qos ?? 0;
    const content = typeof payload === 'string' ? payload : toBytes(payload);
    const payloadLength = typeof content === 'string' ? textLength(content) : content.length;
    const properties = options === undefined ? null : toProperties(options);
    const propertiesLength = properties === null ? 0 : sizePublishProperties(properties);
    const retain = options?.retain ?? false;
    const head = properties === null ? topic.head(qos, retain, payloadLength, this.#version) : null;
    const topicLength = topic.bytes.length;
    const length =
      head === null
        ? publishFrameLength(topicLength, propertiesLength, payloadLength, qos, this.#version)
        : head.length + payloadLength;
    if (length === 0 || length > this.#arena.frameLengthMax)
      throw tooLarge(this.#arena.frameLengthMax);

    const isAdmitted = this.offlineGate === null || this.offlineGate.admits(length);
    const record = isAdmitted ? this.#reserveRecord(settlement !== null) : NO_ROOM;
    const slack =
      payloadLength >= ALIGNED_FROM && length + WORD_BYTES <= this.#arena.frameLengthMax
        ? WORD_BYTES
        : 0;
    const place = record === NO_ROOM ? NO_ROOM : this.#arena.reserve(length + slack);
    if (place === NO_ROOM) {
      this.awaitedLength = length + slack;
      this.#refusedAwaited = settlement !== null;
      return false;
    }

    const start = slack === 0 ? place : this.#align(place, content, length - payloadLength);
    const staging = this.#staging;
    const isStaged = payloadLength < COPIED_ONCE_FROM && staging.takes(length);
    if (!isStaged) staging.flush();
    const at = isStaged ? staging.place(start, length) : start;
    const target = isStaged ? staging.bytes : this.#shared;
    if (head !== null) target.set(head, at);
    else {
      const header = publishHeader(qos, retain, false);
      this.#writeHead(target, at, header, topic.bytes, properties, propertiesLength, payloadLength);
    }
    const payloadStart = at + length - payloadLength;
    if (typeof content === 'string') writeText(content, target, payloadStart, payloadLength);
    else target.set(content, payloadStart);
    if (isStaged) staging.commit(length);

    const words = this.#words;
    words[record + SUBMISSION.kind] = SubmissionKind.PUBLISH;
    this.lastToken = settlement === null ? NO_TOKEN : this.#pending.add(settlement);
    words[record + SUBMISSION.token] = this.lastToken;
    words[record + SUBMISSION.frameStart] = start;
    words[record + SUBMISSION.frameLength] = length;
    words[record + SUBMISSION.segment] = this.#arena.segment;
    words[record + SUBMISSION.generation] = this.#arena.generation;
    words[record + SUBMISSION.topicLength] = topicLength;
    words[record + SUBMISSION.propertiesLength] = propertiesLength;
    if (options === undefined) {
      words[record + SUBMISSION.flags] = 0;
      words[record + SUBMISSION.topicAlias] = 0;
      words[record + SUBMISSION.ackTimeoutMs] = this.#ackTimeoutMs;
    } else this.#writeOptions(record, options, calledAt);
    this.#arena.commit(length);
    this.offlineGate?.submitted(1, length);
    this.#submissions.commit();
    this.#counters.add(COUNTER_SLOTS.messagesPublished, 1);
    this.#counters.add(COUNTER_SLOTS.payloadCopiesOut, isStaged ? 2 : 1);
    return true;
  }

  /** Submits the place of a packet that travels on the port. @returns Its token, or `NO_TOKEN` when there is no room. */
  submitPacket<T>(settlement: Settlement<T>): number {
    const record = this.#reserveRecord(true);
    if (record === NO_ROOM) {
      this.awaitRoomFor(1);
      return NO_TOKEN;
    }
    const token = this.#pending.add(settlement);
    this.#words[record + SUBMISSION.kind] = SubmissionKind.PACKET;
    this.#words[record + SUBMISSION.token] = token;
    this.offlineGate?.submitted(0, 0);
    this.#submissions.commit();
    return token;
  }

  /** Moves a frame that is to be written up to where its payload is aligned. @returns Where it begins. */
  #align(place: number, content: string | Uint8Array, headLength: number): number {
    if (typeof content === 'string') return place;
    const gap = (content.byteOffset - place - headLength) & (WORD_BYTES - 1);
    this.#arena.leaveOut(gap);
    return place + gap;
  }

  #reserveRecord(isAwaited: boolean): number {
    if (!isAwaited) return this.#submissions.reserve(this.#unawaitedMax);
    return this.#pending.full ? NO_ROOM : this.#submissions.reserve();
  }

  /** Everything that stands before the payload. */
  #writeHead(
    target: Uint8Array,
    at: number,
    header: number,
    topic: Uint8Array,
    properties: PropertiesOf<'publish'> | null,
    propertiesLength: number,
    payloadLength: number,
  ): void {
    const { length } = topic;
    const version = this.#version;
    const layout = this.#layout;
    encodePublishStart(
      target,
      at,
      header,
      length,
      propertiesLength,
      payloadLength,
      version,
      layout,
    );
    target.set(topic, layout.topicStart);
    if (properties !== null) encodePublishProperties(properties, target, layout.propertiesStart);
  }

  #writeOptions(record: number, options: PublishChoices, calledAt: number | undefined): void {
    const words = this.#words;
    const { qos = 0, retain = false, topicAlias = 0, messageExpiryInterval } = options;
    words[record + SUBMISSION.flags] = retain ? qos | SubmissionFlag.RETAIN : qos;
    words[record + SUBMISSION.topicAlias] = topicAlias;
    words[record + SUBMISSION.ackTimeoutMs] = options.ackTimeoutMs ?? this.#ackTimeoutMs;
    if (messageExpiryInterval === undefined) return;
    words[record + SUBMISSION.flags]! |= SubmissionFlag.EXPIRES;
    words[record + SUBMISSION.messageExpiryInterval] = messageExpiryInterval;
    words[record + SUBMISSION.submittedAtMs] =
      Math.floor(performance.timeOrigin + (calledAt ?? performance.now())) | 0;
  }
}

function tooLarge(limit: number): MqttError {
  return new MqttError('GNEISS_ERR_PACKET_TOO_LARGE', {
    detail: `outboundMemoryBytes allows ${limit} bytes, the protocol 268,435,460`,
  });
}
