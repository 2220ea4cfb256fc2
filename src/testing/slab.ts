const SLAB_BYTES = 0x4000;
/** From this length on, bytes get an array of their own. */
const OWN_BYTES = 0x1000;

/**
 * Hands out room for bytes that live about as long as their neighbours, one behind the other: an array
 * for each of them costs more than all the rest of a message. Nothing is given back; an array goes when
 * nobody refers to it any more.
 */
export class Slab {
  #end = 0;
  /** Where the room that was reserved last lies. */
  bytes: Uint8Array = new Uint8Array(SLAB_BYTES);

  /** Reserves room in `bytes`, which may be another array from call to call; returns its offset. */
  reserve(length: number): number {
    if (this.#end + length > this.bytes.length || length >= OWN_BYTES) {
      this.bytes = new Uint8Array(length >= OWN_BYTES ? length : SLAB_BYTES);
      this.#end = 0;
    }
    const start = this.#end;
    this.#end += length;
    return start;
  }
}
