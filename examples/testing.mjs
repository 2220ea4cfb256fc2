/*
 * The embedded broker, in a test of your own:
 *   node --test examples/testing.mjs
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from 'gneiss-mqtt';
import { startBroker } from 'gneiss-mqtt/testing';

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
