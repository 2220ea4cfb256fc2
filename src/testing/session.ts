import { PublishFlag } from '../codec/packet-types.js';
import type { Will } from '../codec/packets.js';
import { publishHeader } from '../codec/publish.js';
import { FAILURE_MIN, REASON_CODES } from '../codec/reason-codes.js';
import { Fifo } from '../util/fifo.js';
import { Backlog } from './backlog.js';
import type { BrokerCounters } from './counters.js';
import { type Delivery, toDelivery } from './delivery.js';
import { type Grant, lowerQos } from './grant.js';
import type { Message } from './message.js';
import type { ResolvedOptions } from './options.js';
import type { Recipient, Waiter } from './recipient.js';
import type { Subscription } from './subscription.js';

const SUCCESS = REASON_CODES.success.value;
const PACKET_ID_MAX = 65_535;
/** Publishers wait from this part of `queuedMessagesMax` on, and until half of that. */
const SLOW_SHARE = 4;

/** What a session needs of the connection that it is attached to. */
export interface Subscriber {
  /** QoS 1 and 2 messages that the Client takes unacknowledged. */
  readonly receiveMaximum: number;
  /** Is more waiting for its socket than the high-water mark? */
  readonly congested: boolean;
  /** Sends a PUBLISH; `packetId` is 0 at QoS 0. False when it is too large for the Client. */
  sendPublish(message: Message, header: number, packetId: number, identifiers: Uint8Array): boolean;
  sendPubrel(packetId: number, reasonCode: number): void;
  /** Ends the connection because the Client has come with another one. */
  takeOver(): void;
}

/**
 * Session State (§4.1): the subscriptions, and what is on its way to one Client.
 *
 *     deliver ──► queue ──► inflight ──► acknowledged         QoS 1 and 2
 *         └─────► backlog ──► sent                            QoS 0, of a slow Client only
 */
export class Session implements Recipient {
  readonly #options: ResolvedOptions;
  readonly #counters: BrokerCounters;

  // Session: for as long as the broker keeps it.
  readonly clientId: string;
  readonly subscriptions: Map<string, Subscription> = new Map();
  /** Packet ids of QoS 2 messages taken over whose PUBREL has not come. */
  readonly received: Set<number> = new Set();
  /** Packet id → delivery, in the order in which they were first sent. */
  readonly #inflight = new Map<number, Delivery>();
  readonly #queue = new Fifo<Delivery>();
  #lastPacketId = 0;
  /** Seconds after the connection. */
  expiryInterval = 0;
  /** Published when the connection ends without a normal DISCONNECT. */
  will: Will | null = null;

  // Connection: from attach to detach.
  #subscriber: Subscriber | null = null;
  #backlog: Backlog;
  /** Deliveries of an earlier connection that this one has not sent again yet. */
  #resends: Delivery[] = [];
  readonly #waiters = new Set<Waiter>();

  constructor(clientId: string, options: ResolvedOptions, counters: BrokerCounters) {
    this.clientId = clientId;
    this.#options = options;
    this.#counters = counters;
    this.#backlog = new Backlog(options.backlogBytesMax);
  }

  get connected(): boolean {
    return this.#subscriber !== null;
  }

  /** QoS 1 and 2 messages that wait for their turn. */
  get queuedMessages(): number {
    return this.#queue.length;
  }

  /** QoS 1 and 2 messages sent and not fully acknowledged. */
  get inflightMessages(): number {
    return this.#inflight.size;
  }

  /** Can it take another message without anybody having to wait? */
  get keepsUp(): boolean {
    return this.#subscriber?.congested !== true && this.#queue.length < this.#slowLength;
  }

