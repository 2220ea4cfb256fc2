import type { SubackPacket } from '../codec/packets.js';
import type { MqttError } from '../errors/mqtt-error.js';
import { Fifo } from '../util/fifo.js';
import type {
  BatchOptions,
  SubscriptionRequest,
  UnsubscribeOptions,
} from '../validation/operations.js';
import { parseBatchMaximum } from '../validation/outbound.js';
import type { Message } from './message.js';
import { MessageQueue } from './message-queue.js';

/** What is subscribed to: a Topic Filter, one with options of its own, or several of them. */
export type SubscriptionInput =
  | string
  | SubscriptionRequest
  | readonly (string | SubscriptionRequest)[];

/**
 * Handles one message. The lease of the message, and its acknowledgement, follow the returned promise. What it throws or rejects with comes
 * as the event 'handlerError' of the client.
 *
 * @param message  Leased: its payload is valid until the handler returns, or its promise settles.
 */
export type MessageHandler = (message: Message) => void | Promise<void>;

/** What a subscription does with its messages, resolved. */
export interface SubscriptionChoices {
  readonly handler: MessageHandler | null;
  readonly manualAck: boolean;
  readonly concurrency: number;
  readonly subscriptionIdentifier: number | undefined;
}

/** What a subscription needs of its client. */
export interface SubscriptionOwner {
  unsubscribe(subscription: Subscription, options: UnsubscribeOptions | undefined): Promise<void>;
  handlerFailed(error: unknown, message: Message): void;
  /** Messages that wait for someone to take them may find that someone now. */
  claim(): void;
}

/**
 * One subscription: a handler that is called for each message, or an async iterable of them.
 *
 * Iterating, a message is leased until the next one is asked for. Messages that wait for the iteration stay leased, so one that
 * stands still ends as back-pressure on the whole connection.
 */
export class Subscription implements AsyncIterable<Message>, AsyncDisposable {
  /** The Topic Filters as subscribed. */
  readonly topicFilters: readonly string[];
  readonly #owner: SubscriptionOwner;
  readonly #choices: SubscriptionChoices;
  readonly #waiting: Fifo<Message> = new Fifo();
  #running = 0;
  #queue: MessageQueue | null = null;
  #suback: SubackPacket | null = null;
  #unsubscribing = false;
  #ended = false;
  /** No message will come any more. */
  #drained = false;
  /** Why, when it was not asked for. */
  #error: MqttError | null = null;

  /** @internal */
  constructor(
    topicFilters: readonly string[],
    choices: SubscriptionChoices,
    owner: SubscriptionOwner,
  ) {
    this.topicFilters = topicFilters;
    this.#choices = choices;
    this.#owner = owner;
  }

  /** The QoS that the Server granted when the subscription was made, 0…2, for each filter in the order of the request. */
  get grantedQos(): readonly number[] {
    return this.#suback?.reasonCodes ?? [];
  }

  /** The Subscription Identifier that was asked for, 1…268435455; undefined: none. */
  get subscriptionIdentifier(): number | undefined {
    return this.#choices.subscriptionIdentifier;
  }

