import { expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import { decoded } from '../codec/support.js';
import { nextEvent } from '../support/inline-client.js';
import { connack, PlayedClient, settle, written } from '../support/played-client.js';
import { encodeAll } from '../support/scripted-server.js';

const { SUBACK, SUBSCRIBE } = PacketType;

test('a renewal fails in the moment in which the next connection is accepted → tried again on that one', async () => {
  const played = new PlayedClient({ offlineQueue: 'nothing' });
  const { client } = played;
  client.start();
  const first = await played.attempt();
  first.receive(encodeAll([connack(false)], 5));
  const subscribing = client.subscribe('a', () => {});
  const { packetId } = await written(first, SUBSCRIBE);
  first.receive(encodeAll([{ type: SUBACK, packetId, reasonCodes: [0], properties: {} }], 5));
  await subscribing;

  // The second connection tells that the Session is lost, and is lost itself before the renewal comes to the worker.
  const lost = nextEvent(client, 'disconnection');
  first.events.closed(null);
  await lost;
  played.wait();
  const second = await played.attempt();
  const succeeded = nextEvent(client, 'connectionSuccess');
  second.receive(encodeAll([connack(false)], 5));
  second.events.closed(null);
  played.wait();
  const third = await played.attempt();
  await succeeded;
  await nextEvent(client, 'connectionAttempt');
  // The worker finds the renewal, and then the word of the third connection, in one turn.
  third.receive(encodeAll([connack(true)], 5));
  await settle();
  expect(third.writes.items.map((bytes) => decoded(bytes, 5, 'client'))).toMatchObject([
    { type: SUBSCRIBE, subscriptions: [{ topicFilter: 'a' }] },
  ]);
  client.destroy();
});
