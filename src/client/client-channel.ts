import type { ControlEvent, ControlRequest } from '../channel/control-messages.js';
import { BELL, Doorbell } from '../channel/doorbell.js';
import type { PortToHost } from '../channel/host-task.js';
import { type ChannelMemory, COMPLETION, createChannelMemory } from '../channel/layout.js';
import { RingConsumer } from '../channel/ring.js';
import { decodeAckProperties } from '../codec/acks.js';
import { PacketType } from '../codec/packet-types.js';
import { describeReasonCode } from '../codec/reason-codes.js';
import { fromErrorNumber } from '../errors/codes.js';
import { MqttError } from '../errors/mqtt-error.js';
import { Counters } from '../metrics/counters.js';
import type { ResolvedOptions } from '../options/schema.js';
import { toChannelConfig } from './channel-size.js';
import { Deliveries, type DeliveryOwner, type UnclaimedMessages } from './deliveries.js';
import type { Message } from './message.js';
import { openHost } from './open-host.js';
import { PendingOperations, type Settlement } from './pending-operations.js';
import { type PublishResult, toPublishResult } from './publish-result.js';
import { Publisher } from './publisher.js';
import type { Subscriptions } from './subscriptions.js';

const NO_RECORD = -1;
const NO_SEGMENT = -1;
const REASON_FAILURE = 0x80;
/** Only a PUBCOMP has it: the Server has ended the exchange before, and its answer was lost with a connection (§3.7.2.1). */
const REASON_PACKET_ID_NOT_FOUND = 0x92;
/** In one burst the worker is shown so many publishes at a time: when awake, it starts on the first while the last are written. */
const SHOW_EVERY = 64;
/** Waking it costs as much as a hundred publishes. Within a burst that is worth it for this many. */
const RING_EVERY = 1024;
/** Requests that come after everything that was submitted before them. */
const COMES_AFTER_SUBMISSIONS: ReadonlySet<ControlRequest['kind']> = new Set([
  'stop',
  'close',
  'submitted',
]);

/** What a channel tells the client. */
export interface ChannelOwner extends UnclaimedMessages, Pick<DeliveryOwner, 'delivered'> {
  event(event: ControlEvent): void;
  /** There is room for what was refused. */
  drain(): void;
  /** The thread of the host is gone, or there was none to be had. */
  died(error: MqttError): void;
}

/**
 * The main-thread side of a client's channel: publishes and acknowledgements go out, completions and messages come in. All that
 * happens between two moments of the event loop rings the worker at most once.
 *
 * @thread main
 */
export class ClientChannel {
  readonly publisher: Publisher;
  readonly deliveries: Deliveries;
  readonly pending: PendingOperations;
  readonly counters: Counters;
  readonly #options: ResolvedOptions;
  readonly #owner: ChannelOwner;
  readonly #memory: ChannelMemory;
  /** Null until the host runs, which is until it is asked for something. */
  #host: PortToHost | null = null;
  readonly #doorbell: Doorbell;
  readonly #completions: RingConsumer;
  readonly #flush: () => void;
  readonly #turn: () => void;
  #flushScheduled = false;
  #turnScheduled = false;
  #awaitsRoom = false;
  /** Submissions that the worker can see and was not rung for. */
  #shown = 0;
  #closed = false;

