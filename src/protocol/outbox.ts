import type { ErrorCode } from '../errors/codes.js';
import { DeadlineHeap } from './deadline-heap.js';
import { type OfflineQueue, survivesOffline } from './offline-policy.js';
import { OperationQueue } from './operation-queue.js';
import { NO_TOKEN, OperationKind, OperationState, OperationTable } from './operation-table.js';
import { PacketIds } from './packet-ids.js';
import type { SessionSink } from './sink.js';
import { type OfflineBounds, WaitingMessages } from './waiting-messages.js';

/**
 * Everything the application has asked for that has not come to its end: one table holds the operations, queues
 * hold the order in which they are to be written.
 */
export class Outbox {
  readonly #sink: SessionSink;
  readonly #offlineQueue: OfflineQueue;

  // Session.
  readonly table: OperationTable;
  readonly packetIds: PacketIds = new PacketIds();
  /** QoS 1 and 2 publishes that an earlier connection has carried. */
  readonly resubmit: OperationQueue;
  /** QoS 1 and 2 publishes that were never written. */
  readonly publishes: OperationQueue;
  /** Operations that no quota holds back. */
  readonly unthrottled: OperationQueue;
  /** Publishes that wait for a connection. */
  readonly waiting: WaitingMessages;

  // Connection.
  /** QoS 2 publishes whose PUBREL is due. */
  readonly pubrels: OperationQueue;
  readonly ackDeadlines: DeadlineHeap;
  /** How many more QoS 1 and 2 PUBLISH the Server takes (§4.9). */
  sendQuota = 0;

  /** @param capacity Operations held at once, at most; a power of two. */
  constructor(
    capacity: number,
    offlineQueue: OfflineQueue,
    bounds: OfflineBounds,
    sink: SessionSink,
  ) {
    this.#sink = sink;
    this.#offlineQueue = offlineQueue;
    this.table = new OperationTable(capacity);
    this.resubmit = new OperationQueue(capacity);
    this.publishes = new OperationQueue(capacity);
    this.unthrottled = new OperationQueue(capacity);
    this.pubrels = new OperationQueue(capacity);
    this.ackDeadlines = new DeadlineHeap(capacity);
    this.waiting = new WaitingMessages(this, bounds);
  }

  /** Puts a new operation into the queue of its kind. */
  enqueue(row: number): void {
    this.#queueOf(row).push(row);
  }

  /**
   * The caller has given up: an operation that was not yet written never will be; the exchange of one that was goes on.
   *
   * @returns False when there is no such operation: it has come to its end, or was not submitted yet.
   */
  abort(token: number): boolean {
    const row = this.table.rowOf(token);
    if (row === -1) return false;
    if (this.table.state[row] === OperationState.QUEUED) {
      this.#queueOf(row).delete(row);
      this.finish(row, 'GNEISS_ERR_ABORTED');
    } else {
      this.abandon(row, 'GNEISS_ERR_ABORTED');
    }
    return true;
  }

  /** A packet of the operation was written: it awaits its acknowledgement. */
  written(row: number, state: OperationState, now: number): void {
    const { table } = this;
    table.state[row] = state;
    table.sentAt[row] = now;
    const timeout = table.ackTimeoutMs[row]!;
    // The timeout of a QoS 2 publish covers the whole exchange: a PUBREL does not start it anew.
    if (timeout > 0 && table.token[row] !== NO_TOKEN && !this.ackDeadlines.has(row)) {
      this.ackDeadlines.add(row, now + timeout);
    }
  }

  /** Without a connection: fails what has expired while it waits for one. */
  expireWaiting(now: number): void {
    if (this.waiting.expire(now)) this.#rebuildQueues();
  }

  /** Gives up on acknowledgements whose time is over. */
  expire(now: number): void {
    const { ackDeadlines } = this;
    for (let row = ackDeadlines.takeDue(now); row !== -1; row = ackDeadlines.takeDue(now)) {
      this.abandon(row, 'GNEISS_ERR_ACK_TIMEOUT');
    }
  }

  /**
   * Fails an operation whose exchange goes on: the promise is settled, but the row, its identifier and its quota stay taken
   * until the Server ends the exchange, or the Session does.
   */
  abandon(row: number, code: ErrorCode): void {
    const { table } = this;
    if (table.abandoned[row] === 1) return;
    this.fail(table.token[row]!, code);
    table.token[row] = NO_TOKEN;
    table.abandoned[row] = 1;
  }

