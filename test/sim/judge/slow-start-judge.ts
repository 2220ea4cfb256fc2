import type { ClientPacket } from '../broker/client-packet.js';
import { packetName, Type } from '../broker/packet-names.js';
import type { World } from '../world/world.js';
import type { Exchange } from './exchange.js';
import type { Exchanges } from './exchanges.js';
import type { LinkState } from './link-state.js';
import type { PublishedMessage } from './messages.js';

/** Until the word of a failure has come to the main thread, besides what messages take. */
const SLACK_MS = 5;

/** Judges `slowStart`: as long as a publish is open that a connection broke over, one operation is under way at a time. */
export class SlowStartJudge {
  readonly #world: World;
  readonly #exchanges: Exchanges;
  readonly #messages: ReadonlyMap<number, PublishedMessage>;
  readonly #portDelayMs: number;
  readonly #maximumInterruptedRetries: number;
  /** Publishes that connections broke over, and that somebody awaits. */
  readonly #marked: Set<PublishedMessage> = new Set();

  constructor(
    world: World,
    exchanges: Exchanges,
    messages: ReadonlyMap<number, PublishedMessage>,
    portDelayMs: number,
    maximumInterruptedRetries: number,
  ) {
    this.#world = world;
    this.#exchanges = exchanges;
    this.#messages = messages;
    this.#portDelayMs = portDelayMs;
    this.#maximumInterruptedRetries = maximumInterruptedRetries;
  }

  /** A connection is gone. */
  connectionLost(link: number): void {
    for (const { message: number } of this.#exchanges.on(link)) {
      const message = this.#messages.get(number);
      if (message?.isAwaited === true) this.#marked.add(message);
    }
  }

  /** The Server has answered. */
  ended(number: number): void {
    const message = this.#messages.get(number);
    if (message !== undefined) this.#marked.delete(message);
  }

  /** A packet that begins something, or resumes it, is written. */
  wrote(state: LinkState, packet: ClientPacket): void {
    const marked = [...this.#marked].filter(isPending);
    if (marked.length === 0) return;
    this.#world.saw('slow start');
    const other = this.#exchanges
      .on(state.link.number)
      .find(({ packetId }) => packetId !== packet.packetId);
    if (other !== undefined) this.#suspect(packet, other, marked);
  }

  /** It may be that one of them has failed, and nobody has been told yet. */
  #suspect(packet: ClientPacket, other: Exchange, marked: readonly PublishedMessage[]): void {
    const delay = 2 * this.#portDelayMs + SLACK_MS;
    this.#world.clock.schedule(delay, 'main', () => {
      const message = this.#messages.get(other.message);
      // Of a subscription, and of a publish that nobody awaits, nobody here can tell whether it was given up.
      const isAwaited =
        other.type === Type.PUBLISH && message?.isAwaited === true && isPending(message);
      // A PUBREL alone ends an exchange that was given up: nothing waits for that.
      const isGivenUp = (message?.interruptionsMost ?? 0) > this.#maximumInterruptedRetries;
      const isSlow = marked.some((one) => isPending(one) && this.#marked.has(one));
      this.#world.check(
        !isAwaited || isGivenUp || !isSlow,
        'slow-start',
        () => `${packetName(packet.type)} ${packet.packetId} while ${other.packetId} is under way`,
      );
    });
  }
}

function isPending({ state }: PublishedMessage): boolean {
  return state === 'pending';
}
