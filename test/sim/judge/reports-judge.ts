import type { MqttError } from '../../../src/errors/mqtt-error.js';
import type { World } from '../world/world.js';
import type { InboundJudge } from './inbound-judge.js';
import type { LinkState } from './link-state.js';

/** A client decides within so many milliseconds of what makes it. */
const SLACK_MS = 2;

/** Judges what a client tells of its connections: attempts, successes and ends, in the order of the connections. */
export class ReportsJudge {
  readonly #world: World;
  readonly #version: 4 | 5;
  readonly #connectTimeoutMs: number;
  /** Number of a connection → what became of it. */
  readonly #ended: ReadonlyMap<number, LinkState>;
  readonly #inbound: Pick<InboundJudge, 'isTorn'>;
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
  ) {
    this.#world = world;
    this.#version = version;
    this.#connectTimeoutMs = connectTimeoutMs;
    this.#ended = ended;
    this.#inbound = inbound;
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
  end(wasAccepted: boolean, { code, reasonCode }: MqttError): void {
    const state = this.#ended.get(this.#number);
    if (state === undefined) {
      this.#check(false, 'is said to have ended, and has not');
      return;
    }
    this.#check(
      wasAccepted === this.#hasSucceeded,
      `ends as one that was accepted: ${wasAccepted}`,
    );
    this.#check(this.#isTrue(state, code, reasonCode ?? 0), `is said to have ended with ${code}`);
  }

  #isTrue(state: LinkState, code: string, reasonCode: number): boolean {
    const { link, acceptedAt, refusal, serverDisconnect } = state;
    const deadline = link.beganAt + this.#connectTimeoutMs - SLACK_MS;
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
        return state.wasOverdue;
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
