import type { Transport, TransportEvents } from '../../src/transport/transport.js';
import { ClientFraming } from './broker/client-framing.js';
import type { ClientPacket } from './broker/client-packet.js';
import { packetName, Type } from './broker/packet-names.js';
import type { ServerPacket } from './broker/server-packet.js';
import type { NetworkSwarm } from './swarm.js';
import type { World } from './world/world.js';

/** Both ends of a link, and who watches them. */
export interface LinkEnds {
  /** The Server has accepted the connection. */
  opened(link: Link): void;
  /** The client has handed bytes to its transport … */
  wroteBytes(link: Link, bytes: Uint8Array): void;
  /** … and with them the last one of a packet. */
  wrote(link: Link, packet: ClientPacket): void;
  /** All of a packet has come to the Server. */
  arrived(link: Link, packet: ClientPacket): void;
  /** The Server sees the end of the connection. */
  gone(link: Link): void;
  /** All of a packet has come to the client. */
  delivered(link: Link, packet: ServerPacket): void;
  /** The client is about to be told of the end. */
  closed(link: Link): void;
}

interface Outgoing {
  readonly packet: ClientPacket;
  readonly end: number;
}

interface Incoming {
  readonly packet: ServerPacket;
  readonly end: number;
}

const NEVER = Number.POSITIVE_INFINITY;
const BUFFER_BYTES = 4096;

/** One connection between the client and the model broker, with all that can go wrong on its way. */
export class Link implements Transport {
  readonly number: number;
  readonly #world: World;
  readonly #swarm: NetworkSwarm;
  readonly #events: TransportEvents;
  readonly #ends: LinkEnds;
  #isHealed: boolean;

  /** When the client was told that it is open; 0: it is not. */
  openedAt = 0;
  isClosed = false;
  /** The way is broken: what is on it is lost. */
  #isBroken = false;
  /** Nothing comes through any more, and nobody is told. */
  isSwallowing = false;
  swallowsSince = 0;
  #isGone = false;
  isEnded = false;
  /** The Server has sent what no Server may. A client need not wait for all of it. */
  isOffended = false;
  isDestroyed = false;

