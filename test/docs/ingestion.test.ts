import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import { startBroker, type TestBroker } from '../../src/testing/broker.js';
import { ExampleProcess } from '../support/example.js';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gneiss-mqtt-'));
  file = join(directory, 'readings.db');
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

test('the demo kills the ingestion three times → every reading is there, once', async () => {
  const demo = new ExampleProcess('ingestion/demo.mjs', [file]);
  const { code, stdout } = await demo.end();
  expect(code).toBe(0);
  expect(stdout.match(/^killed it/gm)).toHaveLength(3);
  expect(stdout).toContain('60000 published, 60000 stored');
  expect(
    query('SELECT count(*) n, count(DISTINCT sequence) d, max(sequence) m FROM readings'),
  ).toEqual([{ n: 60_000, d: 60_000, m: 59_999 }]);
});

describe('the ingestion', () => {
  let broker: TestBroker;

  beforeEach(async () => {
    broker = await startBroker();
  });

  afterEach(async () => {
    await broker.close();
  });

  test('killed before its acknowledgements have arrived → knows what comes again', async () => {
    broker.faults.disconnectAfter(PacketType.PUBACK);
    const first = await start();
    const left = broker.waitFor('disconnect');
    publish(10);
    await left;
    await first.end('SIGKILL');

    const acknowledged = acknowledgements(10);
    const second = await start();
    await acknowledged;
    const { code, stdout } = await second.end('SIGTERM');
    expect(code).toBe(0);
    const [, stored, known] = /(\d+) stored, (\d+) known already/.exec(stdout) ?? [];
    expect(Number(known)).toBeGreaterThan(0);
    expect(Number(stored) + Number(known)).toBe(10);
    expect(query('SELECT count(*) n FROM readings')).toEqual([{ n: 10 }]);
  });

  test('stopped while readings come → a successor stores what came meanwhile', async () => {
    const first = await start();
    const left = broker.waitFor('disconnect');
    expect((await first.end('SIGINT')).code).toBe(0);
    await left;
    publish(100);
    const acknowledged = acknowledgements(100);
    const second = await start();
    await acknowledged;
    expect((await second.end('SIGTERM')).stdout).toContain('100 stored, 0 known already');
  });

  test('a store that can not commit → ends with an error, acknowledges nothing, and loses nothing', async () => {
    const first = await start();
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    publish(5);
    const { code, stderr } = await first.end();
    expect(code).toBe(1);
    expect(stderr).toContain('database is locked');
    expect(broker.sessions()).toMatchObject([{ clientId: 'ingestion', inflightMessages: 5 }]);
    other.exec('ROLLBACK');
    other.close();

    const acknowledged = acknowledgements(5);
    const second = await start();
    await acknowledged;
    expect((await second.end('SIGTERM')).stdout).toContain('5 stored, 0 known already');
  });

  test('no broker → says so and goes on trying, until it is told to end', async () => {
    await broker.close();
    const ingestion = new ExampleProcess('ingestion/main.mjs', [broker.url, file]);
    await ingestion.says(/no connection: .*ECONNREFUSED/);
    expect(await ingestion.end('SIGTERM')).toMatchObject({ code: 0, stdout: '' });
  });

  test('a message that nobody can read → is put aside, and holds nothing up', async () => {
    const ingestion = await start();
    const acknowledged = acknowledgements(3);
    const topicName = 'plant/7/readings';
    for (const payload of ['no JSON', '{ "sequence": 0.5 }']) {
      broker.publish({ topicName, payload, qos: 1 });
    }
    publish(1);
    await acknowledged;
    expect((await ingestion.end('SIGTERM')).stdout).toContain('1 stored, 0 known already, 2');
    expect(query('SELECT topic, CAST(payload AS TEXT) payload, reason FROM rejected')).toEqual([
      {
        topic: topicName,
        payload: 'no JSON',
        reason: expect.stringContaining('not valid JSON') as string,
      },
      { topic: topicName, payload: '{ "sequence": 0.5 }', reason: 'sequence must be an integer' },
    ]);
  });

  async function start(): Promise<ExampleProcess> {
    const ingestion = new ExampleProcess('ingestion/main.mjs', [broker.url, file]);
    await ingestion.says(/ingestion: ready/);
    return ingestion;
  }

  function publish(count: number): void {
    for (let sequence = 0; sequence < count; sequence++) {
      const payload = JSON.stringify({ sequence, time: Date.now(), value: 21.5 });
      broker.publish({ topicName: 'plant/7/readings', payload, qos: 1 });
    }
  }

  /** Resolves when so many have come. */
  async function acknowledgements(count: number): Promise<void> {
    let left = count;
    await broker.waitFor('packet', (_, { type }) => type === PacketType.PUBACK && --left === 0);
  }
});

function query(sql: string): Record<string, unknown>[] {
  const database = new Database(file);
  try {
    return database.prepare(sql).all() as Record<string, unknown>[];
  } finally {
    database.close();
  }
}
