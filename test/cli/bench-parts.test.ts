import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  compareRounds,
  type Round,
  toCenter,
  toComparison,
} from '../../src/cli/bench/comparison.js';
import { Distribution } from '../../src/cli/bench/distribution.js';
import { figureOf, type Result } from '../../src/cli/bench/result.js';
import { constantSchedule, poissonSchedule } from '../../src/cli/bench/schedule.js';
import { Sequence } from '../../src/cli/bench/sequence.js';
import { readStamp, STAMP_BYTES, writeStamp } from '../../src/cli/bench/stamp.js';
import { showBytesRate, showMs, showRate, showRatio } from '../../src/cli/bench/units.js';

describe('Sequence', () => {
  test.each([
    ['in order', [0, 1, 2, 3], { unique: 4, duplicated: 0, outOfOrder: 0, missing: 0 }],
    ['a gap', [0, 1, 4], { unique: 3, duplicated: 0, outOfOrder: 0, missing: 2 }],
    ['a late one', [0, 2, 1, 3], { unique: 4, duplicated: 0, outOfOrder: 1, missing: 0 }],
    ['twice', [0, 1, 1, 0], { unique: 2, duplicated: 2, outOfOrder: 0, missing: 0 }],
    ['late and twice', [1, 0, 0], { unique: 2, duplicated: 1, outOfOrder: 1, missing: 0 }],
    ['without the first', [3], { unique: 1, duplicated: 0, outOfOrder: 0, missing: 3 }],
  ])('%s', (_, numbers, expected) => {
    const sequence = new Sequence(true);
    for (const number of numbers) sequence.take(number);
    const { unique, duplicated, outOfOrder, missing } = sequence;
    expect({ unique, duplicated, outOfOrder, missing }).toEqual(expected);
  });

  test('joined in the middle → what was before is not missing', () => {
    const sequence = new Sequence(false);
    sequence.take(1000);
    sequence.take(1001);
    expect([sequence.unique, sequence.missing]).toEqual([2, 0]);
  });

  test('a gap of millions → is counted, and takes bounded memory', () => {
    const sequence = new Sequence(true);
    sequence.take(5_000_000);
    expect(sequence.missing).toBe(5_000_000);
    sequence.take(4_999_999);
    expect([sequence.outOfOrder, sequence.missing]).toEqual([1, 4_999_999]);
  });
});

describe('schedules', () => {
  test('constant → even, without errors that add up', () => {
    const next = constantSchedule(3);
    const times = Array.from({ length: 300_001 }, next);
    expect(times[1]).toBeCloseTo(333.333, 2);
    expect(times[300_000]).toBe(100_000_000);
  });

  test('Poisson → the mean and the deviation of exponential gaps; one seed, one schedule', () => {
    const next = poissonSchedule(1000, 42);
    const times = Array.from({ length: 100_001 }, next);
    const gaps = times.slice(1).map((time, at) => time - times[at]!);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(mean).toBeCloseTo(1, 1);
    expect(Math.sqrt(variance)).toBeCloseTo(1, 1);
    const again = poissonSchedule(1000, 42);
    expect(Array.from({ length: 100 }, again)).toEqual(times.slice(0, 100));
    const other = poissonSchedule(1000, 43);
    expect(Array.from({ length: 100 }, other)).not.toEqual(times.slice(0, 100));
  });
});