  /** Whether it was unsubscribed or lost, or its client closed. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Ends the subscription. Messages that were received before are still handled. When it fails, or is aborted, the subscription stays
   * as it is here, although the Server may have ended it; it can be asked for again. A filter that another subscription of the client has, too, is left
   * alone at the Server.
   *
   * @param options  See {@link UnsubscribeOptions}.
   * @returns Resolves at UNSUBACK; at once when it has ended, or there is nothing to tell the Server.
   * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`, `GNEISS_ERR_QUEUE_FULL`, `GNEISS_ERR_PACKET_TOO_LARGE`, `GNEISS_ERR_REASON_CODE`,
   *   `GNEISS_ERR_ACK_TIMEOUT`, `GNEISS_ERR_ABORTED`, `GNEISS_ERR_OFFLINE`, `GNEISS_ERR_CONNECTION_LOST`, `GNEISS_ERR_RETRIES_EXHAUSTED`,
   *   `GNEISS_ERR_CLOSED`, `GNEISS_ERR_WORKER_DIED`.
   * @see MQTT 5.0 §3.10
   */
  async unsubscribe(options?: UnsubscribeOptions): Promise<void> {
    if (!this.#ended) {
      // Messages that nobody reads would keep their memory, and for want of it UNSUBACK might not be read.
      this.#unsubscribing = true;
      if (this.#queue?.isRead === false) this.#queue.discard();
      this.#owner.claim();
    }
    try {
      await this.#owner.unsubscribe(this, options);
    } finally {
      // Those that came before UNSUBACK and wait for their turn are let go, too, when nobody reads them.
      this.#unsubscribing = this.#ended;
    }
  }

  /**
   * Iterates over the messages. Breaking out of the loop leaves the subscription as it is: its messages wait for another
   * iteration, or for `unsubscribe`, which lets go of those that nobody reads. It ends, when all that has come is read, with the subscription.
   *
   * @returns Each message, leased until the next one is asked for or the loop ends.
   * @throws {MqttError} From the loop, after the last message: what the event 'subscriptionLost' tells (`GNEISS_ERR_SESSION_LOST`, `GNEISS_ERR_REASON_CODE`
   *   or what else the renewal has failed with), or the error that the client was closed by.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    return this.#read((queue) => queue.iterate());
  }

  /**
   * Iterates over the messages in batches, for those who store or count many at once: what has come by the time the next batch is
   * asked for, or else what the next turn brings, in the order of arrival. A batch is leased as a whole until the next one is asked
   * for, or the loop ends; then all of it is acknowledged, unless `ackMode` is `'manual'`.
   *
   * @param options  `maximum` messages in a batch, 1…4096. Default 1024. A client leases 4,096 messages at most: one that holds so many
   *   gets no more until it lets go.
   * @returns Batches of one message at least. The arrays are yours, what the messages show is not.
   * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION` from the call; from the loop what an iteration by message throws.
   */
  batches(options?: BatchOptions): AsyncIterableIterator<readonly Message[]> {
    const maximum = parseBatchMaximum(options);
    return this.#read((queue) => queue.iterateBatches(maximum));
  }

  /** As {@link unsubscribe}; does nothing when it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) await this.unsubscribe();
  }

  /** @internal */
  get manualAck(): boolean {
    return this.#choices.manualAck;
  }

  /** @internal Whether someone takes its messages: a handler, or an iteration that has begun. */
  get isClaimed(): boolean {
    return this.#choices.handler !== null || this.#queue !== null || this.#unsubscribing;
  }

  /** @internal */
  granted(suback: SubackPacket): void {
    this.#suback = suback;
  }

  /** @internal Hands a message over, which the caller holds for this subscription. */
  take(message: Message): void {
    const { handler, concurrency } = this.#choices;
    if (handler === null) this.#enqueue(message);
    else if (this.#running >= concurrency) this.#waiting.push(message);
    else this.#handle(handler, message);
  }

  /** @internal The Server sends no more messages for it. Those that have come are still handed over. */
  retire(): void {
    this.#ended = true;
  }

  /** @internal No message will come any more. */
  end(error: MqttError | null): void {
    if (this.#drained) return;
    this.#ended = true;
    this.#drained = true;
    this.#error = error;
    this.#queue?.end(error);
  }

  #read<T>(iterate: (queue: MessageQueue) => T): T {
    this.#queue ??= new MessageQueue(this.#choices.manualAck);
    const iteration = iterate(this.#queue);
    if (this.#drained) this.#queue.end(this.#error);
    else this.#owner.claim();
    return iteration;
  }

  #enqueue(message: Message): void {
    if (this.#queue === null || (this.#unsubscribing && !this.#queue.isRead)) message.letGo();
    else this.#queue.push(message);
  }

  #handle(handler: MessageHandler, message: Message): void {
    let result: void | Promise<void>;
    if (this.#choices.manualAck) message.makeManual();
    try {
      result = handler(message);
    } catch (error) {
      this.#fail(error, message);
      return;
    }
    if (result === undefined) {
      message.letGo();
      return;
    }
    this.#running++;
    Promise.resolve(result).then(
      () => {
        message.letGo();
        this.#next(handler);
      },
      (error: unknown) => {
        this.#fail(error, message);
        this.#next(handler);
      },
    );
  }

  #next(handler: MessageHandler): void {
    this.#running--;
    while (this.#running < this.#choices.concurrency) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      this.#handle(handler, message);
    }
  }

  #fail(error: unknown, message: Message): void {
    this.#owner.handlerFailed(error, message);
    message.letGo();
  }
}
