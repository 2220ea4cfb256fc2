import { once } from 'node:events';
import { BroadcastChannel, MessageChannel, type Worker } from 'node:worker_threads';
import { afterAll, expect, test, vi } from 'vitest';
import type { HostTask } from '../../src/channel/host-task.js';
import { createChannelMemory } from '../../src/channel/layout.js';
import { runOnWorker } from '../../src/client/worker-pool.js';
import { resolveOptions } from '../../src/options/resolve.js';
import { errorOf } from '../support/inline-client.js';
import { Inbox } from '../support/scripted-server.js';

/** Room for two threads, on whatever the test runs. */
vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  availableParallelism: () => 3,
}));

const WORKER = new URL('./fixtures/commanded-worker.mjs', import.meta.url);
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

const threads: Worker[] = [];
const loading = new Inbox<number>();
const channel = new BroadcastChannel('commanded-worker');
channel.onmessage = ({ data }: { data: { loading: number } }) => loading.push(data.loading);
process.on('worker', (thread: Worker) => threads.push(thread));
afterAll(() => channel.close());

test('all threads die before they are ready → the clients fail, and the next one gets a new thread', async () => {
  const clients = [client(), client()];
  const failed = clients.map(async ({ ended }) => errorOf(ended));
  for (const threadId of [await loading.take(), await loading.take()]) await die(threadId);
  for (const error of failed) expect((await error).code).toBe('GNEISS_ERR_WORKER_DIED');
});

test('a thread dies while another one is starting → the clients run there, and on the one that replaces it', async () => {
  const clients = [client(), client()];
  const [first, second] = [await loading.take(), await loading.take()];
  await die(first);
  channel.postMessage({ threadId: second, dies: false });
  await Promise.race(clients.map(async ({ running }) => running));
  channel.postMessage({ threadId: await loading.take(), dies: false });
  await Promise.all(clients.map(async ({ running }) => running));
  for (const { close } of clients) close();
  await Promise.all(clients.map(async ({ ended }) => ended));
});

/** Lets a thread die, and waits until everybody knows. */
async function die(threadId: number): Promise<void> {
  const thread = threads.find((one) => one.threadId === threadId);
  const ended = new Promise((resolve) => {
    thread!.once('exit', resolve);
  });
  channel.postMessage({ threadId, dies: true });
  await ended;
}

/** A client that takes a place in the pool until it closes. */
function client() {
  const { port1, port2 } = new MessageChannel();
  const running = once(port1, 'message');
  const task: HostTask = { port: port2, buffer, config: CONFIG, options };
  const ended = runOnWorker(task, WORKER);
  ended.catch(() => {});
  return { running, ended, close: () => port1.close() };
}
