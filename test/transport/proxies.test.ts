import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ProxyOptions } from '../../src/options/proxy.js';
import { openTransport } from '../../src/transport/open-transport.js';
import { TlsSessionCache } from '../../src/transport/tls-sessions.js';
import type { Transport } from '../../src/transport/transport.js';
import { Front, type Road } from '../support/front.js';
import {
  basic,
  type Credentials,
  listen,
  startHttpProxy,
  startScriptedProxy,
  startSocksProxy,
  type TestProxy,
} from '../support/proxies.js';
import { toRoute } from '../support/route.js';
import { Inbox } from '../support/scripted-server.js';
import { authority, collect, identity, openPair, pattern } from '../support/transport-pair.js';
import { TransportRecorder } from '../support/transport-recorder.js';

const KINDS = ['http', 'https', 'socks5', 'socks5 with a password', 'socks4', 'socks4a'] as const;
type Kind = (typeof KINDS)[number];
const ROADS = ['mqtt', 'mqtts', 'ws', 'wss'] as const satisfies readonly Road[];

const HTTP_YES = Buffer.from('HTTP/1.1 200 OK\r\n\r\n');
const SOCKS_YES = Buffer.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 0);

const CREDENTIALS: Credentials = { username: 'ada', password: 'hunter2: é' };
const USERINFO = `ada:${encodeURIComponent(CREDENTIALS.password)}@`;

async function startProxy(kind: Kind): Promise<TestProxy> {
  switch (kind) {
    case 'http':
      return startHttpProxy();
    case 'https':
      return startHttpProxy({ tls: identity });
    case 'socks5 with a password':
      return startSocksProxy(CREDENTIALS);
    default:
      return startSocksProxy();
  }
}

function toOption(kind: Kind, { port }: TestProxy): ProxyOptions {
  const [scheme] = kind.split(' ');
  const userinfo = kind === 'socks5 with a password' ? USERINFO : '';
  return {
    url: `${scheme}://${userinfo}127.0.0.1:${port}`,
    ...(kind === 'https' && { tls: { ca: authority.cert } }),
  };
}

/** Where a proxy of this kind is asked to connect to, when the Server is looked for as localhost. */
function toTarget(kind: Kind, port: number): string {
  if (kind === 'socks4') return `127.0.0.1:${port}`;
  return kind.startsWith('http') ? `localhost:${port}` : `<localhost>:${port}`;
}

function start(
  proxy: ProxyOptions['url'] | ProxyOptions,
  url = 'mqtt://127.0.0.1:1',
): { readonly transport: Transport; readonly recorder: TransportRecorder } {
  const recorder = new TransportRecorder();
  const route = toRoute(url, { proxy, tls: { ca: authority.cert } });
  return { transport: openTransport(route, recorder), recorder };
}

/** The error that the transport ends with; it never opens. */
async function failure(recorder: TransportRecorder): Promise<Error> {
  const error = await recorder.end.promise;
  expect(recorder.trace).toEqual(['closed']);
  if (error === null) throw new Error('there was no error');
  return error;
}

