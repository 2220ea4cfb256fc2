import type { AckFields } from '../codec/acks.js';
import { encodeAck } from '../codec/acks.js';
import { encodePacket, packetSize } from '../codec/encode.js';
import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type {
  SubackPacket,
  SubscribePacket,
  UnsubackPacket,
  UnsubscribePacket,
} from '../codec/packets.js';
import type { ErrorCode } from '../errors/codes.js';
import { VIOLATIONS, type Violation } from '../errors/violations.js';
import type { NegotiatedSettings } from '../validation/negotiated.js';
import { refusedPublish, refusedSubscription } from '../validation/negotiated.js';
import { DeadlineHeap } from './deadline-heap.js';
import { FlushList } from './flush-list.js';
import type { KeepAlive } from './keep-alive.js';
import { type OfflineQueue, survivesOffline } from './offline-policy.js';
import { OperationQueue } from './operation-queue.js';
import {
  NO_TOKEN,
  OperationKind,
  OperationState,
  OperationTable,
  type PublishRequest,
} from './operation-table.js';
import { NO_OWNER, PacketIds } from './packet-ids.js';
import { type FrameShape, lengthWithAlias, PublishWriter } from './publish-writer.js';
import type { SessionSink } from './sink.js';
import type { WriteBatch } from './write-batch.js';

const REASON_SUCCESS = 0x00;
const REASON_FAILURE = 0x80;
const REASON_PACKET_ID_NOT_FOUND = 0x92;
const PUBREL_BYTES = 4;
const STRAY_PUBRELS_MAX = 256;

/** What the flow is told once. */
export interface OutboundOptions {
  readonly protocolVersion: ProtocolVersion;
  /** Operations held at once, at most; a power of two. */
  readonly maximumOperations: number;
  readonly offlineQueue: OfflineQueue;
}

/**
 * What the application asks for: publishes, subscriptions and their acknowledgements. One table holds the operations; four
 * queues hold the order in which they are to be written. Only QoS 1 and 2 PUBLISH wait for the Receive Maximum of the Server
 * (§4.9); everything else passes them.
 */
export class OutboundFlow {
  readonly #sink: SessionSink;
  readonly #keepAlive: KeepAlive;
  readonly #version: ProtocolVersion;
  readonly #offlineQueue: OfflineQueue;

  // Session.
  readonly #table: OperationTable;
  readonly #packetIds: PacketIds = new PacketIds();
  /** Tokens whose caller has given up; looked at when the operation is about to be written. */
  readonly #aborted: Set<number> = new Set();
  /** QoS 1 and 2 publishes that an earlier connection has carried. */
  readonly #resubmit: OperationQueue;
  /** QoS 1 and 2 publishes that were never written. */
  readonly #publishes: OperationQueue;
  /** Operations that no quota holds back. */
  readonly #unthrottled: OperationQueue;

  // Connection.
  #settings: NegotiatedSettings | null = null;
  /** How many more QoS 1 and 2 PUBLISH the Server takes. */
  #sendQuota = 0;
  readonly #pubrels: OperationQueue;
  /** Packet Identifiers of PUBRECs that we know nothing of. */
  readonly #strayPubrels: number[] = [];
  readonly #ackDeadlines: DeadlineHeap;
  readonly #flushing: FlushList;
  readonly #publishWriter: PublishWriter;

  constructor(
    memory: Uint8Array,
    options: OutboundOptions,
    sink: SessionSink,
    keepAlive: KeepAlive,
  ) {
    this.#sink = sink;
    this.#keepAlive = keepAlive;
    this.#version = options.protocolVersion;
    this.#offlineQueue = options.offlineQueue;
    this.#table = new OperationTable(options.maximumOperations);
    this.#resubmit = new OperationQueue(options.maximumOperations);
    this.#publishes = new OperationQueue(options.maximumOperations);
    this.#unthrottled = new OperationQueue(options.maximumOperations);
    this.#pubrels = new OperationQueue(options.maximumOperations);
    this.#ackDeadlines = new DeadlineHeap(options.maximumOperations);
    this.#flushing = new FlushList(sink);
    this.#publishWriter = new PublishWriter(memory);
  }

