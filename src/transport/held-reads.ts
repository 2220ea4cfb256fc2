import type { ReadTarget } from './transport.js';

/**
 * Keeps what a source still hands over after it was told to stop: a source that reads more at once than it hands over at once
 * hands over the rest. That bounds how much it is.
 */
export class HeldReads {
  readonly #target: Pick<ReadTarget, 'receivedChunk'>;
  readonly #held: Uint8Array[] = [];
  #isPaused = false;

  constructor(target: Pick<ReadTarget, 'receivedChunk'>) {
    this.#target = target;
  }

  /** Nothing may be handed to the target. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The target has been given something, and wants no more until `resume`. */
  pause(): void {
    this.#isPaused = true;
  }

  /** @param chunk Must not change any more. @returns Whether the source may go on. */
  received(chunk: Uint8Array): boolean {
    if (this.#isPaused) this.#held.push(chunk);
    else if (chunk.length > 0) this.#isPaused = !this.#target.receivedChunk(chunk);
    return !this.#isPaused;
  }

  /** The target takes more. @returns Whether the source may go on: all that was held is handed over, and there is still room. */
  resume(): boolean {
    this.#isPaused = false;
    while (this.#held.length > 0) if (!this.received(this.#held.shift()!)) return false;
    return true;
  }
}
