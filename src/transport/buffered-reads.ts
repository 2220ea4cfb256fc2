import type { OnReadOpts } from 'node:net';
import { HeldReads } from './held-reads.js';
import type { ReadTarget } from './transport.js';

/** The longest that Node hands over at once of TLS: what one record holds. */
const SPARE_BYTES = 16 * 1024;

/**
 * Reads straight into the buffers of the target, for a source that goes on after it was told to stop and asks for the next buffer at
 * once, as a TLS socket of Node: from then on it gets memory of our own.
 */
export class BufferedReads {
  readonly held: HeldReads;
  readonly onread: OnReadOpts;
  readonly #target: ReadTarget;
  #spare: Uint8Array | null = null;

  constructor(target: ReadTarget) {
    this.#target = target;
    this.held = new HeldReads(target);
    this.onread = {
      buffer: () => this.buffer(),
      callback: (length) => this.received(length),
    };
  }

  /** Memory for the next read. */
  buffer(): Uint8Array {
    this.#spare = this.held.isPaused ? new Uint8Array(SPARE_BYTES) : null;
    return this.#spare ?? this.#target.buffer();
  }

  /** The last buffer holds so many new bytes. @returns Whether the source may go on. */
  received(length: number): boolean {
    if (this.#spare !== null) return this.held.received(this.#spare.subarray(0, length));
    if (this.#target.received(length)) return true;
    this.held.pause();
    return false;
  }
}