  /** Fails an operation and forgets it. */
  finish(row: number, code: ErrorCode): void {
    const token = this.table.token[row]!;
    const isSettled = this.table.abandoned[row] === 1;
    this.release(row);
    if (!isSettled) this.fail(token, code);
  }

  /** Fails an operation that has no row. */
  fail(token: number, code: ErrorCode): void {
    this.#sink.operationFailed(token, code, 1);
  }

  /** Forgets an operation that has come to its end, with all that it held. */
  release(row: number): void {
    const { table } = this;
    this.ackDeadlines.delete(row);
    if (table.packetId[row] !== 0) this.packetIds.free(table.packetId[row]!);
    if (table.holdsQuota[row] === 1) this.sendQuota++;
    if (table.isPublish(row)) {
      this.#sink.framesReleased(table.segment[row]!, table.generation[row]!, 1);
    }
    table.free(row);
  }

  /**
   * The connection is gone. What it has carried of QoS 1 and 2 is kept for the Session, whatever the policy; what was not yet
   * written is kept where the policy says so.
   */
  interrupted(): void {
    this.ackDeadlines.clear();
    for (const row of this.#rows()) this.#interrupt(row);
    this.waiting.trim(this.#rows());
    this.#rebuildQueues();
  }

  /** The Server has no Session: what it may have seen of ours is published anew, where the policy keeps it. */
  restartSession(): void {
    const { table } = this;
    for (const row of this.#rows()) {
      const state = table.state[row];
      if (state !== OperationState.RESUBMIT && state !== OperationState.RESUBMIT_PUBREL) continue;
      if (this.#survives(row)) this.#unbind(row);
      else this.finish(row, 'GNEISS_ERR_SESSION_LOST');
    }
    this.#rebuildQueues();
  }

  /** Fails everything. */
  failAll(code: ErrorCode): void {
    for (const row of this.#rows()) this.finish(row, code);
    this.waiting.clear();
    this.#rebuildQueues();
  }

  #queueOf(row: number): OperationQueue {
    const kind = this.table.kind[row];
    const isThrottled = kind === OperationKind.QOS_1 || kind === OperationKind.QOS_2;
    return isThrottled ? this.publishes : this.unthrottled;
  }

  #interrupt(row: number): void {
    const { table } = this;
    table.holdsQuota[row] = 0;
    table.pubrelQueued[row] = 0;
    if (table.state[row] === OperationState.UNACKNOWLEDGED) {
      if (table.isPublish(row)) table.state[row] = OperationState.RESUBMIT;
      else this.#unbind(row);
    } else if (table.state[row] === OperationState.RELEASING) {
      table.state[row] = OperationState.RESUBMIT_PUBREL;
    }
    if (table.state[row] === OperationState.QUEUED && !this.#survives(row)) {
      this.finish(row, 'GNEISS_ERR_CONNECTION_LOST');
    }
  }

  #survives(row: number): boolean {
    const kind = this.table.kind[row] as OperationKind;
    return this.table.abandoned[row] === 0 && survivesOffline(this.#offlineQueue, kind);
  }

  /** Begins an operation anew: its identifier belonged to an exchange that there is no more. */
  #unbind(row: number): void {
    this.packetIds.free(this.table.packetId[row]!);
    this.table.packetId[row] = 0;
    this.table.carried[row] = 1;
    this.table.state[row] = OperationState.QUEUED;
  }

  /** Rows in use, in the order of their submission. */
  #rows(): number[] {
    const { table } = this;
    const rows: number[] = [];
    for (let row = 0; row < table.capacity; row++) {
      if (table.state[row] !== OperationState.FREE) rows.push(row);
    }
    return rows.sort((one, other) => table.sequence[one]! - table.sequence[other]!);
  }

  #rebuildQueues(): void {
    for (const queue of [this.resubmit, this.publishes, this.unthrottled, this.pubrels]) {
      queue.clear();
    }
    for (const row of this.#rows()) {
      if (this.table.state[row] === OperationState.QUEUED) this.enqueue(row);
      else this.resubmit.push(row);
    }
  }
}
