/*
 * Ways to publish. Run it against any broker:
 *   node examples/publishing.mjs mqtt://127.0.0.1:1883
 */
import { connect, MqttError } from 'gneiss-mqtt';

const client = await connect(process.argv[2] ?? 'mqtt://127.0.0.1:1883');
const samples = new Float32Array(32);

// A promise for each message: it resolves at PUBACK here.
try {
  await client.publish('plant/7/state', 'running', {
    qos: 1,
    retain: true,
    messageExpiryInterval: 3600,
    ackTimeoutMs: 10_000,
    signal: AbortSignal.timeout(30_000),
  });
} catch (error) {
  if (!(error instanceof MqttError)) throw error;
  console.error(error.code, error.origin, error.reasonCode);
}

// No promise: for rates at which a promise for each message is too much. False means that there is no room.
for (let count = 0; count < 100_000; count++) {
  while (!client.tryPublish('plant/7/vibration', samples)) await client.ready();
}

// An empty retained message makes the broker forget the one it has.
await client.publish('plant/7/state', '', { qos: 1, retain: true });
console.log(client.stats().messagesPublished, 'messages published');
await client.close();
