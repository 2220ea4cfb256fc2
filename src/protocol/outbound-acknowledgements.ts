import type { AckFields } from '../codec/acks.js';
import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { SubackPacket, UnsubackPacket } from '../codec/packets.js';
import { VIOLATIONS, type Violation } from '../errors/violations.js';
import type { Compliance } from './compliance.js';
import type { KeepAlive } from './keep-alive.js';
import { NO_TOKEN, OperationKind, OperationState } from './operation-table.js';
import type { Outbox } from './outbox.js';
import { NO_OWNER } from './packet-ids.js';
import type { SessionSink } from './sink.js';

const REASON_SUCCESS = 0x00;
const REASON_FAILURE = 0x80;
const STRAY_PUBRELS_MAX = 256;

/**
 * What the Server acknowledges of ours. Every method returns the violation that the packet is, or null.
 */
export class OutboundAcknowledgements {
  readonly #outbox: Outbox;
  readonly #sink: SessionSink;
  readonly #keepAlive: KeepAlive;
  readonly #compliance: Compliance;
  readonly #version: ProtocolVersion;
  /** Packet Identifiers of PUBRECs that we know nothing of: each is answered (connection). */
  readonly strayPubrels: number[] = [];

  constructor(
    outbox: Outbox,
    sink: SessionSink,
    keepAlive: KeepAlive,
    compliance: Compliance,
    version: ProtocolVersion,
  ) {
    this.#outbox = outbox;
    this.#sink = sink;
    this.#keepAlive = keepAlive;
    this.#compliance = compliance;
    this.#version = version;
  }

  puback(ack: AckFields): Violation | null {
    return this.#endPublish(ack, OperationKind.QOS_1, OperationState.UNACKNOWLEDGED);
  }

  pubrec(ack: AckFields): Violation | null {
    const { table, packetIds, pubrels } = this.#outbox;
    const row = packetIds.owner(ack.packetId);
    if (row === NO_OWNER) {
      const violation = this.#compliance.tolerate('unknownPubrec');
      if (violation !== null) return violation;
      // 3.1.1 has no reason codes to say that the identifier is unknown; a bare PUBREL ends the exchange there too.
      if (this.strayPubrels.length < STRAY_PUBRELS_MAX) this.strayPubrels.push(ack.packetId);
      return null;
    }
    if (table.kind[row] !== OperationKind.QOS_2) return VIOLATIONS.acknowledgementMismatch;
    if (ack.reasonCode >= REASON_FAILURE) {
      return this.#endPublish(ack, OperationKind.QOS_2, OperationState.UNACKNOWLEDGED);
    }
    // A repeated PUBREC is not answered again: nothing is re-sent while the connection lasts [MQTT-4.4.0-1].
    if (table.state[row] !== OperationState.UNACKNOWLEDGED) {
      return this.#compliance.tolerate('repeatedPubrec');
    }
    table.state[row] = OperationState.RELEASING;
    table.pubrelQueued[row] = 1;
    pubrels.push(row);
    return null;
  }

  pubcomp(ack: AckFields): Violation | null {
    return this.#endPublish(ack, OperationKind.QOS_2, OperationState.RELEASING);
  }

  suback(packet: SubackPacket): Violation | null {
    return this.#endSubscription(packet, OperationKind.SUBSCRIBE);
  }

  unsuback(packet: UnsubackPacket): Violation | null {
    return this.#endSubscription(packet, OperationKind.UNSUBSCRIBE);
  }

  #endPublish(ack: AckFields, kind: OperationKind, expected: OperationState): Violation | null {
    const { table, packetIds } = this.#outbox;
    const row = packetIds.owner(ack.packetId);
    if (row === NO_OWNER) return this.#compliance.tolerate('unknownAcknowledgement');
    if (table.kind[row] !== kind) return VIOLATIONS.acknowledgementMismatch;
    const state = table.state[row];
    // Not yet sent again on this connection: whatever this answers, it is not that.
    if (state === OperationState.RESUBMIT || state === OperationState.RESUBMIT_PUBREL) {
      return this.#compliance.tolerate('unknownAcknowledgement');
    }
    if (state !== expected || table.pubrelQueued[row] === 1) {
      return VIOLATIONS.acknowledgementMismatch;
    }
    const { reasonCode, propertiesStart, propertiesLength } = ack;
    const isSettled = table.abandoned[row] === 1;
    const token = this.#end(row);
    if (token !== NO_TOKEN) {
      this.#sink.publishCompleted(token, kind, reasonCode, propertiesStart, propertiesLength);
    } else if (reasonCode >= REASON_FAILURE && !isSettled) {
      this.#sink.operationFailed(NO_TOKEN, 'GNEISS_ERR_REASON_CODE', 1);
    }
    return null;
  }

  #endSubscription(packet: SubackPacket | UnsubackPacket, kind: OperationKind): Violation | null {
    const { table, packetIds, unsubscribes } = this.#outbox;
    const row = packetIds.owner(packet.packetId);
    if (row === NO_OWNER) return this.#compliance.tolerate('unknownAcknowledgement');
    const request = table.packet[row];
    if (table.kind[row] !== kind || request === null || request === undefined) {
      return VIOLATIONS.acknowledgementMismatch;
    }
    const asked =
      request.type === PacketType.SUBSCRIBE ? request.subscriptions : request.topicFilters;
    // An UNSUBACK of 3.1.1 has no codes: every filter counts as unsubscribed.
    const hasCodes = this.#version === 5 || kind === OperationKind.SUBSCRIBE;
    if (hasCodes && packet.reasonCodes.length !== asked.length) return VIOLATIONS.reasonCodeCount;
    if (request.type === PacketType.SUBSCRIBE && packet.type === PacketType.SUBACK) {
      const violation = this.#compliance.subscribed(request, packet);
      if (violation !== null) return violation;
      unsubscribes.subscribed(row, request, packet.reasonCodes);
    } else if (request.type === PacketType.UNSUBSCRIBE) unsubscribes.answered(row, request);
    const token = this.#end(row);
    if (token === NO_TOKEN) return null;
    this.#sink.subscriptionCompleted(
      token,
      hasCodes ? packet : { ...packet, reasonCodes: asked.map(() => REASON_SUCCESS) },
    );
    return null;
  }

  /** @returns The token of the operation that has ended. */
  #end(row: number): number {
    const { table } = this.#outbox;
    this.#keepAlive.acknowledged(table.sentAt[row]!);
    const token = table.token[row]!;
    this.#outbox.release(row);
    return token;
  }
}
