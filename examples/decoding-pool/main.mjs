/*
 * Decodes payloads in a pool of threads without copying them: a payload is a view of shared memory, and a view that is posted to
 * another thread shows the same memory there.
 *   node examples/decoding-pool/main.mjs [mqtt://127.0.0.1:1883]
 */
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { connect } from 'gneiss-mqtt';
import { startBrokerProcess } from 'gneiss-mqtt/testing';
import { Piscina } from 'piscina';
import { hertzOf } from './vibration.mjs';

const FRAMES = 4000;
/** One core stays with this thread and the worker of the client. */
const THREADS = Math.max(1, availableParallelism() - 1);
/** Messages in a task: posting one costs more than a view in it, and a task should not take longer than a few milliseconds. */
const BATCH = 16;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort());

const [given] = process.argv.slice(2);
// One of our own ends with us; one that was given is nobody's to close.
const broker = given === undefined ? await startBrokerProcess() : null;
const url = broker?.url ?? given;
const topic = `plant/${randomBytes(4).toString('hex')}/vibration`;
const pool = new Piscina({
  filename: new URL('./decode.mjs', import.meta.url).href,
  minThreads: THREADS,
  maxThreads: THREADS,
});
const totals = { decoded: 0, wrong: 0, unreadable: 0, threads: new Set() };
let client;
/** @type {import('node:child_process').ChildProcess | undefined} */
let machine;
try {
  // Less memory than there are payloads, so that all of it is used again and again.
  client = await connect(url, { inboundMemoryBytes: 4 * 1024 * 1024, signal: stopping.signal });
  const subscription = await client.subscribe(topic, { qos: 1 });
  stopping.signal.addEventListener('abort', () => client.destroy());

  const before = performance.eventLoopUtilization();
  // Two readers a thread: while one of them waits for its task, the task of the other one is at hand.
  const readers = Array.from({ length: 2 * THREADS }, () => decodeAll(subscription));
  await Promise.all([runMachine(), ...readers]);
  const { utilization } = performance.eventLoopUtilization(before);

  console.log(
    `${totals.decoded} frames decoded, ${totals.wrong} wrong, ${totals.unreadable} unreadable; threads: ${totals.threads.size}`,
  );
  console.log(`${client.stats().messagesLeased} messages leased at the end`);
  console.log(`this thread was busy for ${(utilization * 100).toFixed()} % of the time`);
  await client.close();
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(`decoding-pool: ${error.message}`);
    process.exitCode = 1;
  }
  client?.destroy();
} finally {
  machine?.kill();
  await pool.destroy();
  await broker?.close();
}

/** One of several readers of the same subscription: each message goes to one of them. */
async function decodeAll(subscription) {
  // The lease of a batch lasts until the next one is asked for, which is when the task is done. So readers bound what is in the pool,
  // and when all of them wait, the socket is not read: a pool that is slow holds the broker up instead of filling this process.
  for await (const batch of subscription.batches({ maximum: BATCH })) {
    const { threadId, results } = await pool.run(batch.map(({ payload }) => payload));
    totals.threads.add(threadId);
    for (const { problem, sequence, hertz } of results) {
      if (problem !== undefined) totals.unreadable++;
      else if (hertz !== hertzOf(sequence)) totals.wrong++;
      else totals.decoded++;
    }
    // Ends all readers.
    if (totals.decoded + totals.wrong + totals.unreadable === FRAMES)
      await subscription.unsubscribe();
  }
}

/** The publisher has a process of its own: what it takes to make frames is not what it takes to receive them. */
async function runMachine() {
  machine = fork(new URL('./machine.mjs', import.meta.url), [url, topic, String(FRAMES)]);
  const [code] = await once(machine, 'exit');
  if (code !== 0) throw new Error('the machine has failed');
}
