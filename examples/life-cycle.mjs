/*
 * The life cycle in your hands. Run it against any broker:
 *   node examples/life-cycle.mjs mqtt://127.0.0.1:1883
 */
import { once } from 'node:events';
import { MqttClient } from 'gneiss-mqtt';

const client = new MqttClient(process.argv[2] ?? 'mqtt://127.0.0.1:1883', {
  clientId: 'meter-7',
  keepAlive: 30,
  sessionExpiryInterval: 3600,
  will: { topicName: 'plant/7/online', payload: 'false', qos: 1, retain: true },
});

client.on('connectionAttempt', () => console.log('connecting'));
client.on('connectionSuccess', ({ settings }) => console.log('connected', settings.clientId));
client.on('connectionFailure', ({ error }) => console.log('no connection:', error.message));
client.on('disconnection', ({ error }) => console.log('disconnected:', error.message));
client.on('stopped', () => console.log('stopped'));
client.on('closed', (error) => console.log('closed', error ?? ''));

client.start(); // connects, and connects again whenever the connection is lost
await once(client, 'connectionSuccess');
await client.publish('plant/7/online', 'true', { qos: 1, retain: true });
await client.stop(); // waits for what is pending, then says DISCONNECT; start() begins anew
await client.close(); // for good
