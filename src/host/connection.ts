import type { ControlEvent, ControlRequest } from '../channel/control-messages.js';
import { FrameStatus } from '../codec/framer.js';
import type { ErrorRecord } from '../errors/mqtt-error.js';
import { COUNTER_SLOTS, type Counters } from '../metrics/counters.js';
import type { WorkerOptions } from '../options/schema.js';
import type { CloseReason } from '../protocol/close-reason.js';
import type { Session } from '../protocol/session.js';
import type { WriteBatch } from '../protocol/write-batch.js';
import type { Transport, TransportEvents } from '../transport/transport.js';
import type { HostEnvironment } from './environment.js';
import type { InboundAssembler } from './inbound-assembler.js';
import { ReconnectDelay } from './reconnect.js';

/** How long a closing transport may take for its last bytes. */
const CLOSE_TIMEOUT_MS = 1000;
/** Takes what a transport reads while there is no room in shared memory. */
const LANDING_BYTES = 64 * 1024;
const NEVER = Number.POSITIVE_INFINITY;

/**
 * Where the Network Connection stands. What the user wants (`started`, `stopped`, `closed`) is kept apart: every change of
 * either makes the one converge on the other.
 *
 * ```
 *   stopped ──► opening ──► open ──► (transport closed) ──► waiting ──► opening
 *                  │          │                                │
 *                  └──────────┴──────── not started ───────────┴──► stopped
 * ```
 */
type ConnectionState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'opening'; readonly transport: Transport; readonly deadline: number }
  | { readonly kind: 'open'; readonly transport: Transport; closingSince: number }
  | { readonly kind: 'waiting'; readonly until: number };

/** What a connection asks of the host. */
export interface ConnectionOwner {
  post(event: ControlEvent): void;
  /** Something happened that a turn must look at. */
  turn(): void;
}

/** One Network Connection after another: opens transports, writes batches, reads into segments, waits and tries again. */
export class Connection {
  readonly #session: Session;
  readonly #batch: WriteBatch;
  readonly #assembler: InboundAssembler;
  readonly #counters: Counters;
  readonly #options: WorkerOptions;
  readonly #environment: HostEnvironment;
  readonly #owner: ConnectionOwner;
  readonly #reconnectDelay: ReconnectDelay;
  readonly #landing: Uint8Array = new Uint8Array(LANDING_BYTES);

  #desired: 'started' | 'stopped' | 'closed' = 'stopped';
  #state: ConnectionState = { kind: 'stopped' };
  #stop: { readonly reason: CloseReason; readonly deadline: number } | null = null;
  /** How many transports there were, and those that ended: tells the events of the current one from those of others. */
  #transports = 0;

  // Connection.
  /** The first thing that went wrong since the attempt began. */
  #failure: ErrorRecord | null = null;
  #writing = false;
  #ended = false;
  #readingPaused = false;
  /** The transport reads into `#landing`, not into shared memory. */
  #landed = false;
  /** Received bytes that found no room in shared memory: at most one read. */
  #overflow: Uint8Array | null = null;

  constructor(
    session: Session,
    batch: WriteBatch,
    assembler: InboundAssembler,
    counters: Counters,
    options: WorkerOptions,
    environment: HostEnvironment,
    owner: ConnectionOwner,
  ) {
    this.#session = session;
    this.#batch = batch;
    this.#assembler = assembler;
    this.#counters = counters;
    this.#options = options;
    this.#environment = environment;
    this.#owner = owner;
    this.#reconnectDelay = new ReconnectDelay(options, () => environment.random());
  }

  /** The client is closed and nothing is left to do. */
  get finished(): boolean {
    return this.#desired === 'closed' && this.#state.kind === 'stopped';
  }

  /** A batch is with the transport: it must not be touched. */
  get isWriting(): boolean {
    return this.#writing;
  }

  /** Packets that have arrived are of interest. */
  get isReceiving(): boolean {
    const { kind } = this.#session.state;
    return this.#state.kind === 'open' && (kind === 'connecting' || kind === 'connected');
  }

