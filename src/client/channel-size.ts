import type { ChannelConfig } from '../channel/layout.js';
import type { ResolvedOptions } from '../options/schema.js';

const SEGMENT_BYTES = 256 * 1024;
/** Messages on their way to the handlers. */
const DELIVERY_RECORDS = 16_384;
const RECEIPTS_MAX = 65_535;

/** Sizes the memory that a client shares with its worker. Pages are resident only once they are used. */
export function toChannelConfig({ main, worker }: ResolvedOptions): ChannelConfig {
  const receiveMaximum = worker.protocolVersion === 5 ? worker.receiveMaximum : RECEIPTS_MAX;
  return {
    // One for every operation that may be pending.
    submissionRecords: powerOfTwo(main.maximumPendingOperations),
    completionRecords: powerOfTwo(main.maximumPendingOperations),
    deliveryRecords: DELIVERY_RECORDS,
    // One for every receipt of this connection that may be open, and as many of the one before. Handlers may hold more over further
    // connections: those acknowledgements wait on the main thread for the ring.
    acknowledgementRecords: powerOfTwo(2 * receiveMaximum),
    // What handlers may hold, what the largest packet takes, the segment that is being read into, and a spare one.
    inboundSegments: segments(main.inboundMemoryBytes) + segments(worker.maximumPacketSize) + 2,
    outboundSegments: segments(main.outboundMemoryBytes),
    segmentBytes: SEGMENT_BYTES,
  };
}

function segments(bytes: number): number {
  return Math.ceil(bytes / SEGMENT_BYTES);
}

function powerOfTwo(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, count)));
}
