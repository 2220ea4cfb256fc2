import type { OnReadOpts } from 'node:net';
import { HeldReads } from './held-reads.js';
import type { ReadTarget } from './transport.js';

/** The longest that Node hands over at once: what one record holds. */
const RECORD_BYTES = 16 * 1024;

/**
 * The reads of a TLS socket, straight into the buffers of the target. Node hands over all that it has decrypted, also after it was
 * told to stop, and asks for the next buffer at once: from then on it gets memory of our own.
 */
export class TlsReads {
  readonly held: HeldReads;
  readonly onread: OnReadOpts;
  readonly #target: ReadTarget;
  #spare: Uint8Array | null = null;

  constructor(target: ReadTarget) {
    this.#target = target;
    this.held = new HeldReads(target);
    this.onread = {
      buffer: () => {
        this.#spare = this.held.isPaused ? new Uint8Array(RECORD_BYTES) : null;
        return this.#spare ?? target.buffer();
      },
      callback: (length) => this.#received(length),
    };
  }

  #received(length: number): boolean {
    if (this.#spare !== null) return this.held.received(this.#spare.subarray(0, length));
    if (this.#target.received(length)) return true;
    this.held.pause();
    return false;
  }
}
