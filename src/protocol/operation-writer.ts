import { ACK_LENGTH_MAX, encodeAck } from '../codec/acks.js';
import { encodePacket, packetSize } from '../codec/encode.js';
import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { ErrorCode } from '../errors/codes.js';
import {
  type NegotiatedSettings,
  refusedPublish,
  refusedSubscription,
} from '../validation/negotiated.js';
import type { AliasOptions } from './alias-policies.js';
import type { Compliance } from './compliance.js';
import type { FlushList } from './flush-list.js';
import { OperationKind, OperationState, type PublishRequest } from './operation-table.js';
import type { Outbox } from './outbox.js';
import { type FrameShape, PublishWriter } from './publish-writer.js';
import type { WriteBatch } from './write-batch.js';

const REASON_SUCCESS = 0x00;
const REASON_PACKET_ID_NOT_FOUND = 0x92;

/** Writes operations into batches, unless the Server would refuse them or their time is over: then they fail. */
export class OperationWriter {
  readonly #version: ProtocolVersion;
  readonly #outbox: Outbox;
  readonly #flushing: FlushList;
  readonly #compliance: Compliance;
  readonly #publishWriter: PublishWriter;

  constructor(
    memory: Uint8Array,
    version: ProtocolVersion,
    aliases: AliasOptions,
    outbox: Outbox,
    flushing: FlushList,
    compliance: Compliance,
  ) {
    this.#version = version;
    this.#outbox = outbox;
    this.#flushing = flushing;
    this.#compliance = compliance;
    this.#publishWriter = new PublishWriter(memory, aliases);
  }

  startConnection({ topicAliasMaximum }: NegotiatedSettings): void {
    this.#publishWriter.startConnection(topicAliasMaximum);
  }

  /** Whether a PUBLISH for which nobody asked for an alias may get one on this connection. */
  get assignsAliases(): boolean {
    return this.#publishWriter.assignsAliases;
  }

  /** Writes a QoS 0 publish that has no row. @returns Why it can not be sent; null when it was written. */
  writeDirectly(
    request: PublishRequest,
    settings: NegotiatedSettings,
    batch: WriteBatch,
    now: number,
  ): ErrorCode | null {
    const { token, retain, frameLength, messageExpiryInterval, submittedAt } = request;
    if (this.#isExpired(request, messageExpiryInterval, submittedAt, now)) {
      return 'GNEISS_ERR_MESSAGE_EXPIRED';
    }
    const refusal = refusedPublish(settings, 0, retain, frameLength);
    if (refusal !== null) return refusal;
    batch.packets++;
    batch.appendShared(request.frameStart, frameLength);
    this.#flushing.add(token, request.segment, request.generation);
    return null;
  }

