import { encodePacket, packetSize } from '../codec/encode.js';
import type { ProtocolVersion } from '../codec/packet-types.js';
import type { Packet } from '../codec/packets.js';

const ARENA_BYTES_AT_FIRST = 1024;
const ARENA_BYTES = 64 * 1024;
const BATCH_BYTES = 256 * 1024;
const PIECES_MAX = 256;
const PIECES_BYTES = 2 * PIECES_MAX * Int32Array.BYTES_PER_ELEMENT;
/** A PUBLISH with a Topic Alias has the most: headers, topic, alias, the rest. */
const PIECES_A_PACKET = 4;
/**
 * Room for the largest thing written into the arena without asking, a PUBLISH that gets a Topic Alias: first byte, Remaining Length and topic
 * length; then packet id, Property Length and alias.
 */
const ARENA_RESERVE_BYTES = 1 + 4 + 2 + (2 + 4 + 3);
/** Up to here a copy costs less than one piece more, of which the operating system is told each. */
const JOINED_BYTES_MAX = 1024;

/**
 * What one socket write carries: pieces of a preallocated arena (control packets) and of shared memory
 * (frames that the facade wrote), in order. Filled by the session, written by the host, then reset.
 */
export class WriteBatch {
  /** Grows between batches, up to ARENA_BYTES. */
  #standardArena: Uint8Array;
  #arena: Uint8Array;
  readonly #memory: Uint8Array;
  /** Start and length of each piece; a piece of the arena has its start stored as `-1 - start`. */
  readonly #pieces: Int32Array;
  #pieceCount = 0;
  #arenaEnd = 0;
  #byteLength = 0;
  /** Control Packets in the batch, and how many of them acknowledge something of the Server's. */
  packets = 0;
  acknowledgements = 0;

  constructor(memory: Uint8Array) {
    this.#memory = memory;
    // One allocation for both: every client makes them.
    const tables = new ArrayBuffer(PIECES_BYTES + ARENA_BYTES_AT_FIRST);
    this.#pieces = new Int32Array(tables, 0, 2 * PIECES_MAX);
    this.#standardArena = new Uint8Array(tables, PIECES_BYTES);
    this.#arena = this.#standardArena;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  get pieceCount(): number {
    return this.#pieceCount;
  }

  /** Nothing more may be added. */
  get full(): boolean {
    return (
      this.#byteLength >= BATCH_BYTES ||
      this.#pieceCount >= PIECES_MAX - PIECES_A_PACKET ||
      this.#arenaEnd > this.#arena.length - ARENA_RESERVE_BYTES
    );
  }

  /** Where the next bytes of the arena go. */
  get arenaEnd(): number {
    return this.#arenaEnd;
  }

  /** Valid until the next `reserve`. */
  get arena(): Uint8Array {
    return this.#arena;
  }

  /**
   * Makes sure that the arena takes so many bytes more. What finds no room waits for the next batch; a large packet, before which
   * every batch might fill up again, makes the arena grow instead.
   */
  reserve(bytes: number): boolean {
    if (this.#arenaEnd + bytes <= this.#arena.length) return true;
    if (bytes <= this.#standardArena.length / 2) return false;
    const larger = new Uint8Array(this.#arenaEnd + bytes + ARENA_RESERVE_BYTES);
    larger.set(this.#arena.subarray(0, this.#arenaEnd));
    this.#arena = larger;
    return true;
  }

  /** Adds the bytes written into the arena from `arenaEnd` up to `end`. */
  appendArena(end: number): void {
    this.#append(-1 - this.#arenaEnd, end - this.#arenaEnd);
    this.#arenaEnd = end;
  }

  /** Adds bytes of shared memory, which must stay as they are until the write is flushed. Neighbours join into one piece. */
  appendShared(start: number, length: number): void {
    this.#append(start, length);
  }

  /** As {@link appendShared}, behind bytes of the arena: what is short is copied there, and joins them, while there is room. */
  appendJoined(start: number, length: number): void {
    const end = this.#arenaEnd + length;
    if (length > JOINED_BYTES_MAX || end > this.#arena.length - ARENA_RESERVE_BYTES) {
      this.appendShared(start, length);
      return;
    }
    this.#arena.set(this.#memory.subarray(start, start + length), this.#arenaEnd);
    this.appendArena(end);
  }

  /** The bytes of piece `index`. */
  piece(index: number): Uint8Array {
    const start = this.#pieces[2 * index]!;
    const length = this.#pieces[2 * index + 1]!;
    return start < 0
      ? this.#arena.subarray(-1 - start, -1 - start + length)
      : this.#memory.subarray(start, start + length);
  }

  reset(): void {
    const standardBytes = this.#standardArena.length;
    if (this.#arenaEnd > standardBytes / 2 && standardBytes < ARENA_BYTES) {
      this.#standardArena = new Uint8Array(2 * standardBytes);
    }
    this.#pieceCount = 0;
    this.#arena = this.#standardArena;
    this.#arenaEnd = 0;
    this.#byteLength = 0;
    this.packets = 0;
    this.acknowledgements = 0;
  }

  #append(start: number, length: number): void {
    this.#byteLength += length;
    const last = 2 * (this.#pieceCount - 1);
    if (last >= 0) {
      const lastStart = this.#pieces[last]!;
      const lastLength = this.#pieces[last + 1]!;
      // Arena starts are stored negated, so there a piece continues where the start falls by the length.
      const next = lastStart < 0 ? lastStart - lastLength : lastStart + lastLength;
      if (next === start && lastStart < 0 === start < 0) {
        this.#pieces[last + 1] = lastLength + length;
        return;
      }
    }
    this.#pieces[2 * this.#pieceCount] = start;
    this.#pieces[2 * this.#pieceCount + 1] = length;
    this.#pieceCount++;
  }
}

/** Adds a control packet, for which there must be room: in an empty batch there always is. */
export function writePacket(batch: WriteBatch, packet: Packet, version: ProtocolVersion): void {
  batch.packets++;
  batch.reserve(packetSize(packet, version));
  batch.appendArena(encodePacket(packet, version, batch.arena, batch.arenaEnd));
}
