import type { SubscribePacket, UnsubscribePacket } from '../codec/packets.js';
import { EMPTY, enlarge } from '../util/enlarge.js';

const ROWS_AT_FIRST = 16;

/** What an operation is: a PUBLISH of one QoS, a SUBSCRIBE or an UNSUBSCRIBE. */
export const OperationKind = {
  QOS_0: 0,
  QOS_1: 1,
  QOS_2: 2,
  SUBSCRIBE: 3,
  UNSUBSCRIBE: 4,
} as const;
export type OperationKind = (typeof OperationKind)[keyof typeof OperationKind];

/**
 * Where an operation stands.
 *
 * ```
 *            sent                      PUBREC
 *  QUEUED ─────────► UNACKNOWLEDGED ───────────► RELEASING     (acknowledged: back to FREE)
 *    ▲                     │                         │
 *    │ session lost        │ connection lost         │ connection lost
 *    └──── RESUBMIT ◄──────┘                         ▼
 *    ▲                                     RESUBMIT_PUBREL
 *    └─────────────────────────────────────────┘ session lost
 * ```
 */
export const OperationState = {
  FREE: 0,
  QUEUED: 1,
  UNACKNOWLEDGED: 2,
  RELEASING: 3,
  RESUBMIT: 4,
  RESUBMIT_PUBREL: 5,
} as const;
export type OperationState = (typeof OperationState)[keyof typeof OperationState];

/** The token of an operation that nobody waits for. */
export const NO_TOKEN = -1;

/** No deadline. */
export const NEVER: number = Number.POSITIVE_INFINITY;

/** One publish as it arrives from the facade: a wire-ready frame in shared memory and what must be known about it. Reused. */
export class PublishRequest {
  token: number = NO_TOKEN;
  qos: 0 | 1 | 2 = 0;
  retain = false;
  frameStart = 0;
  frameLength = 0;
  /** The outbound segment that holds the frame, leased until `releaseFrame`. */
  segment = 0;
  generation = 0;
  topicLength = 0;
  propertiesLength = 0;
  /** 0: none. */
  topicAlias = 0;
  /** Message Expiry Interval in seconds; -1: none. */
  messageExpiryInterval = -1;
  /** When the publish was called; read only with an expiry interval. */
  submittedAt = 0;
  /** 0: none. */
  ackTimeoutMs = 0;
}

/**
 * The operations of a client, as columns: row = operation. Rows live from submission to completion
 * (session); an operation whose promise was settled early (ack timeout) keeps its row, without a token,
 * until the Server acknowledges it or the Session ends.
 */
export class OperationTable {
  readonly #maximum: number;
  kind: Uint8Array = EMPTY.uint8;
  state: Uint8Array = EMPTY.uint8;
  retain: Uint8Array = EMPTY.uint8;
  /** 1 while a PUBLISH counts against the Receive Maximum of the Server (connection). */
  holdsQuota: Uint8Array = EMPTY.uint8;
  /** 1 from queueing the first PUBREL until it is written: a PUBCOMP can not answer it yet (connection). */
  pubrelQueued: Uint8Array = EMPTY.uint8;
  token: Int32Array = EMPTY.int32;
  /** 1 when the promise was settled before the exchange ended: the operation is not begun anew. */
  abandoned: Uint8Array = EMPTY.uint8;
  /** 1 once a connection has carried it, or may have: it is never dropped, even when it is begun anew. */
  carried: Uint8Array = EMPTY.uint8;
  packetId: Uint16Array = EMPTY.uint16;
  frameStart: Uint32Array = EMPTY.uint32;
  frameLength: Uint32Array = EMPTY.uint32;
  segment: Int32Array = EMPTY.int32;
  generation: Int32Array = EMPTY.int32;
  topicLength: Uint16Array = EMPTY.uint16;
  propertiesLength: Uint32Array = EMPTY.uint32;
  topicAlias: Uint16Array = EMPTY.uint16;
  messageExpiryInterval: Float64Array = EMPTY.float64;
  submittedAt: Float64Array = EMPTY.float64;
  ackTimeoutMs: Float64Array = EMPTY.float64;
  /** When the last packet of the operation was written (connection). */
  sentAt: Float64Array = EMPTY.float64;
  /** Order of submission: strictly increasing, never reused. */
  sequence: Float64Array = EMPTY.float64;
  readonly packet: (SubscribePacket | UnsubscribePacket | null)[] = [];
  #free: Int32Array = EMPTY.int32;
  #freeCount = 0;
  #nextSequence = 1;

