import type { Route } from '../../../src/transport/route.js';
import type { Transport, TransportEvents } from '../../../src/transport/transport.js';
import type { ClientPacket } from '../broker/client-packet.js';
import { Type } from '../broker/packet-names.js';
import type { ServerPacket } from '../broker/server-packet.js';
import type { NetworkSwarm } from '../swarm.js';
import type { World } from '../world/world.js';
import { type IncomingOwner, IncomingWay } from './incoming-way.js';
import type { LinkEnds } from './link-ends.js';
import { type OutgoingOwner, OutgoingWay } from './outgoing-way.js';

const NEVER = Number.POSITIVE_INFINITY;
const RARE: ReadonlySet<number> = new Set([Type.PINGREQ, Type.AUTH]);
const HOLD_UP_MS_MAX = 5000;

/** One connection between the client and the model broker, with all that can go wrong on its way. */
export class Link implements Transport, OutgoingOwner, IncomingOwner {
  readonly number: number;
  /** Where it leads, and how. */
  readonly route: Route;
  readonly #world: World;
  readonly #swarm: NetworkSwarm;
  readonly #events: TransportEvents;
  readonly #ends: LinkEnds;
  readonly #outgoing: OutgoingWay;
  readonly #incoming: IncomingWay;
  readonly beganAt: number;
  /** When the client was told that it is open; 0: it is not. */
  openedAt = 0;
  isHealed: boolean;
  /** The way is broken: what is on it is lost. */
  isBroken = false;
  /** Nothing comes through any more, and nobody is told. */
  isSwallowing = false;
  swallowsSince = 0;
  /** The Server has seen the end. */
  isGone = false;
  /** The client has been told of the end. */
  isClosed = false;
  /** The client wants the end after what it has written … */
  isEnded = false;
  /** … or at once. */
  isDestroyed = false;
  /** The client wanted the end while something had come that it had not looked at. */
  wasUnheard = false;
  /** The Server has sent what no Server may. A client need not wait for all of it. */
  isOffended = false;

  constructor(
    world: World,
    swarm: NetworkSwarm,
    route: Route,
    number: number,
    events: TransportEvents,
    ends: LinkEnds,
    isHealed: boolean,
  ) {
    this.#world = world;
    this.#swarm = swarm;
    this.number = number;
    this.route = route;
    this.#events = events;
    this.#ends = ends;
    this.isHealed = isHealed;
    this.beganAt = world.now;
    this.#outgoing = new OutgoingWay(world, swarm, this);
    this.#incoming = new IncomingWay(world, swarm, this, events);
  }

  get isOver(): boolean {
    return this.isClosed || this.isDestroyed;
  }

  /** Packets of the client that have not come to the Server, and may never. */
  get underWay(): readonly ClientPacket[] {
    return this.#outgoing.underWay;
  }

  /** Since when a write has been with the transport; 0: none is. */
  get writingSince(): number {
    return this.#outgoing.writingSince;
  }

  /** Since when one write has followed the other without a pause. */
  get busySince(): number {
    return this.#outgoing.busySince;
  }

  /** When the last write was taken. */
  get flushedAt(): number {
    return this.#outgoing.flushedAt;
  }

  get isPaused(): boolean {
    return this.#incoming.isPaused;
  }

  /** When the client last went on reading. */
  get resumedAt(): number {
    return this.#incoming.resumedAt;
  }

  /** Bytes of the Server that have come and that the client has not read. */
  get unread(): number {
    return this.#incoming.unread;
  }

  begin(fate: 'opens' | 'refuses' | 'swallows'): void {
    const { clock, prng } = this.#world;
    if (fate === 'swallows') {
      this.#world.saw('attempt swallowed');
      this.isSwallowing = true;
      return;
    }
    if (fate === 'refuses') {
      this.#world.saw('attempt refused');
      clock.schedule(this.delay(), 'worker', () => {
        this.#tellClosed(new Error('connect ECONNREFUSED'));
      });
      return;
    }
    if (!this.isHealed && prng.chance(this.#swarm.cuts)) this.#chooseCut();
    clock.schedule(this.delay(), 'worker', () => {
      if (this.isOver) return;
      this.openedAt = this.#world.now;
      this.#ends.opened(this);
      this.#events.opened();
    });
  }

  write(pieces: readonly Uint8Array[]): void {
    const bytes = Uint8Array.from(Buffer.concat(pieces));
    this.#world.check(!this.isEnded, 'transport', () => 'a write after the end');
    this.#ends.wroteBytes(this, bytes);
    this.#outgoing.write(pieces, bytes);
  }

  resume(): void {
    this.#world.trace('resume', this.number, 0);
    this.#incoming.resume();
  }

  end(): void {
    this.isEnded = true;
    this.#noteUnheard();
    this.#world.trace('end', this.number, 0);
    if (this.writingSince === 0) this.#finish();
  }

  destroy(): void {
    if (this.isOver) return;
    this.isDestroyed = true;
    this.#noteUnheard();
    this.#world.trace('destroy', this.number, 0);
    this.#world.clock.schedule(0, 'worker', () => {
      this.#tellClosed(null);
    });
    if (!this.isSwallowing) this.#tellGone(this.delay());
  }

