import type { ClientPacket } from '../broker/client-packet.js';
import { Type } from '../broker/packet-names.js';
import type { Link } from '../network/link.js';
import type { World } from '../world/world.js';
import type { LinkState } from './link-state.js';

/** A timer fires within so many milliseconds of what it was asked for. */
const SLACK_MS = 2;
/** What the client gives a connection for its end. */
const CLOSE_MS = 1000;

/** How a client keeps time. */
export interface TimingFacts {
  readonly pingTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
  readonly resetMs: number;
  /** 0: none. */
  readonly writeTimeoutMs: number;
  /** Servers of a list, in their order. */
  readonly servers: number;
  /** Whether attempts come one after the other, each at once when its delay is over, and to no Server but the next of the list. */
  readonly isPlain: boolean;
  /** How long a message between the threads takes at most. */
  readonly portDelayMs: number;
}

/** Judges keep-alive, timeouts and back-off. */
export class TimingJudge {
  readonly #world: World;
  readonly #facts: TimingFacts;
  /** The delay before the next attempt, before chance takes its share; as the options say. */
  #limitMs: number;
  #lostAt = 0;
  #connectedMs = 0;
  /** The Server will hardly think better of what it said. */
  #isLasting = false;
  /** What is to be waited before the next attempt; null: the client has not decided to make one. */
  #delayMs: number | null = null;
  /** The refusal, or the success, came in the moment in which the attempt took too long. */
  #isLate = false;
  /** What is to be waited if the client saw that it took too long, and the limit after it; null: it can not have. */
  #ifLate: { readonly delayMs: number; readonly limitMs: number } | null = null;
  /** Which Server of the list the last attempt went to, and which were tried since the last start or lasting connection. */
  #server = -1;
  readonly #tried: Set<number> = new Set();
  /** The next attempt begins with the first Server. */
  #isStarting = false;
  /** When the user last started the client: one attempt is his. */
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(world: World, facts: TimingFacts) {
    this.#world = world;
    this.#facts = facts;
    this.#limitMs = facts.delayMinMs;
  }

