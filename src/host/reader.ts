import { FrameStatus } from '../codec/framer.js';
import { COUNTER_SLOTS, type Counters } from '../metrics/counters.js';
import type { Session } from '../protocol/session.js';
import type { ReadTarget } from '../transport/transport.js';
import type { InboundAssembler } from './inbound-assembler.js';

/** Takes what a transport reads while there is no room in shared memory. */
const LANDING_BYTES = 64 * 1024;
/** A slow consumer may pause reading thousands of times a second: it is told of once in so many milliseconds. */
const TELL_PAUSE_MS = 1000;
const NEVER = Number.NEGATIVE_INFINITY;

/** What a reader needs of its connection. */
export interface ReaderOwner {
  /** Packets that have arrived are of interest. */
  readonly isReceiving: boolean;
  now(): number;
  /** Reading was paused for want of memory. */
  paused(): void;
  /** Packets may have become complete. */
  turn(): void;
}

/**
 * Reads into shared memory, and stops reading while there is none, or while packets wait to be handled. A closing connection
 * is read to its end, and not listened to.
 */
export class Reader implements ReadTarget {
  readonly #session: Session;
  readonly #assembler: InboundAssembler;
  readonly #counters: Counters;
  readonly #owner: ReaderOwner;
  /** Empty until it is needed, which may be never. */
  #landing: Uint8Array = new Uint8Array(0);
  #paused = false;
  #pauseToldAt = NEVER;
  /** The transport reads into `#landing`, not into shared memory. */
  #landed = false;
  /** Received bytes that found no room in shared memory: at most one read. */
  #overflow: Uint8Array | null = null;

  constructor(
    session: Session,
    assembler: InboundAssembler,
    counters: Counters,
    owner: ReaderOwner,
  ) {
    this.#session = session;
    this.#assembler = assembler;
    this.#counters = counters;
    this.#owner = owner;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** A turn would get further: packets wait that a resumption has brought, or reading may be resumed. May acquire memory. */
  get canProceed(): boolean {
    if (!this.#owner.isReceiving || this.#session.receivable === 0) return false;
    if (this.#assembler.next() !== FrameStatus.INCOMPLETE) return true;
    return this.#paused && this.#mayResume();
  }

  /** A new transport begins; what an earlier one left incomplete is void. */
  reset(): void {
    this.#setPaused(false);
    this.#overflow = null;
    this.#assembler.reset();
  }

  /**
   * Memory for the next read, which may be a long way off when reading is paused: nothing may touch it until then. So it is
   * what is left of the current segment, or the spare one. When a packet larger than a segment finds no room it is memory of our own,
   * whose content is copied. So it is while bytes wait that found no room: what is left is for them. What a closing connection still
   * brings goes there, too: the packet that was refused may be larger than all memory.
   */
  buffer(): Uint8Array {
    const isClosing = this.#session.state.kind === 'closing';
    const landsShared = this.#overflow === null && !isClosing && this.#hasSharedRoom();
    this.#landed = !landsShared;
    if (landsShared) return this.#assembler.target();
    if (this.#landing.length === 0) this.#landing = new Uint8Array(LANDING_BYTES);
    return this.#landing;
  }

  received(length: number): boolean {
    if (this.#landed) return this.receivedChunk(this.#landing.subarray(0, length));
    this.#countRead(length);
    if (!this.#owner.isReceiving) return true;
    this.#assembler.received(length);
    this.#owner.turn();
    return this.#mayRead();
  }

  receivedChunk(chunk: Uint8Array): boolean {
    this.#countRead(chunk.length);
    if (!this.#owner.isReceiving) return true;
    const rest = this.#copy(chunk);
    // It stays where it is: nothing is read before it was taken over.
    if (rest.length > 0) this.#overflow = rest;
    return this.#mayRead();
  }

  /** Goes on after a pause if it can. @returns Whether the transport is to be resumed. */
  resume(now: number): boolean {
    if (this.#owner.isReceiving && !this.#takeOverflow()) return false;
    this.#setPaused(false);
    this.#session.keepAlive.setReadingPaused(false, now);
    return true;
  }

  /** @returns Whether there is nothing left of it, and room to go on. */
  #takeOverflow(): boolean {
    if (!this.#mayResume()) return false;
    if (this.#overflow === null) return true;
    const rest = this.#copy(this.#overflow);
    this.#overflow = rest.length > 0 ? rest : null;
    return this.#overflow === null;
  }

  /** Whether there is shared memory for the next read, which stays as it is until then. */
  #hasSharedRoom(): boolean {
    const assembler = this.#assembler;
    return (!this.#paused && this.#prepare()) || assembler.hasTail || assembler.moveAhead();
  }

  /** A CONNACK finds room even when handlers still hold all that the last connection brought. */
  get #isUrgent(): boolean {
    return this.#session.state.kind === 'connecting';
  }

  #prepare(): boolean {
    return this.#assembler.prepare(this.#isUrgent);
  }

  #countRead(length: number): void {
    this.#counters.add(COUNTER_SLOTS.socketReads, 1);
    this.#counters.add(COUNTER_SLOTS.bytesReceived, length);
    const { keepAlive } = this.#session;
    if (keepAlive.awaitsPingresp) keepAlive.bytesReceived(this.#owner.now());
  }

  /** Copies a chunk into shared memory, handling packets as they become whole. @returns What found no room. */
  #copy(chunk: Uint8Array): Uint8Array {
    let rest = chunk;
    while (rest.length > 0 && this.#owner.isReceiving && this.#hasRoom()) {
      rest = rest.subarray(this.#assembler.copy(rest));
      this.#counters.add(COUNTER_SLOTS.payloadCopiesIn, 1);
      this.#owner.turn();
    }
    return rest;
  }

  #setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#counters.set(COUNTER_SLOTS.readingPaused, paused ? 1 : 0);
  }

  /** Decides after a read whether there is to be another one. */
  #mayRead(): boolean {
    if (!this.#owner.isReceiving || (this.#overflow === null && this.#hasRoom())) return true;
    this.#setPaused(true);
    const now = this.#owner.now();
    this.#session.keepAlive.setReadingPaused(true, now);
    this.#counters.add(COUNTER_SLOTS.pausesInbound, 1);
    if (now - this.#pauseToldAt >= TELL_PAUSE_MS) {
      this.#pauseToldAt = now;
      this.#owner.paused();
    }
    return false;
  }

  /** All packets that are complete have been handled, and there is memory for a read. */
  #hasRoom(): boolean {
    return this.#assembler.next() === FrameStatus.INCOMPLETE && this.#prepare();
  }

  /** Whether reading may go on. A tail that the transport is going to read into must stay where it is. */
  #mayResume(): boolean {
    if (this.#landed || this.#overflow !== null) return this.#hasRoom();
    return (
      this.#assembler.next() === FrameStatus.INCOMPLETE && this.#assembler.keepSpare(this.#isUrgent)
    );
  }
}
