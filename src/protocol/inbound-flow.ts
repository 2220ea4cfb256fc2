import { type AckType, encodeAck } from '../codec/acks.js';
import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { PublishFields } from '../codec/publish.js';
import { VIOLATIONS, type Violation } from '../errors/violations.js';
import { EMPTY, enlarge } from '../util/enlarge.js';
import type { Compliance } from './compliance.js';
import { InboundTopics } from './inbound-topics.js';
import type { SessionSink } from './sink.js';
import { NO_TOPIC } from './topic-slots.js';
import type { WriteBatch } from './write-batch.js';

const REASON_SUCCESS = 0x00;
const REASON_FAILURE = 0x80;
const REASON_PACKET_ID_NOT_FOUND = 0x92;
const PACKET_IDS = 0x1_0000;
const ENTRIES_AT_FIRST = 64;
const PUBCOMPS_MAX = 1024;
const ACK_BYTES_MAX = 5;
const NONE_READY = -1;

/**
 * What we know of a Packet Identifier that the Server uses at QoS 2 (session).
 *
 * ```
 *          PUBLISH             PUBREC written           PUBREL
 *   NONE ──────────► DELIVERED ──────────────► RECEIVED ──────► NONE
 *                     │    ▲ PUBLISH again        │ PUBLISH again: DELIVERED, not surfaced
 *    connection lost  ▼    │
 *               INTERRUPTED ── handled ──► HANDLED ── PUBLISH again: DELIVERED, not surfaced
 * ```
 */
const Qos2State = { NONE: 0, DELIVERED: 1, RECEIVED: 2, INTERRUPTED: 3, HANDLED: 4 } as const;

/** Where the acknowledgement of one delivered message stands. */
const ReceiptState = {
  VOID: 0,
  AWAITED_QOS_1: 1,
  AWAITED_QOS_2: 2,
  READY_QOS_1: 3,
  READY_QOS_2: 4,
} as const;

/**
 * Messages from the Server: duplicate suppression, topic aliases, Receive Maximum, and acknowledgements, which leave in
 * the order in which the messages came, whatever the order in which the application handled them (§4.6).
 */
export class InboundFlow {
  readonly #sink: SessionSink;
  readonly #compliance: Compliance;
  readonly #version: ProtocolVersion;
  readonly #receiveMaximum: number;
  readonly #topics: InboundTopics;

  // Session.
  /** Packet Identifier → Qos2State. */
  #qos2: Uint8Array = EMPTY.uint8;
  /** Packet Identifier → receipt of the message; meaningful while it is DELIVERED or INTERRUPTED. */
  #qos2Receipts: Int32Array = EMPTY.int32;
  // Receipts are consecutive 32-bit numbers that wrap; receipt & mask is the place of its entry. Those from #head on are open.
  readonly #receiptsMaximum: number;
  #receiptStates: Uint8Array = EMPTY.uint8;
  #receiptIds: Uint16Array = EMPTY.uint16;
  #receiptReasons: Uint8Array = EMPTY.uint8;
  /** -1: there is no entry yet. */
  #mask = -1;
  #head = 0;
  #next = 0;

  // Connection.
  /**
   * The receipts of the messages that came on this connection, in the order of their arrival, which is that of their
   * acknowledgements. A repeated message has its receipt of an earlier connection and its place of this one.
   */
  #arrivals: Int32Array = EMPTY.int32;
  #arrivalHead = 0;
  #arrivalNext = 0;
  /** Packet Identifier → 1 while it counts against our Receive Maximum. */
  #counted: Uint8Array = EMPTY.uint8;
  #inflight = 0;
  #isResumed = false;
  /** Empty until there is a first one. */
  #pubcomps: Int32Array = EMPTY.int32;
  #pubcompHead = 0;
  #pubcompCount = 0;

  constructor(
    memory: Uint8Array,
    sink: SessionSink,
    compliance: Compliance,
    version: ProtocolVersion,
    receiveMaximum: number,
    topicAliasMaximum: number,
  ) {
    this.#sink = sink;
    this.#compliance = compliance;
    this.#version = version;
    this.#receiveMaximum = version === 5 ? receiveMaximum : PACKET_IDS - 1;
    this.#topics = new InboundTopics(memory, sink, version === 5 ? topicAliasMaximum : 0);
    this.#receiptsMaximum = 2 ** Math.ceil(Math.log2(2 * this.#receiveMaximum));
  }

