/**
 * Limits of the client that no history would reach at their real values: the bundle of the simulator reads them from here, and a
 * seed chooses them. What is a constant in the sources stays one everywhere else.
 */
export interface Knobs {
  readonly segmentBytes: number;
  readonly readBytesMin: number;
  readonly landingBytes: number;
  readonly inboundBytes: number;
  readonly outboundBytes: number;
  readonly deliveryRecords: number;
  readonly acknowledgementRecords: number;
  readonly leasesMax: number;
  readonly packetsATurn: number;
  readonly flushEntriesMax: number;
  readonly pubcompsMax: number;
  readonly packetIdMax: number;
  readonly arenaBytes: number;
  readonly batchBytes: number;
  readonly piecesMax: number;
  readonly cacheSets: number;
  readonly cacheWays: number;
  readonly showEvery: number;
}

/** Where each knob stands in the sources: a file, and the constant, or the option, in it. */
export const KNOB_PLACES: Readonly<Record<keyof Knobs, readonly [file: string, name: string]>> = {
  segmentBytes: ['src/client/channel-size.ts', 'SEGMENT_BYTES'],
  inboundBytes: ['src/client/channel-size.ts', 'main.inboundMemoryBytes'],
  outboundBytes: ['src/client/channel-size.ts', 'main.outboundMemoryBytes'],
  readBytesMin: ['src/host/inbound-assembler.ts', 'READ_BYTES_MIN'],
  landingBytes: ['src/host/reader.ts', 'LANDING_BYTES'],
  deliveryRecords: ['src/client/channel-size.ts', 'DELIVERY_RECORDS'],
  acknowledgementRecords: ['src/client/channel-size.ts', '2 * receiveMaximum'],
  leasesMax: ['src/client/deliveries.ts', 'LEASES_MAX'],
  packetsATurn: ['src/host/client-host.ts', 'PACKETS_A_TURN'],
  flushEntriesMax: ['src/protocol/flush-list.ts', 'ENTRIES_MAX'],
  pubcompsMax: ['src/protocol/inbound-flow.ts', 'PUBCOMPS_MAX'],
  packetIdMax: ['src/protocol/packet-ids.ts', 'PACKET_ID_MAX'],
  arenaBytes: ['src/protocol/write-batch.ts', 'ARENA_BYTES'],
  batchBytes: ['src/protocol/write-batch.ts', 'BATCH_BYTES'],
  piecesMax: ['src/protocol/write-batch.ts', 'PIECES_MAX'],
  cacheSets: ['src/protocol/topic-slots.ts', 'SETS'],
  cacheWays: ['src/protocol/topic-slots.ts', 'WAYS'],
  showEvery: ['src/client/client-channel.ts', 'SHOW_EVERY'],
};
