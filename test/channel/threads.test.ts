import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Doorbell } from '../../src/channel/doorbell.js';
import {
  type ChannelConfig,
  COMPLETION,
  createChannelMemory,
  SUBMISSION,
} from '../../src/channel/layout.js';
import { RingConsumer, RingProducer } from '../../src/channel/ring.js';
import { SegmentOwner } from '../../src/channel/segments.js';
import { Counters } from '../../src/metrics/counters.js';
import { Prng } from '../support/prng.js';
import { SMALL_CONFIG } from './support.js';

const FIXTURE = fileURLToPath(new URL('./fixtures/summing-worker.ts', import.meta.url));
const WORD_BYTES = 4;

let folder = '';
let workerFile = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gneiss-channel-'));
  workerFile = join(folder, 'worker.mjs');
  await build({
    entryPoints: [FIXTURE],
    outfile: workerFile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
});

afterAll(() => rm(folder, { recursive: true }));

test('a million records through leased segments and back between two threads → all, once, in order', async () => {
  const total = 1_000_000;
  // Few segments and short rings, so that each side starves the other again and again.
  const config: ChannelConfig = {
    ...SMALL_CONFIG,
    submissionRecords: 512,
    completionRecords: 256,
    outboundSegments: 4,
    segmentBytes: 4096,
  };
  const memory = createChannelMemory(config);
  const { words } = memory;
  const submissions = new RingProducer(memory, 'submission');
  const completions = new RingConsumer(memory, 'completion');
  const segments = new SegmentOwner(memory, 'outbound');
  const worker = new Worker(pathToFileURL(workerFile), {
    workerData: { buffer: memory.buffer, config },
  });
  const bell = new Doorbell(memory, 'main', worker);
  const sent = new Prng(1);
  const expected = new Prng(1);
  let produced = 0;
  let consumed = 0;
  let wrong = 0;
  let segment = -1;
  let offset = 0;

  const produce = (): boolean => {
    if (segment !== -1 && offset === config.segmentBytes) {
      segments.seal(segment);
      segment = -1;
    }
    if (segment === -1) {
      segment = segments.acquire(1);
      if (segment === -1) return false;
      offset = 0;
    }
    const record = submissions.reserve();
    if (record === -1) return false;
    const start = segments.start(segment) + offset;
    offset += WORD_BYTES;
    words[start >> 2] = sent.next();
    segments.lease(segment);
    words[record + SUBMISSION.token] = produced++;
    words[record + SUBMISSION.frameStart] = start;
    words[record + SUBMISSION.segment] = segment;
    words[record + SUBMISSION.generation] = segments.generation(segment);
    submissions.commit();
    return true;
  };
  const consume = (): boolean => {
    const record = completions.next();
    if (record === -1) return false;
    if (words[record + COMPLETION.token] !== consumed++) wrong++;
    if (words[record + COMPLETION.reasonCode] !== (expected.next() | 0)) wrong++;
    completions.advance();
    return true;
  };
  const step = (): boolean => {
    const before = produced + consumed;
    while (consume());
    completions.release();
    const starved = completions.takeStarved();
    while (produced < total && produce());
    const published = submissions.unpublished;
    submissions.publish();
    if (published > 0 || starved) bell.ring();
    return produced + consumed > before;
  };

  await new Promise<void>((resolve, reject) => {
    const turn = (): void => {
      bell.wake();
      do {
        while (step());
        bell.sleep();
      } while (step());
      if (consumed === total) resolve();
    };
    worker.on('message', turn);
    worker.on('error', reject);
    turn();
  });
  await worker.terminate();

  expect({ produced, consumed, wrong }).toEqual({ produced: total, consumed: total, wrong: 0 });
  if (segment !== -1) segments.seal(segment);
  expect(segments.freeCount).toBe(config.outboundSegments);
  const { portPostsToMain, portPostsToWorker } = new Counters(memory).read();
  expect(portPostsToMain).toBeGreaterThan(0);
  expect(portPostsToMain + portPostsToWorker).toBeLessThan(total / 10);
}, 30_000);