  /** The Server sends a packet. */
  send(packet: ServerPacket): void {
    if (this.isClosed || this.#incoming.isFinished) return;
    this.isOffended ||= packet.offence !== 0;
    this.#incoming.send(packet);
  }

  /** The Server ends the connection, after what it has sent. */
  finish(): void {
    this.#incoming.finish();
  }

  /** The network works from now on; what it has swallowed so far it gives back as a reset. */
  heal(): void {
    this.isHealed = true;
    this.#outgoing.cutAt = NEVER;
    this.#incoming.cutAt = NEVER;
    if (this.isSwallowing || this.isBroken) this.break(true);
  }

  /** The way breaks now. */
  break(isReset: boolean): void {
    if (this.isBroken && !this.isSwallowing) return;
    this.isBroken = true;
    this.isSwallowing = false;
    this.#world.trace('break', this.number, isReset ? 1 : 0);
    this.#noteLosses();
    this.#world.clock.schedule(this.delay(), 'worker', () => {
      this.#tellClosed(isReset ? new Error('read ECONNRESET') : null);
    });
    this.#tellGone(this.delay());
  }

  delay(): number {
    return this.isHealed ? 1 : this.#world.prng.below(this.#swarm.latencyMs + 1);
  }

  wrote(packet: ClientPacket, end: number): void {
    this.#ends.wrote(this, packet);
    if (RARE.has(packet.type)) this.#mayCutAfter(end);
    this.#mayHoldUp(packet.type === Type.PINGREQ ? 0.5 : 0.02);
  }

  arrived(packet: ClientPacket): void {
    this.#ends.arrived(this, packet);
  }

  flushed(): void {
    if (this.isEnded) this.#finish();
    this.#ends.flushed(this);
    this.#events.flushed();
    this.#ends.toldFlushed(this);
  }

  delivered(packet: ServerPacket): void {
    this.#ends.delivered(this, packet);
  }

  finished(): void {
    this.#tellClosed(null);
  }

  /** A cut has been reached: the connection breaks, with a word or without. */
  cut(): void {
    if (this.isBroken) return;
    const { prng } = this.#world;
    this.#outgoing.cutAt = NEVER;
    this.#incoming.cutAt = NEVER;
    if (prng.chance(this.#swarm.halfOpen)) {
      this.#world.saw('half-open');
      this.#world.trace('swallows', this.number, 0);
      this.isSwallowing = true;
      this.isBroken = true;
      this.swallowsSince = this.#world.now;
      this.#noteLosses();
      return;
    }
    const isReset = prng.chance(0.5);
    this.#world.saw(isReset ? 'cut with a reset' : 'cut with an end');
    this.break(isReset);
  }

  /** What comes late in a connection would hardly be the place of a cut that was chosen before. */
  #mayCutAfter(end: number): void {
    const { prng } = this.#world;
    if (!this.isHealed && prng.chance(this.#swarm.cuts / 4)) this.#outgoing.cutAt = end;
  }

  #mayHoldUp(chance: number): void {
    const { clock, prng } = this.#world;
    if (!this.#swarm.holdsUp || this.isHealed || !prng.chance(chance)) return;
    this.#world.saw('worker held up');
    clock.holdUpWorker(prng.below(HOLD_UP_MS_MAX));
  }

  #noteUnheard(): void {
    this.wasUnheard ||= this.#incoming.waitsSince < this.#world.now;
  }

  #chooseCut(): void {
    const { prng } = this.#world;
    const at = prng.below(this.#swarm.cutBytesMax);
    if (prng.chance(0.5)) this.#outgoing.cutAt = at;
    else this.#incoming.cutAt = at;
  }

  /** Everything written is on its way, and then the end. */
  #finish(): void {
    if (this.isBroken) return;
    this.#world.clock.schedule(this.#outgoing.arrival() - this.#world.now, 'outside', () => {
      if (this.isBroken) return;
      this.#tellGone(0);
      this.finish();
    });
  }

  #noteLosses(): void {
    this.#outgoing.noteLosses();
    this.#incoming.noteLosses();
  }

  #tellClosed(error: Error | null): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#world.trace('closed', this.number, error === null ? 0 : 1);
    this.#ends.closed(this);
    this.#events.closed(error);
  }

  #tellGone(delayMs: number): void {
    this.#world.clock.schedule(delayMs, 'outside', () => {
      if (this.isGone) return;
      this.isGone = true;
      this.#ends.gone(this);
    });
  }
}
