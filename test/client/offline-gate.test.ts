import { expect, test } from 'vitest';
import { RingConsumer, RingProducer } from '../../src/channel/ring.js';
import { WaitingGauge } from '../../src/channel/waiting-gauge.js';
import { OfflineGate } from '../../src/client/offline-gate.js';
import { resolveOptions } from '../../src/options/resolve.js';
import { everySchedule, smallMemory } from '../channel/support.js';

const LENGTH = 30;

/** Both threads, as far as the gate is concerned. The worker's part is cut into the steps that the main thread may come between. */
class Model {
  readonly gate: OfflineGate;
  readonly #producer: RingProducer;
  readonly #consumer: RingConsumer;
  readonly #workerGauge: WaitingGauge;
  #held = 0;
  #submitted = 0;
  #left = 0;
  /** The main thread sleeps until it is rung. */
  asleep = false;

  constructor(bounds: { offlineQueueMaximumMessages?: number; offlineQueueMaximumBytes?: number }) {
    const memory = smallMemory();
    this.#producer = new RingProducer(memory, 'submission');
    this.#consumer = new RingConsumer(memory, 'submission');
    this.#workerGauge = new WaitingGauge(memory);
    const { main } = resolveOptions('mqtt://h', bounds);
    this.gate = new OfflineGate(memory, this.#producer, main);
  }

  /** What waits in truth, in the ring and in the session. */
  get waiting(): number {
    return this.#submitted - this.#left;
  }

  submit(): void {
    if (!this.gate.admits(LENGTH) || this.#producer.reserve() === -1) {
      this.asleep = true;
      return;
    }
    this.gate.submitted(1, LENGTH);
    this.#producer.commit();
    this.#producer.publish();
    this.#submitted++;
  }

  /** The steps of a turn in which the session takes one record, and of one in which a message leaves it. */
  readonly take: readonly (() => void)[] = [
    () => {
      if (this.#consumer.next() === -1) return;
      this.#consumer.advance();
      this.#held++;
    },
    () => void this.#show(),
    () => this.#consumer.release(),
    () => this.#ring(),
  ];
  readonly leave: readonly (() => void)[] = [
    () => {
      if (this.#held === 0) return;
      this.#held--;
      this.#left++;
    },
    () => void this.#show(),
    () => this.#ring(),
  ];

  #show(): void {
    this.#workerGauge.show({ messages: this.#held, bytes: this.#held * LENGTH });
  }

  #ring(): void {
    if (this.#workerGauge.takeStarved() || this.#consumer.takeStarved()) this.asleep = false;
  }
}

test.each([
  ['messages', { offlineQueueMaximumMessages: 2 }],
  ['bytes', { offlineQueueMaximumBytes: 2 * LENGTH + 1 }],
])(
  'bounds in %s, every order of the steps of both threads → never exceeded, reached, no bell lost',
  (_, bounds) => {
    let most = 0;
    const schedules = everySchedule((choose) => {
      const model = new Model(bounds);
      const turns = [model.take, model.leave, model.take];
      const steps = turns.flat();
      let submits = 4;
      while (steps.length > 0) {
        if (submits > 0 && !model.asleep && choose(2) === 0) {
          submits--;
          model.submit();
        } else {
          steps.shift()!();
        }
        most = Math.max(most, model.waiting);
        expect(model.waiting).toBeLessThanOrEqual(2);
      }
      // All turns are over: who sleeps now has nothing to wake up for.
      expect(model.asleep && model.waiting < 2).toBe(false);
    });
    expect(most).toBe(2);
    expect(schedules).toBeGreaterThan(100);
  },
);

test('with a connection → everything is admitted, unless others wait before it', () => {
  const { gate } = new Model({ offlineQueueMaximumBytes: 1 });
  expect(gate.admits(LENGTH)).toBe(false);
  gate.connected = true;
  expect(gate.admits(LENGTH)).toBe(true);
  gate.heldBack = true;
  expect([gate.admits(LENGTH), gate.hasRoom(LENGTH)]).toEqual([false, true]);
});