describe('a comparison', () => {
  /** A run in which so many messages were received a second, and so many lost. */
  function run(received: number, lost: number): Result {
    const delays = { p50: 1, p99: 2, max: 4 };
    return {
      benchmark: 'pubsub',
      startedAt: '',
      environment: { broker: 'mqtt://h' },
      plan: { publishers: 1, subscribers: 1, connections: 0, qos: 1, size: 128, load: 'closed' },
      seconds: 5,
      totals: {
        ...{ sent: 0, acknowledged: 0, failed: 0, unanswered: 0, disconnections: 0 },
        ...{ received: 0, lost, duplicated: 0, outOfOrder: 0 },
      },
      rates: { sent: null, acknowledged: null, received, megabytes: 0 },
      latencyMs: null,
      serviceMs: null,
      connectMs: null,
      reconnectMs: null,
      allBackMs: null,
      rounds: null,
      fairness: null,
      cost: {
        ...{ cpuPercent: 10, cpuMicrosecondsAMessage: null, residentMiBMax: 50, heapMiBMax: 20 },
        ...{ mainThreadDelayMs: delays, mainThreadBusyPercent: 90 },
      },
      intervals: [],
      failures: [],
    };
  }

  const rounds: readonly Round[] = [
    { mqttjs: run(100, 0), gneiss: run(900, 0) },
    { mqttjs: run(300, 2), gneiss: run(1200, 0) },
    { mqttjs: run(200, 0), gneiss: run(1000, 0) },
  ];

  test('rounds → medians, and the median of the ratios of neighbours', () => {
    const { receivedRate, lost, latencyP50Ms } = compareRounds(rounds);
    expect(receivedRate).toEqual({
      mqttjs: { median: 200, min: 100, max: 300 },
      gneiss: { median: 1000, min: 900, max: 1200 },
      ratio: { median: 5, min: 4, max: 9 },
    });
    // Of nothing there are no multiples.
    expect([lost?.mqttjs.max, lost?.ratio]).toEqual([2, null]);
    expect(latencyP50Ms).toBeUndefined();
  });

  test('as people read it → how far the farthest run is from the median', () => {
    const lines = stripVTControlCharacters(toComparison(rounds)).split('\n');
    const [received] = lines.filter((line) => line.startsWith('received'));
    expect(received?.split(/ {2,}/)).toEqual([
      'received, messages/s',
      '200',
      '50 %',
      '1,000',
      '20 %',
      '5.00',
      '80 %',
    ]);
    expect(lines.at(-2)).toMatch(/^3 runs each, in turns/);
    expect(toComparison(rounds.slice(0, 1))).not.toMatch(/±|in turns/);
  });

  test('an even number → the middle of the two in the middle', () => {
    expect(toCenter([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  });
});

describe('stamps', () => {
  test('written and read → the same', () => {
    const payload = new Uint8Array(STAMP_BYTES + 5);
    const stamp = { run: 0xffff_fffe, publisher: 77, sequence: 123_456, intended: 1.25, sent: 2.5 };
    writeStamp(new DataView(payload.buffer), stamp);
    const read = { run: 0, publisher: 0, sequence: 0, intended: 0, sent: 0 };
    expect(readStamp(payload, read)).toBe(true);
    expect(read).toEqual(stamp);
  });

  test('a payload of somebody else → none', () => {
    const read = { run: 0, publisher: 0, sequence: 0, intended: 0, sent: 0 };
    expect(readStamp(new Uint8Array(STAMP_BYTES), read)).toBe(false);
    expect(readStamp(new Uint8Array(3), read)).toBe(false);
  });
});

test('a percentile in the bucket of the maximum → is not above it', () => {
  const distribution = new Distribution();
  distribution.record(44.929);
  expect(distribution.spread()).toMatchObject({ p50: 44.929, 'p99.99': 44.929, max: 44.929 });
});

test('a distribution → percentiles within three digits, also encoded and added up', () => {
  const distribution = new Distribution();
  for (let at = 1; at <= 10_000; at++) distribution.record(at / 10);
  const sum = Distribution.decode(distribution.encode());
  sum.add(distribution);
  const { p50, p99, max, count } = sum.spread()!;
  expect(count).toBe(20_000);
  expect(p50 / 500).toBeCloseTo(1, 2);
  expect(p99 / 990).toBeCloseTo(1, 2);
  expect(max / 1000).toBeCloseTo(1, 2);
  expect(new Distribution().spread()).toBeNull();
});

test.each([
  [0.0123, '12.3 µs'],
  [0.5, '500 µs'],
  [1.234, '1.23 ms'],
  [12.34, '12.3 ms'],
  [123.4, '123 ms'],
  [2500, '2.50 s'],
])('%f ms → %s', (ms, text) => {
  expect(showMs(ms)).toBe(text);
});

test.each([
  [12, '12'],
  [1234, '1,234'],
  [123_456, '123k'],
  [1_851_469, '1.85M'],
])('%d a second → %s', (rate, text) => {
  expect(showRate(rate)).toBe(text);
});

test.each([
  [0.0956, '0.096'],
  [1, '1.00'],
  [10.72, '10.7'],
  [123.4, '123'],
  [1234.5, '1,235'],
])('%f times → %s', (ratio, text) => {
  expect(showRatio(ratio)).toBe(text);
});

test('percentiles → only those for which there are enough', () => {
  const distribution = new Distribution();
  for (let at = 0; at < 100; at++) distribution.record(at);
  const spread = distribution.spread()!;
  const names = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'p99.99', 'max'] as const;
  expect(names.filter((name) => figureOf(spread, name) === null)).toEqual(['p99.9', 'p99.99']);
  expect(figureOf({ ...spread, count: 10_000 }, 'p99.99')).not.toBeNull();
  expect(names.filter((name) => figureOf({ ...spread, count: 1 }, name) !== null)).toEqual([
    'p50',
    'max',
  ]);
});

test.each([
  [0.0026, '2.60 kB/s'],
  [0.384, '384 kB/s'],
  [74.3, '74.3 MB/s'],
])('%f MB a second → %s', (megabytes, text) => {
  expect(showBytesRate(megabytes)).toBe(text);
});
