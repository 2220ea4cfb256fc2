import { BroadcastChannel, type Worker } from 'node:worker_threads';
import { afterAll, expect, test, vi } from 'vitest';
import { placeholderClient } from '../support/placeholder-client.js';
import { Inbox } from '../support/scripted-server.js';

/** Room for two threads, on whatever the test runs. */
vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  availableParallelism: () => 3,
}));

const WORKER = new URL('./fixtures/commanded-worker.mjs', import.meta.url);
const threads: Worker[] = [];
const loading = new Inbox<number>();
const channel = new BroadcastChannel('commanded-worker');
channel.onmessage = ({ data }: { data: { loading: number } }) => loading.push(data.loading);
process.on('worker', (thread: Worker) => threads.push(thread));
afterAll(() => channel.close());

test('all threads die before they are ready → the clients fail, and the next one gets a new thread', async () => {
  const clients = [placeholderClient(WORKER), placeholderClient(WORKER)];
  for (const threadId of [await loading.take(), await loading.take()]) await die(threadId);
  for (const { died } of clients) expect((await died).code).toBe('GNEISS_ERR_WORKER_DIED');
});

test('a thread dies while another one is starting → the clients run there, and on the one that replaces it', async () => {
  const clients = [placeholderClient(WORKER), placeholderClient(WORKER)];
  const [first, second] = [await loading.take(), await loading.take()];
  await die(first);
  channel.postMessage({ threadId: second, dies: false });
  await Promise.race(clients.map(async ({ running }) => running));
  channel.postMessage({ threadId: await loading.take(), dies: false });
  await Promise.all(clients.map(async ({ running }) => running));
  for (const { close } of clients) close();
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
