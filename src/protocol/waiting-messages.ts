import type { ErrorCode } from '../errors/codes.js';
import type { OperationQueue } from './operation-queue.js';
import { NEVER, OperationState, type OperationTable } from './operation-table.js';

/** What becomes of a publish that finds no room among those that wait for a connection. */
export type OfflineQueueFull = 'reject' | 'wait' | 'drop-oldest' | 'drop-newest';

/** How much may wait for a connection. */
export interface OfflineBounds {
  readonly offlineQueueFull: OfflineQueueFull;
  readonly offlineQueueMaximumMessages: number;
  /** Bytes of PUBLISH packets. */
  readonly offlineQueueMaximumBytes: number;
}

/** The queues that waiting publishes stand in, and how one of them is failed. */
export interface WaitingOwner {
  readonly table: OperationTable;
  readonly publishes: OperationQueue;
  readonly unthrottled: OperationQueue;
  finish(row: number, code: ErrorCode): void;
}

const NONE = -1;
/** Messages expire by the second, and are looked for as often. */
const EXPIRY_STEP_MS = 1000;

/**
 * The publishes that wait for a connection and that none has carried yet: counted while there is no connection, and kept within
 * their bounds where the policy is to drop. By the other policies the main thread submits no more than there is room for.
 */
export class WaitingMessages {
  readonly #owner: WaitingOwner;
  readonly #bounds: OfflineBounds;
  messages = 0;
  bytes = 0;
  /** When the first of them expires. */
  #nextExpiry = NEVER;
  #lastExpiry = 0;

  constructor(owner: WaitingOwner, bounds: OfflineBounds) {
    this.#owner = owner;
    this.#bounds = bounds;
  }

  /** Counts anew: the connection is gone, or something was taken out. */
  count(): void {
    const { table } = this.#owner;
    this.clear();
    for (let row = 0; row < table.rowCount; row++) if (this.#isWaiting(row)) this.#add(row);
  }

  /** There is a connection: from here on nothing is counted. */
  clear(): void {
    this.messages = 0;
    this.bytes = 0;
    this.#nextExpiry = NEVER;
  }

  /** The earliest time at which `expire` has work. */
  get deadline(): number {
    return Math.max(this.#nextExpiry, this.#lastExpiry + EXPIRY_STEP_MS);
  }

  /**
   * Fails what has expired. The queues are to be made anew after it.
   *
   * @returns Whether there was anything.
   */
  expire(now: number): boolean {
    if (now < this.deadline) return false;
    this.#lastExpiry = now;
    const { table } = this.#owner;
    for (let row = 0; row < table.rowCount; row++) {
      if (this.#isWaiting(row) && this.#expiryOf(row) <= now)
        this.#owner.finish(row, 'GNEISS_ERR_MESSAGE_EXPIRED');
    }
    this.count();
    return true;
  }

  /** Makes room for one more, if the policy drops others for it. @returns False when it is the new one that is dropped. */
  admit(frameLength: number): boolean {
    const { offlineQueueFull, offlineQueueMaximumBytes } = this.#bounds;
    if (!this.#drops || this.#hasRoom(frameLength)) return true;
    if (offlineQueueFull === 'drop-newest' || frameLength > offlineQueueMaximumBytes) return false;
    while (!this.#hasRoom(frameLength)) this.#dropOldest();
    return true;
  }

  /** One more waits. */
  added(row: number): void {
    this.#add(row);
  }

  /**
   * Counts what waits from the loss of a connection on, and drops what is too much. The queues are made anew after it.
   *
   * @param rows All in use, in the order of their submission.
   */
  trim(rows: readonly number[]): void {
    this.clear();
    const waiting = rows.filter((row) => this.#isWaiting(row));
    // Those go first that are to be kept. What comes after one that did not fit is dropped with it: no gaps.
    if (this.#bounds.offlineQueueFull === 'drop-oldest') waiting.reverse();
    let fits = true;
    for (const row of waiting) {
      fits &&= !this.#drops || this.#hasRoom(this.#owner.table.frameLength[row]!);
      if (fits) this.#add(row);
      else this.#owner.finish(row, 'GNEISS_ERR_DROPPED');
    }
  }

  get #drops(): boolean {
    const { offlineQueueFull } = this.#bounds;
    return offlineQueueFull === 'drop-oldest' || offlineQueueFull === 'drop-newest';
  }

  #hasRoom(frameLength: number): boolean {
    const { offlineQueueMaximumMessages, offlineQueueMaximumBytes } = this.#bounds;
    return (
      this.messages < offlineQueueMaximumMessages &&
      this.bytes + frameLength <= offlineQueueMaximumBytes
    );
  }

  #isWaiting(row: number): boolean {
    const { table } = this.#owner;
    return (
      table.state[row] === OperationState.QUEUED && table.isPublish(row) && table.carried[row] === 0
    );
  }

  #add(row: number): void {
    this.messages++;
    this.bytes += this.#owner.table.frameLength[row]!;
    this.#nextExpiry = Math.min(this.#nextExpiry, this.#expiryOf(row));
  }

  #expiryOf(row: number): number {
    const { messageExpiryInterval, submittedAt } = this.#owner.table;
    const interval = messageExpiryInterval[row]!;
    // One of 0 seconds has its first second, as when it is written.
    return interval < 0 ? NEVER : submittedAt[row]! + Math.max(1, interval) * 1000;
  }

  #dropOldest(): void {
    const { table, publishes, unthrottled } = this.#owner;
    const one = this.#firstOf(publishes);
    const other = this.#firstOf(unthrottled);
    const isOne =
      other === NONE ||
      (one !== NONE && table.sequence[publishes.at(one)]! < table.sequence[unthrottled.at(other)]!);
    const queue = isOne ? publishes : unthrottled;
    const position = isOne ? one : other;
    const row = queue.at(position);
    queue.deleteAt(position);
    this.messages--;
    this.bytes -= table.frameLength[row]!;
    this.#owner.finish(row, 'GNEISS_ERR_DROPPED');
  }

  /** Where the first message stands that may be dropped: hardly ever far from the head. */
  #firstOf(queue: OperationQueue): number {
    for (let position = 0; position < queue.size; position++) {
      if (this.#isWaiting(queue.at(position))) return position;
    }
    return NONE;
  }
}
