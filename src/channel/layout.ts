/*
 * One SharedArrayBuffer per client, written here once and nowhere else:
 *
 *   control words   Int32, one per 64-byte line, so that no two threads write into one line
 *   counters        Float64, whole lines per writing thread
 *   segment tables  Int32 per segment: generations (the owner writes), released (the releaser writes)
 *   rings           submission, completion, delivery, acknowledgement
 *   segments        inbound, then outbound
 *
 * All positions in records are absolute byte offsets into the buffer. Words:
 *
 *   ring        fixed-width records from one thread to the other (ring.ts)
 *   segment     a block of payload memory that is handed out, leased and reused as a whole (segments.ts)
 *   run         neighbouring segments handed out as one, for what is larger than a segment
 *   generation  tells two uses of one segment apart, so that a late release is noticed
 *   lease       the right to read a segment, named by (segment, generation)
 *   doorbell    the wake-up of a sleeping thread (doorbell.ts)
 */
import { COUNTER_SLOT_COUNT } from '../metrics/counters.js';
import { assert } from '../util/assert.js';

const LINE_BYTES = 64;
const WORD_BYTES = 4;
const LINE_WORDS = LINE_BYTES / WORD_BYTES;
const COUNTER_BYTES = 8;

/** Absolute offsets stay positive in an Int32 word. */
const CHANNEL_BYTES_MAX = 0x7fff_ffff;

/** Sizes of one channel. Both threads must be given the same. */
export interface ChannelConfig {
  /** Records in each ring: powers of two. */
  readonly submissionRecords: number;
  readonly completionRecords: number;
  readonly deliveryRecords: number;
  readonly acknowledgementRecords: number;
  /** Segments for what is received, and for what is sent. */
  readonly inboundSegments: number;
  readonly outboundSegments: number;
  /** Bytes in a segment: a multiple of 64. */
  readonly segmentBytes: number;
}

/** What the main thread asks for: word indexes in a record of the submission ring. */
export const SUBMISSION = {
  /** What is submitted. */
  kind: 0,
  flags: 1,
  /** The number by which the completion names this operation. */
  token: 2,
  /** The wire-ready frame. */
  frameStart: 3,
  frameLength: 4,
  /** The lease under which the frame stays readable. */
  segment: 5,
  generation: 6,
  topicLength: 7,
  /** Topic Alias that the user asked for; 0 = none. */
  topicAlias: 8,
  propertiesLength: 9,
  /** 0 = no timeout. */
  ackTimeoutMs: 10,
  /** In seconds, as an unsigned word; read only when the flags say that the message expires. */
  messageExpiryInterval: 11,
  /** When it was submitted: the low 32 bits of the clock; read only with an expiry interval. */
  submittedAtMs: 12,
} as const;

/** What became of a submission: word indexes in a record of the completion ring. */
export const COMPLETION = {
  token: 0,
  /** Number of an error code; 0 = success. */
  error: 1,
  reasonCode: 2,
  /** What completed; for a message, how far its delivery went. */
  kind: 3,
  /** The lease under which the properties stay readable; segment -1 = there are none. */
  segment: 4,
  generation: 5,
  propertiesStart: 6,
  propertiesLength: 7,
} as const;

/**
 * An Application Message for the handlers, the topic that a slot stands for in the messages after it, or the connection that brings
 * them: word indexes in a record of the delivery ring.
 */
export const DELIVERY = {
  /** The low four bits of the fixed header (DUP, QoS, RETAIN); bits above them tell a topic and a connection from a message. */
  flags: 0,
  topicSlot: 1,
  /** Where the payload stands, or the topic. */
  start: 2,
  length: 3,
  /** The properties of a message stand right before its payload. */
  propertiesLength: 4,
  /** The number by which an acknowledgement names this message; 0 = none is due. Of a connection: which of the accepted ones it is. */
  receipt: 5,
  /** The lease under which all of these bytes stay readable. */
  segment: 6,
  generation: 7,
} as const;

/** The user is done with a delivery: word indexes in a record of the acknowledgement ring. */
export const ACKNOWLEDGEMENT = {
  receipt: 0,
  reasonCode: 1,
} as const;

/** The rings of a channel, with the words of a record: powers of two, so that an index shifts into an offset. */
const RINGS = {
  submission: { fields: SUBMISSION, recordWords: 16 },
  completion: { fields: COMPLETION, recordWords: 8 },
  delivery: { fields: DELIVERY, recordWords: 8 },
  acknowledgement: { fields: ACKNOWLEDGEMENT, recordWords: 2 },
} as const;

for (const { fields, recordWords } of Object.values(RINGS)) {
  assert(isPowerOfTwo(recordWords), 'the width of a record is a power of two');
  assert(
    Object.values(fields).every((word) => word < recordWords),
    'a field lies in its record',
  );
}

/** Main thread to worker: submission and acknowledgement. Worker to main thread: completion and delivery. */
export type RingName = keyof typeof RINGS;

/** `inbound` is owned by the worker and released by the main thread, `outbound` the other way round. */
export type PoolName = 'inbound' | 'outbound';

/** The two threads of a channel. */
export type Side = 'main' | 'worker';

/** Where a ring lies: word offsets. */
export interface RingLayout {
  readonly head: number;
  readonly tail: number;
  /** 1 = the producer found the ring full. */
  readonly starved: number;
  readonly start: number;
  readonly records: number;
  readonly recordWords: number;
}

/** Where a pool of segments lies. */
export interface PoolLayout {
  /** Word offset of the generations, one per segment. */
  readonly generations: number;
  /** Word offset of the counts of released leases, one per segment. */
  readonly released: number;
  /** Word offset; 1 = the owner found no free segments. */
  readonly starved: number;
  /** Byte offset of the first segment. */
  readonly start: number;
  readonly segments: number;
  readonly segmentBytes: number;
}

