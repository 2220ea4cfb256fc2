import { describe, expect, test } from 'vitest';
import { type ChannelMemory, createChannelMemory } from '../../src/channel/layout.js';
import { SegmentReleaser } from '../../src/channel/segments.js';
import { Framer, FrameStatus } from '../../src/codec/framer.js';
import { InboundAssembler } from '../../src/host/inbound-assembler.js';
import { Reader } from '../../src/host/reader.js';
import { Counters } from '../../src/metrics/counters.js';
import { Session } from '../../src/protocol/session.js';
import { WriteBatch } from '../../src/protocol/write-batch.js';
import { Prng } from '../support/prng.js';
import { RecordingSink } from '../support/recording-sink.js';
import { SESSION_DEFAULTS } from '../support/session-fixture.js';

const SEGMENT_BYTES = 16 * 1024;
const PACKET_BYTES = 1500;
const CONNACK = 0x20;
/** Many times what it takes. */
const ROUNDS_MAX = 100_000;

/** A host that takes packets when it is let, and a main thread that keeps their memory for a while. */
class Consumer {
  readonly isReceiving = true;
  readonly packets: Uint8Array[] = [];
  readonly reader: Reader;
  readonly counters: Counters;
  readonly #memory: ChannelMemory;
  readonly #framer = new Framer(PACKET_BYTES, 5);
  readonly #assembler: InboundAssembler;
  readonly #releaser: SegmentReleaser;
  readonly #leases: { readonly segment: number; readonly generation: number }[] = [];
  isBlocked = false;

  constructor({ isAccepted = false } = {}) {
    this.#memory = createChannelMemory({
      submissionRecords: 2,
      completionRecords: 2,
      deliveryRecords: 2,
      acknowledgementRecords: 2,
      inboundSegments: 3,
      outboundSegments: 1,
      segmentBytes: SEGMENT_BYTES,
    });
    const { bytes, layout } = this.#memory;
    const session = new Session(
      bytes,
      { ...SESSION_DEFAULTS, protocolVersion: 5 },
      new RecordingSink(bytes),
    );
    session.transportOpened(Number.POSITIVE_INFINITY, SESSION_DEFAULTS);
    if (isAccepted) {
      const { start } = layout.pools.outbound;
      session.service(new WriteBatch(bytes), 0);
      bytes.set([0, 0, 0], start);
      session.packetReceived(CONNACK, start, start + 3, 0);
      expect(session.state.kind).toBe('connected');
    }
    this.counters = new Counters(this.#memory);
    this.#assembler = new InboundAssembler(this.#memory, this.#framer, this.counters);
    this.#releaser = new SegmentReleaser(this.#memory, 'inbound');
    this.reader = new Reader(session, this.#assembler, this.counters, this);
  }

  now(): number {
    return 0;
  }

  paused(): void {}

  turn(): void {
    const framer = this.#framer;
    while (!this.isBlocked && this.#assembler.next() === FrameStatus.COMPLETE) {
      this.packets.push(this.#memory.bytes.slice(framer.bodyStart, framer.end));
      this.#assembler.lease();
      this.#leases.push({
        segment: this.#assembler.segment,
        generation: this.#assembler.generation,
      });
      this.#assembler.advance();
    }
  }

  release(): void {
    for (const { segment, generation } of this.#leases.splice(0)) {
      this.#releaser.release(segment, generation);
    }
  }
}

function packet(number: number, length: number): Uint8Array {
  const body = new Uint8Array(length).fill(number);
  return Uint8Array.of(0x30, (length & 0x7f) | 0x80, length >>> 7, ...body);
}

/** Reads a stream, pausing in every way, with memory for the next read given out long before it. */
function readAll(consumer: Consumer, seed: number): void {
  const prng = new Prng(seed);
  const { reader } = consumer;
  const sent = Array.from({ length: 400 }, (_, at) => 200 + ((at * 37) % 1000));
  let stream = Buffer.concat(sent.map((length, at) => packet(at & 0xff, length)));
  let target = reader.buffer();
  let reads = true;
  for (let round = 0; round < ROUNDS_MAX && consumer.packets.length < sent.length; round++) {
    consumer.isBlocked = prng.chance(0.5);
    if (prng.chance(0.3)) consumer.release();
    consumer.turn();
    if (reader.paused && reader.resume(0)) reads = true;
    if (!reads || stream.length === 0) continue;
    const length = Math.min(target.length, stream.length, 1 + prng.below(20_000));
    target.set(stream.subarray(0, length));
    stream = stream.subarray(length);
    reads = reader.received(length);
    target = reader.buffer();
  }
  expect(consumer.packets.map((body) => body.length)).toEqual(sent);
  for (const [at, body] of consumer.packets.entries()) {
    expect(
      body.every((byte) => byte === (at & 0xff)),
      `packet ${at}`,
    ).toBe(true);
  }
}

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('paused in every way, seed %i', (seed) => {
  test('before the connection is accepted → nothing is lost or torn', () => {
    readAll(new Consumer(), seed);
  });

  test('on an accepted connection → nothing is lost or torn, and nothing copied but the beginnings of packets', () => {
    const consumer = new Consumer({ isAccepted: true });
    readAll(consumer, seed);
    const { pausesInbound, payloadCopiesIn } = consumer.counters.read();
    expect(pausesInbound).toBeGreaterThan(0);
    expect(payloadCopiesIn).toBe(0);
  });
});
