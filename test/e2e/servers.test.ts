import { once } from 'node:events';
import { connect, MqttClient } from 'gneiss-mqtt';
import { startBroker } from 'gneiss-mqtt/testing';
import { describe, expect, test } from 'vitest';
import { Front } from '../support/front.js';
import { Inbox } from '../support/scripted-server.js';

const USE_ANOTHER = 0x9c;
const MOVED = 0x9d;
const HASTY = { reconnectDelayMinMs: 5, reconnectDelayMaxMs: 20 };

describe.each(['worker', 'inline'] as const)('%s', (thread) => {
  test('a broker goes away → the next one; what was subscribed to and published goes on there', async () => {
    const one = await startBroker();
    const other = await startBroker();
    await using client = await connect([one.url, other.url], { thread, ...HASTY });
    const received = new Inbox<string>();
    await client.subscribe('a', { qos: 1 }, (message) => {
      received.push(message.text());
    });
    const lost = once(client, 'disconnection');
    const found = once(client, 'connectionSuccess');
    await one.close();
    await lost;
    const waiting = client.publish('b', 'in between', { qos: 1, retain: true });
    const [{ server }] = (await found) as [{ server: unknown }];
    expect(server).toEqual({ scheme: 'mqtt', host: '127.0.0.1', port: other.port });
    await waiting;
    expect(other.retainedMessages).toBe(1);
    await client.publish('a', 'at the other', { qos: 1 });
    expect(await received.take()).toBe('at the other');
    await client.close();
    await other.close();
  });

  test('all brokers are down, and one comes up → found, by one attempt after the other', async () => {
    const gone = await startBroker();
    const { port } = gone;
    await gone.close();
    await using client = new MqttClient([`mqtt://127.0.0.1:${port}`, 'mqtt://127.0.0.1:1'], {
      thread,
      ...HASTY,
    });
    const ports: unknown[] = [];
    client.on('connectionFailure', ({ server }) => ports.push('port' in server && server.port));
    client.start();
    while (ports.length < 4) await once(client, 'connectionFailure');
    expect(ports.slice(0, 4)).toEqual([port, 1, port, 1]);
    const found = once(client, 'connectionSuccess');
    await using broker = await startBroker({ port });
    await found;
    expect(broker.clients()).toHaveLength(1);
  });

  test.each([
    ['refused with', 'connack'],
    ['sent away with', 'disconnect'],
  ] as const)('%s a Server Reference → follows it', async (_, how) => {
    await using one = await startBroker();
    await using other = await startBroker();
    const serverReference = `127.0.0.1:${other.port}`;
    if (how === 'connack')
      one.faults.refuseConnections(USE_ANOTHER, { properties: { serverReference } });
    await using client = await connect(one.url, { thread, serverReference: 'follow', ...HASTY });
    if (how === 'disconnect') {
      const found = once(client, 'connectionSuccess');
      one.clients()[0]!.disconnect(MOVED, { serverReference });
      await found;
    }
    expect([one.clients().length, other.clients().length]).toEqual([0, 1]);
  });

  test('a token for each attempt, in the address of a WebSocket → signed anew each time', async () => {
    await using broker = await startBroker();
    const signatures: (string | undefined)[] = [];
    const webSocket = {
      verifyClient: ({ req }: { readonly req: { readonly url?: string | undefined } }) => {
        signatures.push(req.url);
        return signatures.length !== 1;
      },
    };
    await using front = await Front.before(broker.port, 'ws', { webSocket, path: '/mqtt' });
    await using client = await connect(front.url, {
      thread,
      retryInitialConnect: true,
      ...HASTY,
      connectOptions: async ({ number }) => {
        await Promise.resolve();
        return { url: `${front.url}?signature=${number}` };
      },
    });
    expect(client.state).toBe('connected');
    expect(signatures).toEqual(['/mqtt?signature=1', '/mqtt?signature=2']);
  });
});
