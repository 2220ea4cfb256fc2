import type { MqttError } from '../../../src/errors/mqtt-error.js';
import type { ServerInfo } from '../../../src/options/server.js';
import type { Question } from '../application/asker.js';
import type { World } from '../world/world.js';
import type { InboundJudge } from './inbound-judge.js';
import type { LinkState } from './link-state.js';

/** A client decides within so many milliseconds of what makes it. */
const SLACK_MS = 2;
/** Until a question has come to the main thread, which may be busy, and its answer back. */
const ASKING_SLACK_MS = 60;

/** Judges what a client tells of its connections: attempts, successes and ends, in the order of the connections. */
export class ReportsJudge {
  readonly #world: World;
  readonly #version: 4 | 5;
  readonly #connectTimeoutMs: number;
  /** Number of a connection → what became of it. */
  readonly #ended: ReadonlyMap<number, LinkState>;
  readonly #inbound: Pick<InboundJudge, 'isTorn'>;
  /** What `connectOptions` was asked last; null: nothing. */
  readonly #question: () => Question | null;
  /** Connections that were begun. */
  readonly #links: () => number;
  /** The connection that the client has told of last. */
  #number = 0;
  #hasSucceeded = false;
  /** How often it was said that the client is closed. */
  closings = 0;

  constructor(
    world: World,
    version: 4 | 5,
    connectTimeoutMs: number,
    ended: ReadonlyMap<number, LinkState>,
    inbound: Pick<InboundJudge, 'isTorn'>,
    question: () => Question | null,
    links: () => number,
  ) {
    this.#world = world;
    this.#version = version;
    this.#connectTimeoutMs = connectTimeoutMs;
    this.#ended = ended;
    this.#inbound = inbound;
    this.#question = question;
    this.#links = links;
  }

  attempt(): void {
    this.#number++;
    this.#hasSucceeded = false;
  }

  success(): void {
    this.#check(!this.#hasSucceeded, 'is accepted twice');
    this.#hasSucceeded = true;
  }

  closed(): void {
    this.closings++;
  }

  /** A connection is said to have ended. @param wasAccepted Whether it is told as the end of one that was accepted. */
  end(wasAccepted: boolean, server: ServerInfo, error: MqttError): void {
    if (this.#isUnmade(error)) {
      this.#world.saw(`attempt not made: ${error.code}`);
      this.#number--;
      return;
    }
    const { code, reasonCode } = error;
    const state = this.#ended.get(this.#number);
    if (state === undefined) {
      this.#check(false, 'is said to have ended, and has not');
      return;
    }
    const { endpoint } = state.link.route;
    const isThere = 'host' in endpoint && endpoint.host === server.host;
    this.#check(isThere, `is said to have led to ${server.host}`);
    this.#check(
      wasAccepted === this.#hasSucceeded,
      `ends as one that was accepted: ${wasAccepted}`,
    );
    this.#check(this.#isTrue(state, code, reasonCode ?? 0), `is said to have ended with ${code}`);
  }

  /** Whether an attempt ended before it had a connection: over `connectOptions`, for which there has to be a reason. */
  #isUnmade({ code, message }: MqttError): boolean {
    const question = this.#question();
    if (question === null) return false;
    if (code === 'GNEISS_ERR_CONNECT_OPTIONS_FAILED') {
      this.#check(question.hasFailed, 'is given up over an answer that did not fail');
      return true;
    }
    if (code === 'GNEISS_ERR_STOPPED') return this.#links() < this.#number;
    if (code !== 'GNEISS_ERR_CONNECT_TIMEOUT' || !message.includes('options')) return false;
    const { answeredAt, askedAt } = question;
    const took = (answeredAt === 0 ? this.#world.now : answeredAt) - askedAt;
    this.#check(
      took >= this.#connectTimeoutMs - ASKING_SLACK_MS,
      `is given up over an answer that took ${took} ms`,
    );
    return true;
  }

  #isTrue(state: LinkState, code: string, reasonCode: number): boolean {
    const { link, acceptedAt, refusal, serverDisconnect } = state;
    // The time for an attempt includes that for the question, which the link knows nothing of.
    const askedAt = this.#question()?.askedAt ?? Number.POSITIVE_INFINITY;
    const beganAt = Math.min(link.beganAt, askedAt - ASKING_SLACK_MS);
    const deadline = beganAt + this.#connectTimeoutMs - SLACK_MS;
    switch (code) {
      case 'GNEISS_ERR_CONNECT_FAILED':
      case 'GNEISS_ERR_CONNECTION_CLOSED':
        return !link.isEnded && !link.isDestroyed;
      case 'GNEISS_ERR_CONNECT_TIMEOUT':
        return state.closedAt >= deadline && (acceptedAt === 0 || acceptedAt >= deadline);
      case 'GNEISS_ERR_CONNECTION_REFUSED':
        return this.#version === 5 ? refusal === reasonCode : refusal > 0;
      case 'GNEISS_ERR_SERVER_DISCONNECT':
        return serverDisconnect === reasonCode;
      case 'GNEISS_ERR_PEER_VIOLATION':
        // Identifiers of a Session that the client takes for the present one are in the way of the Server's.
        return link.isOffended || this.#inbound.isTorn;
      case 'GNEISS_ERR_KEEP_ALIVE_TIMEOUT':
        return state.wasOverdue && !link.wasUnheard;
      case 'GNEISS_ERR_WRITE_TIMEOUT':
        return state.wasStuck;
      case 'GNEISS_ERR_AUTHENTICATION_FAILED':
        return state.hasFailedToAuthenticate;
      case 'GNEISS_ERR_STOPPED':
        return state.isUnwanted;
      default:
        return false;
    }
  }

  #check(condition: boolean, text: string): void {
    this.#world.check(condition, 'reports', () => `connection ${this.#number} ${text}`);
  }
}
