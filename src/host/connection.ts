import type { ControlEvent, ControlRequest } from '../channel/control-messages.js';
import type { ErrorRecord } from '../errors/mqtt-error.js';
import type { Counters } from '../metrics/counters.js';
import type { AttemptSettings } from '../options/connect-options.js';
import type { WorkerOptions } from '../options/schema.js';
import type { CloseReason } from '../protocol/close-reason.js';
import type { ConnectIdentity } from '../protocol/connect-packet.js';
import type { Session } from '../protocol/session.js';
import type { WriteBatch } from '../protocol/write-batch.js';
import { TlsSessionCache } from '../transport/tls-sessions.js';
import type { Transport, TransportEvents } from '../transport/transport.js';
import { toAttempt } from './attempt.js';
import { BatchWriter } from './batch-writer.js';
import { type AttemptStage, connectTimeout, transportFailure } from './connect-failure.js';
import type { ConnectionState } from './connection-state.js';
import type { HostEnvironment } from './environment.js';
import type { InboundAssembler } from './inbound-assembler.js';
import type { PacketTap } from './packet-tap.js';
import { Reader, type ReaderOwner } from './reader.js';
import { ReconnectDelay } from './reconnect.js';
import { ServerChoice, type Target } from './server-choice.js';
import { toServerInfo } from './server-info.js';

/** How long a closing transport may take for its last bytes. */
const CLOSE_TIMEOUT_MS = 1000;
const NEVER = Number.POSITIVE_INFINITY;

/** What a connection asks of the host. */
export interface ConnectionOwner {
  post(event: ControlEvent): void;
  /** Something happened that a turn must look at. */
  turn(): void;
}

/** One Network Connection after another: opens transports, writes batches, reads into segments, waits and tries again. */
export class Connection implements ReaderOwner {
  readonly #session: Session;
  readonly #batch: WriteBatch;
  readonly #writer: BatchWriter;
  readonly #tap: PacketTap | null;
  readonly #options: WorkerOptions;
  readonly #environment: HostEnvironment;
  readonly #owner: ConnectionOwner;
  readonly #servers: ServerChoice;
  readonly #reconnectDelay: ReconnectDelay;
  readonly #reader: Reader;
  readonly #tlsSessions = new TlsSessionCache();

  #desired: 'started' | 'stopped' | 'closed' = 'stopped';
  #state: ConnectionState = { kind: 'stopped' };
  /** What the attempt waits for; null once its transport has opened. */
  #stage: AttemptStage | null = null;
  #stop: { readonly reason: CloseReason; readonly deadline: number; moreFollows: boolean } | null =
    null;
  #attempts = 0;
  /** How many transports there were, and those that ended: tells the events of the current one from those of others. */
  #transports = 0;

  // Connection.
  /** The first thing that went wrong since the attempt began. */
  #failure: ErrorRecord | null = null;
  #ended = false;
  #destroyed = false;

  constructor(
    session: Session,
    batch: WriteBatch,
    assembler: InboundAssembler,
    counters: Counters,
    options: WorkerOptions,
    environment: HostEnvironment,
    tap: PacketTap | null,
    owner: ConnectionOwner,
  ) {
    this.#session = session;
    this.#batch = batch;
    this.#writer = new BatchWriter(batch, counters, options.writeTimeoutMs, tap);
    this.#tap = tap;
    this.#options = options;
    this.#environment = environment;
    this.#owner = owner;
    const random = (): number => environment.random();
    this.#servers = new ServerChoice(options, random);
    this.#reconnectDelay = new ReconnectDelay(options, random);
    this.#reader = new Reader(session, assembler, counters, this);
  }

  /** The client is closed and nothing is left to do. */
  get finished(): boolean {
    return this.#desired === 'closed' && this.#state.kind === 'stopped';
  }

  /** A batch is with the transport: it must not be touched. */
  get isWriting(): boolean {
    return this.#writer.isWriting;
  }

  /** Packets that have arrived are of interest. */
  get isReceiving(): boolean {
    const { kind } = this.#session.state;
    return (
      this.#state.kind === 'open' &&
      (kind === 'connected' || kind === 'connecting' || kind === 'verifying')
    );
  }

  /** A turn would get further with what was received, or with reading. May acquire memory. */
  get canProceed(): boolean {
    return this.#reader.canProceed;
  }

  now(): number {
    return this.#environment.now();
  }

