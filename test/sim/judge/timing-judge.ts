import type { ClientPacket } from '../broker/client-packet.js';
import { Type } from '../broker/packet-names.js';
import type { World } from '../world/world.js';
import type { LinkState } from './link-state.js';

/** A timer fires within so many milliseconds of what it was asked for. */
const SLACK_MS = 2;
/** What the client gives a connection for its end. */
const CLOSE_MS = 1000;

/** So long after a call of the user's, nobody can tell whose idea an attempt was. */
const ASKED_MS = 5000;

/** How a client keeps time. */
export interface TimingFacts {
  readonly pingTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
  readonly resetMs: number;
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
  /** When the user last stopped or started the client: attempts may be his. */
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(world: World, facts: TimingFacts) {
    this.#world = world;
    this.#facts = facts;
    this.#limitMs = facts.delayMinMs;
  }

  /** The client decides how long to wait: full jitter, under a limit that doubles. */
  drewRandom(value: number): void {
    const { delayMinMs, delayMaxMs, resetMs } = this.#facts;
    if (this.#connectedMs > resetMs) {
      this.#limitMs = delayMinMs;
      this.#world.saw('back-off reset');
    }
    if (this.#isLasting) this.#limitMs = delayMaxMs;
    if (this.#limitMs === delayMaxMs && delayMaxMs > delayMinMs)
      this.#world.saw('back-off at its cap');
    this.#delayMs = this.#limitMs * value;
    this.#limitMs = Math.min(2 * this.#limitMs, delayMaxMs);
  }

  /** The user has asked a client that does not want to be connected to start: the next attempt is not one of its own. */
  started(): void {
    this.#askedAt = this.#world.now;
  }

  attempt(): void {
    const isOwn = this.#world.now - this.#askedAt > ASKED_MS;
    if (this.#lostAt > 0 && isOwn) {
      const waited = this.#world.now - this.#lostAt;
      const delay = this.#delayMs ?? Number.POSITIVE_INFINITY;
      this.#world.check(
        waited >= delay - 1 && waited <= delay + SLACK_MS,
        'I14',
        () => `waited ${waited} ms where ${delay} were due`,
      );
    }
    this.#delayMs = null;
    this.#isLasting = false;
    this.#connectedMs = 0;
    this.#lostAt = 0;
  }

  refusedForLong(): void {
    this.#isLasting = true;
  }

  accepted(state: LinkState): void {
    state.acceptedAt = this.#world.now;
    state.spokeAt = this.#world.now;
  }

  wrote(state: LinkState, packet: ClientPacket): void {
    if (packet.type === Type.PINGREQ) {
      this.#world.saw('PINGREQ');
      state.pingedAt ||= this.#world.now;
    }
    this.#checkSilence(state);
    state.spokeAt = this.#world.now;
  }

  /** Whether the keep-alive may have given the connection up: for want of a PINGRESP, or of a PINGREQ that could not be written. */
  mayGiveUp({ pingedAt, spokeAt, limits }: LinkState): boolean {
    const { now } = this.#world;
    const keepAliveMs = (limits?.keepAlive ?? 0) * 1000;
    if (keepAliveMs === 0) return false;
    const timeout = Math.min(this.#facts.pingTimeoutMs, keepAliveMs / 2);
    return now - spokeAt >= keepAliveMs || (pingedAt > 0 && now - pingedAt >= timeout);
  }

  closed(state: LinkState): void {
    const { now } = this.#world;
    const { link, acceptedAt } = state;
    if (!link.isDestroyed && !link.isEnded) this.#checkSilence(state);
    this.#lostAt = now;
    this.#connectedMs = acceptedAt > 0 ? now - acceptedAt : 0;
    if (link.isSwallowing && link.swallowsSince > 0) this.#checkDetection(state);
  }

  /** Nobody is silent for longer than the keep alive. */
  #checkSilence(state: LinkState): void {
    const keepAlive = state.limits?.keepAlive ?? 0;
    if (!state.isAccepted || keepAlive === 0 || state.link.writingSince > 0) return;
    const silence = this.#world.now - Math.max(state.spokeAt, state.link.flushedAt);
    this.#world.check(
      silence <= keepAlive * 1000 + SLACK_MS,
      'I10',
      () => `${silence} ms without a word, keep alive is ${keepAlive} s`,
    );
  }

  /** A connection that swallows everything is noticed. */
  #checkDetection({ link, isAccepted, limits }: LinkState): void {
    const keepAliveMs = (limits?.keepAlive ?? 0) * 1000;
    if (!isAccepted || keepAliveMs === 0 || link.isPaused) return;
    const timeout = Math.min(this.#facts.pingTimeoutMs, keepAliveMs / 2);
    const took = this.#world.now - link.swallowsSince;
    this.#world.saw('half-open connection noticed');
    this.#world.check(
      took <= keepAliveMs + timeout + CLOSE_MS + 2 * SLACK_MS,
      'I10',
      () => `a dead connection was noticed after ${took} ms`,
    );
  }
}
