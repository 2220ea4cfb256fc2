import { expect, test } from 'vitest';
import { connack, PlayedClient, settle } from '../support/played-client.js';
import { encodeAll, publishPacket } from '../support/scripted-server.js';

test('two connections with messages, seen by the main thread at once → each message comes after the news of its connection', async () => {
  const played = new PlayedClient({ rejoinSession: 'always', sessionExpiryInterval: 600 });
  const { client } = played;
  const heard: string[] = [];
  client.on('connectionSuccess', () => heard.push('connectionSuccess'));
  client.on('disconnection', () => heard.push('disconnection'));
  client.on('message', (message) => heard.push(message.text()));
  client.start();
  for (const payload of ['old', 'new']) {
    const transport = await played.attempt();
    transport.receive(encodeAll([connack(true), publishPacket({ payload })], 5));
    if (payload === 'new') break;
    transport.events.closed(null);
    played.wait();
  }
  expect(heard).toEqual([]);
  await settle();
  expect(heard).toEqual(['connectionSuccess', 'old', 'disconnection', 'connectionSuccess', 'new']);
  client.destroy();
});
