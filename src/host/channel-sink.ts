import { type ControlEvent, DeliveryFlag } from '../channel/control-messages.js';
import { type ChannelMemory, COMPLETION, DELIVERY } from '../channel/layout.js';
import { RingProducer } from '../channel/ring.js';
import { SegmentReleaser } from '../channel/segments.js';
import type { AuthPacket, ConnackPacket, SubackPacket, UnsubackPacket } from '../codec/packets.js';
import type { PublishFields } from '../codec/publish.js';
import { type ErrorCode, toErrorNumber } from '../errors/codes.js';
import type { ErrorRecord } from '../errors/mqtt-error.js';
import type { CountedToleration } from '../errors/tolerations.js';
import { COUNTER_SLOTS, type Counters, TOLERATION_COUNTERS } from '../metrics/counters.js';
import { NO_TOKEN } from '../protocol/operation-table.js';
import type { SessionSink } from '../protocol/sink.js';
import { assert } from '../util/assert.js';
import type { NegotiatedSettings } from '../validation/negotiated.js';
import type { InboundAssembler } from './inbound-assembler.js';

const NO_RECORD = -1;
const NO_SEGMENT = -1;

/** Turns what the session tells into records of the channel, and control events into messages. */
export class ChannelSink implements SessionSink {
  readonly #words: Int32Array;
  readonly #completions: RingProducer;
  readonly #deliveries: RingProducer;
  /** With one record more there is room for a topic and its message. */
  readonly #deliveriesMax: number;
  readonly #outboundSegments: SegmentReleaser;
  readonly #assembler: InboundAssembler;
  readonly #counters: Counters;
  readonly #post: (event: ControlEvent) => void;
  /** Kinds of tolerated misbehaviour that the main thread was told of since the last connection was accepted. */
  readonly #toleratedKinds: Set<CountedToleration> = new Set();
  /** Accepted connections. */
  #connections = 0;
  /** The ring has no record of the latest of them yet. */
  #owesConnection = false;

  constructor(
    memory: ChannelMemory,
    assembler: InboundAssembler,
    counters: Counters,
    post: (event: ControlEvent) => void,
  ) {
    this.#words = memory.words;
    this.#completions = new RingProducer(memory, 'completion');
    this.#deliveries = new RingProducer(memory, 'delivery');
    this.#deliveriesMax = memory.config.deliveryRecords - 1;
    this.#outboundSegments = new SegmentReleaser(memory, 'outbound');
    this.#assembler = assembler;
    this.#counters = counters;
    this.#post = post;
  }

  /** Whether one more packet can be delivered, with its topic; if not, the main thread rings when it has made room. */
  get canDeliver(): boolean {
    // Asked before every sleep: what is owed must have looked for room by then, too.
    return this.#writeConnection() && this.#deliveries.reserve(this.#deliveriesMax) !== NO_RECORD;
  }

  /** Packets that can be delivered for certain, each with its topic; 0 as `canDeliver` says. */
  get deliverable(): number {
    return this.canDeliver ? this.#deliveries.room >> 1 : 0;
  }

  /** Makes everything since the last call visible. @returns Whether the main thread has something to look at. */
  publish(): boolean {
    this.#writeConnection();
    const any = this.#completions.unpublished > 0 || this.#deliveries.unpublished > 0;
    this.#completions.publish();
    this.#deliveries.publish();
    // Taken even when the bell rings anyway: the flag must not outlive the turn.
    return this.#outboundSegments.takeStarved() || any;
  }

  connected(connack: ConnackPacket, settings: NegotiatedSettings): void {
    this.#toleratedKinds.clear();
    this.#connections = (this.#connections + 1) | 0;
    // Nothing is before the first one; and a client that gets no messages does without the memory of the ring.
    this.#owesConnection = this.#connections !== 1;
    this.#post({ kind: 'connected', connack, settings });
  }

  publishCompleted(
    token: number,
    qos: number,
    reasonCode: number,
    propertiesStart: number,
    propertiesLength: number,
  ): void {
    const record = this.#complete(token, 0, reasonCode);
    this.#words[record + COMPLETION.kind] = qos;
    if (propertiesLength === 0) return;
    // The properties stand in the packet that is being handled: its memory is kept until they are read.
    this.#assembler.lease();
    this.#words[record + COMPLETION.segment] = this.#assembler.segment;
    this.#words[record + COMPLETION.generation] = this.#assembler.generation;
    this.#words[record + COMPLETION.propertiesStart] = propertiesStart;
    this.#words[record + COMPLETION.propertiesLength] = propertiesLength;
  }

