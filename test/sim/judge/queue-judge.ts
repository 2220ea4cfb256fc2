import type { World } from '../world/world.js';
import type { PublishedMessage } from './messages.js';

/** How publishes wait for a connection. */
export interface QueueFacts {
  readonly offlineQueueFull: 'reject' | 'wait' | 'drop-oldest' | 'drop-newest';
  readonly topicAliasPolicy: 'none' | 'manual' | 'lru';
  /** Infinite: as often as it takes. */
  readonly maximumInterruptedRetries: number;
}

/** Judges why publishes fail without a word of the Server. */
export class QueueJudge {
  readonly #world: World;
  readonly #facts: QueueFacts;
  readonly #messages: ReadonlyMap<number, PublishedMessage>;

  constructor(world: World, facts: QueueFacts, messages: ReadonlyMap<number, PublishedMessage>) {
    this.#world = world;
    this.#facts = facts;
    this.#messages = messages;
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
