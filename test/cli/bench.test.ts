import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HistogramLogReader } from 'hdr-histogram-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareRounds, type Round } from '../../src/cli/bench/comparison.js';
import type { IntervalSample, Result, StormRound } from '../../src/cli/bench/result.js';
import { PacketType, startBroker, type TestBroker } from '../../src/testing/index.js';
import { Gneiss, gneiss } from '../support/cli.js';
import { HAS_MOSQUITTO, Mosquitto } from '../support/mosquitto.js';

const SHORT = ['--warmup', '100ms', '-d', '400ms'];

let broker: TestBroker;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gneiss-mqtt-'));
  broker = await startBroker({ qos0Overflow: 'pause' });
});

afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

/** Runs a benchmark and reads its result. */
async function measure(kind: string, ...args: readonly string[]): Promise<Result> {
  const { stdout, stderr, code } = await gneiss(['bench', kind, broker.url, ...args, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Result;
}

describe('gneiss bench', () => {
  test.each([0, 1, 2])('pub at QoS %i → what it counts is what the broker got', async (qos) => {
    let published = 0;
    const count = (): void => {
      published++;
    };
    broker.on('publish', count);
    const result = await measure('pub', '-q', `${qos}`, '-c', '3', '-L', '2000');
    broker.off('publish', count);
    expect(published).toBe(result.totals.sent);
    expect(result.totals).toMatchObject({
      sent: 2000,
      acknowledged: qos === 0 ? null : 2000,
      failed: 0,
    });
    // Nothing answers a message of QoS 0.
    expect(result.latencyMs === null).toBe(qos === 0);
    expect(result.connectMs?.count).toBe(3);
  });

  test.each(['0', '1'])('a topic that is none, QoS %s → 2, and the process ends', async (qos) => {
    const args = ['bench', 'pub', broker.url, '-t', 'a/#', '-q', qos, ...SHORT];
    expect((await gneiss(args)).code).toBe(2);
  });

  test('pubsub of several → every message at every subscriber, once and in order', async () => {
    const result = await measure('pubsub', '-q', '1', '-c', '3', '--subscribers', '2', ...SHORT);
    const { sent, received } = result.totals;
    expect(received).toBe(sent * 2);
    expect(result.totals).toMatchObject({ lost: 0, failed: 0, duplicated: 0, outOfOrder: 0 });
    expect(result.fairness?.clients).toBe(3);
    expect(result.latencyMs!.p50).toBeLessThanOrEqual(result.latencyMs!.p99);
  });

  test('--rate → as many messages as the schedule has, and service time beside latency', async () => {
    const args = ['-q', '1', '--rate', '500', '--arrivals', 'poisson', '--seed', '7'];
    const result = await measure('pubsub', ...args, '-L', '300');
    expect(result.totals).toMatchObject({ sent: 300, acknowledged: 300, received: 300, lost: 0 });
    expect(result.latencyMs!.count).toBe(300);
    expect(result.latencyMs!.mean).toBeGreaterThanOrEqual(result.serviceMs!.mean);
    expect(result.cost.mainThreadBusyPercent).toBeNull();
  });

  test('a broker that stands still in an open loop → the waiting counts in latency, not in service', async () => {
    await using slow = await startBroker({ receiveMaximum: 1 });
    // Each acknowledgement but the first is held back until the next message is due long since.
    let held = 0;
    slow.faults.rewrite(
      PacketType.PUBACK,
      (packet) => {
        if (held++ !== 0) return packet;
        const until = performance.now() + 300;
        while (performance.now() < until);
        return packet;
      },
      { times: Number.POSITIVE_INFINITY },
    );
    const args = ['bench', 'pub', slow.url, '-q', '1', '--rate', '1000', '-L', '200'];
    const { stdout } = await gneiss([...args, '--json']);
    const { latencyMs } = JSON.parse(stdout) as Result;
    // All that were due while it stood still waited for a part of it: half of 200 messages, most of 300 ms.
    expect(latencyMs!.p50).toBeGreaterThan(50);
  });

  test('latency → one message in flight', async () => {
    const result = await measure('latency', '-L', '50');
    expect(result.totals).toMatchObject({ sent: 50, received: 50, lost: 0 });
    expect(result.plan['load']).toBe('closed loop, 1 in flight a client');
  });

  test('sub → counts what another process publishes, and gaps', async () => {
    const subscribed = broker.waitFor('subscribe');
    const args = ['bench', 'sub', broker.url, '-t', 'gneiss/bench/+', '--warmup', '0', '-d', '5'];
    const sub = new Gneiss([...args, '--json']);
    await subscribed;
    await gneiss([
      'bench',
      'pub',
      broker.url,
      '-L',
      '1000',
      '--warmup',
      '0',
      '-d',
      '30',
      '-q',
      '1',
    ]);
    const result = JSON.parse((await sub.outcome).stdout) as Result;
    expect(result.totals).toMatchObject({ received: 1000, lost: 0, duplicated: 0 });
    expect(result.latencyMs?.count).toBe(1000);
  });

  test('conn → a time for each connection', async () => {
    const { connectMs, rounds } = await measure('conn', '-c', '20', '-d', '200ms');
    expect([connectMs?.count, rounds]).toEqual([20, null]);
  });

  test('--embedded → brings its broker along', async () => {
    const args = ['bench', 'pubsub', '--embedded', '--scenario', 'fan-out', '-L', '20'];
    const { stdout, code } = await gneiss([...args, '--json']);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Result).totals).toMatchObject({ sent: 20, received: 1000 });
  });

  test('compare → runs with both libraries in turns, and all of them told', async () => {
    const args = ['bench', 'compare', broker.url, '-q', '1', '-L', '500', '--repeat', '2'];
    const { stdout, stderr, code } = await gneiss([...args, '--json']);
    expect(code).toBe(0);
    expect(stderr.trim().split('\n')).toEqual([
      'gneiss: run 1 of 4: MQTT.js',
      'gneiss: run 2 of 4: gneiss-mqtt',
      'gneiss: run 3 of 4: MQTT.js',
      'gneiss: run 4 of 4: gneiss-mqtt',
    ]);
    const { rounds, figures } = JSON.parse(stdout) as {
      readonly rounds: readonly Round[];
      readonly figures: ReturnType<typeof compareRounds>;
    };
    expect(rounds).toHaveLength(2);
    for (const { mqttjs, gneiss: ours } of rounds) {
      for (const result of [mqttjs, ours])
        expect(result.totals).toMatchObject({ sent: 500, received: 500, lost: 0 });
      expect([mqttjs, ours].map(({ environment }) => environment['client'])).toEqual([
        'mqttjs',
        'gneiss',
      ]);
    }
    expect(figures).toEqual(compareRounds(rounds));
  });

  test('compare with --ndjson and --csv → a line a run', async () => {
    const args = ['bench', 'compare', broker.url, '-q', '1', '-L', '100', '--repeat=1'];
    const { stdout } = await gneiss([...args, '--ndjson']);
    const lines = stdout.trim().split('\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object)[0])).toEqual([
      'round',
      'round',
      'figures',
    ]);
    const csv = await gneiss([...args, '--csv']);
    expect(csv.stdout).toMatch(/^round,client,receivedRate,.*\n1,mqttjs,\d.*\n1,gneiss,\d.*\n$/);
    const both = await gneiss([...args, '--csv', '--json']);
    expect([both.code, (await gneiss([...args, '--hdr', 'x'])).code]).toEqual([2, 2]);
  });

  test('an interruption → ends the load, exit code 130', async () => {
    const subscribed = broker.waitFor('subscribe');
    const run = new Gneiss(['bench', 'pubsub', broker.url, '-q', '1', '-d', '600']);
    await subscribed;
    run.child.kill('SIGINT');
    expect((await run.outcome).code).toBe(130);
  });
});

