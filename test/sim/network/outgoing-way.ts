import { ClientFraming } from '../broker/client-framing.js';
import type { ClientPacket } from '../broker/client-packet.js';
import { packetName } from '../broker/packet-names.js';
import type { NetworkSwarm } from '../swarm.js';
import type { World } from '../world/world.js';

const NEVER = Number.POSITIVE_INFINITY;

/** What the way from the client to the Server needs of its link. */
export interface OutgoingOwner {
  readonly number: number;
  readonly isHealed: boolean;
  /** What is on the way is lost. */
  readonly isBroken: boolean;
  /** The client is, or will be, told of the end. */
  readonly isOver: boolean;
  /** The Server has seen the end. */
  readonly isGone: boolean;
  /** How long something that is sent now takes. */
  delay(): number;
  wrote(packet: ClientPacket, end: number): void;
  arrived(packet: ClientPacket): void;
  flushed(): void;
  /** The bytes have come as far as they may. */
  cut(): void;
}

interface Outgoing {
  readonly packet: ClientPacket;
  readonly end: number;
}

/** Bytes on their way from the client to the Server, counted from the beginning of the connection. */
export class OutgoingWay {
  readonly #world: World;
  readonly #swarm: NetworkSwarm;
  readonly #owner: OutgoingOwner;
  readonly #framing = new ClientFraming();
  readonly #packets: Outgoing[] = [];
  #head = 0;
  #written = 0;
  #arrived = 0;
  #lastArrival = 0;
  #writing: {
    readonly pieces: readonly Uint8Array[];
    readonly bytes: Uint8Array;
    readonly start: number;
  } | null = null;
  /** After how many bytes the connection breaks. */
  cutAt = NEVER;
  /** Since when a write has been with the transport; 0: none is. */
  writingSince = 0;
  /** Since when one write has followed the other without a pause. */
  busySince = 0;
  /** When the last one was taken. */
  flushedAt = 0;

  constructor(world: World, swarm: NetworkSwarm, owner: OutgoingOwner) {
    this.#world = world;
    this.#swarm = swarm;
    this.#owner = owner;
  }

  /** Packets that have not come to the Server, and may never. */
  get underWay(): readonly ClientPacket[] {
    return this.#packets.slice(this.#head).map(({ packet }) => packet);
  }

  write(pieces: readonly Uint8Array[], bytes: Uint8Array): void {
    const world = this.#world;
    const { prng } = world;
    world.check(this.#writing === null, 'transport', () => 'a write before the last was flushed');
    world.trace('write', this.#owner.number, bytes.length);
    const start = this.#written;
    this.#writing = { pieces, bytes, start };
    this.#written += bytes.length;
    if (this.flushedAt !== world.now) this.busySince = world.now;
    for (const { packet, end } of this.#framing.push(bytes, start)) {
      this.#packets.push({ packet, end });
      this.#owner.wrote(packet, end);
    }
    this.writingSince = world.now;
    const stalls = !this.#owner.isHealed && prng.chance(this.#swarm.stalls);
    if (stalls) this.#stall();
    const flushMs = stalls ? 500 + prng.below(20_000) : prng.below(this.#swarm.flushMs + 1);
    world.clock.schedule(flushMs, 'worker', () => {
      this.#flush();
    });
    if (!stalls) this.#send(bytes.length);
    else {
      world.clock.schedule(flushMs, 'outside', () => {
        this.#send(bytes.length);
      });
    }
  }

  /** A transport that takes nothing more often has no connection any more: the Server's last words may still come before that shows. */
  #stall(): void {
    const { prng, clock } = this.#world;
    this.#world.saw('write stalled');
    if (prng.chance(0.5)) return;
    clock.schedule(prng.below(1000), 'outside', () => {
      if (!this.#owner.isOver && !this.#owner.isHealed) this.#owner.cut();
    });
  }

  /** When everything that was written will have come. */
  arrival(): number {
    return Math.max(this.#lastArrival, this.#world.now + this.#owner.delay());
  }

  noteLosses(): void {
    for (const { packet } of this.#packets.slice(this.#head)) {
      this.#world.saw(`lost on its way out: ${packetName(packet.type)}`);
    }
    const last = this.#packets[this.#head - 1];
    if (last !== undefined) this.#world.saw(`cut after outgoing ${packetName(last.packet.type)}`);
  }

  #flush(): void {
    const writing = this.#writing;
    if (writing === null || this.#owner.isOver) return;
    // What the Server has got, and may have answered, is the client's again before it is told so.
    const held = Math.max(0, this.#arrived - writing.start);
    this.#world.check(
      Buffer.concat(writing.pieces).subarray(held).equals(writing.bytes.subarray(held)),
      'bytes-stay',
      () => 'bytes changed while they were with the transport',
    );
    this.#writing = null;
    this.writingSince = 0;
    this.flushedAt = this.#world.now;
    this.#world.trace('flushed', this.#owner.number, 0);
    this.#owner.flushed();
  }

  /** Lets bytes travel, in one piece or in two. */
  #send(length: number): void {
    const { prng } = this.#world;
    const first = this.#swarm.splits === 'whole' || length < 2 ? length : 1 + prng.below(length);
    this.#travel(first);
    if (first < length) this.#travel(length - first);
  }

  #travel(length: number): void {
    this.#lastArrival = this.arrival();
    this.#world.clock.schedule(this.#lastArrival - this.#world.now, 'outside', () => {
      this.#arrive(length);
    });
  }

  #arrive(length: number): void {
    if (this.#owner.isBroken || this.#owner.isGone) return;
    const isCut = this.#arrived + length > this.cutAt;
    this.#arrived = isCut ? this.cutAt : this.#arrived + length;
    for (;;) {
      const next = this.#packets[this.#head];
      if (next === undefined || next.end > this.#arrived) break;
      this.#head++;
      this.#owner.arrived(next.packet);
    }
    if (isCut) this.#owner.cut();
  }
}
