import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { connect } from 'gneiss-mqtt';
import { describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { FaultProxy } from '../../support/fault-proxy.js';
import {
  brokerBeyond,
  FIRST_STAGE,
  failureOf,
  faultyRoad,
  IDENTITY,
  IMPATIENT,
  PATIENT,
  silentRoad,
  toUrl,
  WAYS,
} from '../../support/faulty-road.js';
import { Front } from '../../support/front.js';
import { ScriptedServer } from '../../support/scripted-server.js';

/** Long enough for a busy machine to get to the stage that is silent, short enough to wait for. */
const CONNECT_TIMEOUT_MS = 1500;
const TIMED_OUT = 'GNEISS_ERR_CONNECT_TIMEOUT';
const FAILED = 'GNEISS_ERR_CONNECT_FAILED';

describe.concurrent.each(WAYS)('$road, MQTT $protocolVersion', ({ road, protocolVersion }) => {
  const options = { ...IMPATIENT, protocolVersion };

  test('nobody listens → refused by the operating system; once somebody does, connected to', async () => {
    await using way = await brokerBeyond(road);
    way.proxy.refuse();
    const failure = await failureOf(connect(way.url, options));
    expect(failure).toMatchObject({ code: FAILED, origin: 'network', cause: 'ECONNREFUSED' });
    expect(failure.detail).toMatch(/^connection: /);
    const connecting = connect(way.url, { ...options, retryInitialConnect: true });
    await way.proxy.accept();
    await using client = await connecting;
    expect(client.state).toBe('connected');
  });

  test('the name does not exist → fails in name resolution', async () => {
    const failure = await failureOf(connect(toUrl(road, 1, 'broker.invalid'), options));
    expect(failure.code).toBe(FAILED);
    expect(failure.detail).toMatch(/^name resolution: /);
    expect(failure.cause).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
  });

  test('accepts and is silent → the timeout names the first stage, and no socket is left', async () => {
    await using way = await silentRoad(road);
    way.proxy.shape({ mode: 'swallow' }, ['down']);
    // With shorter delays another attempt may begin before the first one is told of.
    const short = { ...PATIENT, protocolVersion, connectTimeoutMs: CONNECT_TIMEOUT_MS };
    const { code, detail } = await failureOf(connect(way.url, short));
    expect([code, detail]).toEqual([TIMED_OUT, FIRST_STAGE[road]]);
    await way.proxy.idle();
    expect(way.proxy.connections).toBe(1);
  });

  test('is silent once it has the CONNECT → the timeout names the CONNACK, and no socket is left', async () => {
    await using way = await silentRoad(road);
    const short = { ...options, connectTimeoutMs: CONNECT_TIMEOUT_MS };
    const { code, detail } = await failureOf(connect(way.url, short));
    expect([code, detail]).toEqual([TIMED_OUT, 'CONNACK']);
    await way.proxy.idle();
  });

  test.each(['end', 'reset'] as const)(
    'cuts at once (%s) → fails, and the next one is let in',
    async (by) => {
      await using way = await brokerBeyond(road);
      await using cutting = await FaultProxy.start(way.proxy.port, {
        direction: 'up',
        after: 0,
        by,
      });
      const url = toUrl(road, cutting.port);
      // In which stage that shows is up to the operating system.
      expect((await failureOf(connect(url, options))).code).toBe(FAILED);
      await using client = await connect(url, options);
      expect(client.stats().connections).toBe(1);
    },
  );

  test.each(['end', 'reset'] as const)(
    'cuts within the CONNACK (%s) → connects anew, and nothing of the first one is taken for an answer',
    async (by) => {
      await using way = await brokerBeyond(road);
      // Between proxy and broker the bytes are those of MQTT: after two of them the CONNACK has begun.
      await using cutting = await FaultProxy.start(way.broker.port, {
        direction: 'down',
        after: 2,
        by,
      });
      await using inner = await faultyRoad(cutting.port, road);
      const connecting = connect(inner.url, { ...options, retryInitialConnect: true });
      await using client = await connecting;
      expect(cutting.isCut).toBe(true);
      expect(cutting.connections).toBe(2);
      expect(client.stats().connections).toBe(1);
      await client.publish('a', 'x', { qos: 1 });
    },
  );

  test('answers with something that is not MQTT → violation, no socket left', async () => {
    await using server = await ScriptedServer.start(protocolVersion);
    await using way = await faultyRoad(server.port, road);
    const failed = failureOf(connect(way.url, options));
    const peer = await server.accept();
    peer.sendRaw(new TextEncoder().encode('SSH-2.0-OpenSSH_9.2\r\n'));
    expect(await failed).toMatchObject({ code: 'GNEISS_ERR_PEER_VIOLATION', origin: 'server' });
    await way.proxy.idle();
  });

  test('aborted while it waits → ends at once, no socket left', async () => {
    await using way = await silentRoad(road);
    const abort = new AbortController();
    const failed = failureOf(connect(way.url, { ...options, signal: abort.signal }));
    while (way.front.connections === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect(await failed).toMatchObject({ code: 'GNEISS_ERR_ABORTED', origin: 'user' });
    await way.proxy.idle();
  });
});

describe.each(['wss', 'mqtts'] as const)('%s, a Server that is silent behind its TLS', (road) => {
  test('the timeout names what it waits for', async () => {
    await using front = await Front.start('mqtts', { tls: IDENTITY }, (stream) => {
      stream.on('error', () => {});
      stream.resume();
    });
    const { code, detail } = await failureOf(
      connect(toUrl(road, front.port), { ...IMPATIENT, connectTimeoutMs: CONNECT_TIMEOUT_MS }),
    );
    expect([code, detail]).toEqual([TIMED_OUT, road === 'wss' ? 'WebSocket upgrade' : 'CONNACK']);
  });
});

describe.skipIf(process.platform !== 'linux')('a Server that does not accept', () => {
  // It is stopped, and its queue of connections is full: the operating system answers no more SYN.
  const script = `require('net').createServer().listen({port:0,host:'127.0.0.1',backlog:1},
    function(){console.log(this.address().port)})`;

  test.each(['mqtt', 'wss'] as const)(
    '%s → the timeout names the connection, and it stops trying',
    async (road) => {
      const child = spawn(process.execPath, ['-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      const port = Number(line);
      child.kill('SIGSTOP');
      const fillers: Socket[] = [];
      const fill = (): Socket => {
        const socket = connectTcp({ port, host: '127.0.0.1' });
        socket.on('error', () => {});
        fillers.push(socket);
        return socket;
      };
      try {
        // A queue of one holds two.
        for (let at = 0; at < 2; at++) await once(fill(), 'connect');
        const { code, detail } = await failureOf(
          connect(toUrl(road, port), { ...IMPATIENT, connectTimeoutMs: 200 }),
        );
        expect([code, detail]).toEqual([TIMED_OUT, 'connection']);
      } finally {
        for (const socket of fillers) socket.destroy();
        child.kill('SIGKILL');
      }
    },
  );
});

describe('an HTTP server that is no MQTT Server', () => {
  test.each([
    [404, 'Unexpected server response: 404'],
    [301, 'Unexpected server response: 301'],
    [503, 'Unexpected server response: 503'],
  ])('answers the upgrade with %i → fails in the upgrade', async (status, reason) => {
    const server = createHttpServer((_, response) => {
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, detail } = await failureOf(connect(toUrl('ws', port), IMPATIENT));
    expect([code, detail]).toEqual([FAILED, `WebSocket upgrade: ${reason}`]);
    server.close();
  });

  test('agrees to a WebSocket without the subprotocol mqtt → fails in the upgrade', async () => {
    const server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      handleProtocols: () => false,
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, detail } = await failureOf(connect(toUrl('ws', port), IMPATIENT));
    expect(code).toBe(FAILED);
    expect(detail).toMatch(/^WebSocket upgrade: /);
    server.close();
  });
});
