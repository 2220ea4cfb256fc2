/*
 * The utility process: it has the client, and the secrets. A window gets a port, and what comes over it.
 */
import { MqttClient } from 'gneiss-mqtt';
import { WindowFeed } from './window-feed.mjs';

// A program that is installed reads them from a file that only its user can read, or from a keychain: here, and in no window.
const { MQTT_URL = 'mqtt://127.0.0.1:1883', MQTT_USERNAME, MQTT_PASSWORD } = process.env;

/** One for each window. */
const feeds = new Set();
const client = new MqttClient(MQTT_URL, { username: MQTT_USERNAME, password: MQTT_PASSWORD });

process.parentPort.on('message', ({ data, ports: [port] }) => {
  const feed = new WindowFeed(port, data.topics, () => feeds.delete(feed));
  feeds.add(feed);
  feed.tell(client.state === 'connected');
});

// How `kill()` of the main process ends it: with a DISCONNECT, so that the broker publishes no Will.
let closing;
process.once('SIGTERM', () => {
  closing = client.close();
});

client.on('connectionSuccess', () => tell(true));
client.on('disconnection', () => tell(false));
client.on('connectionFailure', ({ error }) => console.error(error.message));
client.start();
try {
  await feedWindows();
} catch (error) {
  if (closing === undefined) {
    // The main process starts another one.
    console.error(error.message);
    client.destroy();
    process.exitCode = 1;
  }
}
await closing;
// The port to the main process would keep this one alive.
process.exit();

async function feedWindows() {
  const subscription = await client.subscribe('plant/#', { qos: 1 });
  // Batches, since several messages cost a window little more than one. The loop ends when the client is closed.
  for await (const batch of subscription.batches()) {
    for (const feed of feeds) feed.take(batch);
  }
}

function tell(connected) {
  for (const feed of feeds) feed.tell(connected);
}
