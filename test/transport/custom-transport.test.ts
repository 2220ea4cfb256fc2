import { describe, expect, test } from 'vitest';
import { CustomTransport, type TransportFactory } from '../../src/transport/custom-transport.js';
import type { NetworkEndpoint } from '../../src/transport/route.js';
import type { Transport, TransportEvents } from '../../src/transport/transport.js';
import { TransportRecorder } from '../support/transport-recorder.js';

const endpoint: NetworkEndpoint = { host: 'h', port: 1883, secure: false, resource: null };

/** A transport that does nothing by itself, and records what it was called for. */
class Scripted implements Transport {
  readonly calls: string[] = [];
  readonly events: TransportEvents;

  constructor(events: TransportEvents) {
    this.events = events;
  }

  write(): void {
    this.calls.push('write');
  }

  resume(): void {
    this.calls.push('resume');
  }

  end(): void {
    this.calls.push('end');
  }

  destroy(): void {
    this.calls.push('destroy');
  }
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

interface Opened {
  readonly transport: CustomTransport;
  readonly recorder: TransportRecorder;
  /** What the factory has made. */
  readonly inner: Scripted;
}

/** @param change What is done to the transport of the user's before it opens. */
async function opened(change: (inner: Scripted) => void = () => {}): Promise<Opened> {
  const recorder = new TransportRecorder();
  let inner: Scripted | null = null;
  const transport = new CustomTransport(
    (_, events) => {
      inner = new Scripted(events);
      change(inner);
      events.opened();
      return inner;
    },
    { endpoint },
    recorder,
  );
  await recorder.isOpen.promise;
  return { transport, recorder, inner: inner! };
}

async function failed(factory: unknown): Promise<TransportRecorder> {
  const recorder = new TransportRecorder();
  // @ts-expect-error What a user passes is of any type.
  const wrong: TransportFactory = factory;
  new CustomTransport(wrong, { endpoint }, recorder);
  await settle();
  expect(recorder.trace).toEqual(['closed']);
  return recorder;
}

describe('the factory', () => {
  test('gets what it is to reach, once its owner has the transport', async () => {
    const recorder = new TransportRecorder();
    const targets: unknown[] = [];
    new CustomTransport(
      (target, events) => {
        targets.push(target);
        return new Scripted(events);
      },
      { endpoint },
      recorder,
    );
    expect(targets).toEqual([]);
    await settle();
    expect(targets).toEqual([{ endpoint }]);
  });

  test.each([
    ['throws', () => fail()],
    ['returns nothing', () => undefined],
    ['returns a promise', async () => new Scripted(new TransportRecorder())],
    ['returns something without the methods', () => ({ write: () => {} })],
  ])('%s → closed with an error', async (_, factory) => {
    const recorder = await failed(factory);
    expect(await recorder.end.promise).toBeInstanceOf(Error);
  });

  test('is told to end before it has begun → never called, closed once', async () => {
    const recorder = new TransportRecorder();
    new CustomTransport(() => fail(), { endpoint }, recorder).destroy();
    await settle();
    expect(recorder.trace).toEqual(['closed']);
    expect(await recorder.end.promise).toBeNull();
  });

  test('tells of its end before it returns → what it returns is destroyed', async () => {
    const recorder = new TransportRecorder();
    const made: Scripted[] = [];
    new CustomTransport(
      (_, events) => {
        events.closed(new Error('unplugged'));
        made.push(new Scripted(events));
        return made[0]!;
      },
      { endpoint },
      recorder,
    );
    expect((await recorder.end.promise)?.message).toBe('unplugged');
    expect(made[0]?.calls).toEqual(['destroy']);
  });
});

function fail(): never {
  throw new Error('broken');
}

describe('opening', () => {
  test('stages → passed on until it has opened; others than there are → not', async () => {
    const { recorder, inner } = await opened(({ events }) => {
      events.opening('connect');
      // @ts-expect-error There is no such stage.
      events.opening('toString');
    });
    inner.events.opening('tls');
    expect(recorder.stages).toEqual(['connect']);
  });

  test('told twice → opened once', async () => {
    const { recorder, inner } = await opened();
    inner.events.opened();
    await settle();
    expect(recorder.trace).toEqual(['opened']);
  });

  test('bytes before it has opened → handed over behind that', async () => {
    const chunk = Uint8Array.of(1, 2);
    const { recorder, inner } = await opened(({ events }) => {
      expect(events.receivedChunk(chunk)).toBe(false);
      events.buffer().set([3]);
      expect(events.received(1)).toBe(false);
      chunk.fill(9);
    });
    expect(recorder.trace).toEqual(['opened', 'receivedChunk', 'receivedChunk']);
    expect(recorder.bytes.items).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect(inner.calls).toEqual(['resume']);
  });
});

describe('reading', () => {
  test('into the buffer of the owner → without a copy', async () => {
    const { recorder, inner } = await opened();
    const buffer = inner.events.buffer();
    expect(buffer).toBe(recorder.memory);
    buffer.set([7, 8]);
    expect(inner.events.received(2)).toBe(true);
    expect(await recorder.bytes.take()).toEqual(Uint8Array.of(7, 8));
    expect(recorder.trace).toContain('received');
  });

  test('goes on although it was told to stop → held, copied, and handed over one at a time', async () => {
    const { transport, recorder, inner } = await opened();
    inner.calls.length = 0;
    recorder.mayRead = false;
    const chunk = Uint8Array.of(1);
    expect(inner.events.receivedChunk(chunk)).toBe(false);
    chunk[0] = 2;
    expect(inner.events.receivedChunk(chunk)).toBe(false);
    chunk[0] = 3;
    inner.events.buffer().set(chunk);
    expect(inner.events.received(1)).toBe(false);
    expect(recorder.bytes.items).toEqual([Uint8Array.of(1)]);
    transport.resume();
    expect(recorder.bytes.items).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
    recorder.mayRead = true;
    expect(inner.calls).toEqual([]);
    transport.resume();
    expect(recorder.bytes.items).toEqual([Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)]);
    expect(inner.calls).toEqual(['resume']);
  });

  test('never stops although it was told to → closed before it has handed over 2 MiB', async () => {
    const { recorder, inner } = await opened();
    recorder.mayRead = false;
    let given = 0;
    while (!inner.calls.includes('destroy')) {
      inner.events.receivedChunk(new Uint8Array(10_000));
      given += 10_000;
    }
    expect(given).toBeLessThan(2 * 1024 * 1024);
    expect((await recorder.end.promise)?.message).toContain('told to stop');
  });

  test('much at once while it may → handed over', async () => {
    const { recorder, inner } = await opened();
    expect(inner.events.receivedChunk(new Uint8Array(8 * 1024 * 1024))).toBe(true);
    expect((await recorder.bytes.take()).length).toBe(8 * 1024 * 1024);
  });

  test.each<[string, (events: TransportEvents) => boolean]>([
    ['more than the buffer has', (events) => events.received(events.buffer().length + 1)],
    ['a negative number', (events) => events.received(-events.buffer().length)],
    ['nothing', (events) => events.received(events.buffer().length * 0)],
    ['a part of a byte', (events) => events.received(events.buffer().length / 3)],
    ['without a buffer', (events) => events.received(1)],
    [
      'a buffer twice',
      (events) => {
        events.buffer();
        return events.received(1) && events.received(1);
      },
    ],
    [
      'a buffer behind a chunk',
      (events) => {
        events.buffer();
        return events.receivedChunk(Uint8Array.of(1)) && events.received(1);
      },
    ],
    // @ts-expect-error What a user passes is of any type.
    ['text', (events) => events.receivedChunk('text')],
  ])('%s → closed with an error, and destroyed', async (_, read) => {
    const { recorder, inner } = await opened();
    expect(read(inner.events)).toBe(false);
    expect(inner.calls.at(-1)).toBe('destroy');
    expect((await recorder.end.promise)?.message).toContain('no bytes');
  });
});