  /** Writes an operation for the first time in its Session. @returns False when the batch has no room for it. */
  write(row: number, settings: NegotiatedSettings, batch: WriteBatch, now: number): boolean {
    if (!this.#outbox.table.isPublish(row)) return this.#writePacket(row, settings, batch, now);
    const refusal = this.#refusalOfRow(row, settings, now);
    if (refusal !== null) this.#outbox.finish(row, refusal);
    else this.#writePublish(row, batch, now);
    return true;
  }

  /**
   * Writes what an earlier connection has carried again. A publish that the Server may already have does not expire.
   *
   * @returns False when the batch has no room for it.
   */
  writeAgain(row: number, settings: NegotiatedSettings, batch: WriteBatch, now: number): boolean {
    const { table } = this.#outbox;
    if (table.state[row] === OperationState.RESUBMIT_PUBREL) {
      return this.writePubrel(row, batch, now);
    }
    const refusal =
      this.#publishWriter.prepare(table, row, settings.maximumPacketSize) ??
      this.#refusedAsSent(row, settings);
    // A Server that has come back with lower limits would end the connection over it, again and again.
    if (refusal === null) this.#writePublish(row, batch, now);
    else this.#outbox.abandon(row, refusal);
    return true;
  }

  /** Answers the PUBREC of an operation. @returns False when the batch has no room for it. */
  writePubrel(row: number, batch: WriteBatch, now: number): boolean {
    const { table } = this.#outbox;
    if (!this.#appendPubrel(batch, table.packetId[row]!, REASON_SUCCESS)) return false;
    table.pubrelQueued[row] = 0;
    this.#outbox.written(row, OperationState.RELEASING, now);
    return true;
  }

  /** Answers a PUBREC that belongs to no operation. @returns False when the batch has no room for it. */
  writeStrayPubrel(packetId: number, batch: WriteBatch): boolean {
    return this.#appendPubrel(batch, packetId, REASON_PACKET_ID_NOT_FOUND);
  }

  #writePacket(row: number, settings: NegotiatedSettings, batch: WriteBatch, now: number): boolean {
    const { table, packetIds } = this.#outbox;
    const packet = table.packet[row]!;
    const size = packetSize(packet, this.#version);
    const refusal = refusedSubscription(settings, packet, size);
    if (refusal !== null) {
      this.#outbox.finish(row, refusal);
      return true;
    }
    if (!batch.reserve(size)) return false;
    batch.packets++;
    const packetId = packetIds.take(row);
    table.packetId[row] = packetId;
    const { arena, arenaEnd } = batch;
    batch.appendArena(encodePacket({ ...packet, packetId }, this.#version, arena, arenaEnd));
    if (packet.type === PacketType.SUBSCRIBE) this.#compliance.subscribing(packet);
    else this.#outbox.unsubscribes.written(row, packet);
    this.#outbox.written(row, OperationState.UNACKNOWLEDGED, now);
    return true;
  }

  #writePublish(row: number, batch: WriteBatch, now: number): void {
    const { table, packetIds } = this.#outbox;
    const isQos0 = table.kind[row] === OperationKind.QOS_0;
    if (!isQos0 && table.packetId[row] === 0) table.packetId[row] = packetIds.take(row);
    batch.packets++;
    this.#publishWriter.write(table, row, batch);
    if (isQos0) {
      table.state[row] = OperationState.UNACKNOWLEDGED;
      this.#flushing.addRow(row, table.segment[row]!, table.generation[row]!);
      return;
    }
    table.holdsQuota[row] = 1;
    this.#outbox.sendQuota--;
    this.#outbox.written(row, OperationState.UNACKNOWLEDGED, now);
  }

  #refusalOfRow(row: number, settings: NegotiatedSettings, now: number): ErrorCode | null {
    const { table } = this.#outbox;
    const refusal = this.#publishWriter.prepare(table, row, settings.maximumPacketSize);
    if (refusal !== null) return refusal;
    const interval = table.messageExpiryInterval[row]!;
    if (interval >= 0) {
      const shape = {
        frameStart: table.frameStart[row]!,
        frameLength: table.frameLength[row]!,
        topicLength: table.topicLength[row]!,
        propertiesLength: table.propertiesLength[row]!,
        qos: table.kind[row] as 0 | 1 | 2,
      };
      if (this.#isExpired(shape, interval, table.submittedAt[row]!, now)) {
        return 'GNEISS_ERR_MESSAGE_EXPIRED';
      }
    }
    return this.#refusedAsSent(row, settings);
  }

  /** Why the Server would not take the PUBLISH that was prepared last. */
  #refusedAsSent(row: number, settings: NegotiatedSettings): ErrorCode | null {
    const { table } = this.#outbox;
    const { sentLength } = this.#publishWriter;
    return refusedPublish(settings, table.kind[row]!, table.retain[row] === 1, sentLength);
  }

  #isExpired(shape: FrameShape, interval: number, submittedAt: number, now: number): boolean {
    return interval >= 0 && !this.#publishWriter.countDown(shape, interval, submittedAt, now);
  }

  #appendPubrel(batch: WriteBatch, packetId: number, reasonCode: number): boolean {
    if (batch.full || !batch.reserve(ACK_LENGTH_MAX)) return false;
    batch.packets++;
    const { arena, arenaEnd } = batch;
    batch.appendArena(
      encodeAck(arena, arenaEnd, PacketType.PUBREL, packetId, reasonCode, this.#version),
    );
    return true;
  }
}
