import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { openTransport } from '../../src/transport/open-transport.js';
import { Front, ROADS } from '../support/front.js';
import { toRoute } from '../support/route.js';
import { authority, collect, identity, openPair, pattern } from '../support/transport-pair.js';
import { TransportRecorder } from '../support/transport-recorder.js';

describe.each(ROADS)('%s', (road) => {
  test('bytes both ways → all of them, in order', async () => {
    await using connection = await openPair(road);
    const { transport, recorder, peer } = connection;
    peer.write(pattern(200_000));
    expect(await collect(recorder, 200_000)).toEqual(pattern(200_000));
    const sent = new Uint8Array(new SharedArrayBuffer(100_000));
    sent.set(pattern(100_000));
    transport.write([sent.subarray(0, 1), sent.subarray(1, 70_000), sent.subarray(70_000)]);
    await recorder.flushes.take();
    transport.end();
    expect(Uint8Array.from(await buffer(peer))).toEqual(pattern(100_000));
    expect(recorder.trace.filter((event) => event === 'flushed')).toHaveLength(1);
  });

  const copies = road === 'ws' || road === 'wss';
  test(`bytes → ${copies ? 'in chunks of the transport' : 'straight into the buffer that was given'}`, async () => {
    await using connection = await openPair(road);
    const { recorder, peer } = connection;
    peer.write(pattern(3000));
    await collect(recorder, 3000);
    expect(recorder.trace).not.toContain(copies ? 'received' : 'receivedChunk');
  });

  test('answered with false → nothing more is handed over until resume, and nothing is lost', async () => {
    await using connection = await openPair(road);
    const { transport, recorder, peer } = connection;
    recorder.mayRead = false;
    for (let at = 0; at < 10; at++) peer.write(pattern(1000).subarray(at * 100, at * 100 + 100));
    const first = await recorder.bytes.take();
    // A round trip the other way: what was sent before has arrived by now.
    const echoed = once(peer, 'data');
    transport.write([Uint8Array.of(1)]);
    await echoed;
    await new Promise((resolve) => setImmediate(resolve));
    expect(recorder.bytes.items).toEqual([]);
    const parts = [first];
    let length = first.length;
    while (length < 1000) {
      transport.resume();
      const part = await recorder.bytes.take();
      expect(recorder.bytes.items).toEqual([]);
      parts.push(part);
      length += part.length;
    }
    expect(Uint8Array.from(Buffer.concat(parts))).toEqual(pattern(1000));
  });

  test('peer ends → closed without an error, and nothing after it', async () => {
    await using connection = await openPair(road);
    const { transport, recorder, peer } = connection;
    peer.end();
    expect(await recorder.end.promise).toBeNull();
    transport.write([Uint8Array.of(1)]);
    transport.resume();
    transport.end();
    transport.destroy();
    await new Promise((resolve) => setImmediate(resolve));
    expect(recorder.trace).toEqual(['opened', 'closed']);
  });

  test('end → the peer gets what was written, then the end', async () => {
    await using connection = await openPair(road);
    const { transport, recorder, peer } = connection;
    transport.write([pattern(50_000)]);
    transport.end();
    expect(Uint8Array.from(await buffer(peer))).toEqual(pattern(50_000));
    peer.end();
    expect(await recorder.end.promise).toBeNull();
  });

  test('destroyed with a write on its way → closed, never flushed', async () => {
    await using connection = await openPair(road);
    const { transport, recorder } = connection;
    transport.write([new Uint8Array(64 * 1024 * 1024)]);
    transport.destroy();
    await recorder.end.promise;
    expect(recorder.trace).toEqual(['opened', 'closed']);
  });

  test('destroyed while it opens → closed once, never opened', async () => {
    await using front = await Front.start(road, { tls: identity }, (stream) => {
      stream.on('error', () => {});
    });
    const recorder = new TransportRecorder();
    openTransport(toRoute(front.url, { tls: { ca: authority.cert } }), recorder).destroy();
    await recorder.end.promise;
    await new Promise((resolve) => setImmediate(resolve));
    expect(recorder.trace).toEqual(['closed']);
  });
});

test.each([
  ['mqtt://127.0.0.1:1', ['connect']],
  ['mqtts://127.0.0.1:1', ['connect']],
  ['wss://127.0.0.1:1/mqtt', ['connect']],
  ['mqtts://localhost:1', ['lookup', 'connect']],
  ['ws://localhost:1/', ['lookup', 'connect']],
  ['mqtt+unix:///does/not/exist', ['connect']],
])(
  '%s, where nobody listens → closed with the system error, after the stages %j',
  async (url, stages) => {
    const recorder = new TransportRecorder();
    openTransport(toRoute(url), recorder);
    expect(await recorder.end.promise).toBeInstanceOf(Error);
    expect(recorder.trace).toEqual(['closed']);
    expect(recorder.stages).toEqual(stages);
  },
);

test.each([
  ['mqtt', ['connect']],
  ['mqtt+unix', ['connect']],
  ['mqtts', ['connect', 'tls']],
  ['ws', ['connect', 'upgrade']],
  ['wss', ['connect', 'tls', 'upgrade']],
] as const)('the stages of %s → %j', async (road, stages) => {
  await using connection = await openPair(road);
  expect(connection.recorder.stages).toEqual(stages);
});
