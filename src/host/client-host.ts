import type { ControlEvent, ControlRequest } from '../channel/control-messages.js';
import { BELL, Doorbell } from '../channel/doorbell.js';
import type { HostListener, HostTask, PortToClient } from '../channel/host-task.js';
import { ACKNOWLEDGEMENT, type ChannelMemory, openChannelMemory } from '../channel/layout.js';
import { RingConsumer } from '../channel/ring.js';
import { Framer, FrameStatus } from '../codec/framer.js';
import { COUNTER_SLOTS, Counters } from '../metrics/counters.js';
import { Session } from '../protocol/session.js';
import { WriteBatch } from '../protocol/write-batch.js';
import type { TopicAliasResolver } from '../validation/topic-alias-resolver.js';
import { type AttemptEvent, AttemptNews } from './attempt-news.js';
import { ChannelSink } from './channel-sink.js';
import { Connection } from './connection.js';
import { ConnectionCounters } from './connection-counters.js';
import { type HostEnvironment, withTransport } from './environment.js';
import { HostTimer } from './host-timer.js';
import { InboundAssembler } from './inbound-assembler.js';
import { awaitUserCode, type Early } from './loading.js';
import { PacketTap } from './packet-tap.js';
import { SubmissionReader } from './submission-reader.js';
import { loadUserCode } from './user-modules.js';

const NO_RECORD = -1;
/** Packets handled before the turn writes and rings: what is received meanwhile must not wait for all of them. */
const PACKETS_A_TURN = 4096;

/**
 * Runs the protocol of one client on the thread that calls it.
 *
 * @returns Resolves when the client was closed and everything is released.
 */
export async function runClientHost(
  task: HostTask,
  port: PortToClient,
  environment: HostEnvironment,
): Promise<void> {
  const loading = loadUserCode(task.options);
  const start =
    loading instanceof Promise
      ? await awaitUserCode(loading, task.options, port, environment)
      : { code: loading, early: [] };
  if (start === null) return;
  const { code, early } = start;
  if (code.error !== null) {
    port.close({ kind: 'closed', error: code.error });
    return;
  }
  const { topicAliasResolver, transport } = code.value;
  const around = transport === undefined ? environment : withTransport(environment, transport);
  await new Promise<void>((resolve) => {
    new ClientHost(task, port, topicAliasResolver, around, resolve).listen(early);
  });
}

/**
 * The worker side of a client: the only place where channel, session and transport meet. Whatever wakes it (the bell, bytes, a
 * flush, the timer), it takes one turn: collect what the main thread asks for, feed the packets that have arrived, let the session
 * write, ring once.
 */
class ClientHost {
  readonly #environment: HostEnvironment;
  readonly #port: PortToClient;
  readonly #finished: () => void;
  readonly #memory: ChannelMemory;
  readonly #counters: Counters;
  readonly #connectionCounters: ConnectionCounters;
  readonly #doorbell: Doorbell;
  readonly #acknowledgements: RingConsumer;
  readonly #submissions: SubmissionReader;
  readonly #framer: Framer;
  readonly #assembler: InboundAssembler;
  readonly #sink: ChannelSink;
  readonly #session: Session;
  readonly #batch: WriteBatch;
  readonly #tap: PacketTap | null;
  readonly #timer: HostTimer;
  readonly #connection: Connection;
  readonly #news = new AttemptNews();
  #inTurn = false;
  #deferred = false;
  #closed = false;

