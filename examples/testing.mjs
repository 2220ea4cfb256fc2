/*
 * The embedded broker, in a test of your own:
 *   node --test examples/testing.mjs
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from 'gneiss-mqtt';
import { PacketType, startBroker } from 'gneiss-mqtt/testing';

test('a reading reaches the broker', async () => {
  const broker = await startBroker();
  const client = await connect(broker.url);
  const published = broker.waitFor('publish');
  await client.publish('plant/7/temperature', '21.5', { qos: 1 });
  const [packet] = await published;
  assert.equal(packet.topicName, 'plant/7/temperature');
  await client.close();
  await broker.close();
});

test('a reading outlives a connection that breaks', async () => {
  const broker = await startBroker();
  const fault = broker.faults.disconnectAfter(PacketType.PUBLISH); // once, and that PUBLISH is lost
  const client = await connect(broker.url, { reconnectDelayMinMs: 1 });
  await client.publish('plant/7/temperature', '21.5', { qos: 1 });
  assert.equal(fault.hits, 1);
  assert.equal(client.stats().reconnects, 1);
  await client.close();
  await broker.close();
});
