import { writeU16, writeU32 } from '../codec/byte-writer.js';
import {
  encodeTopicAlias,
  publishExpiryOffset,
  publishPacketIdOffset,
  publishTopicOffset,
  TOPIC_ALIAS_LENGTH,
} from '../codec/publish.js';
import { fixedHeaderLength, packetLength, varintLength, writeVarint } from '../codec/varint.js';
import { OperationState, type OperationTable } from './operation-table.js';
import { OutboundAliases } from './outbound-alias.js';
import type { WriteBatch } from './write-batch.js';

const DUP = 0x08;
/** First byte, Remaining Length and topic length; then packet id, Property Length and Topic Alias. */
const ALIAS_OVERHEAD_BYTES = 1 + 4 + 2 + (2 + 4 + TOPIC_ALIAS_LENGTH);

/**
 * Finishes the frames that the facade wrote: what depends on the connection (packet id, DUP, Topic Alias) and on the
 * moment (Message Expiry Interval) is filled in here, in place.
 */
export class PublishWriter {
  readonly #memory: Uint8Array;
  readonly #aliases: OutboundAliases = new OutboundAliases();

  constructor(memory: Uint8Array) {
    this.#memory = memory;
  }

  /** Topic aliases end with the connection. */
  startConnection(): void {
    this.#aliases.clear();
  }

  /**
   * Takes the time that a message has waited off its Message Expiry Interval.
   *
   * @param interval Seconds.
   * @returns False when the message has expired.
   */
  countDown(
    { frameStart, frameLength, topicLength, propertiesLength, qos }: FrameShape,
    interval: number,
    submittedAt: number,
    now: number,
  ): boolean {
    const waited = Math.floor((now - submittedAt) / 1000);
    if (waited <= 0) return true;
    if (waited >= interval) return false;
    const offset = publishExpiryOffset(frameLength, topicLength, propertiesLength, qos);
    writeU32(this.#memory, frameStart + offset, interval - waited);
    return true;
  }

  /** Adds the PUBLISH of a row, whose packet id is set, to the batch. */
  write(table: OperationTable, row: number, batch: WriteBatch, topicAliasMaximum: number): void {
    const start = table.frameStart[row]!;
    const length = table.frameLength[row]!;
    const resubmitted = table.state[row] === OperationState.RESUBMIT;
    this.#memory[start] = resubmitted ? this.#memory[start]! | DUP : this.#memory[start]! & ~DUP;
    const packetId = table.packetId[row]!;
    if (packetId !== 0) {
      writeU16(
        this.#memory,
        start + publishPacketIdOffset(length, table.topicLength[row]!),
        packetId,
      );
    }
    const alias = table.topicAlias[row]!;
    // A resubmitted PUBLISH may meet a Server that takes fewer aliases than the one before: it goes without.
    if (alias === 0 || alias > topicAliasMaximum || !batch.reserve(ALIAS_OVERHEAD_BYTES)) {
      batch.appendShared(start, length);
    } else {
      this.#writeWithAlias(table, row, batch, alias);
    }
  }

  /** Puts the alias in front of the properties, and leaves the topic out when the Server knows the alias. */
  #writeWithAlias(table: OperationTable, row: number, batch: WriteBatch, alias: number): void {
    const start = table.frameStart[row]!;
    const length = table.frameLength[row]!;
    const topicLength = table.topicLength[row]!;
    const topicStart = start + publishTopicOffset(length);
    const packetId = table.packetId[row]!;
    const idLength = packetId === 0 ? 0 : 2;
    const propertiesLength = table.propertiesLength[row]!;
    const propertiesStart = topicStart + topicLength + idLength + varintLength(propertiesLength);
    const restLength = start + length - propertiesStart;
    const known = this.#aliases.isBound(alias, this.#memory, topicStart, topicLength);
    const sentLength = known ? 0 : topicLength;
    const sentProperties = propertiesLength + TOPIC_ALIAS_LENGTH;

    const { arena } = batch;
    arena[batch.arenaEnd] = this.#memory[start]!;
    const remaining =
      2 + sentLength + idLength + varintLength(sentProperties) + TOPIC_ALIAS_LENGTH + restLength;
    const topicLengthAt = writeVarint(arena, batch.arenaEnd + 1, remaining);
    writeU16(arena, topicLengthAt, sentLength);
    batch.appendArena(topicLengthAt + 2);
    if (!known) batch.appendShared(topicStart, topicLength);
    if (packetId !== 0) writeU16(arena, batch.arenaEnd, packetId);
    const aliasAt = writeVarint(arena, batch.arenaEnd + idLength, sentProperties);
    batch.appendArena(encodeTopicAlias(arena, aliasAt, alias));
    batch.appendShared(propertiesStart, restLength);
    if (!known) this.#aliases.bind(alias, this.#memory, topicStart, topicLength);
  }
}

/** What must be known of a frame to find its Message Expiry Interval. */
export interface FrameShape {
  readonly frameStart: number;
  readonly frameLength: number;
  readonly topicLength: number;
  readonly propertiesLength: number;
  readonly qos: 0 | 1 | 2;
}

/** The size of a PUBLISH when a Topic Alias is added to it. */
export function lengthWithAlias(frameLength: number, propertiesLength: number): number {
  const sentProperties = propertiesLength + TOPIC_ALIAS_LENGTH;
  const growth = TOPIC_ALIAS_LENGTH + varintLength(sentProperties) - varintLength(propertiesLength);
  return packetLength(frameLength - fixedHeaderLength(frameLength) + growth);
}
