import type { ReadTarget } from './transport.js';

/**
 * Keeps what a source still hands over after it was told to stop: a source that reads more at once than it hands over at once
 * hands over the rest. That bounds how much it is.
 */
export class HeldReads {
  readonly #target: Pick<ReadTarget, 'receivedChunk'>;
  readonly #held: Uint8Array[] = [];
  #isPaused = false;
  #heldBytes = 0;

  constructor(target: Pick<ReadTarget, 'receivedChunk'>) {
    this.#target = target;
  }

  /** Nothing may be handed to the target. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** How much was handed over that the target has not been given. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The target has been given something, and wants no more until `resume`. */
  pause(): void {
    this.#isPaused = true;
  }

  /** @param chunk Must not change any more. @returns Whether the source may go on. */
  received(chunk: Uint8Array): boolean {
    if (this.#isPaused) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
    } else if (chunk.length > 0) this.#isPaused = !this.#target.receivedChunk(chunk);
    return !this.#isPaused;
  }

  /** The target takes more. @returns Whether the source may go on: all that was held is handed over, and there is still room. */
  resume(): boolean {
    this.#isPaused = false;
    while (this.#held.length > 0) {
      const chunk = this.#held.shift()!;
      this.#heldBytes -= chunk.length;
      if (!this.received(chunk)) return false;
    }
    return true;
  }
}