/** Everybody has let go of the connection to the proxy. */
async function unused(proxy: TestProxy): Promise<void> {
  while (proxy.open > 0) await new Promise((resolve) => setImmediate(resolve));
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

describe.each(KINDS)('%s', (kind) => {
  test.each(ROADS)('%s → bytes both ways, in order, to the Server that was meant', async (road) => {
    await using proxy = await startProxy(kind);
    await using pair = await openPair(road, { proxy: toOption(kind, proxy) }, 'localhost');
    const { transport, recorder, peer, port } = pair;
    expect(proxy.targets).toEqual([toTarget(kind, port)]);
    peer.write(pattern(40_000));
    expect(isSame(await collect(recorder, 40_000), pattern(40_000))).toBe(true);
    const sent = new Uint8Array(new SharedArrayBuffer(100_000));
    sent.set(pattern(100_000));
    transport.write([sent.subarray(0, 1), sent.subarray(1, 70_000), sent.subarray(70_000)]);
    await recorder.flushes.take();
    transport.end();
    expect(isSame(await buffer(peer), pattern(100_000))).toBe(true);
    const lookup = kind === 'socks4' ? ['lookup'] : [];
    const tls = road === 'mqtts' || road === 'wss' ? ['tls'] : [];
    const upgrade = road === 'ws' || road === 'wss' ? ['upgrade'] : [];
    expect(recorder.stages).toEqual([...lookup, 'connect', 'proxy', ...tls, ...upgrade]);
  });
});

describe.each(['http', 'https', 'socks5'] as const)('through %s', (kind) => {
  test.each(['mqtt', 'mqtts'] as const)(
    '%s, answered with false → nothing more is handed over until resume, and nothing is lost',
    async (road) => {
      await using proxy = await startProxy(kind);
      await using pair = await openPair(road, { proxy: toOption(kind, proxy) });
      const { transport, recorder, peer } = pair;
      recorder.mayRead = false;
      for (let at = 0; at < 10; at++) peer.write(pattern(1000).subarray(at * 100, at * 100 + 100));
      const parts = [await recorder.bytes.take()];
      // A round trip the other way: what was sent before has arrived by now.
      const echoed = once(peer, 'data');
      transport.write([Uint8Array.of(1)]);
      await echoed;
      await new Promise((resolve) => setImmediate(resolve));
      expect(recorder.bytes.items).toEqual([]);
      while (parts.reduce((sum, part) => sum + part.length, 0) < 1000) {
        transport.resume();
        parts.push(await recorder.bytes.take());
        expect(recorder.bytes.items).toEqual([]);
      }
      expect(isSame(Buffer.concat(parts), pattern(1000))).toBe(true);
    },
  );

  test.each(ROADS)('%s, the Server ends → closed without an error', async (road) => {
    await using proxy = await startProxy(kind);
    await using pair = await openPair(road, { proxy: toOption(kind, proxy) });
    pair.peer.end();
    expect(await pair.recorder.end.promise).toBeNull();
    expect(pair.recorder.trace).toEqual(['opened', 'closed']);
    await unused(proxy);
  });

  test.each(ROADS)('%s, the proxy resets → closed with ECONNRESET', async (road) => {
    const clients: Socket[] = [];
    await using proxy = await startProxy(kind);
    await using relay = await startScriptedProxy((socket) => {
      clients.push(socket);
      const upstream = connect(proxy.port, '127.0.0.1');
      upstream.on('error', () => {});
      socket.pipe(upstream).pipe(socket);
    });
    await using pair = await openPair(road, { proxy: toOption(kind, relay) });
    clients[0]!.resetAndDestroy();
    expect(await pair.recorder.end.promise).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe.each(['http', 'socks5'] as const)('through %s', (kind) => {
  test('bytes right behind the answer → the first that are read, once the transport is open', async () => {
    const early = pattern(3000);
    await using proxy = await startScriptedProxy((socket) => {
      socket.on('data', (asked: Buffer) => {
        if (kind === 'http') socket.write(Buffer.concat([HTTP_YES, early]));
        else if (asked.length === 3) socket.write(Buffer.of(5, 0));
        else socket.write(Buffer.concat([SOCKS_YES, early]));
      });
    });
    const { transport, recorder } = start(toOption(kind, proxy));
    recorder.mayRead = false;
    const parts: Uint8Array[] = [await recorder.bytes.take()];
    expect(recorder.trace.slice(0, 2)).toEqual(['opened', 'receivedChunk']);
    while (parts.reduce((sum, part) => sum + part.length, 0) < 3000) {
      transport.resume();
      parts.push(await recorder.bytes.take());
    }
    expect(isSame(Buffer.concat(parts), early)).toBe(true);
    transport.destroy();
    await unused(proxy);
  });

  test('the name of an IPv6 address → as it must be written', async () => {
    const asked = new Inbox<Buffer>();
    await using proxy = await startScriptedProxy((socket) => {
      socket.on('data', (bytes: Buffer) => {
        asked.push(bytes);
        if (bytes.length === 3) socket.write(Buffer.of(5, 0));
      });
    });
    const { transport } = start(toOption(kind, proxy), 'mqtt://[::1]:7');
    if (kind === 'http') {
      expect((await asked.take()).toString()).toMatch(
        /^CONNECT \[::1\]:7 HTTP\/1\.1\r\nhost: \[::1\]:7\r\n/,
      );
    } else {
      await asked.take();
      const address = Array.from({ length: 16 }, (_, at) => (at === 15 ? 1 : 0));
      expect([...(await asked.take())]).toEqual([5, 1, 0, 4, ...address, 0, 7]);
    }
    transport.destroy();
    await unused(proxy);
  });
});

describe('HTTP', () => {
  test('headers and credentials → go along', async () => {
    const requests: IncomingMessage[] = [];
    await using proxy = await startHttpProxy({
      credentials: CREDENTIALS,
      asked: (request) => requests.push(request),
    });
    const url = `http://${USERINFO}127.0.0.1:${proxy.port}`;
    await using pair = await openPair('mqtt', { proxy: { url, headers: { 'X-Site': '7' } } });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: 'CONNECT', url: `127.0.0.1:${pair.port}` });
    expect(requests[0]?.headers).toMatchObject({
      host: `127.0.0.1:${pair.port}`,
      'x-site': '7',
      'proxy-authorization': basic(CREDENTIALS),
    });
  });

  test.each([
    [200, true],
    [204, true],
    [299, true],
    [101, false],
    [302, false],
    [407, false],
    [599, false],
  ])('status %i → taken for success: %s', async (status, isGood) => {
    await using proxy = await startScriptedProxy((socket) => {
      socket.once('data', () => socket.write(`HTTP/1.1 ${status} secret\r\n\r\n`));
    });
    const { transport, recorder } = start(`http://127.0.0.1:${proxy.port}`);
    if (isGood) {
      await recorder.isOpen.promise;
      transport.destroy();
    } else {
      const error = await failure(recorder);
      expect(error).toMatchObject({ code: 'ERR_PROXY_FAILED' });
      expect(error.message).toContain(`status ${status}`);
      expect(error.message).not.toContain('secret');
    }
    await unused(proxy);
  });

  test('a body behind the success, as its headers announce one → belongs to the tunnel', async () => {
    await using proxy = await startScriptedProxy((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcd'));
    });
    const { transport, recorder } = start(`http://127.0.0.1:${proxy.port}`);
    expect(Buffer.from(await recorder.bytes.take()).toString()).toBe('abcd');
    transport.destroy();
  });

  test('headers without an end → closed before they are all buffered', async () => {
    await using proxy = await startScriptedProxy((socket) => {
      const more = (): void => {
        while (!socket.destroyed && socket.write(`X-More: ${'a'.repeat(1000)}\r\n`));
      };
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n');
        more();
        socket.on('drain', more);
      });
    });
    const { recorder } = start(`http://127.0.0.1:${proxy.port}`);
    expect(await failure(recorder)).toMatchObject({ code: 'HPE_HEADER_OVERFLOW' });
    await unused(proxy);
  });
});

describe('TLS', () => {
  test("a proxy whose authority is not trusted, though the Server's is → closed with the error of TLS", async () => {
    await using proxy = await startHttpProxy({ tls: identity });
    const { recorder } = start(`https://127.0.0.1:${proxy.port}`);
    expect(await failure(recorder)).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    expect(recorder.stages).toEqual(['connect', 'proxy']);
    expect(proxy.targets).toEqual([]);
    await unused(proxy);
  });

  test('a certificate of the Server for another name → closed, whatever that of the proxy says', async () => {
    const other = await authority.issue(['broker.example']);
    await using front = await Front.start('mqtts', { tls: other }, (stream) => stream.destroy());
    await using proxy = await startHttpProxy({ tls: identity });
    const { recorder } = start(toOption('https', proxy), front.url);
    expect(await failure(recorder)).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(recorder.stages).toEqual(['connect', 'proxy', 'tls']);
    await unused(proxy);
  });

  test.each(ROADS)('%s, the proxy breaks its own TLS → closed with the error', async (road) => {
    const clients: Socket[] = [];
    await using proxy = await startProxy('https');
    await using relay = await startScriptedProxy((socket) => {
      clients.push(socket);
      const upstream = connect(proxy.port, '127.0.0.1');
      upstream.on('error', () => {});
      socket.pipe(upstream).pipe(socket);
    });
    await using pair = await openPair(road, { proxy: toOption('https', relay) });
    clients[0]!.write(Buffer.alloc(100, 0xa5));
    expect(await pair.recorder.end.promise).toMatchObject({ library: 'SSL routines' });
  });

  test('the session of a proxy that goes by another name → does not vouch for a Server at its address', async () => {
    const other = await authority.issue(['proxy.example']);
    await using proxy = await startHttpProxy({ tls: other });
    const sessions = new TlsSessionCache();
    const kept = new Inbox<string>();
    const set = sessions.set.bind(sessions);
    sessions.set = (key, session) => {
      set(key, session);
      kept.push(key);
    };
    await using front = await Front.start('mqtt', {}, () => {});
    const url = `https://127.0.0.1:${proxy.port}`;
    const ca = authority.cert;
    const option = { url, tls: { ca, verifyName: 'proxy.example' } };
    const first = new TransportRecorder();
    const transport = openTransport(toRoute(front.url, { proxy: option }, sessions), first);
    await first.isOpen.promise;
    await kept.take();
    const direct = new TransportRecorder();
    const route = toRoute(`mqtts://127.0.0.1:${proxy.port}`, { tls: { ca } }, sessions);
    openTransport(route, direct);
    expect(await failure(direct)).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    transport.destroy();
  });
});

describe('refusals', () => {
  test.each([
    ['http', `http://ada:hunter3@`, 'status 407 (Proxy Authentication Required)'],
    ['http', `http://`, 'status 407 (Proxy Authentication Required)'],
    ['socks5', `socks5://ada:hunter3@`, 'Authentication failed'],
    ['socks5', `socks5://`, 'no accepted authentication'],
    ['socks4', `socks4://eve@`, 'RejectedIdent'],
  ])(
    '%s with the credentials of %s → closed, and the error says "%s"',
    async (kind, prefix, words) => {
      await using proxy = await (kind === 'http'
        ? startHttpProxy({ credentials: CREDENTIALS })
        : startSocksProxy(CREDENTIALS));
      const { recorder } = start(`${prefix}127.0.0.1:${proxy.port}`);
      const error = await failure(recorder);
      expect(error.message).toContain(words);
      expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/hunter|aHVudGVy/);
      expect(proxy.targets).toEqual([]);
      await unused(proxy);
    },
  );

  test.each([
    ['http', 'status 502 (Bad Gateway)'],
    ['https', 'status 502 (Bad Gateway)'],
    ['socks5', 'ConnectionRefused'],
    ['socks4', 'Failed'],
  ] as const)(
    '%s, where nobody listens behind it → closed, and the error says "%s"',
    async (kind, words) => {
      await using proxy = await startProxy(kind);
      const { recorder } = start(toOption(kind, proxy));
      expect((await failure(recorder)).message).toContain(words);
      await unused(proxy);
    },
  );

  test.each(['http', 'socks5', 'socks4'] as const)(
    '%s that nobody listens at → closed with ECONNREFUSED',
    async (kind) => {
      const proxy = await startProxy(kind);
      await proxy[Symbol.asyncDispose]();
      const { recorder } = start(toOption(kind, proxy));
      expect(await failure(recorder)).toMatchObject({ code: 'ECONNREFUSED' });
      expect(recorder.stages.at(-1)).toBe('connect');
    },
  );

  test('socks4 and a name without an IPv4 address → closed with the error of the lookup', async () => {
    await using proxy = await startProxy('socks4');
    const { recorder } = start(toOption('socks4', proxy), 'mqtt://does-not-exist.invalid');
    expect(await failure(recorder)).toMatchObject({ syscall: 'getaddrinfo' });
    expect(recorder.stages).toEqual(['lookup']);
  });

  const answers: readonly (readonly [string, string | Buffer])[] = [
    ['nothing', ''],
    ['noise', Buffer.alloc(70_000, 0xa5)],
    ['zeros', Buffer.alloc(70_000)],
    ['text', 'SSH-2.0-OpenSSH\r\n'.repeat(1000)],
    ['half of an HTTP answer', 'HTTP/1.1 200 O'],
  ];
  test.each(
    (['http', 'https', 'socks5', 'socks4a'] as const).flatMap((kind) =>
      answers.map(([name, answer]) => [kind, name, answer] as const),
    ),
  )('%s that answers with %s and ends → closed with an error', async (kind, _, answer) => {
    await using proxy = await startScriptedProxy((socket) => {
      socket.once('data', () => socket.end(answer));
    });
    const { recorder } = start(toOption(kind, proxy));
    await failure(recorder);
    await unused(proxy);
  });
});

