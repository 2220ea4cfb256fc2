import { describe, expect, test } from 'vitest';
import { NO_OWNER, PacketIds } from '../../src/protocol/packet-ids.js';

describe('[MQTT-2.2.1-3] PacketIds', () => {
  test('from the start → 1, 2, 3', () => {
    const ids = new PacketIds();
    expect([ids.take(10), ids.take(11), ids.take(12)]).toEqual([1, 2, 3]);
    expect([ids.owner(1), ids.owner(2), ids.owner(3)]).toEqual([10, 11, 12]);
    expect(ids.owner(4)).toBe(NO_OWNER);
  });

  test('freed → not taken again at once', () => {
    const ids = new PacketIds();
    ids.free(ids.take(0));
    expect(ids.take(0)).toBe(2);
    expect(ids.owner(1)).toBe(NO_OWNER);
  });

  test('end of the space → 1 again, never 0, skipping what is taken', () => {
    const ids = new PacketIds();
    for (let packetId = 1; packetId <= 65_533; packetId++) {
      ids.take(0);
      if (packetId !== 1 && packetId !== 3) ids.free(packetId);
    }
    expect([1, 2, 3, 4, 5].map(() => ids.take(0))).toEqual([65_534, 65_535, 2, 4, 5]);
  });

  test('all taken → exhausted; one freed → the one to be taken', () => {
    const ids = new PacketIds();
    for (let packetId = 1; packetId <= 65_535; packetId++) ids.take(packetId);
    expect(ids.exhausted).toBe(true);
    ids.free(4711);
    expect(ids.exhausted).toBe(false);
    expect(ids.take(1)).toBe(4711);
    expect(ids.exhausted).toBe(true);
  });
});
