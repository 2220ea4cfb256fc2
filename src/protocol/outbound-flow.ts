import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { SubscribePacket, UnsubscribePacket } from '../codec/packets.js';
import type { ErrorCode } from '../errors/codes.js';
import type { NegotiatedSettings } from '../validation/negotiated.js';
import type { AliasOptions } from './alias-policies.js';
import type { Compliance } from './compliance.js';
import { FlushList } from './flush-list.js';
import type { KeepAlive } from './keep-alive.js';
import { type OfflineQueue, survivesOffline } from './offline-policy.js';
import { OperationKind, OperationState, type PublishRequest } from './operation-table.js';
import { OperationWriter } from './operation-writer.js';
import { OutboundAcknowledgements } from './outbound-acknowledgements.js';
import { Outbox } from './outbox.js';
import { Resubmission, type ResubmissionOptions } from './resubmission.js';
import type { SessionSink } from './sink.js';
import { SlowStart } from './slow-start.js';
import type { OfflineBounds } from './waiting-messages.js';
import type { WriteBatch } from './write-batch.js';
import { createWriteOrder, type FlowControl, type WriteOrder } from './write-order.js';

/** What the flow is told once. */
export interface OutboundOptions extends ResubmissionOptions, OfflineBounds, AliasOptions {
  readonly protocolVersion: ProtocolVersion;
  /** Operations held at once, at most; a power of two. */
  readonly maximumOperations: number;
  readonly flowControl: FlowControl;
  /** QoS 1 and 2 publishes in flight at once, at most, whatever more the Server takes. */
  readonly maximumInflight: number;
}

/** Takes what the application asks for, and has it written when and as far as the Server can take it. */
export class OutboundFlow {
  readonly #sink: SessionSink;
  readonly #offlineQueue: OfflineQueue;
  readonly #maximumInflight: number;
  readonly #isSlowStarting: boolean;
  readonly #outbox: Outbox;
  readonly #resubmission: Resubmission;
  readonly acknowledgements: OutboundAcknowledgements;

  // Connection.
  #settings: NegotiatedSettings | null = null;
  /** Whether a QoS 0 publish without an alias may do without a row. */
  #isDirect = false;
  readonly #flushing: FlushList;
  readonly #writer: OperationWriter;
  readonly #usualOrder: WriteOrder;
  #order: WriteOrder;

