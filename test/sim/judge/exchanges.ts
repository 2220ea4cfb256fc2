import type { ClientPacket } from '../broker/client-packet.js';
import { packetName, Type } from '../broker/packet-names.js';
import type { World } from '../world/world.js';
import { type Exchange, exchangeState } from './exchange.js';
import type { LinkState } from './link-state.js';

/** A client that takes few packets a turn needs several turns. */
export const JUST_NOW_MS = 1;

/** Which Packet Identifiers of the client are taken, and by what; as anyone can tell who sees what it sends and gets. */
export class Exchanges {
  readonly #world: World;
  readonly #packetIdMax: number;
  readonly #taken: Map<number, Exchange> = new Map();
  /** Exchanges that were answered on the current connection. */
  readonly #answered: Map<number, Exchange> = new Map();
  /** Exchanges whose answer came when the client may not have been looking any more. */
  readonly #doubtful: Map<number, Exchange> = new Map();
  #order = 0;
  #last = 0;
  /** States that the last connection has left behind. */
  #interrupted: string[] = [];
  /** Which Session it is; the first one is 1. */
  session = 0;

  constructor(world: World, packetIdMax: number) {
    this.#world = world;
    this.#packetIdMax = packetIdMax;
  }

  get size(): number {
    return this.#taken.size;
  }

  /** Those that a connection has carried and that are open. */
  on(link: number): Exchange[] {
    return [...this.#taken.values()].filter(
      ({ sentOn, releasedOn }) => sentOn === link || releasedOn === link,
    );
  }

  get(packetId: number): Exchange | undefined {
    return this.#taken.get(packetId);
  }

  /** The exchange that an earlier connection has left behind: one in doubt, too, which is then known to go on. */
  resumed(packetId: number): Exchange | undefined {
    const doubtful = this.#doubtful.get(packetId);
    if (doubtful !== undefined) {
      this.#doubtful.delete(packetId);
      this.#taken.set(packetId, doubtful);
    }
    return this.#taken.get(packetId);
  }

  /** Messages that the Session has, or may have, in flight. */
  get inFlight(): number[] {
    return [...this.#taken.values(), ...this.#doubtful.values(), ...this.#answered.values()].map(
      ({ message }) => message,
    );
  }

  hasMessage(number: number): boolean {
    for (const { message } of this.#taken.values()) if (message === number) return true;
    return false;
  }

  begin({ type, packetId }: ClientPacket, qos: number, message: number, link: number): void {
    const world = this.#world;
    const other = this.#taken.get(packetId);
    world.check(
      other === undefined,
      'I4',
      () => `${packetName(type)} ${packetId} while ${packetName(other?.type ?? 0)} has it`,
    );
    world.check(packetId <= this.#packetIdMax, 'I4', () => `identifier ${packetId}`);
    if (packetId < this.#last) world.saw('identifiers wrapped');
    this.#last = packetId;
    if (this.#taken.size === this.#packetIdMax - 1) world.saw('identifiers used up');
    this.#answered.delete(packetId);
    this.#doubtful.delete(packetId);
    this.#taken.set(packetId, {
      packetId,
      type,
      qos,
      message,
      order: ++this.#order,
      isReleased: false,
      isReleaseDoubtful: false,
      answeredAt: 0,
      sentOn: link,
      releasedOn: 0,
    });
  }

  /** The client may have given an exchange up, which it did not have to tell anyone. */
  giveUp(exchange: Exchange): void {
    this.#taken.delete(exchange.packetId);
    this.#doubtful.set(exchange.packetId, exchange);
  }

  /** @returns The message whose exchange has ended; 0 for others. */
  end(packetId: number): number {
    const exchange = this.#taken.get(packetId);
    if (exchange === undefined) return 0;
    this.#taken.delete(packetId);
    exchange.answeredAt = this.#world.now;
    this.#answered.set(packetId, exchange);
    return exchange.message;
  }

  /** Messages that the connection which is over may have broken over, whatever it has brought in its last moment. */
  get doubtful(): number[] {
    return [...this.#doubtful.values()].map(({ message }) => message);
  }

  /**
   * A connection is over: SUBSCRIBE and UNSUBSCRIBE belong to it, publishes to the Session.
   *
   * What came in its last moment the client may not have looked at.
   *
   * @param isDoubtful  Whether the client may have stopped looking at what came before it was over.
   * @param isSettled   Whether the client has told the outcome of a message.
   */
  interrupted(
    { link }: LinkState,
    isDoubtful: boolean,
    isSettled: (message: number) => boolean,
  ): void {
    const underWay = link.underWay;
    for (const exchange of this.#answered.values()) {
      const { packetId, type, message, answeredAt } = exchange;
      const isUnseen = isDoubtful || this.#isJustNow(answeredAt);
      if (isUnseen && type === Type.PUBLISH && !isSettled(message))
        this.#doubtful.set(packetId, exchange);
    }
    this.#answered.clear();
    for (const exchange of this.#taken.values()) {
      const isUnderWay = underWay.some(
        ({ packetId, type }) =>
          packetId === exchange.packetId &&
          type === (exchange.releasedOn === link.number ? Type.PUBREL : exchange.type),
      );
      exchange.isReleaseDoubtful ||=
        exchange.releasedOn === 0 && (isDoubtful || this.#isJustNow(exchange.answeredAt));
      this.#interrupted.push(exchangeState(exchange, isUnderWay, link.number));
      if (exchange.type !== Type.PUBLISH) this.#taken.delete(exchange.packetId);
    }
  }

  /**
   * A connection was accepted.
   *
   * @param isDoubtful Whether the client may have stopped looking before.
   * @returns The messages whose Session is lost.
   */
  accepted(sessionPresent: boolean, isDoubtful: boolean): number[] {
    const word = sessionPresent ? 'kept' : 'lost';
    for (const state of this.#interrupted)
      this.#world.saw(`interrupted: ${state}; session ${word}`);
    this.#interrupted = [];
    // The first one may have begun before this client.
    if (!sessionPresent || this.session === 0) this.session++;
    if (sessionPresent) return [];
    const lost = this.inFlight;
    if (isDoubtful) for (const [id, exchange] of this.#taken) this.#doubtful.set(id, exchange);
    else this.#doubtful.clear();
    this.#taken.clear();
    return lost;
  }

  #isJustNow(time: number): boolean {
    return this.#world.now - time <= JUST_NOW_MS;
  }
}
