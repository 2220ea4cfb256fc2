import type { World } from '../world/world.js';
import type { PublishedMessage } from './messages.js';

/** So long it may take until the word that a message was dropped has come. */
const SETTLED_MS = 50;

/** How publishes wait for a connection. */
export interface QueueFacts {
  readonly offlineQueueFull: 'reject' | 'wait' | 'drop-oldest' | 'drop-newest';
  /** Infinite: nothing is said of it. */
  readonly offlineQueueMaximumMessages: number;
  readonly topicAliasPolicy: 'none' | 'manual' | 'lru';
  /** Infinite: as often as it takes. */
  readonly maximumInterruptedRetries: number;
  /** Operations that the session takes, of whatever kind. */
  readonly maximumPendingOperations: number;
}

/** Judges why publishes fail without a word of the Server. */
export class QueueJudge {
  readonly #world: World;
  readonly #facts: QueueFacts;
  readonly #messages: ReadonlyMap<number, PublishedMessage>;
  #lostAt = 0;

  constructor(world: World, facts: QueueFacts, messages: ReadonlyMap<number, PublishedMessage>) {
    this.#world = world;
    this.#facts = facts;
    this.#messages = messages;
  }

  connectionLost(): void {
    this.#lostAt = this.#world.now;
  }

  /**
   * An attempt begins: what has been there for long enough is counted, and found room. What finds the session full of anything
   * waits before it, uncounted.
   *
   * @param operations  What the session holds.
   */
  attempt(operations: number): void {
    const { offlineQueueFull, offlineQueueMaximumMessages, maximumPendingOperations } = this.#facts;
    const before = this.#world.now - SETTLED_MS;
    const isFull = operations >= maximumPendingOperations;
    if (!offlineQueueFull.startsWith('drop-') || this.#lostAt > before || isFull) return;
    let waiting = 0;
    for (const { isAwaited, state, written, publishedAt } of this.#messages.values()) {
      const waits = isAwaited && state === 'pending' && written === 0;
      if (waits && publishedAt < before) waiting++;
    }
    this.#world.check(
      waiting <= offlineQueueMaximumMessages,
      'queue',
      () => `${waiting} publishes wait for a connection`,
    );
  }

  /** The promise of a publish was rejected. */
  rejected(message: PublishedMessage, code: string): void {
    const { offlineQueueFull, topicAliasPolicy, maximumInterruptedRetries } = this.#facts;
    const check = (condition: boolean): void => {
      this.#world.check(condition, 'queue', () => `message ${message.number} fails with ${code}`);
    };
    switch (code) {
      case 'GNEISS_ERR_QUEUE_FULL':
        check(offlineQueueFull !== 'wait');
        return;
      case 'GNEISS_ERR_TOPIC_ALIAS_INVALID':
        check(topicAliasPolicy === 'manual');
        return;
      case 'GNEISS_ERR_RETRIES_EXHAUSTED':
        check(message.interruptionsMost > maximumInterruptedRetries);
        return;
      case 'GNEISS_ERR_DROPPED':
        check(message.written === 0 && offlineQueueFull.startsWith('drop-'));
        if (offlineQueueFull === 'drop-oldest') this.#checkOldest(message);
    }
  }

  /** What is older has been dropped before it, or in the same moment. */
  #checkOldest({ number, session }: PublishedMessage): void {
    this.#world.clock.schedule(0, 'main', () => {
      for (const older of this.#messages.values()) {
        if (older.number >= number) return;
        const waits = older.isAwaited && older.state === 'pending' && older.written === 0;
        this.#world.check(
          !waits || session > 0,
          'queue',
          () => `message ${number} is dropped, and ${older.number}, which is older, waits on`,
        );
      }
    });
  }
}
