import type { ClientPacket } from '../broker/client-packet.js';
import type { ServerLimits } from '../broker/connection.js';
import { packetName, Type } from '../broker/packet-names.js';
import { numberOf } from '../broker/payloads.js';
import type { ServerPacket } from '../broker/server-packet.js';
import type { Link } from '../network/link.js';
import type { World } from '../world/world.js';
import { type ConnectFacts, ConnectJudge } from './connect-judge.js';
import type { CredentialsJudge } from './credentials-judge.js';
import { Exchanges, JUST_NOW_MS } from './exchanges.js';
import type { InboundJudge } from './inbound-judge.js';
import { type LeavingFacts, LeavingJudge } from './leaving-judge.js';
import { LinkState } from './link-state.js';
import type { PublishedMessage } from './messages.js';
import { type OutputFacts, OutputJudge } from './output-judge.js';
import type { TimingJudge } from './timing-judge.js';

const FAILURE = 0x80;
const TIMEOUT_SLACK_MS = 5;
/** Refusals that waiting hardly heals: in 3.1.1 by their own numbers. */
const LASTING: ReadonlySet<number> = new Set([
  1, 2, 4, 5, 0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x9c, 0x9d,
]);

/** What the judge must know of the client beforehand. */
export interface ClientFacts extends ConnectFacts, OutputFacts, LeavingFacts {
  readonly packetIdMax: number;
  readonly authenticates: boolean;
}

/** Watches connections come and go, and what travels on them. */
export class LinkJudge {
  readonly #world: World;
  readonly #facts: ClientFacts;
  readonly #inbound: InboundJudge;
  readonly #timing: TimingJudge;
  readonly #messages: Map<number, PublishedMessage>;
  readonly exchanges: Exchanges;
  readonly #output: OutputJudge;
  readonly #connects: ConnectJudge;
  readonly #credentials: CredentialsJudge;
  readonly #leaving: LeavingJudge;
  readonly #states: Map<Link, LinkState> = new Map();
  #unwantedAt = Number.NEGATIVE_INFINITY;
  /** Number of a link → what became of it. */
  readonly ended: Map<number, LinkState> = new Map();

  constructor(
    world: World,
    facts: ClientFacts,
    inbound: InboundJudge,
    timing: TimingJudge,
    messages: Map<number, PublishedMessage>,
    credentials: CredentialsJudge,
  ) {
    this.#world = world;
    this.#facts = facts;
    this.#inbound = inbound;
    this.#timing = timing;
    this.#messages = messages;
    this.#credentials = credentials;
    this.exchanges = new Exchanges(world, facts.packetIdMax);
    this.#connects = new ConnectJudge(world, facts);
    this.#leaving = new LeavingJudge(world, facts, this.exchanges, inbound);
    this.#output = new OutputJudge(world, this.exchanges, inbound, messages, facts);
  }