  constructor(
    task: HostTask,
    port: PortToClient,
    topicAliasResolver: TopicAliasResolver | undefined,
    environment: HostEnvironment,
    finished: () => void,
  ) {
    const { options } = task;
    this.#environment = environment;
    this.#port = port;
    this.#finished = finished;
    this.#memory = openChannelMemory(task.buffer, task.config);
    this.#counters = new Counters(this.#memory);
    this.#connectionCounters = new ConnectionCounters(this.#counters);
    this.#doorbell = new Doorbell(this.#memory, 'worker', port);
    this.#acknowledgements = new RingConsumer(this.#memory, 'acknowledgement');
    this.#submissions = new SubmissionReader(this.#memory, () => port.fetch());
    this.#framer = new Framer(options.maximumPacketSize, options.protocolVersion);
    this.#assembler = new InboundAssembler(this.#memory, this.#framer, this.#counters);
    this.#sink = new ChannelSink(this.#memory, this.#assembler, this.#counters, (event) => {
      this.#post(event);
    });
    this.#batch = new WriteBatch(this.#memory.bytes);
    this.#session = new Session(
      this.#memory.bytes,
      { ...options, topicAliasResolver, maximumOperations: task.config.completionRecords },
      this.#sink,
    );
    this.#timer = new HostTimer(environment, () => {
      const firedAt = environment.now();
      environment.defer(() => {
        this.#turn(firedAt);
      });
    });
    this.#tap = options.tapsPackets
      ? new PacketTap(options.protocolVersion, this.#counters, (event) => {
          port.postMessage(event);
        })
      : null;
    this.#connection = new Connection(
      this.#session,
      this.#batch,
      this.#assembler,
      this.#counters,
      options,
      environment,
      this.#tap,
      {
        post: (event) => {
          if (event.kind === 'attempt') this.#hold(event);
          else this.#post(event);
        },
        turn: () => {
          this.#turn();
        },
      },
    );
  }

  /** @param early Handled together: a turn between them would look on the port for what is here. */
  listen(early: Early): void {
    const listener: HostListener = {
      received: (message, isFetched) => {
        // A bell says nothing but that a turn is due.
        if (message !== BELL) this.#handle(message);
        if (!isFetched) this.#turn();
        else if (!this.#inTurn) this.#defer();
      },
      gone: () => {
        this.#connection.abandon();
        this.#finish();
      },
    };
    this.#port.listen(listener);
    for (const message of early) listener.received(message, true);
  }

  #handle(request: ControlRequest): void {
    const { authentication } = this.#session;
    switch (request.kind) {
      case 'packet':
        this.#submissions.addPacket(request);
        return;
      case 'abort':
        if (!this.#session.abort(request.token)) this.#submissions.abort(request.token);
        return;
      case 'attemptOptions':
      case 'refuseAttempt':
        this.#connection.attemptAnswered(request, this.#environment.now());
        return;
      case 'authenticate':
        authentication.answer(request.exchange, request.data, this.#environment.now());
        return;
      case 'refuseAuthentication':
        authentication.refuse(request.exchange);
        return;
      case 'reauthenticate':
        this.#reauthenticate();
        return;
      case 'abortReauthentication':
        authentication.abort();
        return;
      case 'tapTaken':
        this.#tap?.taken(request.bytes);
        return;
      default:
        this.#connection.request(request, this.#environment.now());
    }
  }

  /** The connection that the main thread knows of may be gone, or be one that was shown no credentials. */
  #reauthenticate(): void {
    const { authentication, state } = this.#session;
    if (state.kind !== 'connected')
      this.#sink.reauthenticated({ code: 'GNEISS_ERR_CONNECTION_LOST' });
    else if (!authentication.reauthenticate(this.#environment.now()))
      this.#sink.reauthenticated({
        code: 'GNEISS_ERR_INVALID_STATE',
        detail: 'the connection was made without the authenticator',
      });
  }

  /**
   * One turn. Bytes that arrive while a turn runs (a socket that delivers during a write) are left to its caller.
   *
   * @param heardUntil  All that had arrived by then was taken in. A deadline after it is left to the timer: where this thread was
   *                    held up, the word that is missed may stand in the socket, and nothing is called late before.
   */
  #turn(heardUntil = Number.NEGATIVE_INFINITY): void {
    if (this.#closed || this.#inTurn) return;
    const now = this.#environment.now();
    this.#inTurn = true;
    this.#doorbell.wake();
    let mainWaits = this.#collect(now);
    const more = this.#feed(now);
    const deadline = this.#connection.nextDeadline();
    if (now < deadline || deadline <= heardUntil)
      this.#connection.service(this.#submissions.empty, now);
    if (this.#session.state.kind !== 'offline' || now >= this.#news.deadline) this.#tellAttempt();
    mainWaits = this.#submissions.showWaiting(this.#session) || mainWaits;
    mainWaits = this.#sink.publish() || mainWaits;
    this.#tap?.flush();
    if (mainWaits) this.#doorbell.ring();
    this.#counters.set(COUNTER_SLOTS.inflight, this.#session.inflight);
    this.#counters.set(COUNTER_SLOTS.queued, this.#session.operations);
    this.#inTurn = false;
    if (this.#connection.finished) {
      this.#finish();
      return;
    }
    this.#timer.arm(Math.min(this.#connection.nextDeadline(), this.#news.deadline), now);
    this.#sleep(more);
  }

  /** Takes over what the main thread asks for. @returns Whether it waits for the room that this made. */
  #collect(now: number): boolean {
    const { words } = this.#memory;
    for (;;) {
      const record = this.#acknowledgements.next();
      if (record === NO_RECORD) break;
      this.#session.acknowledge(
        words[record + ACKNOWLEDGEMENT.receipt]!,
        words[record + ACKNOWLEDGEMENT.reasonCode]!,
      );
      this.#acknowledgements.advance();
    }
    this.#acknowledgements.release();
    const starved = this.#acknowledgements.takeStarved();
    // While a batch is with the transport nothing can be added to it: submissions wait in their ring.
    if (this.#connection.isWriting) return starved;
    return this.#submissions.submitTo(this.#session, this.#batch, now) || starved;
  }

  /** Hands received packets to the session. @returns Whether it stopped although more could be handled at once. */
  #feed(now: number): boolean {
    let packets = 0;
    for (let some = -1; some !== 0 && packets < PACKETS_A_TURN; packets += some) {
      some = this.#feedSome(Math.min(PACKETS_A_TURN - packets, this.#receivable), now);
    }
    this.#counters.add(COUNTER_SLOTS.packetsReceived, packets);
    return packets === PACKETS_A_TURN;
  }

  /** Packets that have room wherever they lead to. A look at all that takes as long as a packet: not before each. */
  get #receivable(): number {
    const session = this.#session;
    if (!this.#connection.isReceiving) return 0;
    // What comes before a connection is accepted brings no message.
    if (session.state.kind !== 'connected') return session.receivable;
    return Math.min(session.receivable, this.#sink.deliverable);
  }

  /** @returns How many packets were handed over: at most so many, fewer when no more have come or none are wanted. */
  #feedSome(limit: number, now: number): number {
    const session = this.#session;
    const framer = this.#framer;
    const assembler = this.#assembler;
    const memory = this.#memory.bytes;
    let packets = 0;
    for (let goesOn = true; goesOn && packets < limit; packets++) {
      const status = assembler.next();
      if (status === FrameStatus.INCOMPLETE) break;
      if (status === FrameStatus.VIOLATION) {
        session.framingFailed(framer.violation!);
        break;
      }
      this.#tap?.received(
        memory,
        framer.end - framer.packetLength,
        framer.bodyStart,
        framer.end,
        now,
      );
      goesOn = session.packetReceived(framer.header, framer.bodyStart, framer.end, now);
      assembler.advance();
    }
    return packets;
  }

  /** Goes to sleep unless something came in meanwhile; then another turn follows, after pending input and output. */
  #sleep(more: boolean): void {
    if (!more) {
      this.#doorbell.sleep();
      if (!this.#hasWork()) return;
      this.#doorbell.wake();
    }
    this.#defer();
  }

  #defer(): void {
    if (this.#deferred) return;
    this.#deferred = true;
    this.#environment.defer(() => {
      this.#deferred = false;
      this.#turn();
    });
  }

  #hasWork(): boolean {
    if (this.#acknowledgements.next() !== NO_RECORD) return true;
    if (
      !this.#submissions.empty &&
      !this.#connection.isWriting &&
      this.#session.canSubmit(this.#batch)
    )
      return true;
    return this.#connection.canProceed && this.#receivable > 0;
  }

  #hold(attempt: AttemptEvent): void {
    this.#connectionCounters.count(attempt);
    this.#news.hold(attempt, this.#environment.now());
  }

  #tellAttempt(): void {
    const attempt = this.#news.take();
    if (attempt !== null) this.#tell(attempt);
  }

  #post(event: ControlEvent): void {
    this.#tellAttempt();
    this.#connectionCounters.count(event);
    this.#tell(event);
  }

  #tell(event: ControlEvent): void {
    // What happened before the event is visible before it.
    this.#submissions.showWaiting(this.#session);
    this.#sink.publish();
    this.#tap?.flush();
    this.#port.postMessage(event);
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer.cancel();
    this.#sink.publish();
    this.#tap?.flush();
    this.#port.close({ kind: 'closed', error: null });
    this.#finished();
  }
}
