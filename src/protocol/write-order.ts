import type { FlushList } from './flush-list.js';
import type { OperationQueue } from './operation-queue.js';
import { OperationKind, OperationState } from './operation-table.js';
import type { Outbox } from './outbox.js';

const NO_ROW = -1;

/** What waits once as many publishes are in flight as may be: further ones of QoS 1 and 2, or everything behind the first of them. */
export type FlowControl = 'specification' | 'fifo';

/** Decides which operation is written next. What an earlier connection has carried comes first, in its original order. */
export interface WriteOrder {
  /** The queue whose head is to be written now; null: nothing may be. */
  next(): OperationQueue | null;
  /** Whether a QoS 0 publish may be written before it is queued: nothing waits that goes before it. */
  mayPass(): boolean;
}

export function createWriteOrder(
  flowControl: FlowControl,
  outbox: Outbox,
  flushing: FlushList,
): WriteOrder {
  return flowControl === 'fifo'
    ? new FifoOrder(outbox, flushing)
    : new SpecificationOrder(outbox, flushing);
}

/** Only QoS 1 and 2 PUBLISH wait for quota (§4.9); everything else passes them. */
class SpecificationOrder implements WriteOrder {
  readonly #outbox: Outbox;
  readonly #flushing: FlushList;

  constructor(outbox: Outbox, flushing: FlushList) {
    this.#outbox = outbox;
    this.#flushing = flushing;
  }

  next(): OperationQueue | null {
    const { table, publishes, unthrottled, resubmit, sendQuota, packetIds } = this.#outbox;
    // One that waits for quota keeps new publishes waiting by that alone.
    if (resubmit.size > 0 && mayResend(this.#outbox)) return resubmit;
    const { exhausted } = packetIds;
    const publish = sendQuota > 0 && !exhausted ? publishes.peek() : NO_ROW;
    const head = this.#flushing.full ? NO_ROW : unthrottled.peek();
    const lacksId = exhausted && head !== NO_ROW && table.kind[head] !== OperationKind.QOS_0;
    const other = lacksId ? NO_ROW : head;
    if (publish === NO_ROW) return other === NO_ROW ? null : unthrottled;
    if (other === NO_ROW) return publishes;
    return table.sequence[publish]! < table.sequence[other]! ? publishes : unthrottled;
  }

  mayPass(): boolean {
    const { publishes, unthrottled, sendQuota } = this.#outbox;
    return unthrottled.size === 0 && (publishes.size === 0 || sendQuota === 0);
  }
}

/** Everything goes in the order of its submission: a publish that waits for quota holds back what comes after it. */
class FifoOrder implements WriteOrder {
  readonly #outbox: Outbox;
  readonly #flushing: FlushList;

  constructor(outbox: Outbox, flushing: FlushList) {
    this.#outbox = outbox;
    this.#flushing = flushing;
  }

  next(): OperationQueue | null {
    const { publishes, resubmit, sendQuota, packetIds } = this.#outbox;
    if (resubmit.size > 0) return mayResend(this.#outbox) ? resubmit : null;
    const queue = this.#oldest();
    const { exhausted } = packetIds;
    if (queue === publishes) return sendQuota > 0 && !exhausted ? queue : null;
    const isQos0 = this.#outbox.table.kind[queue.peek()] === OperationKind.QOS_0;
    const isHeld = queue.size === 0 || (isQos0 ? this.#flushing.full : exhausted);
    return isHeld ? null : queue;
  }

  mayPass(): boolean {
    const { publishes, unthrottled, resubmit } = this.#outbox;
    return unthrottled.size === 0 && publishes.size === 0 && resubmit.size === 0;
  }

  /** The queue whose head was submitted first. */
  #oldest(): OperationQueue {
    const { table, publishes, unthrottled } = this.#outbox;
    const publish = publishes.peek();
    const other = unthrottled.peek();
    if (publish === NO_ROW) return unthrottled;
    if (other === NO_ROW) return publishes;
    return table.sequence[publish]! < table.sequence[other]! ? publishes : unthrottled;
  }
}

/** A PUBREL needs no quota. */
function mayResend({ table, resubmit, sendQuota }: Outbox): boolean {
  return sendQuota > 0 || table.state[resubmit.peek()] === OperationState.RESUBMIT_PUBREL;
}
