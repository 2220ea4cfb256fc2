import { enlarge } from '../util/enlarge.js';

/** No operation owns the Packet Identifier. */
export const NO_OWNER = -1;

const PACKET_ID_MAX = 0xffff;
const IDS_AT_FIRST = 64;

/**
 * The Packet Identifiers of the packets we send (§2.2.1), one space for PUBLISH, SUBSCRIBE and UNSUBSCRIBE.
 * An identifier stays taken until its exchange ends or the Session does, whatever became of the promise.
 */
export class PacketIds {
  /** Packet Identifier → row of the operation that owns it; none owns what is beyond its end. */
  #owners: Int32Array = new Int32Array(IDS_AT_FIRST).fill(NO_OWNER);
  #cursor = 0;
  #taken = 0;

  get exhausted(): boolean {
    return this.#taken === PACKET_ID_MAX;
  }

  /** Takes the next free identifier after the last one given out. Not to be called when exhausted. */
  take(owner: number): number {
    do {
      this.#cursor = this.#cursor === PACKET_ID_MAX ? 1 : this.#cursor + 1;
      if (this.#cursor === this.#owners.length) {
        this.#owners = enlarge(this.#owners, 2 * this.#cursor).fill(NO_OWNER, this.#cursor);
      }
    } while (this.#owners[this.#cursor] !== NO_OWNER);
    this.#owners[this.#cursor] = owner;
    this.#taken++;
    return this.#cursor;
  }

  owner(packetId: number): number {
    return packetId < this.#owners.length ? this.#owners[packetId]! : NO_OWNER;
  }

  free(packetId: number): void {
    this.#owners[packetId] = NO_OWNER;
    this.#taken--;
  }
}