  // From the client to the Server, in bytes since the beginning.
  readonly #framing = new ClientFraming();
  readonly #outgoing: Outgoing[] = [];
  #outgoingHead = 0;
  #written = 0;
  #arrived = 0;
  #lastArrival = 0;
  #cutOut = NEVER;
  #writing: {
    readonly pieces: readonly Uint8Array[];
    readonly bytes: Uint8Array;
    readonly start: number;
  } | null = null;
  /** Since when a write has been with the transport; 0: none is. */
  writingSince = 0;
  /** When the last one was taken. */
  flushedAt = 0;

  // From the Server to the client.
  readonly #incoming: Incoming[] = [];
  #incomingHead = 0;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #sent = 0;
  #received = 0;
  #read = 0;
  #lastReceipt = 0;
  #cutIn = NEVER;
  #finAfter = NEVER;
  isPaused = false;
  #chunk: Uint8Array | null = null;
  #target: Uint8Array = new Uint8Array(0);
  #isReading = false;

  constructor(
    world: World,
    swarm: NetworkSwarm,
    number: number,
    events: TransportEvents,
    ends: LinkEnds,
    isHealed: boolean,
  ) {
    this.#world = world;
    this.#swarm = swarm;
    this.number = number;
    this.#events = events;
    this.#ends = ends;
    this.#isHealed = isHealed;
  }

  /** Packets of the client that have not come to the Server, and may never. */
  get underWay(): readonly ClientPacket[] {
    return this.#outgoing.slice(this.#outgoingHead).map(({ packet }) => packet);
  }

  begin(fate: 'opens' | 'refuses' | 'swallows'): void {
    const { clock, prng } = this.#world;
    // As net does it: the first buffer is asked for before there is a connection.
    this.#target = this.#events.buffer();
    if (fate === 'swallows') {
      this.#world.saw('attempt swallowed');
      this.isSwallowing = true;
      return;
    }
    if (fate === 'refuses') {
      this.#world.saw('attempt refused');
      clock.schedule(this.#delay(), 'worker', () => {
        this.#tellClosed(new Error('connect ECONNREFUSED'));
      });
      return;
    }
    if (!this.#isHealed && prng.chance(this.#swarm.cuts)) this.#chooseCut();
    clock.schedule(this.#delay(), 'worker', () => {
      if (this.isClosed || this.isDestroyed) return;
      this.openedAt = this.#world.now;
      this.#ends.opened(this);
      this.#events.opened();
    });
  }

  write(pieces: readonly Uint8Array[]): void {
    const { clock, prng } = this.#world;
    const bytes = Uint8Array.from(Buffer.concat(pieces));
    this.#world.check(
      this.#writing === null,
      'transport',
      () => 'a write before the last was flushed',
    );
    this.#world.check(!this.isEnded, 'transport', () => 'a write after the end');
    this.#world.trace('write', this.number, bytes.length);
    this.#ends.wroteBytes(this, bytes);
    const start = this.#written;
    this.#writing = { pieces, bytes, start };
    this.#written += bytes.length;
    for (const { packet, end } of this.#framing.push(bytes, start)) {
      this.#outgoing.push({ packet, end });
      this.#ends.wrote(this, packet);
      if (packet.type === Type.PINGREQ) this.#mayCutAfterPing(end);
    }
    this.writingSince = this.#world.now;
    const stalls = !this.#isHealed && prng.chance(this.#swarm.stalls);
    if (stalls) this.#world.saw('write stalled');
    const flushMs = stalls ? 500 + prng.below(20_000) : prng.below(this.#swarm.flushMs + 1);
    clock.schedule(flushMs, 'worker', () => {
      this.#flush();
    });
    if (!stalls) this.#send(bytes.length);
    else {
      clock.schedule(flushMs, 'outside', () => {
        this.#send(bytes.length);
      });
    }
  }

  resume(): void {
    this.#world.trace('resume', this.number, 0);
    this.#chunk?.fill(0xee);
    this.#chunk = null;
    this.isPaused = false;
    this.#world.clock.schedule(0, 'worker', () => {
      this.#pump();
    });
  }

  end(): void {
    this.isEnded = true;
    this.#world.trace('end', this.number, 0);
    if (this.#writing === null) this.#finish();
  }

  destroy(): void {
    if (this.isDestroyed || this.isClosed) return;
    this.isDestroyed = true;
    this.#world.trace('destroy', this.number, 0);
    const { clock } = this.#world;
    clock.schedule(0, 'worker', () => {
      this.#tellClosed(null);
    });
    if (!this.isSwallowing) this.#tellGone(this.#delay());
  }

  /** The Server sends a packet. */
  send(packet: ServerPacket): void {
    if (this.isClosed || this.#finAfter !== NEVER) return;
    const { bytes } = packet;
    this.isOffended ||= packet.offence !== 0;
    if (this.#sent + bytes.length > this.#buffer.length) this.#grow(bytes.length);
    this.#buffer.set(bytes, this.#sent);
    this.#sent += bytes.length;
    this.#incoming.push({ packet, end: this.#sent });
    this.#lastReceipt = Math.max(this.#lastReceipt, this.#world.now + this.#delay());
    this.#world.clock.schedule(this.#lastReceipt - this.#world.now, 'worker', () => {
      this.#receive(bytes.length);
    });
  }

  /** The Server ends the connection, after what it has sent. */
  finish(): void {
    if (this.#finAfter !== NEVER) return;
    this.#finAfter = this.#sent;
    this.#lastReceipt = Math.max(this.#lastReceipt, this.#world.now + this.#delay());
    this.#world.clock.schedule(this.#lastReceipt - this.#world.now, 'worker', () => {
      this.#pump();
    });
  }

  /** The network works from now on; what it has swallowed so far it gives back as a reset. */
  heal(): void {
    this.#isHealed = true;
    this.#cutIn = NEVER;
    this.#cutOut = NEVER;
    if (this.isSwallowing || this.#isBroken) this.break(true);
  }

  /** The way breaks now. */
  break(isReset: boolean): void {
    if (this.#isBroken && !this.isSwallowing) return;
    this.#isBroken = true;
    this.isSwallowing = false;
    this.#world.trace('break', this.number, isReset ? 1 : 0);
    this.#noteLosses();
    this.#world.clock.schedule(this.#delay(), 'worker', () => {
      this.#tellClosed(isReset ? new Error('read ECONNRESET') : null);
    });
    this.#tellGone(this.#delay());
  }

  /** An idle connection has few bytes to be cut at. */
  #mayCutAfterPing(end: number): void {
    const { prng } = this.#world;
    if (!this.#isHealed && prng.chance(this.#swarm.cuts / 4)) this.#cutOut = end;
  }

  #chooseCut(): void {
    const { prng } = this.#world;
    const at = prng.below(this.#swarm.cutBytesMax);
    if (prng.chance(0.5)) this.#cutOut = at;
    else this.#cutIn = at;
  }

  /** A cut has been reached: the connection breaks, with a word or without. */
  #cut(): void {
    if (this.#isBroken) return;
    const { prng } = this.#world;
    this.#cutOut = NEVER;
    this.#cutIn = NEVER;
    if (prng.chance(this.#swarm.halfOpen)) {
      this.#world.saw('half-open');
      this.#world.trace('swallows', this.number, 0);
      this.isSwallowing = true;
      this.#isBroken = true;
      this.swallowsSince = this.#world.now;
      this.#noteLosses();
      return;
    }
    const isReset = prng.chance(0.5);
    this.#world.saw(isReset ? 'cut with a reset' : 'cut with an end');
    this.break(isReset);
  }

  #flush(): void {
    const writing = this.#writing;
    if (writing === null || this.isClosed || this.isDestroyed) return;
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
    this.#world.trace('flushed', this.number, 0);
    if (this.isEnded) this.#finish();
    this.#events.flushed();
  }

  /** Lets bytes of the client travel, in one piece or in two. */
  #send(length: number): void {
    const { prng } = this.#world;
    const first = this.#swarm.splits === 'whole' || length < 2 ? length : 1 + prng.below(length);
    this.#travel(first);
    if (first < length) this.#travel(length - first);
  }

  #travel(length: number): void {
    this.#lastArrival = Math.max(this.#lastArrival, this.#world.now + this.#delay());
    this.#world.clock.schedule(this.#lastArrival - this.#world.now, 'outside', () => {
      this.#arrive(length);
    });
  }

  #arrive(length: number): void {
    if (this.#isBroken || this.#isGone) return;
    const isCut = this.#arrived + length > this.#cutOut;
    this.#arrived = isCut ? this.#cutOut : this.#arrived + length;
    for (;;) {
      const next = this.#outgoing[this.#outgoingHead];
      if (next === undefined || next.end > this.#arrived) break;
      this.#outgoingHead++;
      this.#ends.arrived(this, next.packet);
    }
    if (isCut) this.#cut();
  }

  /** Everything written is on its way, and then the end. */
  #finish(): void {
    if (this.#isBroken) return;
    const at = Math.max(this.#lastArrival, this.#world.now + this.#delay());
    this.#world.clock.schedule(at - this.#world.now, 'outside', () => {
      if (this.#isBroken) return;
      this.#tellGone(0);
      this.finish();
    });
  }

  #receive(length: number): void {
    if (this.#isBroken) return;
    const isCut = this.#received + length > this.#cutIn;
    this.#received = isCut ? this.#cutIn : this.#received + length;
    this.#pump();
    if (isCut) this.#cut();
  }

  /** Hands to the client what has come, as long as it reads. */
  #pump(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    while (!this.isClosed && !this.isDestroyed && !this.isPaused && this.#read < this.#received) {
      if (this.#swarm.chunks) this.#handChunk();
      else this.#fillTarget();
    }
    this.#isReading = false;
    if (this.#read >= this.#finAfter && !this.isPaused) this.#tellClosed(null);
  }

  #fillTarget(): void {
    const length = this.#readLength(this.#target.length);
    this.#target.set(this.#buffer.subarray(this.#read, this.#read + length));
    this.#read += length;
    this.#noteDelivery(this.#read);
    this.isPaused = !this.#events.received(length);
    if (!this.isClosed) this.#target = this.#events.buffer();
  }

  #handChunk(): void {
    const length = this.#readLength(NEVER);
    const chunk = this.#buffer.slice(this.#read, this.#read + length);
    this.#read += length;
    this.#noteDelivery(this.#read);
    const goesOn = this.#events.receivedChunk(chunk);
    // The platform may use its memory again.
    if (goesOn) chunk.fill(0xee);
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

  /** Tells the watchers of packets just before the client gets their last byte. */
  #noteDelivery(read: number): void {
    this.#world.trace('read', this.number, read);
    for (;;) {
      const next = this.#incoming[this.#incomingHead];
      if (next === undefined || next.end > read) return;
      this.#incomingHead++;
      this.#ends.delivered(this, next.packet);
    }
  }

  #noteLosses(): void {
    for (let at = this.#outgoingHead; at < this.#outgoing.length; at++) {
      this.#world.saw(`lost on its way out: ${packetName(this.#outgoing[at]!.packet.type)}`);
    }
    const out = this.#outgoing[this.#outgoingHead - 1];
    if (out !== undefined) this.#world.saw(`cut after outgoing ${packetName(out.packet.type)}`);
    for (let at = this.#incomingHead; at < this.#incoming.length; at++) {
      this.#world.saw(`lost on its way in: ${packetName(this.#incoming[at]!.packet.type)}`);
    }
    const incoming = this.#incoming[this.#incomingHead - 1];
    if (incoming !== undefined) {
      this.#world.saw(`cut after incoming ${packetName(incoming.packet.type)}`);
    }
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
      if (this.#isGone) return;
      this.#isGone = true;
      this.#ends.gone(this);
    });
  }

  #grow(bytes: number): void {
    const larger = new Uint8Array(2 * (this.#buffer.length + bytes));
    larger.set(this.#buffer.subarray(0, this.#sent));
    this.#buffer = larger;
  }

  #delay(): number {
    return this.#isHealed ? 1 : this.#world.prng.below(this.#swarm.latencyMs + 1);
  }
}
