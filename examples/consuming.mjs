/*
 * Ways to take messages. Run it against any broker:
 *   node examples/consuming.mjs mqtt://127.0.0.1:1883
 */
import { setTimeout } from 'node:timers/promises';
import { connect } from 'gneiss-mqtt';

const client = await connect(process.argv[2] ?? 'mqtt://127.0.0.1:1883');
const rows = [];
const history = [];

async function store(topicName, payload) {
  await setTimeout(1);
  rows.push({ topicName, length: payload.length });
}

// A handler: called in the order of arrival. Its promise keeps the payload valid, and holds the acknowledgement back.
const stored = await client.subscribe('plant/+/state', { qos: 1 }, async (message) => {
  await store(message.topicName, message.payload);
});

// Keeping bytes longer: `copy()` for good, `retain()` until it is disposed of.
await client.subscribe('plant/+/vibration', { qos: 1 }, (message) => {
  history.push(message.copy());
  const lease = message.retain();
  setTimeout(5).then(() => {
    console.log('still valid:', message.payload.length, 'bytes');
    lease[Symbol.dispose]();
  });
});

// Acknowledging by hand.
const alarms = await client.subscribe('plant/+/alarm', { qos: 1, ackMode: 'manual' });

// A handler that fails: the message counts as handled, and MQTT 5 brokers are told that it was not.
client.on('handlerError', (error, message) => {
  console.log('failed:', message.topicName, error.cause.message);
});
await client.subscribe('plant/+/broken', { qos: 1 }, () => {
  throw new Error('no space left');
});

await client.publish('plant/7/state', 'running', { qos: 1 });
await client.publish('plant/7/vibration', new Uint8Array(64), { qos: 1 });
await client.publish('plant/7/broken', 'x', { qos: 1 });
await client.publish('plant/7/alarm', 'too hot', { qos: 1 });

// An iteration: a message is leased until the next one is asked for.
for await (const message of alarms) {
  console.log(message.topicName, message.text());
  message.acknowledge();
  break;
}
await alarms.unsubscribe();

const samples = await client.subscribe('plant/+/samples', { qos: 1 });
for (let sample = 1; sample <= 500; sample++)
  client.publish('plant/7/samples', `${sample}`, { qos: 1 });
let counted = 0;
// Batches: what has come by the time the next one is asked for, leased and acknowledged as one.
for await (const batch of samples.batches({ maximum: 200 })) {
  counted += batch.length;
  if (counted === 500) break;
}
await samples.unsubscribe();

// Messages that no handler and no iteration takes come as an event.
await client.subscribe('plant/+/note', { qos: 1 });
client.on('message', (message) => console.log('unclaimed:', message.topicName));
await client.publish('plant/7/note', 'hello', { qos: 1 });

while (client.stats().messagesReceived < 505) await setTimeout(5);
await setTimeout(20);
await stored.unsubscribe();
await client.close();
console.log(rows.length, 'stored,', history.length, 'copied');
