import type { ChannelMemory } from '../channel/layout.js';
import type { RingProducer } from '../channel/ring.js';
import { WaitingGauge } from '../channel/waiting-gauge.js';
import type { MainOptions } from '../options/schema.js';

const NO_SLOT = -1;

/**
 * Decides, before a publish is submitted, whether it may wait for a connection. It knows what the session holds, and adds what is
 * still on its way to it: the sum never falls short of what will wait, whatever the worker does meanwhile.
 *
 * What was submitted while there was a connection is not refused afterwards: it waits beyond the bounds.
 *
 * @thread main
 */
export class OfflineGate {
  readonly #submissions: RingProducer;
  readonly #gauge: WaitingGauge;
  readonly #maximumMessages: number;
  readonly #maximumBytes: number;
  /** What was submitted before the record in each slot of the ring, and altogether. */
  readonly #messagesBefore: Float64Array;
  readonly #bytesBefore: Float64Array;
  #messages = 0;
  #bytes = 0;
  /** There is a connection, as far as this thread knows. */
  connected = false;
  /** Others wait for their turn. */
  heldBack = false;

  constructor(memory: ChannelMemory, submissions: RingProducer, bounds: MainOptions) {
    this.#submissions = submissions;
    this.#gauge = new WaitingGauge(memory);
    this.#maximumMessages = bounds.offlineQueueMaximumMessages;
    this.#maximumBytes = bounds.offlineQueueMaximumBytes;
    this.#messagesBefore = new Float64Array(memory.config.submissionRecords);
    this.#bytesBefore = new Float64Array(memory.config.submissionRecords);
  }

  /** A record is about to be committed. */
  submitted(messages: number, bytes: number): void {
    const slot = this.#submissions.nextSlot;
    this.#messagesBefore[slot] = this.#messages;
    this.#bytesBefore[slot] = this.#bytes;
    this.#messages += messages;
    this.#bytes += bytes;
  }

  /** Whether a PUBLISH of this length may be submitted now. */
  admits(length: number): boolean {
    return !this.heldBack && this.hasRoom(length);
  }

  /** Whether there is room for a PUBLISH of this length. If not, the worker rings once there may be room. */
  hasRoom(length: number): boolean {
    if (this.connected || this.#fits(length)) return true;
    this.#gauge.starve();
    return this.#fits(length);
  }

  #fits(length: number): boolean {
    // The ring first: what has left it is in the gauge by then.
    const slot = this.#submissions.oldestSlot;
    const messages = slot === NO_SLOT ? 0 : this.#messages - this.#messagesBefore[slot]!;
    const bytes = slot === NO_SLOT ? 0 : this.#bytes - this.#bytesBefore[slot]!;
    return (
      messages + this.#gauge.messages < this.#maximumMessages &&
      bytes + this.#gauge.bytes + length <= this.#maximumBytes
    );
  }
}

/** @returns Null where nothing is to be kept back: what is dropped is dropped by the session, and other bounds are those of the channel. */
export function createOfflineGate(
  memory: ChannelMemory,
  submissions: RingProducer,
  options: MainOptions,
): OfflineGate | null {
  const { offlineQueueFull, offlineQueueMaximumMessages, offlineQueueMaximumBytes } = options;
  const isBounded =
    offlineQueueMaximumMessages < options.maximumPendingOperations ||
    offlineQueueMaximumBytes < options.outboundMemoryBytes;
  return offlineQueueFull === 'wait' || (offlineQueueFull === 'reject' && isBounded)
    ? new OfflineGate(memory, submissions, options)
    : null;
}