  /** Operations that are queued or await their acknowledgement. */
  get size(): number {
    return this.#table.size;
  }

  /** QoS 1 and 2 PUBLISH that the Server has not yet acknowledged on this connection. */
  get inflight(): number {
    return this.#settings === null ? 0 : this.#settings.receiveMaximum - this.#sendQuota;
  }

  /** False while an operation more would exceed the bounds. */
  canSubmit(batch: WriteBatch): boolean {
    return !this.#table.full && (this.#settings === null || !batch.full);
  }

  /** Everything that was asked for has come to its end. */
  get idle(): boolean {
    return this.#table.size === 0 && this.#flushing.empty;
  }

  nextDeadline(): number {
    return this.#ackDeadlines.earliest;
  }

  submitPublish(request: PublishRequest, batch: WriteBatch, now: number): void {
    const kind = request.qos;
    if (this.#settings === null && !survivesOffline(this.#offlineQueue, kind)) {
      this.#sink.framesReleased(request.segment, request.generation, 1);
      this.#fail(request.token, 'GNEISS_ERR_OFFLINE');
      return;
    }
    if (kind === OperationKind.QOS_0 && this.#mayPass(batch) && request.topicAlias === 0) {
      this.#writeDirectly(request, batch, now);
      return;
    }
    const row = this.#table.addPublish(request);
    (kind === OperationKind.QOS_0 ? this.#unthrottled : this.#publishes).push(row);
  }

  submitPacket(
    packet: SubscribePacket | UnsubscribePacket,
    token: number,
    ackTimeoutMs: number,
  ): void {
    const kind =
      packet.type === PacketType.SUBSCRIBE ? OperationKind.SUBSCRIBE : OperationKind.UNSUBSCRIBE;
    if (this.#settings === null && !survivesOffline(this.#offlineQueue, kind)) {
      this.#fail(token, 'GNEISS_ERR_OFFLINE');
      return;
    }
    this.#unthrottled.push(this.#table.addPacket(kind, packet, token, ackTimeoutMs));
  }

  /** The caller has given up: an operation that was not yet written never will be. */
  abort(token: number): void {
    // What was completed just before stays in the set: it can not grow beyond what there can be.
    if (this.#aborted.size === this.#table.capacity) this.#aborted.clear();
    this.#aborted.add(token);
  }

  /** A connection was accepted: what it resumes, restarts or fails is decided here. */
  startConnection(settings: NegotiatedSettings): void {
    this.#settings = settings;
    this.#sendQuota = settings.receiveMaximum;
    this.#publishWriter.startConnection();
    if (!settings.sessionPresent) this.#restartSession();
    this.#rebuildQueues();
  }

  /** Writes as much as there is room, quota and identifiers for. Idempotent when nothing is due. @returns How many packets. */
  service(batch: WriteBatch, now: number): number {
    const settings = this.#settings;
    if (settings === null) return 0;
    let written = this.#servicePubrels(batch, now);
    written += this.#serviceResubmit(batch, now);
    while (!batch.full && !this.#packetIds.exhausted) {
      const queue = this.#nextQueue();
      if (queue === null) break;
      const row = queue.peek();
      if (!this.#writeOperation(row, settings, batch, now)) break;
      queue.shift();
      written++;
    }
    return written;
  }

  /** The batch is with the transport: QoS 0 publishes in it are complete. */
  flushed(): void {
    this.#flushing.flushed((row) => {
      this.#table.free(row);
    });
  }

  puback(ack: AckFields): Violation | null {
    return this.#acknowledgePublish(ack, OperationKind.QOS_1, OperationState.UNACKNOWLEDGED);
  }

  pubrec(ack: AckFields): Violation | null {
    const row = this.#packetIds.owner(ack.packetId);
    if (row === NO_OWNER) {
      this.#sink.violationTolerated();
      // 3.1.1 has no reason codes to say that the identifier is unknown; a bare PUBREL ends the exchange there too.
      if (this.#strayPubrels.length < STRAY_PUBRELS_MAX) this.#strayPubrels.push(ack.packetId);
      return null;
    }
    if (this.#table.kind[row] !== OperationKind.QOS_2) return VIOLATIONS.acknowledgementMismatch;
    if (ack.reasonCode >= REASON_FAILURE) {
      return this.#acknowledgePublish(ack, OperationKind.QOS_2, OperationState.UNACKNOWLEDGED);
    }
    const state = this.#table.state[row];
    if (state === OperationState.UNACKNOWLEDGED) this.#table.state[row] = OperationState.RELEASING;
    else if (state !== OperationState.RELEASING) return this.#tolerate();
    if (this.#table.pubrelQueued[row] === 1) return this.#tolerate();
    this.#table.pubrelQueued[row] = 1;
    this.#pubrels.push(row);
    return null;
  }

  pubcomp(ack: AckFields): Violation | null {
    return this.#acknowledgePublish(ack, OperationKind.QOS_2, OperationState.RELEASING);
  }

  suback(packet: SubackPacket): Violation | null {
    return this.#acknowledgePacket(packet, OperationKind.SUBSCRIBE, packet.reasonCodes.length);
  }

  unsuback(packet: UnsubackPacket): Violation | null {
    return this.#acknowledgePacket(packet, OperationKind.UNSUBSCRIBE, packet.reasonCodes.length);
  }

  /** The connection is gone. */
  interrupted(): void {
    this.#settings = null;
    this.#ackDeadlines.clear();
    this.#strayPubrels.length = 0;
    this.#flushing.interrupted((row) => {
      this.#table.state[row] = OperationState.QUEUED;
    });
    for (const row of this.#rows()) this.#interruptOperation(row);
    this.#rebuildQueues();
  }

  /** Fails everything that is open; with it the Session ends. */
  failAll(code: ErrorCode): void {
    this.#settings = null;
    this.#ackDeadlines.clear();
    this.#flushing.interrupted((row) => {
      this.#table.state[row] = OperationState.QUEUED;
    });
    for (const row of this.#rows()) this.#finish(row, code);
    this.#rebuildQueues();
  }

  /** Whether a QoS 0 publish may be written at once: nothing that goes before it waits. */
  #mayPass(batch: WriteBatch): boolean {
    return (
      this.#settings !== null &&
      this.#offlineQueue !== 'all' &&
      this.#unthrottled.size === 0 &&
      !batch.full &&
      !this.#flushing.full &&
      (this.#publishes.size === 0 || this.#sendQuota === 0)
    );
  }

  #writeDirectly(request: PublishRequest, batch: WriteBatch, now: number): void {
    const refusal = this.#refusal(request.token, 0, request.retain, request.frameLength);
    const expired = this.#isExpired(
      request,
      request.messageExpiryInterval,
      request.submittedAt,
      now,
    );
    if (refusal !== null || expired) {
      this.#sink.framesReleased(request.segment, request.generation, 1);
      this.#fail(request.token, refusal ?? 'GNEISS_ERR_MESSAGE_EXPIRED');
      return;
    }
    batch.appendShared(request.frameStart, request.frameLength);
    this.#flushing.add(request.token, request.segment, request.generation);
  }

