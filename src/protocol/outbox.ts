import { PacketType } from '../codec/packet-types.js';
import type { UnsubscribePacket } from '../codec/packets.js';
import type { ErrorCode } from '../errors/codes.js';
import { DeadlineHeap } from './deadline-heap.js';
import { OperationQueue } from './operation-queue.js';
import { NO_TOKEN, OperationKind, OperationState, OperationTable } from './operation-table.js';
import { PacketIds } from './packet-ids.js';
import type { SessionSink } from './sink.js';
import { UnansweredUnsubscribes } from './unanswered-unsubscribes.js';
import { type OfflineBounds, WaitingMessages } from './waiting-messages.js';

const REASON_SUCCESS = 0x00;

/**
 * Everything the application has asked for that has not come to its end: one table holds the operations, queues
 * hold the order in which they are to be written.
 */
export class Outbox {
  readonly #sink: SessionSink;

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
  readonly unsubscribes: UnansweredUnsubscribes;
  /** How many more QoS 1 and 2 PUBLISH the Server takes (§4.9). */
  sendQuota = 0;

  /** @param capacity Operations held at once, at most; a power of two. */
  constructor(capacity: number, bounds: OfflineBounds, sink: SessionSink) {
    this.#sink = sink;
    this.table = new OperationTable(capacity);
    this.resubmit = new OperationQueue();
    this.publishes = new OperationQueue();
    this.unthrottled = new OperationQueue();
    this.pubrels = new OperationQueue();
    this.ackDeadlines = new DeadlineHeap();
    this.unsubscribes = new UnansweredUnsubscribes(this.table);
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
    if (this.waiting.expire(now)) this.rebuildQueues();
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

  /** Forgets an UNSUBSCRIBE that has nothing left to give up: the Server has taken it. */
  finishUnsubscribe(row: number, packet: UnsubscribePacket): void {
    const token = this.table.token[row]!;
    this.release(row);
    if (token === NO_TOKEN) return;
    const reasonCodes = packet.topicFilters.map(() => REASON_SUCCESS);
    const { packetId } = packet;
    this.#sink.subscriptionCompleted(token, {
      type: PacketType.UNSUBACK,
      packetId,
      reasonCodes,
      properties: {},
    });
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

  /** Fails everything. */
  failAll(code: ErrorCode): void {
    for (const row of this.table.rows()) this.finish(row, code);
    this.waiting.clear();
    this.rebuildQueues();
  }

  /** Puts every operation into the queue of its state, in the order of submission. For the time without a connection. */
  rebuildQueues(): void {
    for (const queue of [this.resubmit, this.publishes, this.unthrottled, this.pubrels]) {
      queue.clear();
    }
    for (const row of this.table.rows()) {
      if (this.table.state[row] === OperationState.QUEUED) this.enqueue(row);
      else this.resubmit.push(row);
    }
  }

  #queueOf(row: number): OperationQueue {
    const kind = this.table.kind[row];
    const isThrottled = kind === OperationKind.QOS_1 || kind === OperationKind.QOS_2;
    return isThrottled ? this.publishes : this.unthrottled;
  }
}