  /**
   * Packets that may be taken: none while what we owe the Server fills its bounds. May rise after `service` and `acknowledge`, and
   * falls by one a packet at most.
   */
  get receivable(): number {
    const owed = Math.max(this.#openReceipts, this.#openArrivals);
    return Math.min(PUBCOMPS_MAX - this.#pubcompCount, this.#receiptsMaximum - owed);
  }

  /** A connection was accepted. @param sessionPresent Whether the Server kept the Session. */
  startConnection(sessionPresent: boolean): void {
    this.#topics.startConnection();
    this.#counted.fill(0);
    this.#inflight = 0;
    this.#pubcompCount = 0;
    this.#isResumed = sessionPresent;
    if (!sessionPresent) this.reset();
  }

  /** The connection is gone: what was not yet acknowledged will be sent again by the Server, if it keeps the Session. */
  interrupted(): void {
    for (let receipt = this.#head; receipt !== this.#next; receipt = (receipt + 1) | 0) {
      const at = receipt & this.#mask;
      const packetId = this.#receiptIds[at]!;
      const state = this.#receiptStates[at];
      if (state === ReceiptState.AWAITED_QOS_2) {
        this.#qos2[packetId] = Qos2State.INTERRUPTED;
        continue;
      }
      if (state === ReceiptState.READY_QOS_2) {
        this.#qos2[packetId] = this.#isRefusal(this.#receiptReasons[at]!)
          ? Qos2State.NONE
          : Qos2State.HANDLED;
      }
      this.#receiptStates[at] = ReceiptState.VOID;
    }
    this.#dropVoid();
    this.#arrivalHead = this.#arrivalNext;
  }

  /** Forgets the Session, and what is owed on the connection. */
  reset(): void {
    this.#qos2.fill(Qos2State.NONE);
    for (let receipt = this.#head; receipt !== this.#next; receipt = (receipt + 1) | 0) {
      this.#receiptStates[receipt & this.#mask] = ReceiptState.VOID;
    }
    this.#head = this.#next;
    this.#arrivalHead = this.#arrivalNext;
    this.#pubcompCount = 0;
  }

  /** Takes a PUBLISH. @returns The violation that it is, or null. */
  publish(fields: PublishFields): Violation | null {
    const slot = this.#topics.resolve(fields);
    if (slot === NO_TOPIC) return this.#topics.violation;
    if (fields.qos === 0) {
      this.#sink.messageReceived(fields, 0, slot);
      return null;
    }
    if (fields.packetId >= this.#counted.length) this.#growIds(fields.packetId);
    const isRepeated = fields.qos === 2 && this.#qos2[fields.packetId] !== Qos2State.NONE;
    if (isRepeated || this.#counted[fields.packetId] === 1) {
      const violation = this.#checkReuse(fields);
      if (violation !== null) return violation;
    }
    if (isRepeated) {
      this.#sink.duplicateSuppressed();
      return this.#repeated(fields.packetId);
    }
    if (!this.#count(fields.packetId)) return VIOLATIONS.receiveMaximum;
    if (fields.qos === 2) this.#qos2[fields.packetId] = Qos2State.DELIVERED;
    const receipt = this.#open(
      fields.packetId,
      fields.qos === 1 ? ReceiptState.AWAITED_QOS_1 : ReceiptState.AWAITED_QOS_2,
    );
    this.#sink.messageReceived(fields, receipt, slot);
    return null;
  }

  /** Takes a PUBREL. @returns The violation that it is, or null. */
  pubrel(packetId: number): Violation | null {
    if (packetId >= this.#counted.length) this.#growIds(packetId);
    const state = this.#qos2[packetId]!;
    const violation = this.#checkPubrel(state);
    if (violation !== null) return violation;
    const known = state !== Qos2State.NONE;
    if (state === Qos2State.DELIVERED || state === Qos2State.INTERRUPTED) {
      this.#receiptStates[this.#qos2Receipts[packetId]! & this.#mask] = ReceiptState.VOID;
      this.#dropVoid();
    }
    this.#qos2[packetId] = Qos2State.NONE;
    if (this.#pubcomps.length === 0) this.#pubcomps = new Int32Array(PUBCOMPS_MAX);
    const reasonCode = known ? REASON_SUCCESS : REASON_PACKET_ID_NOT_FOUND;
    this.#pubcomps[(this.#pubcompHead + this.#pubcompCount++) % PUBCOMPS_MAX] =
      packetId | (reasonCode << 16);
    return null;
  }

  /**
   * The application has handled a message. A receipt of an earlier connection or Session is ignored where the
   * Server will send the message again.
   */
  acknowledge(receipt: number, reasonCode: number): void {
    const age = (receipt - this.#head) | 0;
    if (age < 0 || age >= this.#openReceipts) return;
    const at = receipt & this.#mask;
    const state = this.#receiptStates[at];
    if (state === ReceiptState.AWAITED_QOS_1) {
      this.#receiptStates[at] = ReceiptState.READY_QOS_1;
      this.#receiptReasons[at] = reasonCode;
    } else if (state === ReceiptState.AWAITED_QOS_2) {
      const packetId = this.#receiptIds[at]!;
      this.#receiptReasons[at] = reasonCode;
      if (this.#qos2[packetId] === Qos2State.INTERRUPTED) {
        this.#qos2[packetId] = this.#isRefusal(reasonCode) ? Qos2State.NONE : Qos2State.HANDLED;
        this.#receiptStates[at] = ReceiptState.VOID;
        this.#dropVoid();
      } else {
        this.#receiptStates[at] = ReceiptState.READY_QOS_2;
      }
    }
  }

  /** Something is ready to be written. */
  get hasOutput(): boolean {
    return this.#pubcompCount > 0 || this.#nextReady() !== NONE_READY;
  }

  /** Writes what is owed to the Server, as far as there is room. */
  service(batch: WriteBatch): void {
    for (let at = this.#nextReady(); at !== NONE_READY; at = this.#nextReady()) {
      if (!this.#hasRoom(batch)) break;
      const packetId = this.#receiptIds[at]!;
      const reasonCode = this.#receiptReasons[at]!;
      const state = this.#receiptStates[at];
      if (state === ReceiptState.READY_QOS_1) {
        this.#write(batch, PacketType.PUBACK, packetId, reasonCode);
        this.#uncount(packetId);
      } else {
        this.#write(batch, PacketType.PUBREC, packetId, reasonCode);
        const ends = this.#isRefusal(reasonCode);
        this.#qos2[packetId] = ends ? Qos2State.NONE : Qos2State.RECEIVED;
        if (ends) this.#uncount(packetId);
      }
      this.#receiptStates[at] = ReceiptState.VOID;
      this.#dropVoid();
    }
    while (this.#pubcompCount > 0 && this.#hasRoom(batch)) {
      const entry = this.#pubcomps[this.#pubcompHead]!;
      this.#pubcompHead = (this.#pubcompHead + 1) % PUBCOMPS_MAX;
      this.#pubcompCount--;
      this.#write(batch, PacketType.PUBCOMP, entry & 0xffff, entry >>> 16);
      this.#uncount(entry & 0xffff);
    }
  }

  /** A PUBLISH has an identifier whose last exchange has not ended. */
  #checkReuse({ dup, packetId }: PublishFields): Violation | null {
    if (!dup) return this.#compliance.tolerate('packetIdInUse');
    // 3.1.1 does not keep a Server from sending again whenever it likes.
    const isForbidden = this.#counted[packetId] === 1 && this.#version === 5;
    return isForbidden ? this.#compliance.tolerate('repeatedPublish') : null;
  }

  #checkPubrel(state: number): Violation | null {
    if (state === Qos2State.RECEIVED) return null;
    if (state !== Qos2State.NONE) return this.#compliance.tolerate('earlyPubrel');
    // In a Session that was resumed it may be a repetition: the connection may have taken our PUBCOMP with it.
    return this.#isResumed ? null : this.#compliance.tolerate('unknownPubrel');
  }

  /** A QoS 2 PUBLISH whose identifier is open: the application has it already, the Server wants its PUBREC. */
  #repeated(packetId: number): Violation | null {
    if (!this.#count(packetId)) return VIOLATIONS.receiveMaximum;
    const state = this.#qos2[packetId];
    this.#qos2[packetId] = Qos2State.DELIVERED;
    if (state === Qos2State.INTERRUPTED) {
      this.#arrived(this.#qos2Receipts[packetId]!);
    } else if (state === Qos2State.HANDLED || state === Qos2State.RECEIVED) {
      const receipt = this.#open(packetId, ReceiptState.READY_QOS_2);
      this.#receiptReasons[receipt & this.#mask] = REASON_SUCCESS;
    }
    return null;
  }

  #open(packetId: number, state: number): number {
    if (this.#openReceipts > this.#mask) this.#growReceipts();
    const receipt = this.#next;
    this.#next = (receipt + 1) | 0;
    this.#receiptIds[receipt & this.#mask] = packetId;
    this.#receiptStates[receipt & this.#mask] = state;
    if (state !== ReceiptState.AWAITED_QOS_1) this.#qos2Receipts[packetId] = receipt;
    this.#arrived(receipt);
    return receipt;
  }

  #arrived(receipt: number): void {
    if (this.#openArrivals > this.#mask) this.#growReceipts();
    this.#arrivals[this.#arrivalNext & this.#mask] = receipt;
    this.#arrivalNext = (this.#arrivalNext + 1) | 0;
  }

  get #openReceipts(): number {
    return (this.#next - this.#head) | 0;
  }

  get #openArrivals(): number {
    return (this.#arrivalNext - this.#arrivalHead) | 0;
  }

  /** The place of the receipt whose acknowledgement is next to leave; NONE_READY while the application has not handled it. */
  #nextReady(): number {
    for (
      ;
      this.#arrivalHead !== this.#arrivalNext;
      this.#arrivalHead = (this.#arrivalHead + 1) | 0
    ) {
      const receipt = this.#arrivals[this.#arrivalHead & this.#mask]!;
      const at = receipt & this.#mask;
      const isClosed =
        ((receipt - this.#head) | 0) < 0 || this.#receiptStates[at] === ReceiptState.VOID;
      if (isClosed) continue;
      return this.#receiptStates[at]! >= ReceiptState.READY_QOS_1 ? at : NONE_READY;
    }
    return NONE_READY;
  }

  #dropVoid(): void {
    while (
      this.#head !== this.#next &&
      this.#receiptStates[this.#head & this.#mask] === ReceiptState.VOID
    ) {
      this.#head = (this.#head + 1) | 0;
    }
  }

  #count(packetId: number): boolean {
    if (this.#counted[packetId] === 1) return true;
    if (this.#inflight >= this.#receiveMaximum) return false;
    this.#counted[packetId] = 1;
    this.#inflight++;
    return true;
  }

  #uncount(packetId: number): void {
    if (this.#counted[packetId] === 0) return;
    this.#counted[packetId] = 0;
    this.#inflight--;
  }

  #growIds(packetId: number): void {
    const ids = Math.max(ENTRIES_AT_FIRST, 2 ** Math.ceil(Math.log2(packetId + 1)));
    this.#qos2 = enlarge(this.#qos2, ids);
    this.#qos2Receipts = enlarge(this.#qos2Receipts, ids);
    this.#counted = enlarge(this.#counted, ids);
  }

  /** Doubles the rings of receipts and arrivals. An entry's place is the low bits of its number, of which there is one more now. */
  #growReceipts(): void {
    this.#receiptStates = twice(this.#receiptStates);
    this.#receiptIds = twice(this.#receiptIds);
    this.#receiptReasons = twice(this.#receiptReasons);
    this.#arrivals = twice(this.#arrivals);
    this.#mask = this.#arrivals.length - 1;
  }

  #hasRoom(batch: WriteBatch): boolean {
    return !batch.full && batch.reserve(ACK_BYTES_MAX);
  }

  /** Whether a PUBREC with this reason code ends the exchange; 3.1.1 can not refuse a message. */
  #isRefusal(reasonCode: number): boolean {
    return this.#version === 5 && reasonCode >= REASON_FAILURE;
  }

  #write(batch: WriteBatch, type: AckType, packetId: number, reasonCode: number): void {
    batch.packets++;
    batch.acknowledgements++;
    batch.appendArena(
      encodeAck(batch.arena, batch.arenaEnd, type, packetId, reasonCode, this.#version),
    );
  }
}

/** A ring with its entries in both halves: whichever half is right for an entry's number, it is there. */
function twice<T extends Uint8Array | Uint16Array | Int32Array>(ring: T): T {
  const larger = enlarge(ring, Math.max(ENTRIES_AT_FIRST, 2 * ring.length));
  larger.copyWithin(ring.length, 0, ring.length);
  return larger;
}
