/*
 * Takes readings from a broker into SQLite. A reading is acknowledged when the store has committed it, and not before:
 * whatever happens to this process, the broker has what the store has not.
 *   node examples/ingestion/main.mjs mqtt://127.0.0.1:1883 readings.db
 */
import { MqttClient } from 'gneiss-mqtt';
import { readingOf } from './reading.mjs';
import { Store } from './store.mjs';

const [url = 'mqtt://127.0.0.1:1883', file = 'readings.db'] = process.argv.slice(2);

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort());

let store;
let client;
try {
  store = new Store(file);
  client = new MqttClient(url, {
    // The broker keeps what comes while this process is away, under this name, for a week.
    clientId: 'ingestion',
    sessionExpiryInterval: 7 * 24 * 3600,
    // A new process continues what its predecessor has left, instead of beginning anew.
    rejoinSession: 'always',
  });
  client.on('connectionFailure', ({ error }) => {
    console.error(`ingestion: no connection: ${error.message}`);
  });
  client.on('disconnection', ({ error }) => {
    if (!stopping.signal.aborted) console.error(`ingestion: disconnected: ${error.message}`);
  });
  client.start();
  await ingest(client, store);
  await client.close();
} catch (error) {
  if (!stopping.signal.aborted) {
    // Whoever supervises this process starts it again; the broker then sends what was not acknowledged.
    console.error(`ingestion: ${error.message}`);
    process.exitCode = 1;
  }
  client?.destroy();
} finally {
  store?.close();
}

async function ingest(client, store) {
  // By hand: leaving a loop, as an error does, would otherwise acknowledge the batch at hand.
  const subscription = await client.subscribe('plant/+/readings', {
    qos: 1,
    ackMode: 'manual',
    // It waits for a connection, perhaps for long.
    signal: stopping.signal,
  });
  // While the disk is busy with one batch the next one gathers: the slower the disk, the larger the batches.
  const batches = subscription.batches({ maximum: 1000 });
  stopping.signal.addEventListener('abort', () => batches.return());
  console.log('ingestion: ready');
  const total = { stored: 0, known: 0, rejected: 0 };
  for await (const batch of batches) {
    const counts = store.add(batch.map(readingOf));
    for (const message of batch) message.acknowledge();
    for (const name in total) total[name] += counts[name];
  }
  console.log(
    `ingestion: ${total.stored} stored, ${total.known} known already, ${total.rejected} rejected`,
  );
}
