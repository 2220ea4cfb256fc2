import type { World } from '../world/world.js';
import type { Exchanges } from './exchanges.js';
import type { Invariant } from './invariants.js';
import type { LinkState } from './link-state.js';

const FAILURE = 0x80;
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

  constructor(world: World, facts: LeavingFacts, exchanges: Exchanges) {
    this.#world = world;
    this.#facts = facts;
    this.#exchanges = exchanges;
  }

  /** The Server has sent what no Server may. */
  offended(state: LinkState, offence: number): void {
    state.offence = offence;
    this.mustLeave(state, 'offence', 'an offence');
  }

  /** A client does not stay on a connection that it can not use; one that does not read has not noticed. */
  mustLeave({ link }: LinkState, invariant: Invariant, why: string): void {
    this.#world.clock.schedule(LEAVE_MS, 'outside', () => {
      const isLeaving = link.isEnded || link.isOver || link.writingSince > 0;
      this.#world.check(
        isLeaving || link.isPaused,
        invariant,
        () => `link ${link.number} goes on after ${why}`,
      );
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
    const { link, offence, hasDisconnect, disconnectReason } = state;
    this.#world.check(
      link.isOffended || state.hasFailedToAuthenticate || disconnectReason < FAILURE,
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
          (this.#facts.compliance === 'strict' && disconnectReason === PROTOCOL_ERROR),
        'offence',
        () => `DISCONNECT ${disconnectReason} where ${offence} is due`,
      );
    } else {
      this.#world.check(
        !link.isEnded || link.writingSince > 0,
        'offence',
        () => `no DISCONNECT ${offence}`,
      );
    }
  }
}
