import type { ReadTarget } from '../../../src/transport/transport.js';
import { packetName, Type } from '../broker/packet-names.js';
import type { ServerPacket } from '../broker/server-packet.js';
import type { NetworkSwarm } from '../swarm.js';
import type { World } from '../world/world.js';

const NEVER = Number.POSITIVE_INFINITY;
const BUFFER_BYTES = 4096;
/** What memory of the platform's looks like when it was used again. */
const USED_AGAIN = 0xee;

/** What the way from the Server to the client needs of its link. */
export interface IncomingOwner {
  readonly number: number;
  /** What is on the way is lost. */
  readonly isBroken: boolean;
  /** The client is, or will be, told of the end. */
  readonly isOver: boolean;
  /** How long something that is sent now takes. */
  delay(): number;
  delivered(packet: ServerPacket): void;
  /** The client has read everything, and then the end. */
  finished(): void;
  /** The bytes have come as far as they may. */
  cut(): void;
}

interface Incoming {
  readonly packet: ServerPacket;
  readonly end: number;
}

/** Bytes on their way from the Server to the client, counted from the beginning of the connection. */
export class IncomingWay {
  readonly #world: World;
  readonly #swarm: NetworkSwarm;
  readonly #owner: IncomingOwner;
  readonly #reader: ReadTarget;
  readonly #packets: Incoming[] = [];
  #head = 0;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #sent = 0;
  #received = 0;
  #read = 0;
  #lastArrival = 0;
  /** What was sent last, and has not come. */
  #piece: { readonly sentAt: number; length: number } | null = null;
  #finAfter = NEVER;
  #chunk: Uint8Array | null = null;
  #target: Uint8Array;
  #isReading = false;
  /** When pieces came that the client could not look at yet, the first one first. */
  readonly #arrivals: number[] = [];
  /** After how many bytes the connection breaks. */
  cutAt = NEVER;
  isPaused = false;
  resumedAt = Number.NEGATIVE_INFINITY;

  constructor(world: World, swarm: NetworkSwarm, owner: IncomingOwner, reader: ReadTarget) {
    this.#world = world;
    this.#swarm = swarm;
    this.#owner = owner;
    this.#reader = reader;
    // As net does it: the first buffer is asked for before there is a connection.
    this.#target = reader.buffer();
  }

  /** The Server has sent everything it will. */
  get isFinished(): boolean {
    return this.#finAfter !== NEVER;
  }

  /** Bytes that have come and that the client has not read. */
  get unread(): number {
    return this.#received - this.#read;
  }

  /** Since when something that has come waits for the client to look. */
  get waitsSince(): number {
    return this.#arrivals[0] ?? NEVER;
  }

  send(packet: ServerPacket): void {
    const { bytes } = packet;
    if (this.#sent + bytes.length > this.#buffer.length) this.#grow(bytes.length);
    this.#buffer.set(bytes, this.#sent);
    this.#sent += bytes.length;
    this.#packets.push({ packet, end: this.#sent });
    const { now } = this.#world;
    if (this.#swarm.joins && this.#piece?.sentAt === now) {
      this.#piece.length += bytes.length;
      return;
    }
    const piece = { sentAt: now, length: bytes.length };
    this.#piece = piece;
    const arrival = this.#nextArrival();
    this.#world.clock.schedule(arrival - now, 'outside', () => {
      if (!this.#owner.isBroken) this.#arrivals.push(arrival);
    });
    this.#world.clock.schedule(arrival - now, 'worker', () => {
      if (this.#piece === piece) this.#piece = null;
      this.#arrivals.shift();
      this.#receive(piece.length);
    });
  }

  /** The end comes after what was sent. */
  finish(): void {
    if (this.isFinished) return;
    this.#finAfter = this.#sent;
    this.#world.clock.schedule(this.#nextArrival() - this.#world.now, 'worker', () => {
      this.pump();
    });
  }

  resume(): void {
    this.#chunk?.fill(USED_AGAIN);
    this.#chunk = null;
    this.isPaused = false;
    this.resumedAt = this.#world.now;
    this.#world.clock.schedule(0, 'worker', () => {
      this.pump();
    });
  }

  /** Hands to the client what has come, as long as it reads. */
  pump(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    while (!this.#owner.isOver && !this.isPaused && this.#read < this.#received) {
      if (this.#swarm.chunks) this.#handChunk();
      else this.#fillTarget();
    }
    this.#isReading = false;
    if (this.#read >= this.#finAfter && !this.isPaused) this.#owner.finished();
  }

  noteLosses(): void {
    for (const { packet } of this.#packets.slice(this.#head)) {
      this.#world.saw(`lost on its way in: ${packetName(packet.type)}`);
    }
    const last = this.#packets[this.#head - 1];
    if (last !== undefined) this.#world.saw(`cut after incoming ${packetName(last.packet.type)}`);
  }

  /** When something that is sent now comes. Nothing overtakes. */
  #nextArrival(): number {
    this.#lastArrival = Math.max(this.#lastArrival, this.#world.now + this.#owner.delay());
    return this.#lastArrival;
  }

  #receive(length: number): void {
    if (this.#owner.isBroken) return;
    const isCut = this.#received + length > this.cutAt;
    this.#received = isCut ? this.cutAt : this.#received + length;
    this.pump();
    if (isCut) this.#owner.cut();
  }

  #fillTarget(): void {
    const length = this.#readLength(this.#target.length);
    this.#target.set(this.#buffer.subarray(this.#read, this.#read + length));
    this.#read += length;
    this.#noteDelivery(this.#read);
    this.isPaused = !this.#reader.received(length);
    if (!this.#owner.isOver) this.#target = this.#reader.buffer();
  }

  #handChunk(): void {
    const length = this.#readLength(NEVER);
    const chunk = this.#buffer.slice(this.#read, this.#read + length);
    this.#read += length;
    this.#noteDelivery(this.#read);
    const goesOn = this.#reader.receivedChunk(chunk);
    // The platform may use its memory again.
    if (goesOn) chunk.fill(USED_AGAIN);
    else this.#chunk = chunk;
    this.isPaused = !goesOn;
  }

  #readLength(room: number): number {
    const { prng } = this.#world;
    const available = Math.min(this.#received - this.#read, room);
    switch (this.#swarm.splits) {
      case 'whole':
        return available;
      case 'bytes':
        return Math.min(available, 1 + prng.below(4));
      case 'anywhere':
        return 1 + prng.below(available);
    }
  }

  /** Tells of packets just before the client gets their last byte. */
  #noteDelivery(read: number): void {
    this.#world.trace('read', this.#owner.number, read);
    for (let last = 0; ; ) {
      const next = this.#packets[this.#head];
      if (next === undefined || next.end > read) return;
      this.#head++;
      if (last === Type.CONNACK) this.#world.saw('packet in one piece with CONNACK');
      last = next.packet.type;
      this.#owner.delivered(next.packet);
    }
  }

  #grow(bytes: number): void {
    const larger = new Uint8Array(2 * (this.#buffer.length + bytes));
    larger.set(this.#buffer.subarray(0, this.#sent));
    this.#buffer = larger;
  }
}
