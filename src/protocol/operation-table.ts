import type { SubscribePacket, UnsubscribePacket } from '../codec/packets.js';

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
  readonly capacity: number;
  readonly kind: Uint8Array;
  readonly state: Uint8Array;
  readonly retain: Uint8Array;
  /** 1 while a PUBLISH counts against the Receive Maximum of the Server (connection). */
  readonly holdsQuota: Uint8Array;
  /** 1 from queueing the first PUBREL until it is written: a PUBCOMP can not answer it yet (connection). */
  readonly pubrelQueued: Uint8Array;
  readonly token: Int32Array;
  /** 1 when the promise was settled before the exchange ended: the operation is not begun anew. */
  readonly abandoned: Uint8Array;
  /** 1 once a connection has carried it, or may have: it is never dropped, even when it is begun anew. */
  readonly carried: Uint8Array;
  readonly packetId: Uint16Array;
  readonly frameStart: Uint32Array;
  readonly frameLength: Uint32Array;
  readonly segment: Int32Array;
  readonly generation: Int32Array;
  readonly topicLength: Uint16Array;
  readonly propertiesLength: Uint32Array;
  readonly topicAlias: Uint16Array;
  readonly messageExpiryInterval: Float64Array;
  readonly submittedAt: Float64Array;
  readonly ackTimeoutMs: Float64Array;
  /** When the last packet of the operation was written (connection). */
  readonly sentAt: Float64Array;
  /** Order of submission: strictly increasing, never reused. */
  readonly sequence: Float64Array;
  readonly packet: (SubscribePacket | UnsubscribePacket | null)[];
  readonly #free: Int32Array;
  #freeCount: number;
  #nextSequence = 1;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.kind = new Uint8Array(capacity);
    this.state = new Uint8Array(capacity);
    this.retain = new Uint8Array(capacity);
    this.holdsQuota = new Uint8Array(capacity);
    this.pubrelQueued = new Uint8Array(capacity);
    this.token = new Int32Array(capacity);
    this.abandoned = new Uint8Array(capacity);
    this.carried = new Uint8Array(capacity);
    this.packetId = new Uint16Array(capacity);
    this.frameStart = new Uint32Array(capacity);
    this.frameLength = new Uint32Array(capacity);
    this.segment = new Int32Array(capacity);
    this.generation = new Int32Array(capacity);
    this.topicLength = new Uint16Array(capacity);
    this.propertiesLength = new Uint32Array(capacity);
    this.topicAlias = new Uint16Array(capacity);
    this.messageExpiryInterval = new Float64Array(capacity);
    this.submittedAt = new Float64Array(capacity);
    this.ackTimeoutMs = new Float64Array(capacity);
    this.sentAt = new Float64Array(capacity);
    this.sequence = new Float64Array(capacity);
    this.packet = new Array<null>(capacity).fill(null);
    this.#free = Int32Array.from({ length: capacity }, (_, row) => capacity - 1 - row);
    this.#freeCount = capacity;
  }

  /** Rows in use. */
  get size(): number {
    return this.capacity - this.#freeCount;
  }

  get full(): boolean {
    return this.#freeCount === 0;
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
    for (let row = 0; row < this.capacity; row++) {
      if (this.state[row] !== OperationState.FREE) rows.push(row);
    }
    return rows.sort((one, other) => this.sequence[one]! - this.sequence[other]!);
  }

  /** The row of a token, or -1; rare, hence the walk. */
  rowOf(token: number): number {
    for (let row = 0; row < this.capacity; row++) {
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
}
