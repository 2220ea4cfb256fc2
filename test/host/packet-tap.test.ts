import { expect, test } from 'vitest';
import type { ControlEvent } from '../../src/channel/control-messages.js';
import { PacketTap } from '../../src/host/packet-tap.js';
import { COUNTER_SLOT_COUNT, Counters } from '../../src/metrics/counters.js';

const MIB = 1024 * 1024;

test('a main thread that takes nothing → 8 MiB wait, the rest is left out and counted; taken, there is room again', () => {
  const posted: Extract<ControlEvent, { kind: 'tapped' }>[] = [];
  const counters = new Counters({ counters: new Float64Array(COUNTER_SLOT_COUNT) });
  const tap = new PacketTap(5, counters, (event) => {
    if (event.kind === 'tapped') posted.push(event);
  });
  const publish = new Uint8Array(MIB);
  publish[0] = 0x30;
  const receive = (count: number): void => {
    for (let at = 0; at < count; at++) tap.received(publish, 0, 4, publish.length, at);
    tap.flush();
  };
  receive(4);
  receive(6);
  expect(posted.map(({ packets }) => packets.length)).toEqual([4, 3]);
  expect(counters.read().packetsUntapped).toBe(3);
  tap.taken(posted[0]!.packets.reduce((sum, { cost }) => sum + cost, 0));
  receive(10);
  expect(posted[2]!.packets).toHaveLength(4);
  expect(counters.read().packetsUntapped).toBe(9);
  // Not a view of memory that will be used again.
  expect(posted[0]!.packets[0]!.bytes.buffer).not.toBe(publish.buffer);
});
