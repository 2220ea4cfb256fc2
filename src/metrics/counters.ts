import { COUNTED_TOLERATIONS, type CountedToleration, TOLERATIONS } from '../errors/tolerations.js';

interface CounterRow {
  /** A counter only rises, from 0 when the client was made; a gauge is a level. */
  readonly kind: 'counter' | 'gauge';
  /** The only thread that writes the slot, so that no update needs an atomic operation. */
  readonly writer: 'main' | 'worker';
  readonly unit?: 'bytes';
  readonly doc: string;
  /** Set where this is one kind of what another row counts as a whole. */
  readonly part?: { readonly of: string; readonly kind: string };
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
    {
      kind: 'counter',
      writer: 'worker',
      doc: `Of those: ${TOLERATIONS[name].text}`,
      part: { of: 'toleratedViolations', kind: name },
    },
  ]),
) as { readonly [Name in CountedToleration as TolerationCounter<Name>]: CounterRow };

/**
 * Every counter and gauge of a client: one row each. `stats()`, the instruments of `gneiss-mqtt/metrics` and the documentation derive
 * from it.
 */
export const COUNTERS = {
  messagesPublished: counter('main', 'Messages that publish() and tryPublish() accepted'),
  messagesReceived: counter('main', 'Messages that were handed to the handlers'),
  publishesRefused: counter(
    'main',
    'Calls of publish() and tryPublish() that found no room, those that wait for it included',
  ),
  handlersFailed: counter('main', 'Messages whose handler threw or rejected'),
  payloadCopiesOut: counter(
    'main',
    'Copies of payloads on their way out by the main thread: two of a short one; with a Topic Alias the worker makes another',
  ),
  portPostsToWorker: counter('main', 'Bell messages posted to the worker thread'),
  publishesWaiting: gauge('main', 'Publishes that wait for room in the queue'),
  messagesLeased: gauge('main', 'Received messages whose memory handlers, or those who wait, hold'),

  bytesSent: { ...counter('worker', 'Bytes handed to the transport'), unit: 'bytes' },
  bytesReceived: { ...counter('worker', 'Bytes read from the transport'), unit: 'bytes' },
  packetsSent: counter('worker', 'Control Packets sent'),
  packetsReceived: counter('worker', 'Control Packets received'),
  acknowledgementsSent: counter('worker', 'PUBACK, PUBREC and PUBCOMP packets sent'),
  duplicatesSuppressed: counter('worker', 'QoS 2 messages received again, not delivered'),
  payloadCopiesIn: counter('worker', 'Received payloads copied into shared memory'),
  prefixBytesMoved: {
    ...counter('worker', 'Bytes of unfinished packets moved to the head of another segment'),
    unit: 'bytes',
  },
  socketWrites: counter('worker', 'Writes to the transport'),
  socketReads: counter('worker', 'Reads from the transport'),
  pausesInbound: counter('worker', 'Times reading was paused for want of memory'),
  portPostsToMain: counter('worker', 'Bell messages posted to the main thread'),
  connectionAttempts: counter('worker', 'Attempts to connect'),
  connections: counter('worker', 'Network Connections that reached a successful CONNACK'),
  reconnects: counter('worker', 'Of the connections, those after the first'),
  toleratedViolations: counter('worker', 'Harmless misbehaviour of the Server that was let pass'),
  ...TOLERATED,
  operationsFailed: counter('worker', 'Operations that failed, those of tryPublish() included'),
  messagesDropped: counter('worker', 'Messages that were dropped from the offline queue'),
  packetsUntapped: counter(
    'worker',
    'Packets that the packet tap was not given: it is too slow, or they are malformed where secrets may be',
  ),
  connected: gauge('worker', 'Whether there is a connection that the Server has accepted: 1 or 0'),
  readingPaused: gauge('worker', 'Whether reading is paused for want of memory: 1 or 0'),
  inflight: gauge('worker', 'QoS 1 and 2 messages sent and not yet acknowledged'),
  queued: gauge('worker', 'Operations that wait to be sent or acknowledged'),
} satisfies Record<string, CounterRow>;

/** The name of a counter or gauge, as in a snapshot of the statistics. */
export type CounterName = keyof typeof COUNTERS;

/**
 * A snapshot of the counters and gauges of a client. Counters only rise, from 0 when the client was made; gauges are levels.
 * [The guide to observability](../../docs/observability.md) has them in one table.
 *
 * @interface
 */
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

function counter(writer: CounterRow['writer'], doc: string): CounterRow {
  return { kind: 'counter', writer, doc };
}

function gauge(writer: CounterRow['writer'], doc: string): CounterRow {
  return { kind: 'gauge', writer, doc };
}

function toWholeLines(slots: number): number {
  return Math.ceil(slots / SLOTS_PER_LINE) * SLOTS_PER_LINE;
}
