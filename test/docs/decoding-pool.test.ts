import { once } from 'node:events';
import { connect, type Message } from 'gneiss-mqtt';
import { expect, test } from 'vitest';
import { startBroker } from '../../src/testing/broker.js';
import { ExampleProcess } from '../support/example.js';

interface Task {
  default(views: readonly Uint8Array[]): { results: readonly object[] };
}
interface Format {
  encodeFrame(frame: { sequence: number; rate: number; samples: Int32Array }): Uint8Array;
}

const MEMORY_BYTES = 524_288;

test('the pool → decodes every frame rightly, and all leases are given back', async () => {
  const example = new ExampleProcess('decoding-pool/main.mjs');
  const { code, stdout, stderr } = await example.end();
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^4000 frames decoded, 0 wrong, 0 unreadable; threads: [1-9]/);
  expect(stdout).toContain('\n0 messages leased at the end\n');
  expect(code).toBe(0);
});

// Without this, that the example found nothing damaged would prove nothing.
test('a view that is kept beyond its lease → is found damaged by the task', async () => {
  const { default: decode } = (await load('decode.mjs')) as Task;
  const { encodeFrame } = (await load('frame.mjs')) as Format;
  const frameOf = (sequence: number) =>
    encodeFrame({ sequence, rate: 8000, samples: new Int32Array(4000).fill(sequence) });
  await using broker = await startBroker();
  const client = await connect(broker.url, { inboundMemoryBytes: MEMORY_BYTES });
  try {
    const leased = once(client, 'message');
    let kept: Uint8Array | undefined;
    client.on('message', (message: Message) => {
      kept ??= message.payload;
      if (message.payload === kept) expect(decode([kept]).results).toMatchObject([{ sequence: 1 }]);
    });
    await client.subscribe('frames', { qos: 1 });
    const bytes = frameOf(1).length;
    for (let sequence = 1; sequence * bytes < 3 * MEMORY_BYTES; sequence++) {
      await client.publish('frames', frameOf(sequence), { qos: 1 });
    }
    await leased;
    expect(kept?.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(decode([kept!]).results).not.toMatchObject([{ sequence: 1 }]);
  } finally {
    await client.close();
  }
});

function load(name: string): Promise<unknown> {
  return import(new URL(`../../examples/decoding-pool/${name}`, import.meta.url).href);
}
