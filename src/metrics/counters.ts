import { COUNTED_TOLERATIONS, type CountedToleration, TOLERATIONS } from '../errors/tolerations.js';

interface CounterRow {
  /** The only thread that writes the slot, so that no update needs an atomic operation. */
  readonly writer: 'main' | 'worker';
  readonly doc: string;
}

/** The counter of one kind of tolerated misbehaviour. */
type TolerationCounter<Name extends string> = `tolerated${Capitalize<Name>}`;

/** Kind of tolerated misbehaviour → the name of its counter. */
export const TOLERATION_COUNTERS = Object.fromEntries(
  COUNTED_TOLERATIONS.map((name) => [name, `tolerated${name[0]!.toUpperCase()}${name.slice(1)}`]),
) as { readonly [Name in CountedToleration]: TolerationCounter<Name> };

/** A counter for each kind of misbehaviour that a forgiving client lets pass. */
const TOLERATED = Object.fromEntries(
  COUNTED_TOLERATIONS.map((name) => [
    TOLERATION_COUNTERS[name],
    { writer: 'worker', doc: `Of those: ${TOLERATIONS[name].text}` },
  ]),
) as { readonly [Name in CountedToleration as TolerationCounter<Name>]: CounterRow };

/** Every counter of a client: one row each. */
export const COUNTERS = {
  messagesPublished: { writer: 'main', doc: 'Messages that publish() and tryPublish() accepted' },
  messagesReceived: { writer: 'main', doc: 'Messages that were handed to the handlers' },
  payloadCopiesOut: {
    writer: 'main',
    doc: 'Copies of payloads on their way out: two of a short one',
  },
  publishesWaiting: { writer: 'main', doc: 'Publishes that wait for room in the queue' },
  portPostsToWorker: { writer: 'main', doc: 'Bell messages posted to the worker thread' },

  bytesSent: { writer: 'worker', doc: 'Bytes handed to the transport' },
  bytesReceived: { writer: 'worker', doc: 'Bytes read from the transport' },
  packetsSent: { writer: 'worker', doc: 'Control Packets sent' },
  packetsReceived: { writer: 'worker', doc: 'Control Packets received' },
  acknowledgementsSent: { writer: 'worker', doc: 'PUBACK, PUBREC and PUBCOMP packets sent' },
  duplicatesSuppressed: { writer: 'worker', doc: 'QoS 2 messages received again, not delivered' },
  payloadCopiesIn: { writer: 'worker', doc: 'Received payloads copied into shared memory' },
  prefixBytesMoved: {
    writer: 'worker',
    doc: 'Bytes of unfinished packets moved to the head of another segment',
  },
  socketWrites: { writer: 'worker', doc: 'Writes to the transport' },
  socketReads: { writer: 'worker', doc: 'Reads from the transport' },
  pausesInbound: { writer: 'worker', doc: 'Times reading was paused for want of memory' },
  portPostsToMain: { writer: 'worker', doc: 'Bell messages posted to the main thread' },
  connections: { writer: 'worker', doc: 'Network Connections that reached a successful CONNACK' },
  reconnects: { writer: 'worker', doc: 'Of the connections, those after the first' },
  toleratedViolations: {
    writer: 'worker',
    doc: 'Harmless misbehaviour of the Server that was let pass',
  },
  ...TOLERATED,
  operationsFailed: {
    writer: 'worker',
    doc: 'Operations that failed, those of tryPublish() included',
  },
  messagesDropped: {
    writer: 'worker',
    doc: 'Messages that were dropped from the offline queue',
  },
  inflight: { writer: 'worker', doc: 'QoS 1 and 2 messages sent and not yet acknowledged' },
  queued: { writer: 'worker', doc: 'Operations that wait to be sent or acknowledged' },
} as const satisfies Record<string, CounterRow>;

/** The name of a counter, as in a snapshot of the statistics. */
export type CounterName = keyof typeof COUNTERS;

/** A snapshot of the counters of a client; see the table in the documentation. */
export type ClientStats = Readonly<Record<CounterName, number>>;

const NAMES = Object.keys(COUNTERS) as CounterName[];
const SLOTS_PER_LINE = 8;

const mainNames = NAMES.filter((name) => COUNTERS[name].writer === 'main');
const workerNames = NAMES.filter((name) => COUNTERS[name].writer === 'worker');
const mainSlots = toWholeLines(mainNames.length);

/** How many slots the counters take: whole 64-byte lines of the main thread, then of the worker. */
export const COUNTER_SLOT_COUNT: number = mainSlots + toWholeLines(workerNames.length);

/** The slot of every counter. The two writers share no cache line. */
export const COUNTER_SLOTS: Readonly<Record<CounterName, number>> = Object.fromEntries([
  ...mainNames.map((name, row) => [name, row]),
  ...workerNames.map((name, row) => [name, mainSlots + row]),
]) as Record<CounterName, number>;

/**
 * The counters of one client, in shared memory. Doubles, because a plain add on one allocates nothing
 * and is exact up to 2^53. A reader on the other thread may see a value a moment late, never a torn one
 * on the 64-bit platforms that Node runs on.
 */
export class Counters {
  readonly #slots: Float64Array;

  /** @param memory The channel memory, of which only the counters are used. */
  constructor(memory: { readonly counters: Float64Array }) {
    this.#slots = memory.counters;
  }

  /** Adds to a counter of the calling thread. `slot` is one of {@link COUNTER_SLOTS}. */
  add(slot: number, amount: number): void {
    this.#slots[slot]! += amount;
  }

  /** Sets a counter of the calling thread that is a level rather than a sum. */
  set(slot: number, value: number): void {
    this.#slots[slot] = value;
  }

  /** A snapshot of all counters, of both threads. */
  read(): ClientStats {
    const snapshot: Partial<Record<CounterName, number>> = {};
    for (const name of NAMES) snapshot[name] = this.#slots[COUNTER_SLOTS[name]]!;
    return snapshot as ClientStats;
  }
}

function toWholeLines(slots: number): number {
  return Math.ceil(slots / SLOTS_PER_LINE) * SLOTS_PER_LINE;
}