  /** A worker that is held up is late by that: exact is what happens in other histories. */
  get #slackMs(): number {
    return SLACK_MS + this.#world.clock.heldUpMs;
  }

  /** The client decides how long to wait: full jitter, under a limit that doubles; never less than half of it after a lasting refusal. */
  drewRandom(value: number): void {
    const { delayMinMs, delayMaxMs, resetMs } = this.#facts;
    const ifLate = {
      delayMs: this.#limitMs * value,
      limitMs: Math.min(2 * this.#limitMs, delayMaxMs),
    };
    if (this.#connectedMs > resetMs) {
      this.#limitMs = delayMinMs;
      this.#world.saw('back-off reset');
      this.#tried.clear();
      this.#tried.add(this.#server);
    }
    if (!this.#tried.has((this.#server + 1) % this.#facts.servers)) {
      this.#world.saw('quick way to the next Server');
      this.#ifLate = null;
      this.#delayMs = delayMinMs * value;
      return;
    }
    this.#ifLate = this.#isLate ? ifLate : null;
    if (this.#isLasting) this.#limitMs = delayMaxMs;
    if (this.#limitMs === delayMaxMs && delayMaxMs > delayMinMs)
      this.#world.saw('back-off at its cap');
    this.#delayMs = this.#isLasting ? (this.#limitMs * (1 + value)) / 2 : this.#limitMs * value;
    this.#limitMs = Math.min(2 * this.#limitMs, delayMaxMs);
  }

  /** The user has asked a client that does not want to be connected to start: the next attempt is not one of its own. */
  started(): void {
    this.#askedAt = this.#world.now;
    this.#isStarting = true;
  }

  attempt(state: LinkState): void {
    if (this.#lostAt > 0 && this.#facts.isPlain) this.#checkDelay();
    if (this.#isStarting) this.#tried.clear();
    this.#server = this.#isStarting ? 0 : (this.#server + 1) % this.#facts.servers;
    this.#tried.add(this.#server);
    this.#isStarting = false;
    this.#watchAttempt(state);
    this.#delayMs = null;
    this.#isLasting = false;
    this.#isLate = false;
    this.#connectedMs = 0;
    this.#lostAt = 0;
  }

  refusedForLong({ link }: LinkState): void {
    this.#isLasting = true;
    this.#isLate = this.#tookTooLong(link, this.#world.now);
  }

  accepted(state: LinkState): void {
    state.acceptedAt = this.#world.now;
    state.spokeAt = this.#world.now;
  }

  wrote(state: LinkState, packet: ClientPacket): void {
    this.mayBeClosing(state);
    if (packet.type === Type.PINGREQ) {
      this.#world.saw('PINGREQ');
      // It may have been due since the first of the writes that it had to wait for.
      state.pingedAt ||= state.link.busySince;
    }
    this.#checkSilence(state);
    state.spokeAt = this.#world.now;
  }

  /** A PINGREQ is answered. */
  ponged(state: LinkState): void {
    this.mayBeClosing(state);
    state.pingedAt = 0;
  }

  /** The transport has taken a write. */
  flushed(state: LinkState): void {
    this.mayBeClosing(state);
    this.#checkWrite(state);
    state.writingSince = 0;
  }

  /** Notes what gives the client a reason to end the connection. @returns Whether it has had one. */
  mayBeClosing(state: LinkState): boolean {
    const { now } = this.#world;
    const { writingSince } = state;
    const { writeTimeoutMs } = this.#facts;
    state.wasOverdue ||= this.#isOverdue(state);
    state.wasStuck ||=
      writeTimeoutMs > 0 && writingSince > 0 && now - writingSince >= writeTimeoutMs;
    return state.wasOverdue || state.wasStuck;
  }

  closed(state: LinkState): void {
    const { now } = this.#world;
    const { link, acceptedAt } = state;
    state.closedAt = now;
    if (!link.isDestroyed && !link.isEnded) this.#checkSilence(state);
    this.mayBeClosing(state);
    if (state.writingSince > 0) this.#checkWrite(state);
    this.#lostAt = now;
    this.#connectedMs = acceptedAt > 0 ? now - acceptedAt : 0;
    this.#isLate ||= this.#tookTooLong(link, acceptedAt);
    if (link.isSwallowing && link.swallowsSince > 0) this.#checkDetection(state);
  }

  #tookTooLong({ beganAt }: Link, until: number): boolean {
    return until - beganAt >= this.#facts.connectTimeoutMs - SLACK_MS;
  }

  /** An attempt comes when the back-off says so, or when the user does. */
  #checkDelay(): void {
    const { now } = this.#world;
    const waited = now - this.#lostAt;
    const delay = this.#delayMs ?? Number.POSITIVE_INFINITY;
    const isDue = (delayMs: number): boolean =>
      waited >= delayMs - 1 && waited <= delayMs + this.#slackMs;
    if (isDue(delay)) return;
    if (this.#ifLate !== null && isDue(this.#ifLate.delayMs)) {
      this.#limitMs = this.#ifLate.limitMs;
      return;
    }
    const isAsked = this.#askedAt >= this.#lostAt - this.#facts.portDelayMs - this.#slackMs;
    this.#askedAt = Number.NEGATIVE_INFINITY;
    this.#world.check(isAsked, 'I14', () => `waited ${waited} ms where ${delay} were due`);
  }

  /** An attempt leads to an accepted connection, or to none, in time. */
  #watchAttempt(state: LinkState): void {
    const limitMs = this.#facts.connectTimeoutMs + CLOSE_MS + SLACK_MS;
    this.#world.clock.expect(limitMs, 'outside', () => {
      const isOver = state.isAccepted || state.link.isClosed;
      this.#world.check(isOver, 'I10', () => `an attempt takes longer than ${limitMs} ms`);
    });
  }

  /** What the transport does not take in time ends the connection. */
  #checkWrite({ link, writingSince }: LinkState): void {
    const { writeTimeoutMs } = this.#facts;
    const took = this.#world.now - writingSince;
    if (writeTimeoutMs === 0) return;
    this.#world.check(
      took <= writeTimeoutMs + CLOSE_MS + this.#slackMs,
      'I10',
      () => `a write of link ${link.number} takes ${took} ms`,
    );
  }

  /** Whether a PINGRESP is missing, or a PINGREQ for want of a transport that takes it, for so long that the keep-alive gives up. */
  #isOverdue({ pingedAt, limits, link, writingSince }: LinkState): boolean {
    const { now } = this.#world;
    const keepAliveMs = (limits?.keepAlive ?? 0) * 1000;
    if (keepAliveMs === 0) return false;
    const timeout = Math.min(this.#facts.pingTimeoutMs, keepAliveMs / 2);
    const isUnanswered = pingedAt > 0 && now - pingedAt >= timeout;
    return isUnanswered || (writingSince > 0 && now - link.busySince >= timeout);
  }

  /** Nobody is silent for longer than the keep alive. */
  #checkSilence(state: LinkState): void {
    const keepAlive = state.limits?.keepAlive ?? 0;
    if (!state.isAccepted || keepAlive === 0 || state.link.writingSince > 0) return;
    const silence = this.#world.now - Math.max(state.spokeAt, state.link.flushedAt);
    this.#world.check(
      silence <= keepAlive * 1000 + this.#slackMs,
      'I10',
      () => `${silence} ms without a word, keep alive is ${keepAlive} s`,
    );
  }

  /** A connection that swallows everything is noticed. */
  #checkDetection({ link, isAccepted, limits }: LinkState): void {
    const keepAliveMs = (limits?.keepAlive ?? 0) * 1000;
    if (!isAccepted || keepAliveMs === 0 || link.isPaused) return;
    const timeout = Math.min(this.#facts.pingTimeoutMs, keepAliveMs / 2);
    // While it does not read, nothing tells a client that nothing comes.
    const took = this.#world.now - Math.max(link.swallowsSince, link.resumedAt);
    this.#world.saw('half-open connection noticed');
    this.#world.check(
      took <= keepAliveMs + timeout + CLOSE_MS + 2 * this.#slackMs,
      'I10',
      () => `a dead connection was noticed after ${took} ms`,
    );
  }
}
