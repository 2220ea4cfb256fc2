import { expect, test } from 'vitest';
import { createChannelMemory } from '../../src/channel/layout.js';
import { SegmentReleaser } from '../../src/channel/segments.js';
import { Framer, FrameStatus } from '../../src/codec/framer.js';
import { InboundAssembler } from '../../src/host/inbound-assembler.js';
import { Counters } from '../../src/metrics/counters.js';

const SEGMENT_BYTES = 32 * 1024;
/** What small packets may take, and what the largest packet takes. */
const INBOUND = 4;
const LARGEST = 4;

function createAssembler() {
  const memory = createChannelMemory({
    submissionRecords: 2,
    completionRecords: 2,
    deliveryRecords: 2,
    acknowledgementRecords: 2,
    // Besides those, the one that is read into, and a spare one.
    inboundSegments: INBOUND + LARGEST + 2,
    outboundSegments: 1,
    segmentBytes: SEGMENT_BYTES,
  });
  const framer = new Framer(LARGEST * SEGMENT_BYTES, 5);
  const assembler = new InboundAssembler(memory, framer, new Counters(memory));
  const releaser = new SegmentReleaser(memory, 'inbound');
  /** Receives one packet of so many bytes and leases it, as a delivery does. @returns Its release. */
  const receive = (length: number): (() => void) => {
    const body = length - 4;
    const packet = new Uint8Array(length);
    packet.set([0x30, (body & 0x7f) | 0x80, ((body >> 7) & 0x7f) | 0x80, body >> 14]);
    for (let sent = 0; sent < length; ) {
      if (!assembler.prepare(false)) throw new Error('no room');
      sent += assembler.copy(packet.subarray(sent));
      if (sent < length) assembler.next();
    }
    if (assembler.next() !== FrameStatus.COMPLETE) throw new Error('not complete');
    assembler.lease();
    const { segment, generation } = assembler;
    assembler.advance();
    assembler.next();
    return () => {
      releaser.release(segment, generation);
    };
  };
  return { assembler, receive };
}

test('a large packet handled while small ones are kept → reading goes on', () => {
  const { receive } = createAssembler();
  receive(SEGMENT_BYTES);
  receive(LARGEST * SEGMENT_BYTES)();
  for (let count = 1; count < INBOUND; count++) receive(SEGMENT_BYTES);
});

test('a large packet kept → small ones still have what is theirs', () => {
  const { receive } = createAssembler();
  receive(LARGEST * SEGMENT_BYTES);
  for (let count = 0; count < INBOUND; count++) receive(SEGMENT_BYTES);
});

test('small packets kept up to the bound → no room, but for a large packet and for what is urgent', () => {
  const { assembler, receive } = createAssembler();
  for (let count = 0; count <= INBOUND; count++) receive(SEGMENT_BYTES);
  expect(assembler.prepare(false)).toBe(false);
  expect(assembler.prepare(true)).toBe(true);
});
