import { describe, expect, test } from 'vitest';
import { BELL, Doorbell } from '../../src/channel/doorbell.js';
import { RingConsumer, RingProducer } from '../../src/channel/ring.js';
import { COUNTER_SLOTS } from '../../src/metrics/counters.js';
import { everySchedule, smallMemory } from './support.js';

type SleeperState = 'waking' | 'draining' | 'sleeping' | 'looking' | 'parked';

interface Outcome {
  readonly schedules: number;
  readonly lostWakeUps: number;
  readonly postsPerSleepMax: number;
  readonly posts: Set<number>;
}

interface Orders {
  readonly lookFirst?: boolean;
  readonly ringFirst?: boolean;
}

/**
 * Runs one thread that sends `rounds` records and one that drains and sleeps, under every schedule.
 * Each step of either performs at most one atomic operation, so that no interleaving is left out.
 */
function explore(rounds: number, { lookFirst = false, ringFirst = false }: Orders = {}): Outcome {
  let lostWakeUps = 0;
  let postsPerSleepMax = 0;
  const posts = new Set<number>();
  const schedules = everySchedule((choose) => {
    const memory = smallMemory();
    const mailbox: number[] = [];
    const producer = new RingProducer(memory, 'submission');
    const consumer = new RingConsumer(memory, 'submission');
    const ringer = new Doorbell(memory, 'main', {
      postMessage: (message) => mailbox.push(message),
    });
    const sleeper = new Doorbell(memory, 'worker', { postMessage: () => {} });
    let state: SleeperState = 'parked';
    let received = 0;
    let sleeps = 1;
    let ringerStep = 0;
    let found = false;

    const stepRinger = (): void => {
      const publishes = ringerStep++ % 2 === (ringFirst ? 1 : 0);
      if (publishes) {
        producer.reserve();
        producer.commit();
        producer.publish();
      } else {
        ringer.ring();
      }
    };
    const look = (): boolean => consumer.next() !== -1;
    const isParked = (): boolean => state === 'parked';
    const sleep = (): void => {
      sleeper.sleep();
      sleeps++;
    };
    const stepSleeper = (): void => {
      switch (state) {
        case 'parked':
          expect(mailbox.shift()).toBe(BELL);
          state = 'waking';
          break;
        case 'waking':
          sleeper.wake();
          state = 'draining';
          break;
        case 'draining':
          if (look()) {
            received++;
            consumer.advance();
          } else {
            state = 'sleeping';
          }
          break;
        case 'sleeping':
          if (lookFirst) found = look();
          else sleep();
          state = 'looking';
          break;
        case 'looking':
          if (lookFirst) sleep();
          else found = look();
          state = found ? 'waking' : 'parked';
          break;
      }
    };

    for (;;) {
      const canRing = ringerStep < 2 * rounds;
      const canRun = !isParked() || mailbox.length > 0;
      if (!canRing && !canRun) break;
      if (canRing && (!canRun || choose(2) === 0)) stepRinger();
      else stepSleeper();
    }
    const posted = memory.counters[COUNTER_SLOTS.portPostsToWorker]!;
    if (received < rounds) lostWakeUps++;
    posts.add(posted);
    postsPerSleepMax = Math.max(postsPerSleepMax, posted / sleeps);
  });
  return { schedules, lostWakeUps, postsPerSleepMax, posts };
}

describe('doorbell', () => {
  test('every schedule of a sleeper and a ringer → no lost wake-up, at most one post per sleep', () => {
    const { schedules, lostWakeUps, postsPerSleepMax, posts } = explore(3);
    expect(schedules).toBeGreaterThan(1000);
    expect(lostWakeUps).toBe(0);
    expect(postsPerSleepMax).toBeLessThanOrEqual(1);
    expect([...posts].toSorted()).toEqual([1, 2, 3]);
  });

  test('the last look before sleep instead of after → the exploration finds a lost wake-up', () => {
    expect(explore(2, { lookFirst: true }).lostWakeUps).toBeGreaterThan(0);
  });

  test('the bell before the tail instead of after → the exploration finds a lost wake-up', () => {
    expect(explore(2, { ringFirst: true }).lostWakeUps).toBeGreaterThan(0);
  });

  test('the other side has not started → the bell waits in its port, once', () => {
    const memory = smallMemory();
    const posted: number[] = [];
    const bell = new Doorbell(memory, 'worker', { postMessage: (message) => posted.push(message) });
    bell.ring();
    bell.ring();
    expect(posted).toEqual([BELL]);
    expect(memory.counters[COUNTER_SLOTS.portPostsToMain]).toBe(1);
  });

  test('the other side is awake → no post until it sleeps', () => {
    const memory = smallMemory();
    const posted: number[] = [];
    const main = new Doorbell(memory, 'main', { postMessage: (message) => posted.push(message) });
    const worker = new Doorbell(memory, 'worker', { postMessage: () => {} });
    worker.wake();
    main.ring();
    expect(posted).toHaveLength(0);
    worker.sleep();
    main.ring();
    expect(posted).toHaveLength(1);
  });
});
