import { describe, expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import type { ClientOptions } from '../../src/options/schema.js';
import { connected, errorOf, inlineClient, nextEvent } from '../support/inline-client.js';
import { ScriptedServer } from '../support/scripted-server.js';

const MODULE = new URL('./fixtures/alias-by-level.mjs', import.meta.url);

/** Topic and alias of publishes as the Server gets them, on a connection that takes ten aliases. */
async function aliasesOf(options: ClientOptions, topics: readonly string[]): Promise<string[]> {
  await using server = await ScriptedServer.start();
  const client = inlineClient(server, options);
  const success = nextEvent(client, 'connectionSuccess');
  client.start();
  const peer = await server.welcome({ properties: { topicAliasMaximum: 10 } });
  await success;
  for (const topic of topics) client.tryPublish(topic, 'x');
  const packets = await peer.take(PacketType.PUBLISH, topics.length);
  await client.close();
  return packets.map(({ topicName, properties }) => `${topicName}|${properties.topicAlias ?? ''}`);
}

describe('topicAliasPolicy', () => {
  test.each<[string, ClientOptions, readonly string[]]>([
    ['default', {}, ['t/1|', 't/2|', 't/1|']],
    ['none', { topicAliasPolicy: 'none' }, ['t/1|', 't/2|', 't/1|']],
    ['lru', { topicAliasPolicy: 'lru' }, ['t/1|1', 't/2|2', '|1']],
    [
      'lru of one',
      { topicAliasPolicy: 'lru', topicAliasCacheSize: 1 },
      ['t/1|1', 't/2|1', 't/1|1'],
    ],
    ['a module', { topicAliasResolver: MODULE }, ['t/1|1', 't/2|2', '|1']],
    [
      'an object',
      { topicAliasResolver: { startConnection() {}, resolve: () => 7, sent() {} } },
      ['t/1|7', 't/2|7', 't/1|7'],
    ],
  ])('%s → each publish with its alias', async (_name, options, expected) => {
    expect(await aliasesOf(options, ['t/1', 't/2', 't/1'])).toEqual(expected);
  });

  test('a resolver that throws → the publish rejects, the client goes on', async () => {
    await using server = await ScriptedServer.start();
    const resolve = (topicName: string): number => {
      if (topicName === 'bad') throw new Error('no');
      return 1;
    };
    const topicAliasResolver = { startConnection() {}, resolve, sent() {} };
    const client = inlineClient(server, { topicAliasResolver });
    client.start();
    const peer = await server.welcome({ properties: { topicAliasMaximum: 1 } });
    const { code } = await errorOf(client.publish('bad', 'x', { qos: 1 }));
    expect(code).toBe('GNEISS_ERR_TOPIC_ALIAS_INVALID');
    await client.publish('good', 'x');
    expect(await peer.next(PacketType.PUBLISH)).toMatchObject({ topicName: 'good' });
    await client.close();
  });

  test.each([
    ['there is none', 'file:///nowhere/resolver.mjs'],
    ['it throws', 'data:text/javascript,throw new Error("broken")'],
    [
      'it throws what says nothing',
      'data:text/javascript,throw Object.assign(new Error(), { message: Object.create(null) })',
    ],
    ['it exports no function', 'data:text/javascript,export default {}'],
    ['its function returns no resolver', 'data:text/javascript,export default () => ({})'],
  ])('a module that is no use, %s → the client is closed with the reason', async (_, url) => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server, { topicAliasResolver: url });
    const publish = errorOf(client.publish('a', 'x', { qos: 1 }));
    const closed = nextEvent(client, 'closed');
    client.start();
    const [error] = await closed;
    expect(error?.code).toBe('GNEISS_ERR_INVALID_OPTION');
    expect(error?.message).toContain('topicAliasResolver');
    expect((await publish).code).toBe('GNEISS_ERR_INVALID_OPTION');
    expect(client.state).toBe('closed');
    await client.close();
    expect(server.connections).toBe(0);
  });

  test('one module for several clients → a resolver each', async () => {
    await using server = await ScriptedServer.start();
    const options = { topicAliasResolver: MODULE };
    const properties = { topicAliasMaximum: 10 };
    const one = inlineClient(server, options);
    one.start();
    const first = await server.welcome({ properties });
    const other = inlineClient(server, options);
    other.start();
    const second = await server.welcome({ properties: { topicAliasMaximum: 1 } });
    await one.publish('a/2', 'x');
    await other.publish('a/2', 'x');
    expect((await first.next(PacketType.PUBLISH)).properties.topicAlias).toBe(2);
    expect((await second.next(PacketType.PUBLISH)).properties.topicAlias).toBe(1);
    await one.close();
    await other.close();
  });

  test('an alias that a publish asks for, by default → sent as it is', async () => {
    await using server = await ScriptedServer.start();
    const { client } = await connected(server);
    const { code } = await errorOf(client.publish('a', 'x', { qos: 1, topicAlias: 1 }));
    expect(code).toBe('GNEISS_ERR_TOPIC_ALIAS_INVALID');
    await client.close();
  });
});

test('a subscription is asked for while the module is loaded → made once there is a connection', async () => {
  await using server = await ScriptedServer.start();
  const client = inlineClient(server, { topicAliasResolver: MODULE });
  client.start();
  const subscribing = [client.subscribe('a', () => {}), client.subscribe('b', () => {})];
  const peer = await server.welcome();
  await peer.grant();
  await peer.grant();
  await Promise.all(subscribing);
  await client.close();
});