  /** Reading is paused, and there would be room to go on. May acquire memory. */
  get canProceed(): boolean {
    if (!this.#readingPaused || !this.isReceiving || !this.#session.canReceive) return false;
    return this.#assembler.next() !== FrameStatus.INCOMPLETE || this.#mayResume();
  }

  /** The earliest time at which `service` has work without a new event. */
  nextDeadline(): number {
    const state = this.#state;
    switch (state.kind) {
      case 'stopped':
        return NEVER;
      case 'waiting':
        return state.until;
      case 'opening':
        return state.deadline;
      case 'open': {
        const closing =
          this.#session.state.kind === 'closing' ? state.closingSince + CLOSE_TIMEOUT_MS : NEVER;
        return Math.min(this.#session.nextDeadline(), this.#stop?.deadline ?? NEVER, closing);
      }
    }
  }

  /** Takes over what the user wants. */
  request(
    request: Extract<ControlRequest, { kind: 'start' | 'stop' | 'close' }>,
    now: number,
  ): void {
    if (this.#desired === 'closed') return;
    if (request.kind === 'start') {
      this.#desired = 'started';
      this.#stop = null;
      if (this.#state.kind === 'stopped') this.#open(now);
      return;
    }
    this.#desired = request.kind === 'close' ? 'closed' : 'stopped';
    const reason: CloseReason = {
      error: { code: 'GNEISS_ERR_STOPPED' },
      disconnect: request.disconnect,
    };
    const state = this.#state;
    switch (state.kind) {
      case 'stopped':
      case 'waiting':
        this.#stopped();
        return;
      case 'opening':
        this.#fail({ code: 'GNEISS_ERR_STOPPED' });
        state.transport.destroy();
        return;
      case 'open':
        if (this.#session.state.kind === 'connected' && request.disconnect !== null) {
          this.#stop = { reason, deadline: now + request.timeoutMs };
        } else {
          this.#session.close({ ...reason, disconnect: null });
        }
    }
  }

  /** Lets timers fire and the session write. @param drained Whether nothing waits to be submitted. */
  service(drained: boolean, now: number): void {
    const state = this.#state;
    switch (state.kind) {
      case 'stopped':
        return;
      case 'waiting':
        if (now >= state.until) this.#open(now);
        return;
      case 'opening':
        if (now < state.deadline) return;
        this.#fail({ code: 'GNEISS_ERR_CONNECT_TIMEOUT' });
        state.transport.destroy();
        return;
      case 'open':
        this.#serviceOpen(state, drained, now);
    }
  }

  /** The other thread is gone: lets go of everything without a word. */
  abandon(): void {
    this.#desired = 'closed';
    this.#transports++;
    const state = this.#state;
    this.#state = { kind: 'stopped' };
    if (state.kind === 'opening' || state.kind === 'open') state.transport.destroy();
  }

  #serviceOpen(
    state: Extract<ConnectionState, { kind: 'open' }>,
    drained: boolean,
    now: number,
  ): void {
    const session = this.#session;
    const stop = this.#stop;
    if (stop !== null && (now >= stop.deadline || (drained && session.idle)))
      session.close(stop.reason);
    if (this.#writing) session.expire(now);
    else this.#write(state.transport, now);
    if (session.state.kind === 'closing') {
      this.#closeTransport(state, now);
      return;
    }
    if (this.#readingPaused) this.#resume(state.transport, now);
  }

  #write(transport: Transport, now: number): void {
    const batch = this.#batch;
    this.#session.service(batch, now);
    if (batch.byteLength === 0) return;
    this.#writing = true;
    this.#counters.add(COUNTER_SLOTS.packetsSent, batch.packets);
    this.#counters.add(COUNTER_SLOTS.acknowledgementsSent, batch.acknowledgements);
    this.#counters.add(COUNTER_SLOTS.bytesSent, batch.byteLength);
    this.#counters.add(COUNTER_SLOTS.socketWrites, 1);
    transport.write(Array.from({ length: batch.pieceCount }, (_, index) => batch.piece(index)));
  }

  /** Once everything is said the transport ends; one that can not get rid of it in time is destroyed. */
  #closeTransport(state: Extract<ConnectionState, { kind: 'open' }>, now: number): void {
    if (state.closingSince === NEVER) state.closingSince = now;
    if (this.#readingPaused) {
      this.#readingPaused = false;
      state.transport.resume();
    }
    if (this.#session.isFinished && !this.#ended) {
      this.#ended = true;
      state.transport.end();
    }
    if (now >= state.closingSince + CLOSE_TIMEOUT_MS) state.transport.destroy();
  }

  #open(now: number): void {
    const deadline = now + this.#options.connectTimeoutMs;
    this.#failure = null;
    this.#writing = false;
    this.#ended = false;
    this.#readingPaused = false;
    this.#overflow = null;
    this.#stop = null;
    this.#batch.reset();
    this.#assembler.reset();
    this.#owner.post({ kind: 'attempt' });
    const transport = this.#environment.openTransport(
      this.#options.endpoint,
      this.#transportEvents(deadline),
    );
    this.#state = { kind: 'opening', transport, deadline };
  }

  /** The events of one transport; those of an earlier one must not touch what follows it. */
  #transportEvents(deadline: number): TransportEvents {
    const transport = ++this.#transports;
    const isCurrent = (): boolean => this.#transports === transport;
    return {
      opened: () => {
        if (!isCurrent() || this.#state.kind !== 'opening') return;
        this.#state = { kind: 'open', transport: this.#state.transport, closingSince: NEVER };
        this.#session.transportOpened(deadline);
        this.#owner.turn();
      },
      buffer: () => (isCurrent() ? this.#buffer() : new Uint8Array(LANDING_BYTES)),
      received: (length) => isCurrent() && this.#received(length),
      receivedChunk: (chunk) => isCurrent() && this.#receivedChunk(chunk),
      flushed: () => {
        if (!isCurrent()) return;
        this.#writing = false;
        this.#batch.reset();
        this.#session.flushed();
        this.#owner.turn();
      },
      closed: (error) => {
        if (!isCurrent()) return;
        this.#transportClosed(error);
        this.#owner.turn();
      },
    };
  }

  /**
   * Memory for the next read, which may be a long way off when reading is paused: nothing may touch it until then. So it is
   * what is left of the current segment, or, for want of that, memory of our own, whose content is copied.
   */
  #buffer(): Uint8Array {
    if ((!this.#readingPaused && this.#assembler.prepare()) || this.#assembler.hasTail) {
      this.#landed = false;
      return this.#assembler.target();
    }
    this.#landed = true;
    return this.#landing;
  }

  #received(length: number): boolean {
    if (this.#landed) return this.#receivedChunk(this.#landing.subarray(0, length));
    this.#countRead(length);
    if (!this.isReceiving) return true;
    this.#assembler.received(length);
    this.#owner.turn();
    return this.#mayRead();
  }

  #receivedChunk(chunk: Uint8Array): boolean {
    this.#countRead(chunk.length);
    if (!this.isReceiving) return true;
    const rest = this.#copy(chunk);
    // It stays where it is: nothing is read before it was taken over.
    if (rest.length > 0) this.#overflow = rest;
    return this.#mayRead();
  }

  #countRead(length: number): void {
    this.#counters.add(COUNTER_SLOTS.socketReads, 1);
    this.#counters.add(COUNTER_SLOTS.bytesReceived, length);
  }

