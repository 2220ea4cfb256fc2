import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { HostTask } from '../../src/channel/host-task.js';
import { createChannelMemory } from '../../src/channel/layout.js';
import { runOnWorker } from '../../src/client/worker-pool.js';
import { resolveOptions } from '../../src/options/resolve.js';
import { errorOf } from '../support/inline-client.js';

const WORKER = new URL('./fixtures/waiting-worker.mjs', import.meta.url);
const CAPACITY = 1024 * Math.max(1, availableParallelism() - 1);
const CONFIG = {
  submissionRecords: 2,
  completionRecords: 2,
  deliveryRecords: 2,
  acknowledgementRecords: 2,
  inboundSegments: 1,
  outboundSegments: 1,
  segmentBytes: 64,
};
const { buffer } = createChannelMemory(CONFIG);
const { worker: options } = resolveOptions('mqtt://server.example');

test('more clients than the threads have places → GNEISS_ERR_POOL_EXHAUSTED at once; a place that is given back is taken', async () => {
  const clients = Array.from({ length: CAPACITY }, client);
  const tooMany = client();
  expect(await errorOf(tooMany.ended)).toMatchObject({
    code: 'GNEISS_ERR_POOL_EXHAUSTED',
    origin: 'user',
  });
  await Promise.all(clients.map(async ({ running }) => running));
  const [first, ...others] = clients;
  first!.close();
  await first!.ended;
  const next = client();
  await next.running;
  for (const other of [...others, next]) other.close();
  await Promise.all([...others, next].map(async ({ ended }) => ended));
}, 30_000);

/** A client that takes a place in the pool until it closes. */
function client() {
  const { port1, port2 } = new MessageChannel();
  const running = once(port1, 'message');
  const task: HostTask = { port: port2, buffer, config: CONFIG, options };
  const ended = runOnWorker(task, WORKER);
  ended.catch(() => {});
  return { running, ended, close: () => port1.close() };
}