  paused(): void {
    this.#owner.post({ kind: 'readingPaused' });
  }

  /** Something happened that a turn must look at. */
  turn(): void {
    this.#owner.turn();
  }

  /** The earliest time at which `service` has work without a new event. */
  nextDeadline(): number {
    const state = this.#state;
    // Nothing is due but its end.
    if (this.#destroyed) return NEVER;
    switch (state.kind) {
      case 'stopped':
        return this.#session.nextDeadline();
      case 'waiting':
        return Math.min(state.until, this.#session.nextDeadline());
      case 'asking':
      case 'opening':
        return Math.min(state.deadline, this.#session.nextDeadline());
      case 'open':
        return this.#session.state.kind === 'closing'
          ? state.closingSince + CLOSE_TIMEOUT_MS
          : Math.min(
              this.#session.nextDeadline(),
              this.#writer.deadline,
              this.#stop?.deadline ?? NEVER,
            );
    }
  }

  /** Takes over what the user wants. */
  request(
    request: Extract<ControlRequest, { kind: 'start' | 'stop' | 'close' | 'submitted' }>,
    now: number,
  ): void {
    if (request.kind === 'submitted') {
      if (this.#stop !== null) this.#stop.moreFollows = false;
      return;
    }
    if (this.#desired === 'closed') return;
    if (request.kind === 'start') {
      this.#desired = 'started';
      this.#stop = null;
      if (this.#state.kind !== 'stopped') return;
      this.#servers.restart();
      this.#open(now);
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
        // Who asked to stop was told when it did: told again, the word would be taken for the next stop.
        if (request.kind === 'close') this.#stopped();
        return;
      case 'waiting':
        this.#stopped();
        return;
      case 'asking':
        this.#giveUp(state.target, { code: 'GNEISS_ERR_STOPPED' }, now);
        return;
      case 'opening':
        this.#fail({ code: 'GNEISS_ERR_STOPPED' });
        this.#destroy(state.transport);
        return;
      case 'open':
        if (this.#session.state.kind === 'connected' && request.disconnect !== null) {
          const { moreFollows } = request;
          this.#stop = { reason, deadline: now + request.timeoutMs, moreFollows };
        } else {
          // A Server that has accepted the connection would take the end of it without a word for a reason to publish the Will.
          const isAccepted = this.#session.state.kind === 'verifying';
          this.#session.close(isAccepted ? reason : { ...reason, disconnect: null });
        }
    }
  }

  /** The main thread has said what an attempt is made with, or that it can not be made. What it says of an earlier one is void. */
  attemptAnswered(
    answer: Extract<ControlRequest, { kind: 'attemptOptions' | 'refuseAttempt' }>,
    now: number,
  ): void {
    const state = this.#state;
    if (state.kind !== 'asking' || answer.attempt !== this.#attempts) return;
    if (answer.kind === 'refuseAttempt') {
      this.#giveUp(state.target, { code: answer.code }, now);
      return;
    }
    const { settings } = answer;
    const target =
      settings.server === undefined ? state.target : this.#servers.redirect(settings.server);
    this.#connect(target, settings, state.deadline);
  }

  /** Lets timers fire and the session write. @param drained Whether nothing waits to be submitted. */
  service(drained: boolean, now: number): void {
    const state = this.#state;
    if (state.kind !== 'open') this.#session.expire(now);
    switch (state.kind) {
      case 'stopped':
        return;
      case 'waiting':
        if (now >= state.until) this.#open(now);
        return;
      case 'asking':
        if (now >= state.deadline) this.#giveUp(state.target, connectTimeout('options'), now);
        return;
      case 'opening':
        if (now < state.deadline) return;
        this.#fail(connectTimeout(this.#stage ?? 'connect'));
        this.#destroy(state.transport);
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
    if (stop !== null) {
      const isDrained = drained && !stop.moreFollows && session.idle;
      if (isDrained || now >= stop.deadline) session.close(stop.reason);
    }
    if (now >= this.#writer.deadline)
      session.close({ error: { code: 'GNEISS_ERR_WRITE_TIMEOUT' }, disconnect: null });
    if (this.#writer.isWriting) session.expire(now);
    else {
      session.service(this.#batch, now);
      this.#writer.write(state.transport, now);
    }
    if (session.state.kind === 'closing') {
      this.#closeTransport(state, now);
      return;
    }
    if (this.#reader.paused && this.#reader.resume(now)) state.transport.resume();
  }

  /** Once everything is said the transport ends; one that can not get rid of it in time is destroyed. */
  #closeTransport(state: Extract<ConnectionState, { kind: 'open' }>, now: number): void {
    if (state.closingSince === NEVER) state.closingSince = now;
    if (this.#reader.paused && this.#reader.resume(now)) state.transport.resume();
    if (this.#session.isFinished && !this.#ended) {
      this.#ended = true;
      state.transport.end();
    }
    if (now >= state.closingSince + CLOSE_TIMEOUT_MS) this.#destroy(state.transport);
  }

  #destroy(transport: Transport): void {
    this.#destroyed = true;
    transport.destroy();
  }

  #open(now: number): void {
    const deadline = now + this.#options.connectTimeoutMs;
    this.#failure = null;
    this.#ended = false;
    this.#destroyed = false;
    this.#stop = null;
    this.#batch.reset();
    this.#reader.reset();
    this.#attempts++;
    const target = this.#servers.next();
    if (!this.#options.asksConnectOptions) {
      this.#connect(target, null, deadline);
      return;
    }
    this.#state = { kind: 'asking', target, deadline };
    const server = toServerInfo(target.server.endpoint);
    this.#owner.post({ kind: 'connectOptionsAsked', attempt: this.#attempts, server });
  }

  /** @param settings What `connectOptions` has answered; null: there are none. */
  #connect(target: Target, settings: AttemptSettings | null, deadline: number): void {
    const { route, identity } = toAttempt(target, this.#options, settings);
    this.#owner.post({ kind: 'attempt', server: toServerInfo(route.endpoint) });
    this.#stage = 'connect';
    const transport = this.#environment.openTransport(
      { ...route, tlsSessions: this.#tlsSessions },
      this.#transportEvents(deadline, identity),
    );
    this.#state = { kind: 'opening', transport, deadline };
  }

  /** The attempt ends before it had a transport. */
  #giveUp({ server }: Target, error: ErrorRecord, now: number): void {
    this.#owner.post({ kind: 'attempt', server: toServerInfo(server.endpoint) });
    this.#attemptEnded(error, null, now);
  }

  /** The events of one transport; those of an earlier one must not touch what follows it. */
  #transportEvents(deadline: number, identity: ConnectIdentity): TransportEvents {
    const transport = ++this.#transports;
    const isCurrent = (): boolean => this.#transports === transport;
    return {
      opening: (stage) => {
        if (isCurrent()) this.#stage = stage;
      },
      opened: () => {
        if (!isCurrent() || this.#state.kind !== 'opening') return;
        this.#stage = null;
        this.#state = { kind: 'open', transport: this.#state.transport, closingSince: NEVER };
        this.#tap?.connectionOpened();
        this.#session.transportOpened(deadline, identity);
        this.#owner.turn();
      },
      buffer: () => (isCurrent() ? this.#reader.buffer() : new Uint8Array(1)),
      received: (length) => isCurrent() && this.#reader.received(length),
      receivedChunk: (chunk) => isCurrent() && this.#reader.receivedChunk(chunk),
      flushed: () => {
        if (!isCurrent()) return;
        this.#writer.flushed();
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

  #transportClosed(error: Error | null): void {
    const now = this.#environment.now();
    this.#transports++;
    const { acceptedAt, state } = this.#session;
    const wasAccepted = this.#state.kind === 'open' && acceptedAt > 0;
    if (state.kind === 'closing') this.#fail(state.reason.error);
    const failure = this.#failure ?? transportFailure(error, this.#stage, wasAccepted);
    this.#writer.ended();
    this.#destroyed = false;
    this.#session.transportClosed();
    if (wasAccepted) this.#servers.accepted();
    this.#attemptEnded(failure, wasAccepted ? now - acceptedAt : null, now);
  }

  /** @param connectedMs How long the connection had been accepted; null when it never was. */
  #attemptEnded(error: ErrorRecord, connectedMs: number | null, now: number): void {
    const isStable = this.#reconnectDelay.isStable(connectedMs ?? 0);
    const othersLeft = this.#servers.ended(error, isStable);
    if (connectedMs === null) this.#owner.post({ kind: 'failure', error, othersLeft });
    else this.#owner.post({ kind: 'disconnection', error });
    if (this.#desired !== 'started') {
      this.#stopped();
      return;
    }
    const delay = this.#reconnectDelay.take(error, connectedMs ?? 0, othersLeft);
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
