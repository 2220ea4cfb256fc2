import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { placeholderClient } from '../support/placeholder-client.js';

const WORKER = new URL('./fixtures/waiting-worker.mjs', import.meta.url);
const CAPACITY = 1024 * Math.max(1, availableParallelism() - 1);

test('more clients than the threads have places → GNEISS_ERR_POOL_EXHAUSTED at once; a place that is given back is taken', async () => {
  const clients = Array.from({ length: CAPACITY }, () => placeholderClient(WORKER));
  const tooMany = placeholderClient(WORKER);
  expect(await tooMany.died).toMatchObject({ code: 'GNEISS_ERR_POOL_EXHAUSTED', origin: 'user' });
  await Promise.all(clients.map(async ({ running }) => running));
  const [first, ...others] = clients;
  first!.close();
  const next = placeholderClient(WORKER);
  await next.running;
  for (const other of [...others, next]) other.close();
}, 30_000);
