import { PacketType } from '../codec/packet-types.js';
import { type InterruptionOptions, Interruptions } from './interruptions.js';
import { type OfflineQueue, survivesOffline } from './offline-policy.js';
import { OperationKind, OperationState } from './operation-table.js';
import type { Outbox } from './outbox.js';

/** What is told once of operations that outlive their connection. */
export interface ResubmissionOptions extends InterruptionOptions {
  readonly offlineQueue: OfflineQueue;
}

/** What becomes of operations from one connection to the next. */
export class Resubmission {
  readonly #outbox: Outbox;
  readonly #offlineQueue: OfflineQueue;
  readonly #interruptions: Interruptions;

  constructor(outbox: Outbox, options: ResubmissionOptions) {
    this.#outbox = outbox;
    this.#offlineQueue = options.offlineQueue;
    this.#interruptions = new Interruptions(outbox.table, options);
  }

  /**
   * The connection is gone. What it has carried of QoS 1 and 2 is kept for the Session, whatever the policy; what was not yet
   * written is kept where the policy says so.
   */
  interrupted(): void {
    const { ackDeadlines, table } = this.#outbox;
    ackDeadlines.clear();
    for (const row of table.rows()) this.#interrupt(row);
    this.#outbox.unsubscribes.clear();
    this.#outbox.waiting.trim(table.rows());
    this.#outbox.rebuildQueues();
  }

  /** The Server has no Session: what it may have seen of ours is published anew, where the policy keeps it. */
  restartSession(): void {
    const { table } = this.#outbox;
    for (const row of table.rows()) {
      const state = table.state[row];
      if (state !== OperationState.RESUBMIT && state !== OperationState.RESUBMIT_PUBREL) continue;
      if (this.#survives(row)) this.#unbind(row);
      else this.#outbox.finish(row, 'GNEISS_ERR_SESSION_LOST');
    }
    this.#outbox.rebuildQueues();
  }

  /** Operations that a connection broke over, in the order of their submission. */
  marked(): readonly number[] {
    return this.#outbox.table.rows().filter((row) => this.#interruptions.has(row));
  }

  #interrupt(row: number): void {
    const { table } = this.#outbox;
    table.holdsQuota[row] = 0;
    table.pubrelQueued[row] = 0;
    const state = table.state[row];
    if (state === OperationState.UNACKNOWLEDGED && !this.#isStillDue(row)) return;
    const isAwaited = state === OperationState.UNACKNOWLEDGED || state === OperationState.RELEASING;
    if (isAwaited && !this.#interruptions.record(row)) {
      this.#giveUp(row);
      return;
    }
    if (state === OperationState.UNACKNOWLEDGED) {
      if (table.isPublish(row)) table.state[row] = OperationState.RESUBMIT;
      else this.#unbind(row);
    } else if (state === OperationState.RELEASING) {
      table.state[row] = OperationState.RESUBMIT_PUBREL;
    }
    if (table.state[row] === OperationState.QUEUED && !this.#survives(row)) {
      this.#outbox.finish(row, 'GNEISS_ERR_CONNECTION_LOST');
    }
  }

  /** Whether an operation that was not answered has anything left to do; an UNSUBSCRIBE may not, and comes to its end. */
  #isStillDue(row: number): boolean {
    const { table, unsubscribes } = this.#outbox;
    const packet = table.packet[row];
    if (packet?.type !== PacketType.UNSUBSCRIBE) return true;
    const topicFilters = unsubscribes.remaining(row, packet);
    if (topicFilters.length === 0) this.#outbox.finishUnsubscribe(row, packet);
    else table.packet[row] = { ...packet, topicFilters };
    return topicFilters.length > 0;
  }

  /**
   * A connection too many has broken over the operation. At QoS 2 the Server may hold its Packet Identifier, and would take another
   * message under it for a duplicate: a PUBREL ends the exchange on both sides, and the message is not sent again. For
   * everything else a receiver keeps no state (§4.1): nothing more has to be said.
   */
  #giveUp(row: number): void {
    const { table } = this.#outbox;
    if (table.kind[row] !== OperationKind.QOS_2) {
      this.#outbox.finish(row, 'GNEISS_ERR_RETRIES_EXHAUSTED');
      return;
    }
    table.state[row] = OperationState.RESUBMIT_PUBREL;
    this.#outbox.abandon(row, 'GNEISS_ERR_RETRIES_EXHAUSTED');
  }

  #survives(row: number): boolean {
    const { table } = this.#outbox;
    const kind = table.kind[row] as OperationKind;
    return table.abandoned[row] === 0 && survivesOffline(this.#offlineQueue, kind);
  }

  /** Begins an operation anew: its identifier belonged to an exchange that there is no more. */
  #unbind(row: number): void {
    const { table, packetIds } = this.#outbox;
    packetIds.free(table.packetId[row]!);
    table.packetId[row] = 0;
    table.carried[row] = 1;
    table.state[row] = OperationState.QUEUED;
  }
}
