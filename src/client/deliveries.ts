import { DeliveryFlag } from '../channel/control-messages.js';
import { ACKNOWLEDGEMENT, type ChannelMemory, DELIVERY } from '../channel/layout.js';
import { RingConsumer, RingProducer } from '../channel/ring.js';
import { SegmentReleaser } from '../channel/segments.js';
import { decodeUtf8 } from '../codec/utf8.js';
import { CHANNELS } from '../diagnostics/channels.js';
import { COUNTER_SLOTS, type Counters } from '../metrics/counters.js';
import { Fifo } from '../util/fifo.js';
import { Message, type MessageOwner } from './message.js';
import type { Subscription } from './subscription.js';
import type { Subscriptions } from './subscriptions.js';

const DELIVERY_CHANNEL = CHANNELS.delivery;
const NO_RECORD = -1;
const NO_SEGMENT = -1;
const NO_EPOCH = -1;
/** Messages that may be leased at once: enough for handlers that wait, few enough to die young. */
const LEASES_MAX = 4096;
/**
 * The event loop gets its turn after so many milliseconds of handlers. The clock is looked at after 1, 2, 4 … messages, and then
 * after every so many: slow handlers are noticed at once, and fast ones hardly pay for it.
 */
const SLICE_MS = 4;
const CLOCK_EVERY_MAX = 64;

/** The topic of a slot, and whom it concerns. */
interface Topic {
  readonly topicName: string;
  epoch: number;
  subscriptions: readonly Subscription[];
}

/** What becomes of messages that no subscription takes. */
export interface UnclaimedMessages {
  /**
   * @param subscriptions  Those that asked for it, which nobody reads yet.
   * @returns False when it has to wait until someone takes it.
   */
  take(message: Message, subscriptions: readonly Subscription[]): boolean;
}

interface Acknowledgement {
  readonly receipt: number;
  readonly reasonCode: number;
}

/** Something to be done when a number of records has been handed over. */
interface Mark {
  readonly records: number;
  readonly reached: () => void;
}

/** What deliveries need of their client. */
export interface DeliveryOwner {
  /** Something was released or acknowledged: to be shown to the worker before this thread goes to sleep. */
  changed(): void;
  /** A message is about to be handed over. Told only while somebody listens. */
  delivered(message: Message): void;
}

/**
 * Received messages: out of the ring, to the subscriptions, and back as released leases and acknowledgements.
 *
 * @thread main
 */
export class Deliveries implements MessageOwner {
  readonly memory: ChannelMemory;
  readonly #subscriptions: Subscriptions;
  readonly #unclaimed: UnclaimedMessages;
  readonly #owner: DeliveryOwner;
  readonly #counters: Counters;
  readonly #ring: RingConsumer;
  readonly #acknowledgements: RingProducer;
  readonly #segments: SegmentReleaser;
  #leases = 0;
  /** Connections that the client was told of. */
  #connections = 0;
  /** The next messages come from a connection that the client was not told of yet, as those of the first one do. */
  #awaitsConnection = true;
  /** Records of the delivery ring that were taken since the beginning. */
  #taken = 0;
  readonly #marks: Fifo<Mark> = new Fifo();
  /**
   * Acknowledgements that found the ring full, oldest first. There is one at most for each message that is leased, or kept by an
   * application that acknowledges by hand: so many objects there are anyway.
   */
  readonly #unwritten: Fifo<Acknowledgement> = new Fifo();
  /** What each slot stands for. */
  readonly #topics: Topic[] = [];
  /** Messages without a taker, oldest first. They are leased, so there are never more than leases. */
  #held: Message[] = [];
  /** Releases of one segment are given back together. */
  #releasedSegment = NO_SEGMENT;
  #releasedGeneration = 0;
  #releasedCount = 0;

  constructor(
    memory: ChannelMemory,
    subscriptions: Subscriptions,
    unclaimed: UnclaimedMessages,
    owner: DeliveryOwner,
    counters: Counters,
  ) {
    this.memory = memory;
    this.#subscriptions = subscriptions;
    this.#unclaimed = unclaimed;
    this.#owner = owner;
    this.#counters = counters;
    this.#ring = new RingConsumer(memory, 'delivery');
    this.#acknowledgements = new RingProducer(memory, 'acknowledgement');
    this.#segments = new SegmentReleaser(memory, 'inbound');
  }