  /** Copies a chunk into shared memory, handling packets as they become whole. @returns What found no room. */
  #copy(chunk: Uint8Array): Uint8Array {
    let rest = chunk;
    while (rest.length > 0 && this.isReceiving && this.#hasRoom()) {
      rest = rest.subarray(this.#assembler.copy(rest));
      this.#counters.add(COUNTER_SLOTS.payloadCopiesIn, 1);
      this.#owner.turn();
    }
    return rest;
  }

  /** Decides after a read whether there is to be another one. A closing connection is read to its end, and not listened to. */
  #mayRead(): boolean {
    if (!this.isReceiving || (this.#overflow === null && this.#hasRoom())) return true;
    this.#readingPaused = true;
    this.#session.setReadingPaused(true, this.#environment.now());
    this.#counters.add(COUNTER_SLOTS.pausesInbound, 1);
    return false;
  }

  #resume(transport: Transport, now: number): void {
    if (!this.#mayResume()) return;
    const overflow = this.#overflow;
    this.#overflow = null;
    if (overflow !== null) {
      const rest = this.#copy(overflow);
      if (rest.length > 0) {
        this.#overflow = rest;
        return;
      }
    }
    this.#readingPaused = false;
    this.#session.setReadingPaused(false, now);
    transport.resume();
  }

  /** All packets that are complete have been handled, and there is memory for a read. */
  #hasRoom(): boolean {
    return this.#assembler.next() === FrameStatus.INCOMPLETE && this.#assembler.prepare();
  }

  /** Whether reading may go on. A tail that the transport is going to read into must stay where it is. */
  #mayResume(): boolean {
    if (this.#landed || this.#overflow !== null) return this.#hasRoom();
    return this.#assembler.next() === FrameStatus.INCOMPLETE;
  }

  #transportClosed(error: Error | null): void {
    const now = this.#environment.now();
    this.#transports++;
    const { acceptedAt, state } = this.#session;
    const wasAccepted = this.#state.kind === 'open' && acceptedAt > 0;
    if (state.kind === 'closing') this.#fail(state.reason.error);
    const failure = this.#failure ?? toFailure(error, wasAccepted);
    this.#writing = false;
    this.#session.transportClosed();
    this.#owner.post({ kind: wasAccepted ? 'disconnection' : 'failure', error: failure });
    if (this.#desired !== 'started') {
      this.#stopped();
      return;
    }
    const delay = this.#reconnectDelay.take(failure, wasAccepted ? now - acceptedAt : 0);
    this.#state = { kind: 'waiting', until: now + delay };
  }

  #fail(error: ErrorRecord): void {
    this.#failure ??= error;
  }

  #stopped(): void {
    this.#state = { kind: 'stopped' };
    this.#stop = null;
    if (this.#desired === 'closed') this.#session.dispose('GNEISS_ERR_CLOSED');
    else this.#owner.post({ kind: 'stopped' });
  }
}

/** What the end of a transport means when nothing else went wrong before it. */
function toFailure(error: Error | null, wasAccepted: boolean): ErrorRecord {
  const code = wasAccepted ? 'GNEISS_ERR_CONNECTION_CLOSED' : 'GNEISS_ERR_CONNECT_FAILED';
  if (error === null) return { code, detail: 'the Server closed the connection' };
  const systemCode = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { code, cause: { message: error.message, code: systemCode } };
}
