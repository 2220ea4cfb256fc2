import { writeU16, writeU32 } from '../codec/byte-writer.js';
import {
  encodeTopicAlias,
  publishExpiryOffset,
  publishPacketIdOffset,
  publishTopicOffset,
  TOPIC_ALIAS_LENGTH,
} from '../codec/publish.js';
import { fixedHeaderLength, packetLength, varintLength, writeVarint } from '../codec/varint.js';
import type { ErrorCode } from '../errors/codes.js';
import { AliasBindings } from './alias-bindings.js';
import { type AliasOptions, createAliasPolicy } from './alias-policies.js';
import { type AliasPolicy, NO_ALIAS } from './alias-policy.js';
import { OperationState, type OperationTable } from './operation-table.js';
import type { WriteBatch } from './write-batch.js';

const DUP = 0x08;

/**
 * Finishes the frames that the facade wrote: what depends on the connection (packet id, DUP, Topic Alias) and on the
 * moment (Message Expiry Interval) is filled in here, in place.
 */
export class PublishWriter {
  readonly #memory: Uint8Array;
  readonly #bindings: AliasBindings;
  readonly #policy: AliasPolicy;

  // Connection.
  #topicAliasMaximum = 0;

  // Of the PUBLISH that was prepared last.
  #alias = NO_ALIAS;
  /** The Server knows the alias as the topic. */
  #isKnown = false;
  /** The size of the packet, Topic Alias and all. */
  sentLength = 0;

  constructor(memory: Uint8Array, options: AliasOptions) {
    this.#memory = memory;
    this.#bindings = new AliasBindings(memory);
    this.#policy = createAliasPolicy(options, memory, this.#bindings);
  }

  /** Whether a PUBLISH for which nobody asked for an alias may get one on this connection. */
  get assignsAliases(): boolean {
    return this.#policy.assigns && this.#topicAliasMaximum > 0;
  }

  /** Topic Aliases end with the connection. */
  startConnection(topicAliasMaximum: number): void {
    this.#topicAliasMaximum = topicAliasMaximum;
    this.#bindings.clear();
    this.#policy.startConnection(topicAliasMaximum);
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

  /**
   * Decides with which alias the PUBLISH of a row is to go out, and sets `sentLength`. An alias that nobody insists on is left out where it
   * makes the packet too large. Nothing counts as sent yet: the PUBLISH may still be refused.
   *
   * @returns Why it can not be sent.
   */
  prepare(table: OperationTable, row: number, maximumPacketSize: number): ErrorCode | null {
    const length = table.frameLength[row]!;
    const requested = table.topicAlias[row]!;
    this.#alias = NO_ALIAS;
    this.sentLength = length;
    if (requested === NO_ALIAS && !this.assignsAliases) return null;

    const topicStart = table.frameStart[row]! + publishTopicOffset(length);
    const topicLength = table.topicLength[row]!;
    const alias = this.#policy.choose(topicStart, topicLength, requested);
    // It may meet a Server that takes fewer aliases than the one before, or other sizes.
    const isResubmitted = table.state[row] === OperationState.RESUBMIT;
    if (alias === NO_ALIAS) return null;
    if (alias > this.#topicAliasMaximum) {
      return isResubmitted ? null : 'GNEISS_ERR_TOPIC_ALIAS_INVALID';
    }
    const isKnown = this.#bindings.isBound(alias, topicStart, topicLength);
    const omitted = isKnown ? topicLength : 0;
    const aliasedLength = lengthWithAlias(length, table.propertiesLength[row]!, omitted);
    const isOptional = isResubmitted || alias !== requested;
    if (isOptional && aliasedLength > maximumPacketSize) return null;
    this.#alias = alias;
    this.#isKnown = isKnown;
    this.sentLength = aliasedLength;
    return null;
  }

  /** Adds the PUBLISH of a row, which was prepared last and whose packet id is set, to the batch. The batch must not be full. */
  write(table: OperationTable, row: number, batch: WriteBatch): void {
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
    if (this.#alias === NO_ALIAS) batch.appendShared(start, length);
    else this.#writeWithAlias(table, row, batch);
  }

  /** Puts the alias in front of the properties, and leaves the topic out when the Server knows the alias. */
  #writeWithAlias(table: OperationTable, row: number, batch: WriteBatch): void {
    const start = table.frameStart[row]!;
    const length = table.frameLength[row]!;
    const topicLength = table.topicLength[row]!;
    const topicStart = start + publishTopicOffset(length);
    const packetId = table.packetId[row]!;
    const idLength = packetId === 0 ? 0 : 2;
    const propertiesLength = table.propertiesLength[row]!;
    const propertiesStart = topicStart + topicLength + idLength + varintLength(propertiesLength);
    const restLength = start + length - propertiesStart;
    const alias = this.#alias;
    const isKnown = this.#isKnown;
    const sentLength = isKnown ? 0 : topicLength;
    const sentProperties = propertiesLength + TOPIC_ALIAS_LENGTH;

    const { arena } = batch;
    arena[batch.arenaEnd] = this.#memory[start]!;
    const remaining =
      2 + sentLength + idLength + varintLength(sentProperties) + TOPIC_ALIAS_LENGTH + restLength;
    const topicLengthAt = writeVarint(arena, batch.arenaEnd + 1, remaining);
    writeU16(arena, topicLengthAt, sentLength);
    batch.appendArena(topicLengthAt + 2);
    if (!isKnown) batch.appendJoined(topicStart, topicLength);
    if (packetId !== 0) writeU16(arena, batch.arenaEnd, packetId);
    const aliasAt = writeVarint(arena, batch.arenaEnd + idLength, sentProperties);
    batch.appendArena(encodeTopicAlias(arena, aliasAt, alias));
    batch.appendJoined(propertiesStart, restLength);
    // From here on the Server knows it: what is in a batch is written, or the connection ends.
    if (!isKnown) this.#bindings.bind(alias, topicStart, topicLength);
    this.#policy.sent(topicStart, topicLength, alias, isKnown);
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

/** The size of a PUBLISH when a Topic Alias is added to it, and `omitted` bytes of the topic are left out. */
function lengthWithAlias(frameLength: number, propertiesLength: number, omitted: number): number {
  const sentProperties = propertiesLength + TOPIC_ALIAS_LENGTH;
  const growth = TOPIC_ALIAS_LENGTH + varintLength(sentProperties) - varintLength(propertiesLength);
  const length = packetLength(frameLength - fixedHeaderLength(frameLength) + growth - omitted);
  // The protocol has no packet that long.
  return length === 0 ? Number.POSITIVE_INFINITY : length;
}
