/*
 * Shows that nothing gets lost: publishes readings through a broker in a process of its own, kills the ingestion three times while
 * it stores them (SIGKILL: it can not notice), starts it again each time, and counts.
 *   node examples/ingestion/demo.mjs [readings.db]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from 'gneiss-mqtt';
import { startBrokerProcess } from 'gneiss-mqtt/testing';
import { Store } from './store.mjs';

const DEVICES = 20;
const READINGS = 60_000;
const KILLS = 3;
/** Publishes that wait for their acknowledgement at a time. */
const IN_FLIGHT = 500;
const MAIN = fileURLToPath(new URL('./main.mjs', import.meta.url));

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort());

const directory = mkdtempSync(join(tmpdir(), 'ingestion-'));
const file = process.argv[2] ?? join(directory, 'readings.db');
const broker = await startBrokerProcess();
const publisher = await connect(broker.url);
const store = new Store(file);
let ingestion;
try {
  ingestion = await startIngestion();
  const published = publish();
  // It fails while something else is waited for: that must not be an unhandled rejection.
  published.catch(() => {});
  for (let kill = 1; kill <= KILLS; kill++) {
    await untilStored((READINGS * kill) / (KILLS + 1));
    await end('SIGKILL');
    console.log(`killed it with ${store.size} stored; starting again`);
    ingestion = await startIngestion();
  }
  await published;
  await untilStored(READINGS);
  await end('SIGTERM');
  console.log(`${READINGS} published, ${store.size} stored`);
} catch (error) {
  if (!stopping.signal.aborted) console.error(`demo: ${error.message}`);
  process.exitCode = 1;
} finally {
  ingestion?.kill('SIGKILL');
  publisher.destroy();
  store.close();
  await broker.close();
  rmSync(directory, { recursive: true });
}

/** Resolves when it has subscribed: what was published before would be for nobody. */
async function startIngestion() {
  const child = spawn(process.execPath, [MAIN, broker.url, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => console.log(line));
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
  if (line !== 'ingestion: ready') throw new Error('the ingestion does not start');
  return child;
}

async function end(signal) {
  const ended = once(ingestion, 'close');
  ingestion.kill(signal);
  await ended;
}

/** Asks the store, as anybody can, and not the one who fills it. */
async function untilStored(size) {
  while (store.size < size) {
    if (ingestion.exitCode !== null) throw new Error('the ingestion has ended by itself');
    await delay(5, undefined, { signal: stopping.signal });
  }
}

async function publish() {
  let sequence = 0;
  const publishOneAfterAnother = async () => {
    while (sequence < READINGS) {
      const device = `device-${sequence % DEVICES}`;
      const reading = { sequence: sequence++, time: Date.now(), value: 20 + Math.random() };
      await publisher.publish(`plant/${device}/readings`, JSON.stringify(reading), { qos: 1 });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, publishOneAfterAnother));
}