/** Where everything in a channel lies; follows from the configuration alone. */
export interface ChannelLayout {
  /** Word offsets; 0 = this side sleeps until its bell rings. */
  readonly awake: Readonly<Record<Side, number>>;
  readonly rings: Readonly<Record<RingName, RingLayout>>;
  readonly pools: Readonly<Record<PoolName, PoolLayout>>;
  /** Word offsets of what waits for a connection in the session, as the worker has shown it; `starved`: 1 = that was too much. */
  readonly waiting: {
    readonly messages: number;
    readonly bytes: number;
    readonly starved: number;
  };
  readonly countersStart: number;
  readonly byteLength: number;
}

/** The shared memory of one client, with the only views that may be made of all of it. */
export interface ChannelMemory {
  readonly buffer: SharedArrayBuffer;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** One writing thread per slot, see the table of counters. */
  readonly counters: Float64Array;
  readonly config: ChannelConfig;
  readonly layout: ChannelLayout;
}

/** Allocates the memory of one client. The pages of a segment cost nothing before its first use. */
export function createChannelMemory(config: ChannelConfig): ChannelMemory {
  // All of it is zero: a side that has not started yet counts as asleep, and a bell rung to it waits in its port.
  return toMemory(new SharedArrayBuffer(layoutOf(config).byteLength), config);
}

/** The other thread's view of memory that {@link createChannelMemory} made with the same configuration. */
export function openChannelMemory(buffer: SharedArrayBuffer, config: ChannelConfig): ChannelMemory {
  return toMemory(buffer, config);
}

function toMemory(buffer: SharedArrayBuffer, config: ChannelConfig): ChannelMemory {
  const layout = layoutOf(config);
  assert(buffer.byteLength === layout.byteLength, 'the buffer fits the configuration');
  return {
    buffer,
    bytes: new Uint8Array(buffer),
    words: new Int32Array(buffer),
    counters: new Float64Array(buffer, layout.countersStart, COUNTER_SLOT_COUNT),
    config,
    layout,
  };
}

let lastConfig: ChannelConfig | null = null;
let lastLayout: ChannelLayout | null = null;

/** The layout of a configuration. Most clients of a process have the same, so that of the last one is kept. */
function layoutOf(config: ChannelConfig): ChannelLayout {
  if (lastLayout === null || lastConfig === null || !isSame(config, lastConfig)) {
    lastLayout = toLayout(config);
    lastConfig = config;
  }
  return lastLayout;
}

function isSame(one: ChannelConfig, other: ChannelConfig): boolean {
  const names = Object.keys(one) as (keyof ChannelConfig)[];
  return names.every((name) => one[name] === other[name]);
}

function toLayout(config: ChannelConfig): ChannelLayout {
  const { segmentBytes } = config;
  assert(segmentBytes > 0 && segmentBytes % LINE_BYTES === 0, 'segments are whole cache lines');

  let end = 0;
  const take = (bytes: number): number => {
    const start = end;
    end = Math.ceil((start + bytes) / LINE_BYTES) * LINE_BYTES;
    return start;
  };
  const takeWords = (words: number): number => take(words * WORD_BYTES) / WORD_BYTES;
  const takeControlWord = (): number => takeWords(LINE_WORDS);
  const takeRing = (name: RingName, records: number): Omit<RingLayout, 'start'> => {
    assert(isPowerOfTwo(records), 'the records of a ring are a power of two');
    const { recordWords } = RINGS[name];
    const words = { head: takeControlWord(), tail: takeControlWord(), starved: takeControlWord() };
    return { ...words, records, recordWords };
  };
  const placeRing = (ring: Omit<RingLayout, 'start'>): RingLayout => ({
    ...ring,
    start: takeWords(ring.records * ring.recordWords),
  });
  const takePoolTables = (segments: number): Omit<PoolLayout, 'start'> => {
    assert(Number.isInteger(segments) && segments > 0, 'a pool has segments');
    return {
      starved: takeControlWord(),
      generations: takeWords(segments),
      released: takeWords(segments),
      segments,
      segmentBytes,
    };
  };

  const awake = { main: takeControlWord(), worker: takeControlWord() };
  const waitingLine = takeControlWord();
  const waiting = {
    messages: waitingLine,
    bytes: waitingLine + 1,
    starved: takeControlWord(),
  };
  const countersStart = take(COUNTER_SLOT_COUNT * COUNTER_BYTES);
  const submission = takeRing('submission', config.submissionRecords);
  const completion = takeRing('completion', config.completionRecords);
  const delivery = takeRing('delivery', config.deliveryRecords);
  const acknowledgement = takeRing('acknowledgement', config.acknowledgementRecords);
  const inbound = takePoolTables(config.inboundSegments);
  const outbound = takePoolTables(config.outboundSegments);
  // Up to here all is small and read by every client: it shares a few pages. A page of what follows costs nothing before its first use.
  const rings = {
    submission: placeRing(submission),
    completion: placeRing(completion),
    delivery: placeRing(delivery),
    acknowledgement: placeRing(acknowledgement),
  };
  const pools = {
    inbound: { ...inbound, start: take(inbound.segments * segmentBytes) },
    outbound: { ...outbound, start: take(outbound.segments * segmentBytes) },
  };
  assert(end <= CHANNEL_BYTES_MAX, 'every offset in the channel fits an Int32 word');
  return { awake, waiting, rings, pools, countersStart, byteLength: end };
}

function isPowerOfTwo(value: number): boolean {
  return (
    value > 0 && value <= 0x4000_0000 && (value & (value - 1)) === 0 && Number.isInteger(value)
  );
}
