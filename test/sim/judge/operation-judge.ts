import type { World } from '../world/world.js';
import type { Exchanges } from './exchanges.js';
import type { PublishedMessage } from './messages.js';
import { type QueueFacts, QueueJudge } from './queue-judge.js';

/** An operation without a message: subscribe, unsubscribe, stop, close. */
interface Waiting {
  readonly what: string;
  settlements: number;
}

/** Judges what becomes of promises, and what the Server has of the client's messages. */
export class OperationJudge {
  readonly #world: World;
  readonly #keepsQos0: boolean;
  readonly queue: QueueJudge;
  readonly #exchanges: () => Exchanges;
  readonly messages: Map<number, PublishedMessage> = new Map();
  readonly #open: Set<PublishedMessage | Waiting> = new Set();
  /** Messages that the Server has taken more than once at QoS 1: the faults are strong enough. */
  duplicates = 0;
  #count = 0;

  constructor(world: World, keepsQos0: boolean, facts: QueueFacts, exchanges: () => Exchanges) {
    this.#world = world;
    this.#keepsQos0 = keepsQos0;
    this.#exchanges = exchanges;
    this.queue = new QueueJudge(world, facts, this.messages);
  }

  /** Promises that are not settled. */
  get open(): number {
    return this.#open.size;
  }

  /** What is open, for people to read. */
  get openTexts(): string {
    return [...this.#open]
      .map((item) => ('what' in item ? item.what : `message ${item.number} (QoS ${item.qos})`))
      .join(', ');
  }

  get nextNumber(): number {
    return this.#count + 1;
  }

  published(
    message: Pick<
      PublishedMessage,
      'topic' | 'qos' | 'retain' | 'alias' | 'expiry' | 'isAwaited' | 'ackTimeoutMs'
    >,
  ): PublishedMessage {
    const { topic, qos, retain, alias, expiry, isAwaited, ackTimeoutMs } = message;
    const published: PublishedMessage = {
      topic,
      qos,
      retain,
      alias,
      expiry,
      isAwaited,
      ackTimeoutMs,
      number: ++this.#count,
      publishedAt: this.#world.now,
      publishedAtMain: this.#world.clock.mainNow,
      state: 'pending',
      code: '',
      settledAt: 0,
      writtenBefore: 0,
      settlements: 0,
      sentAt: 0,
      written: 0,
      session: 0,
      taken: 0,
      isUncertain: false,
      interruptions: 0,
      interruptionsMost: 0,
      isRefused: false,
      isMistaken: false,
    };
    this.messages.set(published.number, published);
    if (published.isAwaited) this.#open.add(published);
    return published;
  }

  resolved(message: PublishedMessage): void {
    const world = this.#world;
    this.#settle(message, 'resolved', '');
    const { number, qos, taken, written, isUncertain, isMistaken } = message;
    world.check(written > 0, 'I1', () => `message ${number} resolved and never sent`);
    if (qos === 0) return;
    const isOpen = this.#exchanges().hasMessage(number);
    world.check(
      !isOpen,
      'resolves-late',
      () => `message ${number} resolved before its exchange ended`,
    );
    if (isMistaken) return;
    world.check(taken > 0, 'I1', () => `message ${number} resolved and not taken`);
    if (qos === 2 && !isUncertain)
      world.check(taken === 1, 'I2', () => `message ${number} taken ${taken} times`);
  }

  rejected(message: PublishedMessage, code: string): void {
    this.#settle(message, 'rejected', code);
    if (message.isAwaited) this.queue.rejected(message, code);
    const { number, isRefused, written, taken, isUncertain } = message;
    if (code === 'GNEISS_ERR_REASON_CODE') {
      this.#world.check(isRefused, 'I11', () => `message ${number} was not refused`);
    }
    if (code === 'GNEISS_ERR_ACK_TIMEOUT') {
      const took = this.#world.clock.mainNow - message.sentAt;
      const isDue = message.ackTimeoutMs > 0 && took >= message.ackTimeoutMs;
      this.#world.check(isDue, 'ack-timeout', () => `message ${number} failed after ${took} ms`);
    }
    if (code === 'GNEISS_ERR_OFFLINE' || code === 'GNEISS_ERR_QUEUE_FULL') {
      this.#world.check(written === 0, 'I11', () => `message ${number} sent, and then ${code}`);
    }
    if (taken > 0 && !isUncertain) this.#world.saw(`taken, and yet ${code}`);
  }

  /** Something else that a promise was given for. @returns To be called when it is settled. */
  waits(what: string): () => void {
    const waiting: Waiting = { what, settlements: 0 };
    this.#open.add(waiting);
    return () => {
      waiting.settlements++;
      this.#open.delete(waiting);
      this.#world.check(waiting.settlements === 1, 'I11', () => `${what} settled twice`);
    };
  }

  /** The Server has taken a message. */
  took(number: number, qos: number): void {
    const world = this.#world;
    const message = this.messages.get(number);
    if (message === undefined) {
      world.fail('I2', `the Server took message ${number}, which nobody published`);
      return;
    }
    message.taken++;
    const { taken, isUncertain, written } = message;
    world.check(taken <= written, 'I2', () => `message ${number} taken more often than sent`);
    if (taken === 1) return;
    if (qos === 1) this.duplicates++;
    const isRule = qos === 2 ? !isUncertain : qos === 0 && !this.#keepsQos0;
    world.check(!isRule, 'I2', () => `message ${number} of QoS ${qos} taken ${taken} times`);
  }

  /** The client can not know of the exchange whose identifier the message has: it stays what the Server makes of it. */
  mistook(number: number): void {
    this.#world.saw('message taken for one of an earlier process');
    const message = this.messages.get(number);
    if (message !== undefined) message.isMistaken = true;
  }

  refused(number: number): void {
    const message = this.messages.get(number);
    if (message !== undefined) message.isRefused = true;
  }

  /** Everything has come to its end: what the Server must have, it has. */
  drained(): void {
    for (const { number, qos, taken, state, isUncertain, isMistaken } of this.messages.values()) {
      if (state !== 'resolved' || qos === 0 || isMistaken) continue;
      this.#world.check(taken > 0, 'I1', () => `message ${number} resolved and lost`);
      const isOnce = qos !== 2 || isUncertain || taken === 1;
      this.#world.check(isOnce, 'I2', () => `message ${number} taken ${taken} times`);
    }
  }

  #settle(message: PublishedMessage, state: 'resolved' | 'rejected', code: string): void {
    message.settlements++;
    message.state = state;
    message.code = code;
    message.settledAt = this.#world.now;
    message.writtenBefore = message.written;
    this.#open.delete(message);
    this.#world.check(message.settlements === 1, 'I11', () => `${message.number} settled twice`);
    this.#world.trace(state, message.number, message.qos, () => code);
    this.#world.saw(`publish ${state}${code === '' ? '' : ` with ${code}`}`);
  }
}
