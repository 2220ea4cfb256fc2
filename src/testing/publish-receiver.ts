import type { AckType } from '../codec/acks.js';
import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import { FAILURE_MIN, REASON_CODES } from '../codec/reason-codes.js';
import type { BrokerClient } from './client.js';
import { type BrokerCore, publishMessage } from './core.js';
import type { Message } from './message.js';
import type { PacketSender } from './packet-sender.js';
import { PublishReader } from './publish-reader.js';
import type { Recipient, Waiter } from './recipient.js';
import type { Publisher } from './router.js';
import type { Session } from './session.js';

/** A 3.1.1 Client has as many messages unacknowledged as there are packet ids, at most. */
const PACKET_IDS = 65_535;

interface HeldAck {
  readonly type: AckType;
  readonly packetId: number;
  readonly reasonCode: number;
}

/**
 * Takes over what one Client publishes.
 *
 * When a subscriber does not keep up, the Client waits with it. Its acknowledgements of QoS 1 and 2 are
 * held, so that its own quota ends the flood while everything else it sends is still heard. With
 * `qos0Overflow: 'pause'`, a QoS 0 message stops the reading. Only a Client that is slow itself is
 * never stopped: it may have to acknowledge or take messages before anybody can go on.
 */
export class PublishReceiver implements Publisher, Waiter {
  readonly #core: BrokerCore;
  readonly #sender: PacketSender;
  readonly #reader: PublishReader;
  readonly #version: ProtocolVersion;
  readonly #receiveMaximum: number;
  readonly #onGoOn: () => void;
  readonly #slow = new Set<Recipient>();
  readonly session: Session;
  readonly client: BrokerClient;
  #held: HeldAck[] = [];
  /** QoS 1 and 2 messages taken over whose last acknowledgement was not sent. */
  #unacknowledged = 0;
  /** Is nothing more to be read for now? */
  stopped = false;

  constructor(
    core: BrokerCore,
    client: BrokerClient,
    session: Session,
    sender: PacketSender,
    onGoOn: () => void,
  ) {
    this.#core = core;
    this.client = client;
    this.session = session;
    this.#sender = sender;
    this.#version = sender.version;
    this.#reader = new PublishReader(core.topics, core.options.topicAliasMaximum);
    this.#receiveMaximum = sender.version === 5 ? core.options.receiveMaximum : PACKET_IDS;
    this.#onGoOn = onGoOn;
  }

  /** Takes a PUBLISH in; returns a reason code when it breaks the protocol, or else 0. */
  handlePublish(memory: Uint8Array, header: number, start: number, end: number): number {
    const message = this.#reader.read(memory, header, start, end, this.#version);
    if (message === null) return this.#reader.reasonCode;
    const { maximumQos, retainAvailable, qos0Overflow } = this.#core.options;
    if (message.qos > maximumQos) return REASON_CODES.qosNotSupported.value;
    if (message.retain && !retainAvailable) return REASON_CODES.retainNotSupported.value;
    if (message.qos === 0) {
      this.#publish(message);
      this.stopped = qos0Overflow === 'pause' && this.#slow.size > 0 && this.session.keepsUp;
      return 0;
    }
    if (this.#unacknowledged === this.#receiveMaximum) {
      return REASON_CODES.receiveMaximumExceeded.value;
    }
    this.#unacknowledged++;
    const { packetId } = this.#reader.fields;
    if (message.qos === 1) this.#acknowledge(PacketType.PUBACK, packetId, this.#publish(message));
    else this.#acknowledge(PacketType.PUBREC, packetId, this.#publishOnce(message, packetId));
    return 0;
  }

  /** Ends a QoS 2 exchange. */
  handlePubrel(packetId: number): void {
    const { success, packetIdentifierNotFound } = REASON_CODES;
    const known = this.session.received.delete(packetId);
    const reasonCode = known ? success.value : packetIdentifierNotFound.value;
    const sent = this.#sender.sendAck(PacketType.PUBCOMP, packetId, reasonCode);
    if (sent !== null) this.#settleOne();
  }

  waitFor(session: Recipient): void {
    this.#slow.add(session);
    session.addWaiter(this);
  }

  goOn(session: Recipient): void {
    this.#slow.delete(session);
    if (this.#slow.size > 0) return;
    const held = this.#held;
    this.#held = [];
    for (const ack of held) this.#sendAck(ack.type, ack.packetId, ack.reasonCode);
    this.stopped = false;
    this.#onGoOn();
  }

  /** Nobody is left to wait. */
  close(): void {
    for (const session of this.#slow) session.deleteWaiter(this);
    this.#slow.clear();
    this.#held = [];
  }

  /** Publishes a message; returns the reason code of the acknowledgement. */
  #publish(message: Message): number {
    this.#core.counters.messagesReceived++;
    const count = publishMessage(this.#core, message, this);
    return count === 0 ? REASON_CODES.noMatchingSubscribers.value : REASON_CODES.success.value;
  }

  /** Publishes a QoS 2 message unless it is the repetition of one that was. */
  #publishOnce(message: Message, packetId: number): number {
    if (this.session.received.has(packetId)) return REASON_CODES.success.value;
    this.session.received.add(packetId);
    return this.#publish(message);
  }

  #acknowledge(type: AckType, packetId: number, reasonCode: number): void {
    if (this.#slow.size > 0) this.#held.push({ type, packetId, reasonCode });
    else this.#sendAck(type, packetId, reasonCode);
  }

  #sendAck(type: AckType, packetId: number, reasonCode: number): void {
    const sent = this.#sender.sendAck(type, packetId, reasonCode);
    if (sent === null) return;
    const refused = sent >= FAILURE_MIN;
    if (refused) this.session.received.delete(packetId);
    if (refused || type === PacketType.PUBACK) this.#settleOne();
  }

  #settleOne(): void {
    if (this.#unacknowledged > 0) this.#unacknowledged--;
  }
}
