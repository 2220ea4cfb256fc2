import type { Socket } from 'node:net';
import { connect } from 'gneiss-mqtt';
import { describe, expect, test } from 'vitest';
import { FaultProxy } from '../../support/fault-proxy.js';
import {
  FIRST_STAGE,
  failureOf,
  NETWORK_ROADS,
  PATIENT,
  silentRoad,
  toUrl,
} from '../../support/faulty-road.js';
import { Gate } from '../../support/gate.js';
import { startHttpProxy, startScriptedProxy, startSocksProxy } from '../../support/proxies.js';

/** Long enough for a busy machine to get to the stage that is silent, short enough to wait for. */
const CONNECT_TIMEOUT_MS = 1500;
const TIMED_OUT = 'GNEISS_ERR_CONNECT_TIMEOUT';

const listen = (socket: Socket): Socket => socket.resume();
/** Answers what it is first told, and nothing after that. */
const answer = (bytes: string | Uint8Array) => (socket: Socket) =>
  listen(socket).once('data', () => socket.write(bytes));

/** Proxies that accept the connection and fall silent. */
const SILENCES: readonly (readonly [string, string, (socket: Socket) => unknown])[] = [
  ['HTTP, says nothing', 'http', listen],
  ['HTTP, stops within its answer', 'http', answer('HTTP/1.1 200 Connection est')],
  ['HTTP over TLS, says nothing', 'https', listen],
  ['SOCKS 5, says nothing', 'socks5', listen],
  ['SOCKS 5, stops after the method', 'socks5', answer(Buffer.of(5, 0))],
  ['SOCKS 4, says nothing', 'socks4', listen],
  ['SOCKS 4a, stops within its answer', 'socks4a', answer(Buffer.of(0, 90, 0))],
];

describe.concurrent.each(['worker', 'inline'] as const)('%s', (thread) => {
  // With shorter delays another attempt may begin before the first one is told of.
  const options = { ...PATIENT, thread, connectTimeoutMs: CONNECT_TIMEOUT_MS };

  test.each(SILENCES)(
    'a proxy that accepts and is silent (%s) → the timeout names the proxy, and no socket is left',
    async (_, scheme, serve) => {
      await using silent = await startScriptedProxy(serve);
      await using link = await FaultProxy.start(silent.port);
      const proxy = `${scheme}://127.0.0.1:${link.port}`;
      const { code, detail } = await failureOf(connect('wss://127.0.0.1:1', { ...options, proxy }));
      expect([code, detail]).toEqual([TIMED_OUT, 'proxy']);
      await link.idle();
      expect(link.connections).toBe(1);
    },
  );

  test.each(NETWORK_ROADS.flatMap((road) => [[road, 'http'] as const, [road, 'socks5'] as const]))(
    '%s through a proxy (%s) to a Server that accepts and is silent → the timeout names what the Server owes, and no socket is left',
    async (road, scheme) => {
      await using way = await silentRoad(road);
      way.proxy.shape({ mode: 'swallow' }, ['down']);
      await using proxy = await (scheme === 'http' ? startHttpProxy() : startSocksProxy());
      await using link = await FaultProxy.start(proxy.port);
      const { code, detail } = await failureOf(
        connect(toUrl(road, way.proxy.port), {
          ...options,
          proxy: `${scheme}://127.0.0.1:${link.port}`,
        }),
      );
      expect([code, detail]).toEqual([TIMED_OUT, FIRST_STAGE[road]]);
      await Promise.all([link.idle(), way.proxy.idle()]);
      expect([link.connections, way.proxy.connections]).toEqual([1, 1]);
    },
  );
});

test('the thread is held up over the connect timeout (SOCKS) → the timeout names the proxy all the same', async () => {
  const asked = new Gate();
  await using silent = await startScriptedProxy((socket) => {
    socket.once('data', () => {
      asked.open();
    });
  });
  const failure = failureOf(
    connect('mqtt://127.0.0.1:1', {
      ...PATIENT,
      thread: 'inline',
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      proxy: `socks5://127.0.0.1:${silent.port}`,
    }),
  );
  await asked.promise;
  const end = performance.now() + CONNECT_TIMEOUT_MS;
  while (performance.now() < end);
  const { code, detail } = await failure;
  expect([code, detail]).toEqual([TIMED_OUT, 'proxy']);
});
