import { describe, expect, test } from 'vitest';
import { WriteBatch } from '../../src/protocol/write-batch.js';

const ARENA_BYTES = 64 * 1024;
const memory = Uint8Array.from({ length: 1024 }, (_, index) => index & 0xff);

/** A batch that has been used until its arena does not grow any more. */
function usedBatch(): WriteBatch {
  const batch = new WriteBatch(memory);
  while (batch.arena.length < ARENA_BYTES) {
    batch.appendArena(batch.arena.length);
    batch.reset();
  }
  return batch;
}

function arenaWrite(batch: WriteBatch, ...values: readonly number[]): void {
  batch.arena.set(values, batch.arenaEnd);
  batch.appendArena(batch.arenaEnd + values.length);
}

function pieces(batch: WriteBatch): readonly (readonly number[])[] {
  return Array.from({ length: batch.pieceCount }, (_, index) => [...batch.piece(index)]);
}

describe('WriteBatch', () => {
  test('neighbours in shared memory → one piece', () => {
    const batch = new WriteBatch(memory);
    batch.appendShared(10, 2);
    batch.appendShared(12, 3);
    batch.appendShared(20, 1);
    expect(pieces(batch)).toEqual([[10, 11, 12, 13, 14], [20]]);
    expect(batch.byteLength).toBe(6);
  });

  test('one after the other in the arena → one piece', () => {
    const batch = new WriteBatch(memory);
    arenaWrite(batch, 1, 2);
    arenaWrite(batch, 3);
    expect(pieces(batch)).toEqual([[1, 2, 3]]);
  });

  test('arena and shared memory in turn → pieces in order', () => {
    const batch = new WriteBatch(memory);
    batch.appendShared(0, 2);
    arenaWrite(batch, 7);
    batch.appendShared(2, 1);
    arenaWrite(batch, 8, 9);
    expect(pieces(batch)).toEqual([[0, 1], [7], [2], [8, 9]]);
  });

  test('shared memory where the arena would go on, by its number → not joined', () => {
    const batch = new WriteBatch(memory);
    arenaWrite(batch, 5);
    batch.appendShared(0, 1);
    arenaWrite(batch, 6);
    expect(pieces(batch)).toEqual([[5], [0], [6]]);
  });

  test('a packet larger than the arena into a batch in use → what is there stays as it is', () => {
    const batch = new WriteBatch(memory);
    arenaWrite(batch, 1, 2, 3);
    batch.appendShared(50, 1);
    expect(batch.reserve(200_000)).toBe(true);
    const start = batch.arenaEnd;
    batch.arena.fill(9, start, start + 200_000);
    batch.appendArena(start + 200_000);
    expect(batch.full).toBe(false);
    arenaWrite(batch, 4);
    expect(batch.piece(0)).toEqual(Uint8Array.of(1, 2, 3));
    expect(batch.piece(1)).toEqual(Uint8Array.of(50));
    expect(batch.piece(2)).toHaveLength(200_001);
    expect(batch.piece(2)[200_000]).toBe(4);
    batch.reset();
    expect(batch.arena.length).toBeLessThanOrEqual(ARENA_BYTES);
  });

  test('a small packet and no room → waits for the next batch', () => {
    const batch = usedBatch();
    batch.appendArena(ARENA_BYTES - 20);
    expect(batch.full).toBe(false);
    expect(batch.reserve(20)).toBe(true);
    expect(batch.reserve(21)).toBe(false);
    batch.reset();
    expect(batch.reserve(21)).toBe(true);
  });

  test('an arena more than half used → larger in the next batch, within its bound', () => {
    const batch = new WriteBatch(memory);
    const first = batch.arena.length;
    batch.appendArena(first / 2);
    batch.reset();
    expect(batch.arena).toHaveLength(first);
    batch.appendArena(first / 2 + 1);
    batch.reset();
    expect(batch.arena).toHaveLength(2 * first);
    const used = usedBatch();
    used.appendArena(ARENA_BYTES);
    used.reset();
    expect(used.arena).toHaveLength(ARENA_BYTES);
  });

  test('arena, bytes or pieces used up → full', () => {
    const arena = usedBatch();
    arena.appendArena(ARENA_BYTES - 15);
    expect(arena.full).toBe(true);
    const long = new WriteBatch(memory);
    long.appendShared(0, 256 * 1024);
    expect(long.full).toBe(true);
    const scattered = new WriteBatch(memory);
    let count = 0;
    for (; !scattered.full; count++) scattered.appendShared(2 * (count % 500), 1);
    expect(count).toBe(252);
  });

  test('reset → as new', () => {
    const batch = new WriteBatch(memory);
    arenaWrite(batch, 1);
    batch.packets = 3;
    batch.acknowledgements = 2;
    batch.reset();
    expect([batch.byteLength, batch.pieceCount, batch.arenaEnd]).toEqual([0, 0, 0]);
    expect([batch.packets, batch.acknowledgements, batch.full]).toEqual([0, 0, false]);
  });
});