  constructor(
    memory: Uint8Array,
    options: OutboundOptions,
    sink: SessionSink,
    keepAlive: KeepAlive,
    compliance: Compliance,
  ) {
    this.#sink = sink;
    this.#offlineQueue = options.offlineQueue;
    this.#maximumInflight = options.maximumInflight;
    this.#isSlowStarting = options.slowStart;
    this.#outbox = new Outbox(options.maximumOperations, options, sink);
    this.#resubmission = new Resubmission(this.#outbox, options);
    this.acknowledgements = new OutboundAcknowledgements(
      this.#outbox,
      sink,
      keepAlive,
      compliance,
      options.protocolVersion,
    );
    this.#flushing = new FlushList(sink);
    this.#writer = new OperationWriter(
      memory,
      options.protocolVersion,
      options,
      this.#outbox,
      this.#flushing,
      compliance,
    );
    this.#usualOrder = createWriteOrder(options.flowControl, this.#outbox, this.#flushing);
    this.#order = this.#usualOrder;
  }

  /** Operations that are queued or await their acknowledgement. */
  get size(): number {
    return this.#outbox.table.size;
  }

  /** QoS 1 and 2 PUBLISH that the Server has not yet acknowledged on this connection. */
  get inflight(): number {
    return this.#settings === null ? 0 : this.#quota(this.#settings) - this.#outbox.sendQuota;
  }

  /** Publishes that wait for a connection and that none has carried; none while there is one. */
  get waiting(): { readonly messages: number; readonly bytes: number } {
    return this.#outbox.waiting;
  }

  /** Everything that was asked for has come to its end. */
  get idle(): boolean {
    return this.size === 0 && this.#flushing.empty;
  }

  /** The earliest time at which `expire` has work. */
  nextDeadline(): number {
    const { ackDeadlines, waiting } = this.#outbox;
    return this.#settings === null ? waiting.deadline : ackDeadlines.earliest;
  }

  /** False while an operation more would exceed the bounds. */
  canSubmit(batch: WriteBatch): boolean {
    return !this.#outbox.table.full && (this.#settings === null || !batch.full);
  }

  submitPublish(request: PublishRequest, batch: WriteBatch, now: number): void {
    const settings = this.#settings;
    if (settings === null) {
      this.#submitOffline(request);
    } else if (request.qos === 0 && request.topicAlias === 0 && this.#mayPass(batch)) {
      const refusal = this.#writer.writeDirectly(request, settings, batch, now);
      if (refusal !== null) this.refuse(request, refusal);
    } else {
      this.#outbox.enqueue(this.#outbox.table.addPublish(request));
    }
  }

  submitPacket(
    packet: SubscribePacket | UnsubscribePacket,
    token: number,
    ackTimeoutMs: number,
  ): void {
    const kind =
      packet.type === PacketType.SUBSCRIBE ? OperationKind.SUBSCRIBE : OperationKind.UNSUBSCRIBE;
    if (this.#settings === null && !survivesOffline(this.#offlineQueue, kind)) {
      this.#outbox.fail(token, 'GNEISS_ERR_OFFLINE');
      return;
    }
    this.#outbox.enqueue(this.#outbox.table.addPacket(kind, packet, token, ackTimeoutMs));
  }

  /** The caller has given up. @returns False when there is no such operation. */
  abort(token: number): boolean {
    const isKnown = this.#outbox.abort(token);
    if (isKnown && this.#settings === null) this.#outbox.waiting.count();
    return isKnown;
  }

  /** Fails a publish instead of submitting it. */
  refuse(request: PublishRequest, code: ErrorCode): void {
    this.#sink.framesReleased(request.segment, request.generation, 1);
    this.#outbox.fail(request.token, code);
  }

  /** A connection was accepted: what it resumes, restarts or fails is decided here. */
  startConnection(settings: NegotiatedSettings): void {
    this.#settings = settings;
    this.#outbox.waiting.clear();
    this.#outbox.sendQuota = this.#quota(settings);
    this.#writer.startConnection(settings);
    // A publish that outlives the connection has to be kept until it is flushed, and one that is given an alias takes longer.
    this.#isDirect = this.#offlineQueue !== 'all' && !this.#writer.assignsAliases;
    if (!settings.sessionPresent) this.#resubmission.restartSession();
    this.#order = this.#startOrder();
  }

  /** Gives up on acknowledgements whose time is over, or, without a connection, on messages whose time is. */
  expire(now: number): void {
    if (this.#settings === null) this.#outbox.expireWaiting(now);
    else this.#outbox.expire(now);
  }

  /** Writes as much as there is room, quota and identifiers for. Idempotent when nothing is due. */
  service(batch: WriteBatch, now: number): void {
    const settings = this.#settings;
    if (settings === null) return;
    this.#servicePubrels(batch, now);
    while (!batch.full && this.#writeNext(settings, batch, now));
  }

  /** The batch is with the operating system: QoS 0 publishes in it are complete. */
  flushed(): void {
    const { table } = this.#outbox;
    this.#flushing.flushed((row) => {
      table.free(row);
      return table.token[row]!;
    });
  }

  /** The connection is gone. */
  interrupted(): void {
    this.#settings = null;
    this.acknowledgements.strayPubrels.length = 0;
    this.#requeueFlushing();
    this.#resubmission.interrupted();
  }

  /** Fails everything that is open; with it the Session ends. */
  failAll(code: ErrorCode): void {
    this.#settings = null;
    this.#requeueFlushing();
    this.#outbox.failAll(code);
  }

  #requeueFlushing(): void {
    const { table } = this.#outbox;
    this.#flushing.interrupted((row) => {
      table.state[row] = OperationState.QUEUED;
      table.carried[row] = 1;
    });
  }

  /** Queues a publish until there is a connection, as far as policy and bounds allow. */
  #submitOffline(request: PublishRequest): void {
    const { table, waiting } = this.#outbox;
    if (!survivesOffline(this.#offlineQueue, request.qos)) {
      this.refuse(request, 'GNEISS_ERR_OFFLINE');
    } else if (!waiting.admit(request.frameLength)) {
      this.refuse(request, 'GNEISS_ERR_DROPPED');
    } else {
      const row = table.addPublish(request);
      this.#outbox.enqueue(row);
      waiting.added(row);
    }
  }

  #startOrder(): WriteOrder {
    const marked = this.#isSlowStarting ? this.#resubmission.marked() : [];
    return marked.length === 0
      ? this.#usualOrder
      : new SlowStart(marked, this.#usualOrder, this.#outbox.table);
  }

  /** How many QoS 1 and 2 publishes may be in flight. */
  #quota(settings: NegotiatedSettings): number {
    return Math.min(settings.receiveMaximum, this.#maximumInflight);
  }

  /** Whether a QoS 0 publish may be written at once. */
  #mayPass(batch: WriteBatch): boolean {
    return this.#isDirect && !batch.full && !this.#flushing.full && this.#order.mayPass();
  }

  /** @returns False when nothing may be written, or the batch has no room for it. */
  #writeNext(settings: NegotiatedSettings, batch: WriteBatch, now: number): boolean {
    const queue = this.#order.next();
    if (queue === null) return false;
    const row = queue.peek();
    const isWritten =
      queue === this.#outbox.resubmit
        ? this.#writer.writeAgain(row, settings, batch, now)
        : this.#writer.write(row, settings, batch, now);
    if (isWritten) queue.shift();
    return isWritten;
  }

  #servicePubrels(batch: WriteBatch, now: number): void {
    const { pubrels } = this.#outbox;
    const { strayPubrels } = this.acknowledgements;
    while (strayPubrels.length > 0) {
      if (!this.#writer.writeStrayPubrel(strayPubrels[0]!, batch)) return;
      strayPubrels.shift();
    }
    while (pubrels.size > 0 && this.#writer.writePubrel(pubrels.peek(), batch, now)) {
      pubrels.shift();
    }
  }
}