  /** Whether there is a message that may be handled now, or room for an acknowledgement that waits for it. */
  get hasWork(): boolean {
    if (this.#hasMessage()) return true;
    return this.#unwritten.length > 0 && this.#acknowledgements.reserve() !== NO_RECORD;
  }

  /** Hands messages to their handlers until there are none, or the slice of time is over. */
  drain(): void {
    if (!this.#hasMessage()) return;
    const { words } = this.memory;
    const end = performance.now() + SLICE_MS;
    let interval = 1;
    let unlooked = 0;
    while (this.#hasMessage()) {
      const record = this.#ring.next();
      const flags = words[record + DELIVERY.flags]!;
      if (flags < DeliveryFlag.TOPIC) this.#deliver(words, record);
      else if (flags === DeliveryFlag.TOPIC) this.#learnTopic(words, record);
      else if (((words[record + DELIVERY.receipt]! - this.#connections) | 0) > 0) {
        this.#awaitsConnection = true;
        break;
      }
      this.#ring.advance();
      this.#taken++;
      if (++unlooked < interval) continue;
      if (performance.now() >= end) break;
      unlooked = 0;
      if (interval < CLOCK_EVERY_MAX) interval *= 2;
    }
    this.#ring.release();
    this.#reachMarks();
  }

  /** The client was told of one more connection: its messages may come. */
  connected(): void {
    this.#connections = (this.#connections + 1) | 0;
    this.#awaitsConnection = false;
  }

  /** Calls back once everything that the worker has shown by now was handed over: at once when it was. */
  afterReceived(reached: () => void): void {
    this.#marks.push({ records: this.#taken + this.#ring.pending, reached });
    this.#reachMarks();
  }

  /** Shows the worker what was released and acknowledged. @returns Whether it must be woken for it. */
  show(): boolean {
    this.#flushReleases();
    this.#writeWaiting();
    this.#counters.set(COUNTER_SLOTS.messagesLeased, this.#leases);
    const acknowledged = this.#acknowledgements.unpublished > 0;
    this.#acknowledgements.publish();
    // Both flags are taken, whatever the first says.
    const ringStarved = this.#ring.takeStarved();
    const memoryStarved = this.#segments.takeStarved();
    return acknowledged || ringStarved || memoryStarved;
  }

  /** Offers the held messages again. */
  claim(): void {
    const held = this.#held;
    this.#held = [];
    for (const message of held) this.#route(message, this.#subscriptions.match(message.topicName));
  }

  /** Gives back memory that a completion record names. */
  release(segment: number, generation: number): void {
    if (segment !== this.#releasedSegment || generation !== this.#releasedGeneration)
      this.#flushReleases();
    this.#releasedSegment = segment;
    this.#releasedGeneration = generation;
    this.#releasedCount++;
    this.#owner.changed();
  }

  /** A message gives its memory back. */
  releaseMessage(segment: number, generation: number): void {
    this.#leases--;
    this.release(segment, generation);
  }

  acknowledge(receipt: number, reasonCode: number): void {
    if (this.#unwritten.length > 0 || !this.#write(receipt, reasonCode))
      this.#unwritten.push({ receipt, reasonCode });
    this.#owner.changed();
  }

  #hasMessage(): boolean {
    return !this.#awaitsConnection && this.#leases < LEASES_MAX && this.#ring.next() !== NO_RECORD;
  }

  /** @returns False when the ring is full: the worker rings once it is not. */
  #write(receipt: number, reasonCode: number): boolean {
    const record = this.#acknowledgements.reserve();
    if (record === NO_RECORD) return false;
    this.memory.words[record + ACKNOWLEDGEMENT.receipt] = receipt;
    this.memory.words[record + ACKNOWLEDGEMENT.reasonCode] = reasonCode;
    this.#acknowledgements.commit();
    return true;
  }

  /** Writes the acknowledgements that found the ring full, as far as there is room now. */
  #writeWaiting(): void {
    for (let next = this.#unwritten.first; next !== undefined; next = this.#unwritten.first) {
      if (!this.#write(next.receipt, next.reasonCode)) return;
      this.#unwritten.shift();
    }
  }

  #reachMarks(): void {
    for (let mark = this.#marks.first; mark !== undefined; mark = this.#marks.first) {
      if (this.#taken < mark.records) return;
      this.#marks.shift();
      mark.reached();
    }
  }

  #deliver(words: Int32Array, record: number): void {
    const topic = this.#topics[words[record + DELIVERY.topicSlot]!]!;
    if (topic.epoch !== this.#subscriptions.epoch) {
      topic.subscriptions = this.#subscriptions.match(topic.topicName);
      topic.epoch = this.#subscriptions.epoch;
    }
    this.#leases++;
    this.#counters.add(COUNTER_SLOTS.messagesReceived, 1);
    // Held by the routing itself, too: a handler that is done at once must not end the lease for the next.
    const message = new Message(topic.topicName, words, record, this);
    if (DELIVERY_CHANNEL.hasSubscribers) this.#owner.delivered(message);
    this.#route(message, topic.subscriptions);
  }

  #route(message: Message, subscriptions: readonly Subscription[]): void {
    let claimed = false;
    for (const subscription of subscriptions) {
      if (!subscription.isClaimed) continue;
      claimed = true;
      message.hold();
      subscription.take(message);
    }
    if (!claimed && !this.#unclaimed.take(message, subscriptions)) {
      this.#held.push(message);
      return;
    }
    message.letGo();
  }

  #learnTopic(words: Int32Array, record: number): void {
    const slot = words[record + DELIVERY.topicSlot]!;
    const start = words[record + DELIVERY.start]!;
    const end = start + words[record + DELIVERY.length]!;
    const topicName = decodeUtf8(this.memory.bytes, start, end);
    const topic: Topic = { topicName, epoch: NO_EPOCH, subscriptions: [] };
    // Without holes: an array with many of them is looked up like a dictionary.
    while (this.#topics.length <= slot) this.#topics.push(topic);
    this.#topics[slot] = topic;
    this.release(words[record + DELIVERY.segment]!, words[record + DELIVERY.generation]!);
  }

  #flushReleases(): void {
    if (this.#releasedCount === 0) return;
    this.#segments.release(this.#releasedSegment, this.#releasedGeneration, this.#releasedCount);
    this.#releasedCount = 0;
  }
}
