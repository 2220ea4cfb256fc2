import type { World } from '../world/world.js';
import type { Exchanges } from './exchanges.js';
import type { InboundJudge } from './inbound-judge.js';
import type { Invariant } from './invariants.js';
import type { LinkState } from './link-state.js';

const FAILURE = 0x80;
const UNSPECIFIED_ERROR = 0x80;
const PROTOCOL_ERROR = 0x82;
/** Within so many milliseconds a client acts on what it has read. */
const LEAVE_MS = 20;

/** What the way a client leaves depends on. */
export interface LeavingFacts {
  readonly version: 4 | 5;
  readonly compliance: 'forgiving' | 'strict';
}

/** Judges how a client leaves a connection: when it must, and not before what is open has come to its end. */
export class LeavingJudge {
  readonly #world: World;
  readonly #facts: LeavingFacts;
  readonly #exchanges: Exchanges;
  readonly #inbound: Pick<InboundJudge, 'isTorn' | 'isHandling'>;

  constructor(
    world: World,
    facts: LeavingFacts,
    exchanges: Exchanges,
    inbound: Pick<InboundJudge, 'isTorn' | 'isHandling'>,
  ) {
    this.#world = world;
    this.#facts = facts;
    this.#exchanges = exchanges;
    this.#inbound = inbound;
  }

  /** The Server has sent what no Server may. @param wasLeaving Whether the client may have had another reason to leave before. */
  offended(state: LinkState, offence: number, wasLeaving: boolean): void {
    state.offence = offence;
    state.wasLeaving = wasLeaving;
    this.mustLeave(state, 'offence', 'an offence');
  }

  /**
   * A client does not stay on a connection that it can not use. One that does not read has not noticed, nor has one whose handlers may hold
   * all that it can take, or are given one message after the other of those before.
   */
  mustLeave(state: LinkState, invariant: Invariant, why: string): void {
    const { link } = state;
    this.#world.clock.schedule(LEAVE_MS, 'outside', () => {
      if (link.isEnded || link.isOver || link.writingSince > 0 || link.isPaused) return;
      if (this.#inbound.isHandling(this.#world.now - LEAVE_MS))
        this.mustLeave(state, invariant, why);
      else this.#world.fail(invariant, `link ${link.number} goes on after ${why}`);
    });
  }

  /** The client lets what is open come to its end before it goes. */
  stopped({ link, endsBy }: LinkState): void {
    const open = this.#exchanges.on(link.number).length;
    this.#world.check(
      open === 0 || this.#world.now >= endsBy,
      'I11',
      () => `DISCONNECT with ${open} operations open`,
    );
  }

  /** A client that was offended says why, where it can, and goes. */
  closed(state: LinkState): void {
    const { link, offence, hasDisconnect, disconnectReason, wasLeaving } = state;
    // Identifiers of a Session that it takes for the present one are in use, as far as a strict client knows.
    const isStrict = this.#facts.compliance === 'strict';
    const isTorn = isStrict && this.#inbound.isTorn && disconnectReason === PROTOCOL_ERROR;
    this.#world.check(
      link.isOffended || state.hasFailedToAuthenticate || isTorn || disconnectReason < FAILURE,
      'offence',
      () => `DISCONNECT ${disconnectReason}, and there was no offence`,
    );
    if (offence === 0 || state.isUnwanted) return;
    this.#world.saw('offence taken');
    if (this.#facts.version === 4) {
      this.#world.check(
        !hasDisconnect,
        'offence',
        () => 'DISCONNECT in 3.1.1 would cancel the Will',
      );
    } else if (hasDisconnect) {
      this.#world.check(
        disconnectReason === offence ||
          disconnectReason < FAILURE ||
          // What is wrong with a packet in several ways, a strict client may see in another one.
          (isStrict && disconnectReason === PROTOCOL_ERROR) ||
          // The first reason wins: an exchange may fail while the offence waits to be handled.
          (state.hasFailedToAuthenticate && disconnectReason === UNSPECIFIED_ERROR),
        'offence',
        () => `DISCONNECT ${disconnectReason} where ${offence} is due`,
      );
    } else {
      this.#world.check(
        // What stands behind the word of a Server that is not verified yet, the client has not looked at.
        !link.isEnded || link.writingSince > 0 || wasLeaving || state.unverified !== null,
        'offence',
        () => `no DISCONNECT ${offence}`,
      );
    }
  }
}