  /** @param first What the host is asked for at once: it then comes into being while this does. Null: it waits for something to do. */
  constructor(
    options: ResolvedOptions,
    subscriptions: Subscriptions,
    owner: ChannelOwner,
    first: ControlRequest | null,
  ) {
    const { main } = options;
    this.#options = options;
    this.#owner = owner;
    this.#memory = createChannelMemory(toChannelConfig(options));
    if (first !== null) this.#openHost(first);
    this.counters = new Counters(this.#memory);
    this.pending = new PendingOperations(main.maximumPendingOperations);
    this.publisher = new Publisher(this.#memory, main, this.pending, this.counters);
    const deliveryOwner = {
      changed: (): void => {
        this.#schedule();
      },
      delivered: (message: Message): void => {
        owner.delivered(message);
      },
    };
    this.deliveries = new Deliveries(
      this.#memory,
      subscriptions,
      owner,
      deliveryOwner,
      this.counters,
    );
    this.#doorbell = new Doorbell(this.#memory, 'main', {
      postMessage: (bell) => this.#host?.postMessage(bell),
    });
    this.#completions = new RingConsumer(this.#memory, 'completion');
    this.#flush = () => {
      this.#flushScheduled = false;
      this.#show();
    };
    this.#turn = () => {
      this.#turnScheduled = false;
      this.#takeTurn();
    };
  }

  /** Whether there is a host that must be told when the client ends. */
  get hasHost(): boolean {
    return this.#host !== null;
  }

  /** Posts a control message. The host is started with the first one. */
  post(request: ControlRequest): void {
    if (this.#closed) return;
    if (COMES_AFTER_SUBMISSIONS.has(request.kind)) this.#show();
    // What is given up must be visible, but a bell would have it sent before.
    else if (request.kind === 'abort') this.#reveal();
    if (this.#host === null) this.#openHost(request);
    else this.#host.postMessage(request);
  }

  /** A publish or packet was submitted: shows it to the worker when the burst is over, or long enough. */
  submitted(): void {
    this.#schedule();
    if (this.publisher.unpublished < SHOW_EVERY) return;
    this.#reveal();
    if (this.#shown >= RING_EVERY) this.#show();
  }

  /**
   * The caller of an operation has given up: what was not sent yet will not be.
   *
   * @returns What settles its promise; null when that has been done.
   */
  withdraw<T>(token: number): Settlement<T> | null {
    // A token that has completed meanwhile is not detached: it may not be the same operation any more.
    const settlement = this.pending.detach(token);
    if (settlement !== null) this.post({ kind: 'abort', token });
    return settlement as Settlement<T> | null;
  }

  /** Asks for `drain` once there is room for the publish that was just refused. @returns Whether there is room already. */
  awaitRoom(): boolean {
    if (this.publisher.hasRoom) return true;
    this.#awaitsRoom = true;
    return false;
  }

  /** Settles everything that is open, and lets go of the port. */
  close(toError: () => MqttError): void {
    if (this.#closed) return;
    this.#drainCompletions();
    this.#closed = true;
    this.#host?.close();
    this.pending.rejectAll(toError);
  }

  /** @param request What it is asked for first; null: nothing but what is submitted. */
  #openHost(request: ControlRequest | null): void {
    const { main, worker } = this.#options;
    const { buffer, config } = this.#memory;
    const owner = {
      received: (message: ControlEvent | typeof BELL): void => {
        this.#receive(message);
      },
      died: (error: MqttError): void => {
        this.#owner.died(error);
      },
    };
    const task = { buffer, config, options: worker };
    this.#host = openHost(task, request, owner, main.thread, main.workerUrl);
  }

  #receive(message: ControlEvent | typeof BELL): void {
    if (message !== BELL) {
      // What completed before the event happened before it.
      this.#drainCompletions();
      this.#owner.event(message);
    }
    this.#takeTurn();
  }

  #takeTurn(): void {
    if (this.#closed) return;
    this.#doorbell.wake();
    this.#drain();
    this.#show();
    if (this.#awaitsRoom && this.publisher.hasRoom) {
      this.#awaitsRoom = false;
      this.#owner.drain();
    }
    // Handlers may have taken long: the event loop goes round before the next slice.
    if (this.deliveries.hasWork) {
      this.#scheduleTurn();
      return;
    }
    this.#doorbell.sleep();
    if (!this.#hasWork()) return;
    this.#doorbell.wake();
    this.#scheduleTurn();
  }

  /** Takes over what the worker has to say. What is released and submitted meanwhile needs no flush of its own: the turn shows it. */
  #drain(): void {
    const wasScheduled = this.#flushScheduled;
    this.#flushScheduled = true;
    try {
      this.#drainCompletions();
      this.deliveries.drain();
    } finally {
      this.#flushScheduled = wasScheduled;
    }
  }

  #hasWork(): boolean {
    if (this.#closed) return false;
    if (this.#completions.next() !== NO_RECORD || this.deliveries.hasWork) return true;
    return this.#awaitsRoom && this.publisher.hasRoom;
  }

  #schedule(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(this.#flush);
  }

  #scheduleTurn(): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    setImmediate(this.#turn);
  }

  /** Makes everything visible to the worker, and wakes it when there is something. */
  #show(): void {
    if (this.#closed) return;
    const submitted = this.#shown > 0 || this.publisher.unpublished > 0;
    this.#shown = 0;
    if (submitted && this.#host === null) this.#openHost(null);
    this.publisher.show();
    if (this.deliveries.show() || submitted) this.#doorbell.ring();
    // A handler that finished later may have made room for messages that wait.
    if (this.deliveries.hasWork) this.#scheduleTurn();
  }

  /** Makes what was submitted visible to the worker. The bell comes later. */
  #reveal(): void {
    this.#shown += this.publisher.unpublished;
    this.publisher.show();
  }

  #drainCompletions(): void {
    if (this.#closed) return;
    const { words } = this.#memory;
    for (
      let record = this.#completions.next();
      record !== NO_RECORD;
      record = this.#completions.next()
    ) {
      this.#complete(words, record);
      this.#completions.advance();
    }
    this.#completions.release();
  }

  #complete(words: Int32Array, record: number): void {
    const settlement = this.pending.complete<PublishResult>(words[record + COMPLETION.token]!);
    const properties = this.#takeProperties(words, record);
    if (settlement === null) return;
    const error = words[record + COMPLETION.error]!;
    const reasonCode = words[record + COMPLETION.reasonCode]!;
    if (error !== 0) {
      settlement.reject(new MqttError(fromErrorNumber(error)));
    } else if (reasonCode >= REASON_FAILURE && reasonCode !== REASON_PACKET_ID_NOT_FOUND) {
      settlement.reject(
        new MqttError('GNEISS_ERR_REASON_CODE', {
          detail: describeReasonCode(reasonCode, PacketType.PUBACK),
          reasonCode,
          reasonString: properties?.reasonString,
          packet: { reasonCode, properties: properties ?? {} },
        }),
      );
    } else {
      settlement.resolve(toPublishResult(words[record + COMPLETION.kind]!, reasonCode, properties));
    }
  }

  #takeProperties(words: Int32Array, record: number): PublishResult['properties'] | undefined {
    const segment = words[record + COMPLETION.segment]!;
    if (segment === NO_SEGMENT) return undefined;
    const start = words[record + COMPLETION.propertiesStart]!;
    const properties = decodeAckProperties(
      this.#memory.bytes,
      start,
      start + words[record + COMPLETION.propertiesLength]!,
    );
    this.deliveries.release(segment, words[record + COMPLETION.generation]!);
    return properties;
  }
}