describe('reconnect-storm', () => {
  const STORM = ['conn', '--scenario', 'reconnect-storm', '-d', '100ms'] as const;

  test.each(['gneiss', 'mqttjs'])(
    '%s → every client comes back, and what it missed is counted',
    async (client) => {
      const args = ['-c', '5', '--rate', '500', '--client', client] as const;
      const { totals, rounds, ...result } = await measure(...STORM, ...args);
      expect(result.connectMs?.count).toBe(6);
      expect(result.reconnectMs?.count).toBe(5 * rounds!.length);
      expect(result.allBackMs?.count).toBe(rounds!.length);
      for (const { allBackMs, missing, recoveryMs } of rounds!) {
        expect([missing, recoveryMs?.count]).toEqual([0, 5]);
        expect(allBackMs).toBeGreaterThanOrEqual(recoveryMs!.min);
      }
      // Nothing is kept for who has no Session.
      expect(totals.received! - totals.duplicated! + totals.lost!).toBe(totals.sent * 5);
      expect(totals).toMatchObject({ failed: 0, disconnections: 0 });
    },
  );

  test.each(['gneiss', 'mqttjs'])('%s, with Sessions → nothing is lost', async (client) => {
    const args = [
      '-c',
      '5',
      '--rate',
      '500',
      '--no-clean',
      '-x',
      '60',
      '--client',
      client,
    ] as const;
    const { totals } = await measure(...STORM, ...args);
    expect(totals).toMatchObject({ lost: 0, failed: 0 });
    expect(totals.received! - totals.duplicated!).toBe(totals.sent * 5);
  });

  test('--ndjson → one round after the other, until it is interrupted', async () => {
    const args = ['-c', '3', '-d', '600', '--ndjson'];
    const storm = new Gneiss(['bench', ...STORM.slice(0, 3), broker.url, ...args]);
    let output = '';
    storm.child.stdout?.on('data', (chunk: Buffer) => {
      const isOver = output.includes('"round":3');
      output += chunk.toString();
      if (!isOver && output.includes('"round":3')) storm.child.kill('SIGINT');
    });
    const { stdout, code } = await storm.outcome;
    expect(code).toBe(130);
    const lines = stdout.trim().split('\n');
    const told = lines
      .map((line) => JSON.parse(line) as StormRound | IntervalSample)
      .filter((line): line is StormRound => 'allBackMs' in line && 'missing' in line);
    expect(told.map(({ round }) => round)).toEqual([1, 2, 3]);
    const { rounds, reconnectMs } = JSON.parse(lines.at(-1)!) as Result;
    expect(rounds).toEqual(told);
    expect(reconnectMs?.count).toBe(9);
  });

  test('a broker that is gone in the middle → 1, and who did not come back is counted', async () => {
    await using mortal = await startBroker();
    const args = ['-c', '3', '-d', '3', '--drain', '300ms', '--ndjson'];
    const storm = new Gneiss(['bench', ...STORM.slice(0, 3), mortal.url, ...args]);
    storm.child.stdout?.once('data', () => void mortal.close());
    const { code, stdout } = await storm.outcome;
    expect(code).toBe(1);
    const { rounds } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Result;
    expect(rounds?.at(-1)).toMatchObject({ allBackMs: null, missing: 3, recoveryMs: null });
  });

  test('the table → the rounds, and how long until all were back', async () => {
    const { stdout } = await gneiss(['bench', ...STORM, broker.url, '-c', '3']);
    expect(stdout).toMatch(/\nall back +[\d.]+ (?:µs|ms|s)(?: +–){5}(?: +[\d.]+ (?:µs|ms|s)){2}\n/);
    expect(stdout).toMatch(/\nround +at +all back +p50 +p99 +missing\n1 +0\.0 s/);
  });
});