describe('destroyed', () => {
  /** What a proxy answers, one after the other, before it is silent. */
  const silences: readonly (readonly [Kind, string, readonly (string | Buffer)[]])[] = [
    ['http', 'at once', []],
    ['http', 'within its answer', ['HTTP/1.1 200 OK\r\nX']],
    ['https', 'at once', []],
    ['socks5', 'at once', []],
    ['socks5', 'within the choice of a method', [Buffer.of(5)]],
    ['socks5', 'after the choice of a method', [Buffer.of(5, 0)]],
    ['socks5 with a password', 'after the credentials', [Buffer.of(5, 2)]],
    ['socks5 with a password', 'after it has accepted them', [Buffer.of(5, 2), Buffer.of(1, 0)]],
    ['socks5', 'within its answer', [Buffer.of(5, 0), Buffer.of(5, 0, 0, 1, 127)]],
    ['socks4', 'at once', []],
    ['socks4', 'within its answer', [Buffer.of(0, 90, 0)]],
  ];
  test.each(silences)(
    'while a proxy of %s is silent %s → closed once, no socket left',
    async (kind, _, answers) => {
      const asked = new Inbox<Buffer>();
      const rest = [...answers];
      await using proxy = await startScriptedProxy((socket) => {
        socket.on('data', (bytes: Buffer) => {
          const answer = rest.shift();
          if (answer !== undefined) socket.write(answer);
          asked.push(bytes);
        });
      });
      const { transport, recorder } = start(toOption(kind, proxy));
      await asked.take();
      // What is complete is answered by the client; half of an answer has at least been sent.
      const isComplete = ([first, second]: string | Buffer): boolean =>
        kind.startsWith('socks5') && second !== undefined && (first === 5 || first === 1);
      for (const answer of answers)
        if (isComplete(answer) && answer.length === 2) await asked.take();
      transport.destroy();
      expect(await recorder.end.promise).toBeNull();
      await unused(proxy);
      expect(recorder.trace).toEqual(['closed']);
      expect(recorder.stages.at(-1)).toBe('proxy');
    },
  );

  test('after the TLS of the proxy is up → closed once, no socket left', async () => {
    const asked = new Inbox<IncomingMessage>();
    const server = createHttpsServer(identity);
    server.on('connect', (request) => asked.push(request));
    await using proxy = await listen(server, []);
    const { transport, recorder } = start(toOption('https', proxy));
    await asked.take();
    transport.destroy();
    expect(await recorder.end.promise).toBeNull();
    await unused(proxy);
    expect(recorder.trace).toEqual(['closed']);
  });

  test.each(KINDS)(
    'right after it was begun, through %s → closed once, no socket left',
    async (kind) => {
      await using proxy = await startProxy(kind);
      const { transport, recorder } = start(toOption(kind, proxy), 'wss://localhost:1/');
      transport.destroy();
      expect(await recorder.end.promise).toBeNull();
      await new Promise((resolve) => setImmediate(resolve));
      expect(recorder.trace).toEqual(['closed']);
      await unused(proxy);
    },
  );

  test.each(ROADS)(
    'while the Server behind a proxy is silent over %s → closed once, no socket left',
    async (road) => {
      const arrived = new Inbox<Socket>();
      await using silent = await startScriptedProxy((socket) => {
        socket.on('data', () => {});
        arrived.push(socket);
      });
      await using proxy = await startProxy('http');
      const url = `${road}://127.0.0.1:${silent.port}`;
      const { transport, recorder } = start(toOption('http', proxy), url);
      await arrived.take();
      if (road === 'mqtt') await recorder.isOpen.promise;
      transport.destroy();
      await recorder.end.promise;
      await unused(proxy);
      await unused(silent);
      expect(recorder.trace).toEqual(road === 'mqtt' ? ['opened', 'closed'] : ['closed']);
    },
  );
});