  /** @param maximum Operations there may be at once. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** Rows there are by now, in use or not. */
  get rowCount(): number {
    return this.packet.length;
  }

  /** Rows in use. */
  get size(): number {
    return this.rowCount - this.#freeCount;
  }

  get full(): boolean {
    return this.#freeCount === 0 && this.rowCount === this.#maximum;
  }

  addPublish(request: PublishRequest): number {
    const row = this.#take(request.qos, request.token, request.ackTimeoutMs);
    this.retain[row] = request.retain ? 1 : 0;
    this.frameStart[row] = request.frameStart;
    this.frameLength[row] = request.frameLength;
    this.segment[row] = request.segment;
    this.generation[row] = request.generation;
    this.topicLength[row] = request.topicLength;
    this.propertiesLength[row] = request.propertiesLength;
    this.topicAlias[row] = request.topicAlias;
    this.messageExpiryInterval[row] = request.messageExpiryInterval;
    this.submittedAt[row] = request.submittedAt;
    return row;
  }

  addPacket(
    kind: OperationKind,
    packet: SubscribePacket | UnsubscribePacket,
    token: number,
    ackTimeoutMs: number,
  ): number {
    const row = this.#take(kind, token, ackTimeoutMs);
    this.packet[row] = packet;
    return row;
  }

  /** Rows in use, in the order of their submission. */
  rows(): readonly number[] {
    const rows: number[] = [];
    for (let row = 0; row < this.rowCount; row++) {
      if (this.state[row] !== OperationState.FREE) rows.push(row);
    }
    return rows.sort((one, other) => this.sequence[one]! - this.sequence[other]!);
  }

  /** The row of a token, or -1; rare, hence the walk. */
  rowOf(token: number): number {
    for (let row = 0; row < this.rowCount; row++) {
      if (this.state[row] !== OperationState.FREE && this.token[row] === token) return row;
    }
    return -1;
  }

  free(row: number): void {
    this.state[row] = OperationState.FREE;
    this.packet[row] = null;
    this.#free[this.#freeCount++] = row;
  }

  isPublish(row: number): boolean {
    return this.kind[row]! <= OperationKind.QOS_2;
  }

  #take(kind: OperationKind, token: number, ackTimeoutMs: number): number {
    if (this.#freeCount === 0)
      this.#grow(Math.min(Math.max(ROWS_AT_FIRST, 2 * this.rowCount), this.#maximum));
    const row = this.#free[--this.#freeCount]!;
    this.kind[row] = kind;
    this.state[row] = OperationState.QUEUED;
    this.holdsQuota[row] = 0;
    this.pubrelQueued[row] = 0;
    this.token[row] = token;
    this.abandoned[row] = 0;
    this.carried[row] = 0;
    this.packetId[row] = 0;
    this.ackTimeoutMs[row] = ackTimeoutMs;
    this.sequence[row] = this.#nextSequence++;
    return row;
  }

  #grow(rowCount: number): void {
    this.kind = enlarge(this.kind, rowCount);
    this.state = enlarge(this.state, rowCount);
    this.retain = enlarge(this.retain, rowCount);
    this.holdsQuota = enlarge(this.holdsQuota, rowCount);
    this.pubrelQueued = enlarge(this.pubrelQueued, rowCount);
    this.token = enlarge(this.token, rowCount);
    this.abandoned = enlarge(this.abandoned, rowCount);
    this.carried = enlarge(this.carried, rowCount);
    this.packetId = enlarge(this.packetId, rowCount);
    this.frameStart = enlarge(this.frameStart, rowCount);
    this.frameLength = enlarge(this.frameLength, rowCount);
    this.segment = enlarge(this.segment, rowCount);
    this.generation = enlarge(this.generation, rowCount);
    this.topicLength = enlarge(this.topicLength, rowCount);
    this.propertiesLength = enlarge(this.propertiesLength, rowCount);
    this.topicAlias = enlarge(this.topicAlias, rowCount);
    this.messageExpiryInterval = enlarge(this.messageExpiryInterval, rowCount);
    this.submittedAt = enlarge(this.submittedAt, rowCount);
    this.ackTimeoutMs = enlarge(this.ackTimeoutMs, rowCount);
    this.sentAt = enlarge(this.sentAt, rowCount);
    this.sequence = enlarge(this.sequence, rowCount);
    this.#free = enlarge(this.#free, rowCount);
    const before = this.packet.length;
    for (let row = rowCount - 1; row >= before; row--) this.#free[this.#freeCount++] = row;
    for (let row = before; row < rowCount; row++) this.packet.push(null);
  }
}