describe('outputs of gneiss bench', () => {
  test('the table → rates, losses and percentiles', async () => {
    const { stdout } = await gneiss(['bench', 'pubsub', broker.url, '-q', '1', ...SHORT]);
    for (const words of ['messages/s', 'received', 'lost 0', 'p99.9', 'latency', 'this process'])
      expect(stdout).toContain(words);
  });

  test('--ndjson and --csv → a line a second', async () => {
    const args = ['bench', 'pub', broker.url, '--warmup', '0', '-d', '2.2'];
    const [ndjson, csv] = await Promise.all([
      gneiss([...args, '--ndjson']),
      gneiss([...args, '--csv']),
    ]);
    const lines = ndjson.stdout.trim().split('\n');
    const [sample] = lines.map((line) => JSON.parse(line) as IntervalSample);
    expect(sample?.sentRate).toBeGreaterThan(0);
    const result = JSON.parse(lines.at(-1)!) as Result;
    expect(result.intervals).toHaveLength(lines.length - 1);
    const [head, first] = csv.stdout.trim().split('\n');
    expect(head).toMatch(/^at,phase,sentRate,/);
    expect(first?.split(',')).toHaveLength(head!.split(',').length);
  });

  test('--hdr and merge → the files of two runs as one, for other tools, too', async () => {
    const files = [join(folder, 'one.hlog'), join(folder, 'other.hlog')] as const;
    const args = ['-q', '1', '-L', '300'];
    const one = await measure('pub', ...args, '--hdr', files[0]);
    const other = await measure('pub', ...args, '--hdr', files[1]);
    const { stdout } = await gneiss(['bench', 'merge', ...files, '--json']);
    const merged = JSON.parse(stdout) as Result;
    expect(merged.totals).toMatchObject({ sent: 600, acknowledged: 600, received: null });
    expect(merged.latencyMs?.count).toBe(600);
    const max = Math.max(one.latencyMs!.max, other.latencyMs!.max);
    // Three digits, twice.
    expect(merged.latencyMs!.max / max).toBeCloseTo(1, 2);
    const log = new HistogramLogReader(readFileSync(files[0], 'utf8'));
    const histogram = log.nextIntervalHistogram();
    expect([histogram?.tag, histogram?.totalCount]).toEqual(['latency', 300]);
    const table = await gneiss(['bench', 'merge', ...files]);
    expect(table.stdout).toContain('2 files, as one');
  });

  test('--report → a page that loads nothing from anywhere', async () => {
    const path = join(folder, 'report.html');
    await measure('pubsub', '-q', '1', '--warmup', '0', '-d', '1.5', '--report', path);
    const html = readFileSync(path, 'utf8');
    expect(html).toContain('<h1>bench pubsub</h1>');
    expect(html).not.toMatch(/(?:src|href)=|@import|url\(/);
    expect(html).toContain('uPlot');
  });

  test('--fail-on → 5 when the condition holds, and when there is no such figure', async () => {
    const args = ['bench', 'pub', broker.url, '-q', '1', '-L', '50'];
    const holds = await gneiss([...args, '--fail-on', 'p99>1ns', '--fail-on', 'lost>5']);
    expect(holds.code).toBe(5);
    expect(holds.stderr).toContain('p99>1ns');
    expect((await gneiss([...args, '--fail-on', 'p99>60s'])).code).toBe(0);
    const { code, stderr } = await gneiss([...args, '--fail-on', 'p77>1ms']);
    expect(code).toBe(2);
    expect(stderr).toContain('is no condition');
  });

  test('messages lost at QoS 1 → 1', async () => {
    await using leaky = await startBroker();
    leaky.faults.drop(PacketType.PUBLISH, {
      times: 1,
      when: ({ packetId }) => packetId === 20,
    });
    const args = ['bench', 'pubsub', leaky.url, '-q', '1', '-L', '100'];
    const { code, stderr } = await gneiss([...args, '--drain', '300ms']);
    expect([code, stderr]).toEqual([1, 'error: 1 messages were lost at QoS 1\n']);
  });

  test('a broker that goes away → ends in time, and says so', async () => {
    for (const qos of ['0', '1']) {
      await using mortal = await startBroker();
      const connected = mortal.waitFor('publish');
      const args = ['bench', 'pub', mortal.url, '-q', qos, '--warmup', '0', '-d', '1.5'];
      const run = gneiss([...args, '--drain', '300ms']);
      await connected;
      await mortal.close();
      const { code, stdout, stderr } = await run;
      expect(code).toBe(1);
      expect(stdout).toMatch(/connections lost [1-9]/);
      expect(stderr).toMatch(qos === '0' ? /connections were lost/ : /not acknowledged in time/);
    }
  });

  test.each([
    ['a scenario of another command', ['--scenario', 'reconnect-storm'], 'is one of bench conn'],
    ['both loops', ['--rate', '10', '--inflight', '3'], 'one of them'],
    ['a payload too small for its stamp', ['-s', '8'], 'integer from 32'],
    ['two outputs', ['--json', '--csv'], 'is enough'],
    ['an address beside --embedded', ['--embedded'], 'does not go with'],
  ])('%s → 2', async (_, args, words) => {
    const { code, stderr } = await gneiss(['bench', 'pub', broker.url, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });
});

describe.skipIf(!HAS_MOSQUITTO)('against mosquitto', () => {
  test('pubsub at QoS 2 → nothing lost', async () => {
    await using mosquitto = await Mosquitto.start();
    const args = ['bench', 'pubsub', mosquitto.url, '-q', '2', '-L', '1000'];
    const { stdout, code } = await gneiss([...args, '--json']);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Result).totals).toMatchObject({
      sent: 1000,
      received: 1000,
      lost: 0,
      duplicated: 0,
    });
  });
});