  get #slowLength(): number {
    return this.#options.queuedMessagesMax / SLOW_SHARE;
  }

  /** Binds the session to a connection, and sends what is due on it. */
  attach(subscriber: Subscriber): void {
    this.#subscriber = subscriber;
    this.#resends = [...this.#inflight.values()].reverse();
    this.drain();
  }

  /** Ends the connection that the session is attached to, if there is one. */
  takeOver(): void {
    this.#subscriber?.takeOver();
  }

  /** Unbinds the session from its connection: QoS 0 messages are lost, nobody waits for it any longer. */
  detach(): void {
    this.#subscriber = null;
    this.#backlog = new Backlog(this.#options.backlogBytesMax);
    this.#resends = [];
    this.#release();
  }

  /**
   * Sends a message, or queues it. QoS 0 messages are for connected sessions only.
   *
   * @returns False when the session does not keep up and the publisher has to wait for it.
   */
  deliver(message: Message, grant: Grant, retain: boolean): boolean {
    const qos = lowerQos(message.qos, grant.qos);
    const header = publishHeader(qos, retain, false);
    return qos === 0
      ? this.#deliverOnce(message, header, grant.identifiers)
      : this.#deliverAcknowledged(message, header, grant.identifiers);
  }

  /** Notes that somebody waits until the session keeps up again. */
  addWaiter(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  deleteWaiter(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  handlePuback(packetId: number): void {
    if (this.#inflight.delete(packetId)) this.drain();
  }

  handlePubrec(packetId: number, reasonCode: number): void {
    const delivery = this.#inflight.get(packetId);
    if (delivery === undefined) {
      this.#subscriber?.sendPubrel(packetId, REASON_CODES.packetIdentifierNotFound.value);
    } else if (reasonCode >= FAILURE_MIN) {
      this.#inflight.delete(packetId);
      this.drain();
    } else {
      delivery.released = true;
      this.#subscriber?.sendPubrel(packetId, SUCCESS);
    }
  }

  handlePubcomp(packetId: number): void {
    if (this.#inflight.delete(packetId)) this.drain();
  }

  /** Sends as much as the Client takes now. To be called whenever that may be more than before. */
  drain(): void {
    this.#sendAgain();
    this.#sendQueue();
    this.#sendBacklog();
    if (this.#waiters.size > 0 && this.#hasCaughtUp()) this.#release();
  }

  #deliverOnce(message: Message, header: number, identifiers: Uint8Array): boolean {
    const subscriber = this.#subscriber;
    if (subscriber === null) return true;
    if (!subscriber.congested && this.#backlog.length === 0) {
      if (!subscriber.sendPublish(message, header, 0, identifiers)) this.#counters.oversized++;
      return true;
    }
    const delivery = toDelivery(message, header, identifiers);
    this.#counters.qos0Dropped += this.#backlog.push(delivery);
    return this.#options.qos0Overflow === 'drop';
  }

  #deliverAcknowledged(message: Message, header: number, identifiers: Uint8Array): boolean {
    const delivery = toDelivery(message, header, identifiers);
    const isNext = this.#queue.length === 0 && this.#resends.length === 0;
    if (isNext && this.#canSend()) {
      this.#start(delivery);
      return true;
    }
    if (this.#queue.length >= this.#options.queuedMessagesMax) {
      this.#queue.shift();
      this.#counters.queueDropped++;
    }
    this.#queue.push(delivery);
    return this.#subscriber === null || this.#queue.length < this.#slowLength;
  }

  /** Repeats what an earlier connection left unacknowledged, in the original order [MQTT-4.6.0-1]. */
  #sendAgain(): void {
    while (this.#resends.length > 0 && this.#canSend()) {
      const delivery = this.#resends.pop()!;
      if (delivery.released) this.#subscriber?.sendPubrel(delivery.packetId, SUCCESS);
      else this.#send(delivery, PublishFlag.DUP);
    }
  }

  #sendQueue(): void {
    if (this.#queue.length === 0) return;
    const now = performance.now();
    while (this.#resends.length === 0 && this.#canSend()) {
      const delivery = this.#queue.shift();
      if (delivery === undefined) return;
      if (delivery.message.isExpired(now, this.#options.secondMs)) this.#counters.expired++;
      else this.#start(delivery);
    }
  }

  #sendBacklog(): void {
    while (this.#subscriber?.congested === false) {
      const delivery = this.#backlog.shift();
      if (delivery === undefined) return;
      const { message, header, identifiers } = delivery;
      if (message.isExpired(performance.now(), this.#options.secondMs)) this.#counters.expired++;
      else if (!this.#subscriber.sendPublish(message, header, 0, identifiers)) {
        this.#counters.oversized++;
      }
    }
  }

  /** Is there room in the send quota, and at the socket? What waits to be sent again is not sent yet. */
  #canSend(): boolean {
    const subscriber = this.#subscriber;
    if (subscriber === null || subscriber.congested) return false;
    return this.#inflight.size - this.#resends.length < subscriber.receiveMaximum;
  }

  #start(delivery: Delivery): void {
    delivery.packetId = this.#nextPacketId();
    this.#inflight.set(delivery.packetId, delivery);
    this.#send(delivery, 0);
  }

  /** What is too large for the Client counts as delivered [MQTT-3.1.2-25]. */
  #send({ message, header, identifiers, packetId }: Delivery, dup: number): void {
    if (this.#subscriber?.sendPublish(message, header | dup, packetId, identifiers) !== false)
      return;
    this.#inflight.delete(packetId);
    this.#counters.oversized++;
  }

  /** There is a free one: the quota is smaller than the number of packet ids by one at least. */
  #nextPacketId(): number {
    do {
      this.#lastPacketId = (this.#lastPacketId % PACKET_ID_MAX) + 1;
    } while (this.#inflight.has(this.#lastPacketId));
    return this.#lastPacketId;
  }

  #hasCaughtUp(): boolean {
    if (this.#subscriber?.congested === true || this.#backlog.length > 0) return false;
    return this.#queue.length <= this.#slowLength / 2;
  }

  #release(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.goOn(this);
  }
}
