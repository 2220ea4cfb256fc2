import { connect } from 'gneiss-mqtt';
import { startBroker } from 'gneiss-mqtt/testing';
import { describe, expect, test } from 'vitest';
import { Authority } from '../support/certificates.js';
import { Front } from '../support/front.js';
import { errorOf } from '../support/inline-client.js';
import { startHttpProxy, startSocksProxy } from '../support/proxies.js';
import { Inbox } from '../support/scripted-server.js';

const authority = await Authority.create();
const identity = await authority.issue(['127.0.0.1']);

const CASES = (['http', 'https', 'socks5'] as const).flatMap((scheme) =>
  (['mqtt', 'mqtts', 'ws', 'wss'] as const).map((road) => ({ scheme, road })),
);

describe.each(['worker', 'inline'] as const)('%s', (thread) => {
  test.each(CASES)(
    '$road through $scheme → messages of every size, both ways',
    async ({ scheme, road }) => {
      const broker = await startBroker();
      await using front = await Front.before(Number(new URL(broker.url).port), road, {
        tls: identity,
      });
      const tls = { ca: authority.cert };
      await using proxy = await (scheme === 'socks5'
        ? startSocksProxy()
        : startHttpProxy(scheme === 'https' ? { tls: identity } : {}));
      const url = `${scheme}://127.0.0.1:${proxy.port}`;
      await using client = await connect(front.url, {
        thread,
        tls,
        proxy: scheme === 'https' ? { url, tls } : url,
      });
      expect(proxy.targets).toHaveLength(1);
      const received = new Inbox<readonly [number, boolean]>();
      await client.subscribe('a', { qos: 1 }, ({ payload }) => {
        received.push([payload.length, payload.every((byte, at) => byte === ((at * 7) & 0xff))]);
      });
      for (const size of [0, 127, 16_384, 1_000_000]) {
        const payload = Uint8Array.from({ length: size }, (_, at) => (at * 7) & 0xff);
        await client.publish('a', payload, { qos: 1 });
        expect(await received.take()).toEqual([size, true]);
      }
      await client.close();
      await broker.close();
    },
  );

  test('a proxy that refuses → the attempt fails with its status, and says that it was the proxy', async () => {
    await using proxy = await startHttpProxy({ credentials: { username: 'a', password: 'b' } });
    const options = { thread, proxy: `http://127.0.0.1:${proxy.port}` };
    const error = await errorOf(connect('mqtt://127.0.0.1:1', options));
    expect(error.code).toBe('GNEISS_ERR_CONNECT_FAILED');
    expect(error.message).toContain('proxy: the proxy answered with status 407');
  });
});

test('a transport of the module of an example, in a worker → messages of every size, both ways', async () => {
  const broker = await startBroker();
  const transport = new URL('../../examples/tcp-transport.mjs', import.meta.url);
  await using client = await connect(broker.url, { transport, inboundMemoryBytes: 524_288 });
  const received = new Inbox<number>();
  await client.subscribe('a', { qos: 1 }, async ({ payload }) => {
    await new Promise((resolve) => setImmediate(resolve));
    received.push(payload.length);
  });
  const sizes = Array.from({ length: 300 }, (_, at) => (at % 30) * 1000);
  await Promise.all(sizes.map((size) => client.publish('a', new Uint8Array(size), { qos: 1 })));
  for (const size of sizes) expect(await received.take()).toBe(size);
  await client.close();
  await broker.close();
});