  operationFailed(token: number, code: ErrorCode, count: number): void {
    this.#counters.add(COUNTER_SLOTS.operationsFailed, count);
    if (code === 'GNEISS_ERR_DROPPED') this.#counters.add(COUNTER_SLOTS.messagesDropped, count);
    if (token !== NO_TOKEN) this.#complete(token, toErrorNumber(code), 0);
  }

  subscriptionCompleted(token: number, packet: SubackPacket | UnsubackPacket): void {
    this.#post({ kind: 'acknowledged', token, packet });
  }

  framesReleased(segment: number, generation: number, count: number): void {
    this.#outboundSegments.release(segment, generation, count);
  }

  topicReceived(topicSlot: number, topicStart: number, topicLength: number): void {
    const record = this.#deliver(topicSlot);
    this.#words[record + DELIVERY.flags] = DeliveryFlag.TOPIC;
    this.#words[record + DELIVERY.start] = topicStart;
    this.#words[record + DELIVERY.length] = topicLength;
  }

  messageReceived(fields: PublishFields, receipt: number, topicSlot: number): void {
    const words = this.#words;
    const record = this.#deliver(topicSlot);
    words[record + DELIVERY.flags] = fields.header & DeliveryFlag.HEADER_MASK;
    words[record + DELIVERY.receipt] = receipt;
    words[record + DELIVERY.start] = fields.payloadStart;
    words[record + DELIVERY.length] = fields.payloadLength;
    words[record + DELIVERY.propertiesLength] = fields.propertiesLength;
  }

  duplicateSuppressed(): void {
    this.#counters.add(COUNTER_SLOTS.duplicatesSuppressed, 1);
  }

  authenticationAsked(exchange: number, packet: AuthPacket | ConnackPacket | null): void {
    this.#post({ kind: 'authenticationAsked', exchange, packet });
  }

  reauthenticated(error: ErrorRecord | null): void {
    this.#post({ kind: 'reauthenticated', error });
  }

  violationTolerated(name: CountedToleration): void {
    this.#counters.add(COUNTER_SLOTS.toleratedViolations, 1);
    this.#counters.add(COUNTER_SLOTS[TOLERATION_COUNTERS[name]], 1);
    if (this.#toleratedKinds.has(name)) return;
    this.#toleratedKinds.add(name);
    this.#post({ kind: 'tolerated', toleration: name });
  }

  /**
   * Between the messages of two connections, as far as there is room: messages are read without waiting for events, and those that
   * the connection brings are to come after the news of it.
   *
   * @returns Whether it is written.
   */
  #writeConnection(): boolean {
    if (!this.#owesConnection) return true;
    const record = this.#deliveries.reserve();
    if (record === NO_RECORD) return false;
    this.#words[record + DELIVERY.flags] = DeliveryFlag.CONNECTED;
    this.#words[record + DELIVERY.receipt] = this.#connections;
    this.#deliveries.commit();
    this.#owesConnection = false;
    return true;
  }

  /** The next record of the delivery ring, with the lease of the packet that is being handled. */
  #deliver(topicSlot: number): number {
    const words = this.#words;
    const record = this.#deliveries.reserve();
    assert(record !== NO_RECORD, 'a packet is handled only when its deliveries have room');
    this.#assembler.lease();
    words[record + DELIVERY.topicSlot] = topicSlot;
    words[record + DELIVERY.segment] = this.#assembler.segment;
    words[record + DELIVERY.generation] = this.#assembler.generation;
    this.#deliveries.commit();
    return record;
  }

  #complete(token: number, error: number, reasonCode: number): number {
    const words = this.#words;
    const record = this.#completions.reserve();
    assert(record !== NO_RECORD, 'the completion ring has a record for every token');
    words[record + COMPLETION.token] = token;
    words[record + COMPLETION.error] = error;
    words[record + COMPLETION.reasonCode] = reasonCode;
    words[record + COMPLETION.segment] = NO_SEGMENT;
    this.#completions.commit();
    return record;
  }
}