describe('writing', () => {
  test('flushed within the call → told after it, and once a write', async () => {
    const { transport, recorder, inner } = await opened((made) => {
      made.write = () => {
        made.events.flushed();
        made.events.flushed();
      };
    });
    inner.events.flushed();
    transport.write([Uint8Array.of(1)]);
    expect(recorder.trace).toEqual(['opened']);
    await settle();
    expect(recorder.trace).toEqual(['opened', 'flushed']);
    transport.write([Uint8Array.of(1)]);
    await settle();
    expect(recorder.trace).toEqual(['opened', 'flushed', 'flushed']);
  });

  test.each(['write', 'resume', 'end'] as const)(
    '%s throws → closed with what it threw',
    async (method) => {
      const { transport, recorder, inner } = await opened();
      inner[method] = () => fail();
      if (method === 'write') transport.write([Uint8Array.of(1)]);
      else transport[method]();
      expect(recorder.trace).toEqual(['opened']);
      expect((await recorder.end.promise)?.message).toBe('broken');
      expect(inner.calls.at(-1)).toBe('destroy');
    },
  );
});

describe('the end', () => {
  test('told twice, with something else between → closed once, and nothing after it', async () => {
    const { transport, recorder, inner } = await opened();
    const calls = inner.calls.length;
    inner.events.closed(null);
    expect(inner.events.receivedChunk(Uint8Array.of(1))).toBe(false);
    expect(inner.events.received(inner.events.buffer().length)).toBe(false);
    inner.events.flushed();
    inner.events.opened();
    inner.events.opening('tls');
    inner.events.closed(new Error('again'));
    await settle();
    transport.write([Uint8Array.of(1)]);
    transport.resume();
    transport.end();
    transport.destroy();
    await settle();
    expect(recorder.trace).toEqual(['opened', 'closed']);
    expect(await recorder.end.promise).toBeNull();
    expect(inner.calls).toHaveLength(calls);
  });

  test('destroyed, and the transport never says so → closed all the same', async () => {
    const { transport, recorder, inner } = await opened();
    transport.destroy();
    expect(inner.calls.at(-1)).toBe('destroy');
    expect(await recorder.end.promise).toBeNull();
  });

  test('destroy throws → closed all the same', async () => {
    const { transport, recorder, inner } = await opened();
    inner.destroy = () => fail();
    transport.destroy();
    expect(await recorder.end.promise).toBeNull();
  });

  test('with something that is no error → an error', async () => {
    const { recorder, inner } = await opened();
    // @ts-expect-error What a user passes is of any type.
    inner.events.closed('unplugged');
    expect(await recorder.end.promise).toBeInstanceOf(Error);
  });

  test('without saying why → in order', async () => {
    const { recorder, inner } = await opened();
    // @ts-expect-error What a user passes is of any type.
    inner.events.closed();
    expect(await recorder.end.promise).toBeNull();
  });
});
