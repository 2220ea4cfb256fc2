import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bytes, concat } from '../codec/support.js';
import { decodeStream, StrictStream } from '../support/strict/stream.js';

const ORIGIN = { version: 5, sender: 'server' } as const;
const WIRE = bytes(`
  20 03 00 00 00
  32 0a 00 01 'a' 00 05 00 'four'
  d0 00
  40 02 00 01
  30 85 01 00 01 'b' 00`);
const PACKETS = ['CONNACK', 'PUBLISH', 'PINGRESP', 'PUBACK', 'PUBLISH'];
const whole = concat(WIRE, new Uint8Array(129));

test('several packets in one piece', () => {
  const { packets, refusal, rest } = decodeStream(whole, ORIGIN);
  expect(packets.map(({ type }) => type)).toStrictEqual(PACKETS);
  expect({ refusal, rest }).toStrictEqual({ refusal: null, rest: 0 });
});

test('cut at every byte → each packet as soon as it is whole', () => {
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const stream = new StrictStream(ORIGIN);
    const before = stream.push(whole.subarray(0, cut));
    const after = stream.push(whole.subarray(cut));
    expect([...before, ...after].map(({ type }) => type)).toStrictEqual(PACKETS);
    expect(before).toHaveLength(decodeStream(whole.subarray(0, cut), ORIGIN).packets.length);
  }
});

test('byte by byte → the same', () => {
  const stream = new StrictStream(ORIGIN);
  const types = [...whole].flatMap((byte) => stream.push(Uint8Array.of(byte)).map((it) => it.type));
  expect(types).toStrictEqual(PACKETS);
  expect(stream.pending).toBe(0);
});

test('a refused packet ends the stream; what was before it counts', () => {
  const stream = new StrictStream(ORIGIN);
  const packets = stream.push(bytes('d0 00 d0 00 d1 00 d0 00'));
  expect(packets).toHaveLength(2);
  expect(stream.refusal).toMatchObject({ rule: 'headerFlags', statement: 'MQTT-2.1.3-1' });
  expect(stream.offset).toBe(4);
  expect(stream.push(bytes('d0 00'))).toHaveLength(0);
});

test('the decoder knows nothing of the code that it judges', () => {
  const folder = new URL('../support/strict/', import.meta.url);
  for (const file of readdirSync(folder)) {
    const source = readFileSync(new URL(file, folder), 'utf8');
    const imports = [...source.matchAll(/ from '([^']+)'/g)].map(([, name]) => name);
    for (const name of imports) expect(name).toMatch(/^(\.\/[\w-]+\.js|node:buffer)$/);
  }
});