  #refusal(token: number, qos: number, retain: boolean, packetLength: number): ErrorCode | null {
    if (this.#aborted.size > 0 && this.#aborted.has(token)) return 'GNEISS_ERR_ABORTED';
    return refusedPublish(this.#settings!, qos, retain, packetLength);
  }

  /** The queue whose head was submitted first, among those that may be written now. */
  #nextQueue(): OperationQueue | null {
    const publish = this.#sendQuota > 0 && this.#resubmit.size === 0 ? this.#publishes.peek() : -1;
    const other = this.#flushing.full ? -1 : this.#unthrottled.peek();
    if (publish === -1) return other === -1 ? null : this.#unthrottled;
    if (other === -1) return this.#publishes;
    return this.#table.sequence[publish]! < this.#table.sequence[other]!
      ? this.#publishes
      : this.#unthrottled;
  }

  /** @returns False when the batch has no room for it. */
  #writeOperation(
    row: number,
    settings: NegotiatedSettings,
    batch: WriteBatch,
    now: number,
  ): boolean {
    const table = this.#table;
    if (table.isPublish(row)) return this.#writePublish(row, batch, now);
    const packet = table.packet[row]!;
    const aborted = this.#aborted.size > 0 && this.#aborted.has(table.token[row]!);
    const size = packetSize(packet, this.#version);
    const refusal = aborted ? 'GNEISS_ERR_ABORTED' : refusedSubscription(settings, packet, size);
    if (refusal !== null) {
      this.#finish(row, refusal);
      return true;
    }
    if (!batch.reserve(size)) return false;
    const packetId = this.#packetIds.take(row);
    table.packetId[row] = packetId;
    batch.appendArena(
      encodePacket({ ...packet, packetId }, this.#version, batch.arena, batch.arenaEnd),
    );
    this.#written(row, OperationState.UNACKNOWLEDGED, now);
    return true;
  }

  #writePublish(row: number, batch: WriteBatch, now: number): boolean {
    const table = this.#table;
    const qos = table.kind[row]!;
    const resubmitted = table.state[row] === OperationState.RESUBMIT;
    // A publish that the Server may already have is never withdrawn: it must be sent again (§4.4).
    const refusal = resubmitted ? null : this.#refusalOfRow(row, now);
    if (refusal !== null) {
      this.#finish(row, refusal);
      return true;
    }
    if (qos > 0 && !resubmitted) table.packetId[row] = this.#packetIds.take(row);
    this.#publishWriter.write(table, row, batch, this.#settings!.topicAliasMaximum);
    if (qos === 0) {
      table.state[row] = OperationState.UNACKNOWLEDGED;
      this.#flushing.addRow(row, table.token[row]!, table.segment[row]!, table.generation[row]!);
      return true;
    }
    table.holdsQuota[row] = 1;
    this.#sendQuota--;
    this.#written(row, OperationState.UNACKNOWLEDGED, now);
    return true;
  }

  #refusalOfRow(row: number, now: number): ErrorCode | null {
    const table = this.#table;
    if (table.topicAlias[row]! > this.#settings!.topicAliasMaximum)
      return 'GNEISS_ERR_TOPIC_ALIAS_INVALID';
    if (table.messageExpiryInterval[row]! >= 0) {
      const shape = {
        frameStart: table.frameStart[row]!,
        frameLength: table.frameLength[row]!,
        topicLength: table.topicLength[row]!,
        propertiesLength: table.propertiesLength[row]!,
        qos: table.kind[row] as 0 | 1 | 2,
      };
      if (this.#isExpired(shape, table.messageExpiryInterval[row]!, table.submittedAt[row]!, now)) {
        return 'GNEISS_ERR_MESSAGE_EXPIRED';
      }
    }
    const length = table.frameLength[row]!;
    const sentLength = table.topicAlias[row] === 0 ? length : lengthWithAlias(length);
    return this.#refusal(table.token[row]!, table.kind[row]!, table.retain[row] === 1, sentLength);
  }

  #isExpired(shape: FrameShape, interval: number, submittedAt: number, now: number): boolean {
    return interval >= 0 && !this.#publishWriter.countDown(shape, interval, submittedAt, now);
  }

  #written(row: number, state: OperationState, now: number): void {
    this.#table.state[row] = state;
    this.#table.sentAt[row] = now;
    const timeout = this.#table.ackTimeoutMs[row]!;
    // The timeout of a QoS 2 publish covers the whole exchange: a PUBREL does not start it anew.
    if (timeout > 0 && this.#table.token[row] !== NO_TOKEN && !this.#ackDeadlines.has(row)) {
      this.#ackDeadlines.add(row, now + timeout);
    }
  }

  #servicePubrels(batch: WriteBatch, now: number): number {
    let written = 0;
    while (this.#strayPubrels.length > 0 && this.#hasPubrelRoom(batch)) {
      this.#writePubrel(batch, this.#strayPubrels.shift()!, REASON_PACKET_ID_NOT_FOUND);
      written++;
    }
    while (this.#pubrels.size > 0 && this.#hasPubrelRoom(batch)) {
      const row = this.#pubrels.peek();
      this.#pubrels.shift();
      this.#table.pubrelQueued[row] = 0;
      this.#writePubrel(batch, this.#table.packetId[row]!, REASON_SUCCESS);
      this.#written(row, OperationState.RELEASING, now);
      written++;
    }
    return written;
  }

  /** What an earlier connection has carried goes first, in its original order; a PUBREL needs no quota. */
  #serviceResubmit(batch: WriteBatch, now: number): number {
    let written = 0;
    for (let row = this.#resubmit.peek(); row !== -1; row = this.#resubmit.peek()) {
      if (!this.#hasPubrelRoom(batch)) break;
      if (this.#table.state[row] === OperationState.RESUBMIT_PUBREL) {
        this.#writePubrel(batch, this.#table.packetId[row]!, REASON_SUCCESS);
        this.#written(row, OperationState.RELEASING, now);
      } else {
        if (this.#sendQuota === 0) break;
        this.#writePublish(row, batch, now);
      }
      this.#resubmit.shift();
      written++;
    }
    return written;
  }

  #hasPubrelRoom(batch: WriteBatch): boolean {
    return !batch.full && batch.reserve(PUBREL_BYTES + 1);
  }

  #writePubrel(batch: WriteBatch, packetId: number, reasonCode: number): void {
    batch.appendArena(
      encodeAck(
        batch.arena,
        batch.arenaEnd,
        PacketType.PUBREL,
        packetId,
        reasonCode,
        this.#version,
      ),
    );
  }

  #acknowledgePublish(
    ack: AckFields,
    kind: OperationKind,
    expected: OperationState,
  ): Violation | null {
    const row = this.#packetIds.owner(ack.packetId);
    if (row === NO_OWNER) return this.#tolerate();
    if (this.#table.kind[row] !== kind) return VIOLATIONS.acknowledgementMismatch;
    const state = this.#table.state[row];
    if (state === OperationState.RESUBMIT || state === OperationState.RESUBMIT_PUBREL)
      return this.#tolerate();
    if (state !== expected || this.#table.pubrelQueued[row] === 1)
      return VIOLATIONS.acknowledgementMismatch;
    this.#keepAlive.acknowledged(this.#table.sentAt[row]!);
    const token = this.#table.token[row]!;
    this.#release(row);
    if (token !== NO_TOKEN) {
      this.#sink.publishCompleted(
        token,
        kind,
        ack.reasonCode,
        ack.propertiesStart,
        ack.propertiesLength,
      );
    }
    return null;
  }

  #acknowledgePacket(
    packet: SubackPacket | UnsubackPacket,
    kind: OperationKind,
    reasonCodeCount: number,
  ): Violation | null {
    const row = this.#packetIds.owner(packet.packetId);
    if (row === NO_OWNER) return this.#tolerate();
    const request = this.#table.packet[row];
    if (this.#table.kind[row] !== kind || request === null || request === undefined) {
      return VIOLATIONS.acknowledgementMismatch;
    }
    const asked =
      request.type === PacketType.SUBSCRIBE ? request.subscriptions : request.topicFilters;
    // An UNSUBACK of 3.1.1 has no codes: every filter counts as unsubscribed.
    const codesExpected = this.#version === 5 || kind === OperationKind.SUBSCRIBE;
    if (codesExpected && reasonCodeCount !== asked.length) return VIOLATIONS.reasonCodeCount;
    this.#keepAlive.acknowledged(this.#table.sentAt[row]!);
    const token = this.#table.token[row]!;
    this.#release(row);
    if (token === NO_TOKEN) return null;
    this.#sink.subscriptionCompleted(
      token,
      codesExpected ? packet : { ...packet, reasonCodes: asked.map(() => REASON_SUCCESS) },
    );
    return null;
  }

  #tolerate(): null {
    this.#sink.violationTolerated();
    return null;
  }

  /**
   * Gives up on acknowledgements whose time is over. The promise is settled then, the exchange is not: the row, its
   * identifier and its quota stay taken until it ends.
   */
  expire(now: number): void {
    for (
      let row = this.#ackDeadlines.takeDue(now);
      row !== -1;
      row = this.#ackDeadlines.takeDue(now)
    ) {
      this.#fail(this.#table.token[row]!, 'GNEISS_ERR_ACK_TIMEOUT');
      this.#table.token[row] = NO_TOKEN;
      this.#table.abandoned[row] = 1;
    }
  }

  #interruptOperation(row: number): void {
    const table = this.#table;
    table.holdsQuota[row] = 0;
    table.pubrelQueued[row] = 0;
    if (table.state[row] === OperationState.UNACKNOWLEDGED) {
      if (table.isPublish(row)) table.state[row] = OperationState.RESUBMIT;
      else this.#unbind(row);
    } else if (table.state[row] === OperationState.RELEASING) {
      table.state[row] = OperationState.RESUBMIT_PUBREL;
    }
    if (table.state[row] === OperationState.QUEUED && !this.#survives(row)) {
      this.#finish(row, 'GNEISS_ERR_CONNECTION_LOST');
    }
  }

  /** The Server has no Session: what it may have seen of ours is published anew, where the policy keeps it. */
  #restartSession(): void {
    for (const row of this.#rows()) {
      const state = this.#table.state[row];
      if (state !== OperationState.RESUBMIT && state !== OperationState.RESUBMIT_PUBREL) continue;
      if (this.#survives(row)) this.#unbind(row);
      else this.#finish(row, 'GNEISS_ERR_SESSION_LOST');
    }
  }

  #survives(row: number): boolean {
    const kind = this.#table.kind[row] as OperationKind;
    return this.#table.abandoned[row] === 0 && survivesOffline(this.#offlineQueue, kind);
  }

  #unbind(row: number): void {
    this.#packetIds.free(this.#table.packetId[row]!);
    this.#table.packetId[row] = 0;
    this.#table.state[row] = OperationState.QUEUED;
  }

  /** Rows in use, in the order of their submission. */
  #rows(): number[] {
    const rows: number[] = [];
    for (let row = 0; row < this.#table.capacity; row++) {
      if (this.#table.state[row] !== OperationState.FREE) rows.push(row);
    }
    return rows.sort((one, other) => this.#table.sequence[one]! - this.#table.sequence[other]!);
  }

  #rebuildQueues(): void {
    for (const queue of [this.#resubmit, this.#publishes, this.#unthrottled, this.#pubrels])
      queue.clear();
    for (const row of this.#rows()) {
      const isQueued = this.#table.state[row] === OperationState.QUEUED;
      const kind = this.#table.kind[row];
      if (!isQueued) this.#resubmit.push(row);
      else if (kind === OperationKind.QOS_1 || kind === OperationKind.QOS_2)
        this.#publishes.push(row);
      else this.#unthrottled.push(row);
    }
  }

  #finish(row: number, code: ErrorCode): void {
    const token = this.#table.token[row]!;
    this.#release(row);
    this.#fail(token, code);
  }

  #release(row: number): void {
    const table = this.#table;
    this.#ackDeadlines.delete(row);
    if (table.packetId[row] !== 0) this.#packetIds.free(table.packetId[row]!);
    if (table.holdsQuota[row] === 1) this.#sendQuota++;
    if (table.isPublish(row))
      this.#sink.framesReleased(table.segment[row]!, table.generation[row]!, 1);
    if (this.#aborted.size > 0) this.#aborted.delete(table.token[row]!);
    table.free(row);
  }

  #fail(token: number, code: ErrorCode): void {
    if (token === NO_TOKEN) return;
    this.#aborted.delete(token);
    this.#sink.operationFailed(token, code);
  }
}