  attempt(link: Link): void {
    const state = new LinkState(link, this.#facts.version);
    this.#credentials.opens(link.route);
    this.#states.set(link, state);
    state.isUnwanted = this.#world.now - this.#unwantedAt <= this.#facts.portDelayMs + 1;
    if (state.isUnwanted) state.endsBy = this.#world.now;
    this.#timing.attempt(state);
  }

  /** The user ends the connection, and any that the client begins before it hears of it. @param timeoutMs What is open has so long. */
  unwanted(timeoutMs: number): void {
    this.#unwantedAt = this.#world.now;
    for (const state of this.#states.values()) {
      state.isUnwanted = true;
      state.endsBy = Math.min(state.endsBy, this.#world.now + timeoutMs);
    }
  }

  answered(link: Link, limits: ServerLimits | null): void {
    const state = this.#states.get(link);
    if (state !== undefined) state.limits = limits;
  }

  wroteBytes(link: Link, bytes: Uint8Array): void {
    const stream = this.#states.get(link)?.stream;
    if (stream === undefined) return;
    stream.push(bytes);
    const { refusal } = stream;
    if (refusal !== null) this.#world.fail('I15', `refused: ${refusal.rules.join(', ')}`);
  }

  wrote(link: Link, packet: ClientPacket): void {
    const state = this.#states.get(link);
    if (state === undefined) return;
    state.writingSince = this.#world.now;
    this.#world.trace(`> ${packetName(packet.type)}`, link.number, packet.packetId, () =>
      describe(packet),
    );
    this.#timing.wrote(state, packet);
    this.#connects.wrote(packet);
    if (packet.type === Type.CONNECT) this.#credentials.connects(link.route, packet);
    this.#output.wrote(state, packet);
    if (packet.type === Type.DISCONNECT && packet.reasonCode < FAILURE)
      this.#leaving.stopped(state);
    if (packet.type === Type.PUBLISH) this.#watchTimeout(state, numberOf(packet.payload));
  }

  flushed(link: Link): void {
    const state = this.#states.get(link);
    if (state !== undefined) this.#timing.flushed(state);
  }

  /** Once everything is said the client ends the connection. */
  toldFlushed(link: Link): void {
    const hasDisconnect = this.#states.get(link)?.hasDisconnect === true;
    const isEnded = !hasDisconnect || link.isEnded || link.isOver;
    this.#world.check(isEnded, 'transport', () => `link ${link.number} goes on after DISCONNECT`);
  }

  delivered(link: Link, packet: ServerPacket): void {
    const state = this.#states.get(link);
    if (state === undefined) return;
    this.#world.trace(
      `< ${packetName(packet.type)}`,
      link.number,
      packet.packetId,
      () =>
        `${packet.reasonCode} qos ${packet.qos} dup ${packet.dup} message ${packet.message} present ${packet.sessionPresent}`,
    );
    const isOver = link.isEnded || link.isDestroyed;
    if (packet.offence !== 0 && !isOver)
      this.#leaving.offended(state, packet.offence, this.#mayBeLeaving(state));
    switch (packet.type) {
      case Type.CONNACK:
        if (packet.reasonCode === 0 && packet.offence === 0 && !isOver) {
          if (this.#facts.authenticates) state.unverified = packet;
          else this.#accepted(state, packet);
        }
        state.refusal = packet.reasonCode;
        if (LASTING.has(packet.reasonCode) && !isOver) this.#timing.refusedForLong(state);
        return;
      case Type.PUBLISH:
        this.#inbound.arrived(state, packet);
        return;
      case Type.PUBREL:
        state.owedPubcomps.push(packet.packetId);
        if (this.#inbound.isStray(packet.packetId)) this.#world.saw('PUBREL of nothing');
        return;
      case Type.PUBACK:
      case Type.PUBREC:
      case Type.PUBCOMP:
        this.#acknowledged(state, packet);
        return;
      case Type.PINGRESP:
        this.#timing.ponged(state);
        return;
      case Type.DISCONNECT:
        state.serverDisconnect = packet.reasonCode;
        state.isUnwanted = true;
        return;
      case Type.SUBACK:
      case Type.UNSUBACK:
        this.exchanges.end(packet.packetId);
    }
  }

  /** The client accepts the Server of its connection. */
  verified(link: Link): void {
    const state = this.#states.get(link);
    const unverified = state?.unverified ?? null;
    if (state === undefined || unverified === null || link.isOver || link.isEnded) return;
    state.unverified = null;
    this.#accepted(state, unverified);
  }

  /** A step of an authentication has failed: without it, there is no connection. */
  failedToAuthenticate(link: Link): void {
    const state = this.#states.get(link);
    if (state === undefined) return;
    state.hasFailedToAuthenticate = true;
    if (!state.isAccepted)
      this.#leaving.mustLeave(state, 'authentication', 'its authentication failed');
  }

  /** What has to leave ends its transport at once, unless a write is with it, or the word of the reason is still on its way. */
  #mayBeLeaving(state: LinkState): boolean {
    const mayBeStuck = state.link.writingSince > 0 && this.#timing.mayBeClosing(state);
    return mayBeStuck || state.hasFailedToAuthenticate;
  }

  closed(link: Link): void {
    const state = this.#states.get(link);
    this.#states.delete(link);
    if (state === undefined) return;
    this.ended.set(link.number, state);
    this.#timing.closed(state);
    this.#leaving.closed(state);
    // What comes after its own end, or while it does not read, the client may never look at.
    const mayBeClosing =
      link.writingSince > 0 &&
      (link.isOffended || state.hasFailedToAuthenticate || this.#timing.mayBeClosing(state));
    // Identifiers of a new Session that it takes for the old one offend a strict client.
    const mayBeOffended = this.#facts.compliance === 'strict' && this.#inbound.isTorn;
    const mayHaveWaiting = link.isPaused || this.#world.now - link.resumedAt <= JUST_NOW_MS;
    const isDoubtful =
      link.isEnded ||
      link.isDestroyed ||
      mayHaveWaiting ||
      state.isUnwanted ||
      mayBeClosing ||
      mayBeOffended;
    this.exchanges.interrupted(state, isDoubtful, (number) => {
      const state = this.#messages.get(number)?.state;
      return state === 'resolved';
    });
    this.#countInterruptions(link);
    this.#inbound.connectionLost();
    this.#output.connectionLost(link.number);
  }

  #countInterruptions({ number: link }: Link): void {
    const { maximumInterruptedRetries } = this.#facts;
    for (const exchange of this.exchanges.on(link)) {
      const message = this.#messages.get(exchange.message);
      if (message === undefined) continue;
      message.interruptions++;
      message.interruptionsMost++;
      const isGivenUp = message.interruptionsMost > maximumInterruptedRetries;
      if (isGivenUp && exchange.qos === 1) this.exchanges.giveUp(exchange);
    }
    for (const number of this.exchanges.doubtful) {
      const message = this.#messages.get(number);
      if (message !== undefined) message.interruptionsMost++;
    }
  }

  /** An operation fails when its time is over, unless something else ends it before. */
  #watchTimeout(state: LinkState, number: number): void {
    const { link } = state;
    const message = this.#messages.get(number);
    if (message === undefined || message.qos === 0) return;
    message.sentAt = this.#world.now;
    const { ackTimeoutMs, sentAt } = message;
    if (ackTimeoutMs === 0 || message.state !== 'pending' || !message.isAwaited) return;
    const delay = ackTimeoutMs + 2 * this.#facts.portDelayMs + TIMEOUT_SLACK_MS;
    this.#world.clock.expect(delay, 'main', () => {
      const isGone =
        link.isClosed ||
        link.isEnded ||
        link.isDestroyed ||
        state.isUnwanted ||
        state.offence !== 0 ||
        state.hasFailedToAuthenticate ||
        // A strict client may have been offended by what another would let pass.
        (this.#facts.compliance === 'strict' && link.writingSince > 0) ||
        this.#timing.mayBeClosing(state);
      const isOver = isGone || message.sentAt !== sentAt;
      const isLate = message.state === 'pending' && this.exchanges.hasMessage(number);
      this.#world.check(isOver || !isLate, 'ack-timeout', () => `message ${number} waits on`);
    });
  }

  /** The Server has a new Session: what the old one had is in doubt, whether the client learns of it or not. */
  forgot(): void {
    for (const number of this.exchanges.inFlight) this.#doubt(number);
    this.#inbound.forgot();
  }

  #doubt(number: number): void {
    const message = this.#messages.get(number);
    if (message !== undefined) message.isUncertain = true;
  }

  #accepted(state: LinkState, { sessionPresent }: ServerPacket): void {
    state.isAccepted = true;
    this.#connects.accepted();
    this.#timing.accepted(state);
    // A client that is being stopped does not look at a CONNACK, and does not learn that its Session is lost.
    const isDoubtful = state.isUnwanted;
    if (sessionPresent && this.exchanges.session === 0)
      this.#world.saw('Session of an earlier process');
    const lost = this.exchanges.accepted(sessionPresent, isDoubtful);
    if (sessionPresent) return;
    this.#output.sessionLost();
    this.#inbound.sessionLost(!isDoubtful);
    for (const number of lost) this.#doubt(number);
  }

  #acknowledged(state: LinkState, { type, packetId, reasonCode }: ServerPacket): void {
    const exchange = this.exchanges.get(packetId);
    const isAnswer =
      exchange?.sentOn === state.link.number || exchange?.releasedOn === state.link.number;
    if (type === Type.PUBREC && reasonCode < FAILURE) {
      if (exchange === undefined) state.strays.push(packetId);
      else if (!exchange.isReleased && isAnswer) {
        exchange.isReleased = true;
        exchange.answeredAt = this.#world.now;
        state.pubrecs.push(packetId);
      }
      return;
    }
    if (!isAnswer) return;
    this.#output.ended(this.exchanges.end(packetId));
    state.inflight.delete(packetId);
  }
}

function describe(packet: ClientPacket): string {
  const { flags, reasonCode, topic, properties, filters } = packet;
  const text = [...properties].map(([id, value]) => `${id}=${String(value)}`).join(' ');
  return `flags ${flags} reason ${reasonCode} ${topic} ${filters.map(({ filter }) => filter).join(' ')} ${text}`;
}
