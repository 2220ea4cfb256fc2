import { EventEmitter } from 'node:events';
import type { ControlEvent, ControlRequest } from '../channel/control-messages.js';
import { PUBLISH_TRACING, SUBSCRIBE_TRACING } from '../diagnostics/channels.js';
import { fromErrorRecord, MqttError } from '../errors/mqtt-error.js';
import { TOLERATIONS } from '../errors/tolerations.js';
import { type ClientStats, COUNTER_SLOTS } from '../metrics/counters.js';
import { resolveOptions } from '../options/resolve.js';
import type { ClientOptions, ResolvedOptions } from '../options/schema.js';
import type { ServerUrls } from '../options/url.js';
import type { NegotiatedSettings } from '../validation/negotiated.js';
import type {
  PublishOptions,
  ReadyOptions,
  RequestManyOptions,
  RequestOptions,
  StopOptions,
  SubscribeOptions,
} from '../validation/operations.js';
import { ClientAttempts } from './client-attempts.js';
import { ClientAuthentication } from './client-authentication.js';
import { type ChannelOwner, ClientChannel } from './client-channel.js';
import { ConnectionEvents } from './connection-events.js';
import { toDisconnect } from './disconnect.js';
import type { ClientEvents, ClientState, EmitterEvents } from './events.js';
import { LifeCycle, type LifeCycleOwner } from './life-cycle.js';
import type { Message } from './message.js';
import { MessageEvents } from './message-events.js';
import type { Payload } from './payload.js';
import { PublishQueue } from './publish-queue.js';
import type { PublishResult } from './publish-result.js';
import { Reports } from './reports.js';
import { Requests } from './requests.js';
import { type RequestHandler, toMessageHandler } from './responder.js';
import type { ResponseMessage } from './response.js';
import { Subscriber, toSubscribeArguments } from './subscriber.js';
import type { MessageHandler, Subscription, SubscriptionInput } from './subscription.js';
import { Subscriptions } from './subscriptions.js';
import { TappedPackets } from './tapped-packets.js';
import { TracedPublishQueue } from './traced-publish-queue.js';
import { callUserCode } from './user-code.js';

/**
 * An MQTT client whose protocol runs on a worker thread. This class checks what it is given, writes it into memory that both
 * threads share, and hands received messages to handlers: no parsing, no timers, no sockets.
 *
 * Every promise settles: with a result, or with one {@link MqttError}. What happens meanwhile is told by events: {@link ClientEvents}.
 *
 * Once the client is closed every call fails with `GNEISS_ERR_CLOSED`, or with the error that it was closed by: `GNEISS_ERR_WORKER_DIED`,
 * `GNEISS_ERR_POOL_EXHAUSTED` when no thread had a place for it, `GNEISS_ERR_INVALID_OPTION` for a module that is no use, or what {@link destroy} was given.
 */
export class MqttClient
  extends EventEmitter<ClientEvents & EmitterEvents>
  implements AsyncDisposable
{
  readonly #options: ResolvedOptions;
  readonly #reports: Reports;
  readonly #channel: ClientChannel;
  readonly #subscriptions: Subscriptions = new Subscriptions();
  readonly #subscriber: Subscriber;
  readonly #authentication: ClientAuthentication;
  readonly #publishes: PublishQueue;
  readonly #requests: Requests;
  readonly #attempts: ClientAttempts;
  readonly #tapped: TappedPackets | null;
  readonly #connectionEvents: ConnectionEvents;
  readonly #lifeCycle: LifeCycle;
  #settings: NegotiatedSettings | null = null;

  /**
   * Creates a client that is stopped. Nothing runs before {@link start}, or the first operation. {@link connect} also starts it and waits for the Server.
   *
   * @param url      Address of the Server, such as `mqtt://host:1883`, or of several: see {@link ServerUrls}. A username or password in the options takes the
   *   place of those of all addresses.
   * @param options  Copied. See {@link ClientOptions}.
   * @throws {MqttError} `GNEISS_ERR_INVALID_URL`, `GNEISS_ERR_INVALID_OPTION`.
   */
  constructor(url: ServerUrls, options?: ClientOptions);
  /** @internal @param starts Whether it is started at once. */
  constructor(url: ServerUrls, options: ClientOptions | undefined, starts: boolean);
  constructor(url: ServerUrls, options?: ClientOptions, starts = false) {
    super();
    this.#options = resolveOptions(url, options);
    const { ackMode, authenticator } = this.#options.main;
    const reports = new Reports(this, this.#options.main, this.#options.worker);
    this.#reports = reports;
    this.#connectionEvents = new ConnectionEvents(this, reports);
    const failed = (error: MqttError, { topicName }: Message): void => {
      this.#channel.counters.add(COUNTER_SLOTS.handlersFailed, 1);
      reports.tell('handler:failure', { topicName, error });
    };
    const messageEvents = new MessageEvents(this, this.#subscriptions, ackMode, failed);
    const channelOwner: ChannelOwner = {
      event: (event) => {
        this.#handleEvent(event);
      },
      drain: () => {
        this.#subscriber.roomMade();
        this.#publishes.roomMade();
      },
      died: (error) => {
        this.#lifeCycle.finish(error);
      },
      take: (message, subscriptions) => messageEvents.take(message, subscriptions),
      delivered: (message) => {
        reports.tell('delivery', { message });
      },
    };
    const start = starts ? ({ kind: 'start' } as const) : null;
    this.#channel = new ClientChannel(this.#options, this.#subscriptions, channelOwner, start);
    const subscriberOwner = {
      handlerFailed: (error: unknown, message: Message) => {
        messageEvents.handlerFailed(error, message);
      },
      subscriptionLost: (error: MqttError, topicFilters: readonly string[]) => {
        callUserCode(() => this.emit('subscriptionLost', error, topicFilters));
      },
    };
    this.#subscriber = new Subscriber(
      this.#options,
      this.#channel,
      this.#subscriptions,
      subscriberOwner,
      reports,
    );
    const publishesOwner = {
      assertOpen: () => {
        this.#lifeCycle.assertOpen();
      },
      drained: () => {
        callUserCode(() => this.emit('drain'));
      },
      allSubmitted: () => {
        if (this.state === 'stopping') this.#channel.post({ kind: 'submitted' });
      },
    };
    const queue = [this.#channel, this.#options.main, publishesOwner, reports] as const;
    const { traceContext } = this.#options.main;
    this.#publishes =
      traceContext === undefined
        ? new PublishQueue(...queue)
        : new TracedPublishQueue(traceContext, ...queue);
    const { maximumOpenRequests, protocolVersion } = this.#options.main;
    this.#requests = new Requests(
      {
        assertOpen: () => {
          this.#lifeCycle.assertOpen();
        },
        responseInformation: () => this.#settings?.responseInformation,
        publish: (topicName, payload, choices) => this.publish(topicName, payload, choices),
        subscribe: (filter, handler) => this.subscribe(filter, { qos: 1 }, handler),
      },
      maximumOpenRequests,
      protocolVersion === 5,
    );
    const post = (request: ControlRequest): void => {
      this.#channel.post(request);
    };
    this.#authentication = new ClientAuthentication(authenticator, post);
    this.#attempts = new ClientAttempts(this.#options, post);
    const lifeCycleOwner: LifeCycleOwner = {
      hasHost: () => this.#channel.hasHost,
      moreFollows: () => !this.#publishes.empty,
      post,
      stopped: () => {
        reports.tell('client:stop');
        callUserCode(() => this.emit('stopped'));
      },
      closed: (error) => {
        this.#close(error);
      },
    };
    this.#lifeCycle = new LifeCycle(lifeCycleOwner, starts ? 'connecting' : 'stopped');
    const { packetTap } = this.#options.main;
    this.#tapped =
      packetTap === undefined ? null : new TappedPackets(packetTap, protocolVersion, post);
    this.on('newListener', (name) => {
      // The listener is added after this event.
      if (name === 'message') queueMicrotask(() => this.#channel.deliveries.claim());
    });
  }

  /** Where the client stands. It has changed before the event that tells of it. */
  get state(): ClientState {
    return this.#lifeCycle.state;
  }

  /** What was negotiated for the current connection; null while there is none. */
  get settings(): NegotiatedSettings | null {
    return this.#settings;
  }

  /** Whether {@link tryPublish} returned false and there has been no 'drain' since. */
  get writableNeedDrain(): boolean {
    return this.#publishes.needDrain;
  }

  /** A snapshot of the counters and gauges of both threads. Read from shared memory: cheap, and allowed at any time, also when the client is closed. */
  stats(): ClientStats {
    return this.#channel.counters.read();
  }

  /**
   * Connects, and connects again whenever the connection is lost, until {@link stop} or {@link close}. Does nothing when started. Called while
   * the client is stopping, it starts it anew once it has stopped.
   *
   * @throws {MqttError} `GNEISS_ERR_CLOSED`, `GNEISS_ERR_WORKER_DIED`, `GNEISS_ERR_POOL_EXHAUSTED`.
   */
  start(): void {
    this.#lifeCycle.start();
  }

  /**
   * Disconnects: lets everything that was asked for complete, within `timeoutMs`, then sends DISCONNECT. Without a connection it waits for
   * nothing. What is still open after that waits for the next {@link start} if the offline queue keeps it, and fails otherwise.
   *
   * @param options  See {@link StopOptions}. With `abrupt: true` the socket is closed at once and without DISCONNECT: the Server publishes the Will.
   * @returns Resolves when the connection is closed; at once when the client is stopped.
   * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`, `GNEISS_ERR_CLOSED`, `GNEISS_ERR_WORKER_DIED`, `GNEISS_ERR_POOL_EXHAUSTED`.
   * @see MQTT 5.0 §3.14
   */
  async stop(options?: StopOptions): Promise<void> {
    const { main, worker } = this.#options;
    await this.#lifeCycle.stop(
      toDisconnect(options, worker),
      options?.timeoutMs ?? main.closeTimeoutMs,
    );
  }

  /**
   * Ends the client for good: as {@link stop}, and then everything that is still open fails with `GNEISS_ERR_CLOSED`. Further
   * calls return when the first one is done; what their options say is checked and not heeded.
   *
   * @param options  As of {@link stop}.
   * @returns Resolves when the socket is closed and the worker has let go of the client.
   * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`.
   */
  async close(options?: StopOptions): Promise<void> {
    const { main, worker } = this.#options;
    await this.#lifeCycle.close(
      toDisconnect(options, worker),
      options?.timeoutMs ?? main.closeTimeoutMs,
    );
  }

  /**
   * Ends the client at once: no DISCONNECT, so the Server publishes the Will. Everything open fails with `error`. Does nothing when closed.
   *
   * @param error  Default: an {@link MqttError} `GNEISS_ERR_CLOSED`.
   */
  destroy(error?: MqttError): void {
    this.#lifeCycle.destroy(error ?? null);
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Publishes one Application Message.
   *
   * @param topicName  1…65,535 UTF-8 bytes, no wildcards (§4.7.1).
   * @param payload    Borrowed until the call returns: its bytes are copied into shared memory here.
   * @param options    Copied. See {@link PublishOptions}.
   * @returns Resolves at: QoS 0, bytes handed to the operating system; QoS 1, PUBACK; QoS 2, PUBCOMP.
   * @throws {MqttError} `GNEISS_ERR_INVALID_TOPIC`, `GNEISS_ERR_INVALID_PAYLOAD`, `GNEISS_ERR_INVALID_OPTION`,
   *   `GNEISS_ERR_PACKET_TOO_LARGE`, `GNEISS_ERR_QUEUE_FULL`, `GNEISS_ERR_DROPPED`, `GNEISS_ERR_QOS_UNSUPPORTED`, `GNEISS_ERR_RETAIN_UNSUPPORTED`,
   *   `GNEISS_ERR_TOPIC_ALIAS_INVALID`, `GNEISS_ERR_REASON_CODE`, `GNEISS_ERR_MESSAGE_EXPIRED`, `GNEISS_ERR_ACK_TIMEOUT`,
   *   `GNEISS_ERR_ABORTED`, `GNEISS_ERR_OFFLINE`, `GNEISS_ERR_CONNECTION_LOST`, `GNEISS_ERR_SESSION_LOST`,
   *   `GNEISS_ERR_RETRIES_EXHAUSTED`, `GNEISS_ERR_CLOSED`, `GNEISS_ERR_WORKER_DIED`, `GNEISS_ERR_POOL_EXHAUSTED`.
   * @see MQTT 5.0 §3.3, §4.3
   */
  publish(topicName: string, payload: Payload, options?: PublishOptions): Promise<PublishResult> {
    if (!PUBLISH_TRACING.hasSubscribers)
      return this.#publishes.publish(topicName, payload, options);
    return PUBLISH_TRACING.tracePromise(
      () => this.#publishes.publish(topicName, payload, options),
      this.#reports.trace({ topicName, payload, options }),
    );
  }

  /**
   * Publishes one Application Message that nobody waits for: no promise, and no word of its fate beyond `stats()`. At QoS 1 and 2 it
   * is sent until the Server acknowledges it, as with {@link publish}.
   *
   * @param topicName  1…65,535 UTF-8 bytes, no wildcards (§4.7.1).
   * @param payload    Borrowed until the call returns: its bytes are copied.
   * @param options    Copied. See {@link PublishOptions}; a `signal` has nothing to abort here.
   * @returns False when there is no room, or other publishes wait for it: nothing was taken; wait for {@link ready} or 'drain'. With a
   *   policy that drops, true also when it is this message that is dropped.
   * @throws {MqttError} `GNEISS_ERR_INVALID_TOPIC`, `GNEISS_ERR_INVALID_PAYLOAD`, `GNEISS_ERR_INVALID_OPTION`,
   *   `GNEISS_ERR_PACKET_TOO_LARGE`, `GNEISS_ERR_CLOSED`, `GNEISS_ERR_WORKER_DIED`, `GNEISS_ERR_POOL_EXHAUSTED`.
   * @see MQTT 5.0 §3.3
   */
  tryPublish(topicName: string, payload: Payload, options?: PublishOptions): boolean {
    if (!PUBLISH_TRACING.hasSubscribers)
      return this.#publishes.tryPublish(topicName, payload, options);
    return PUBLISH_TRACING.traceSync(
      () => this.#publishes.tryPublish(topicName, payload, options),
      this.#reports.trace({ topicName, payload, options }),
    );
  }

  /**
   * Waits for room after {@link tryPublish} returned false.
   *
   * @param options  `signal` ends the waiting.
   * @returns Resolves when there is room for the publish that was last refused, and no other waits for it; at once when there is.
   * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`, `GNEISS_ERR_ABORTED`, `GNEISS_ERR_CLOSED`, `GNEISS_ERR_WORKER_DIED`, `GNEISS_ERR_POOL_EXHAUSTED`.
   */
  async ready(options?: ReadyOptions): Promise<void> {
    await this.#publishes.ready(options);
  }

  /**
   * Subscribes. Without a handler the messages are for `for await` over the subscription, or, when nobody iterates, for listeners of
   * 'message'; until there is one of them they wait, unacknowledged. A message that another subscription takes does not wait.
   *
   * Messages are routed by their topic. Where subscriptions of one client overlap, each whose filter matches gets the message, once
   * for each copy that the Server sends; some send a copy for each subscription (§3.3.4).
   *
   * @param filters  One Topic Filter or several, each perhaps with options of its own. Each has 1…65,535 UTF-8 bytes (§4.7).
   * @param handler  Called for each message in the order of arrival. Calls that return promises may overlap; `concurrency: 1` keeps
   *   them apart. The message, and its acknowledgement, last until the promise settles.
   * @returns Resolves at SUBACK. When the Server refuses one of the filters the promise rejects, and those that it has granted are given back.
   * @throws {MqttError} `GNEISS_ERR_INVALID_FILTER`, `GNEISS_ERR_INVALID_OPTION`, `GNEISS_ERR_QUEUE_FULL`,
   *   `GNEISS_ERR_SUBSCRIPTION_UNSUPPORTED`, `GNEISS_ERR_PACKET_TOO_LARGE`, `GNEISS_ERR_REASON_CODE`, `GNEISS_ERR_ACK_TIMEOUT`,
   *   `GNEISS_ERR_ABORTED`, `GNEISS_ERR_OFFLINE`, `GNEISS_ERR_CONNECTION_LOST`, `GNEISS_ERR_RETRIES_EXHAUSTED`,
   *   `GNEISS_ERR_CLOSED`, `GNEISS_ERR_WORKER_DIED`, `GNEISS_ERR_POOL_EXHAUSTED`.
   * @see MQTT 5.0 §3.8
   */
  subscribe(filters: SubscriptionInput, handler?: MessageHandler): Promise<Subscription>;
  /**
   * Subscribes, with options: in all else as without.
   *
   * @param filters  One Topic Filter or several; options of their own take the place of `options`.
   * @param options  See {@link SubscribeOptions}. Copied, but for `userProperties`: they are sent with each renewal, and must not change.
   * @param handler  Called for each message.
   * @returns Resolves at SUBACK.
   * @throws {MqttError} As without options.
   * @see MQTT 5.0 §3.8
   */
  subscribe(
    filters: SubscriptionInput,
    options: SubscribeOptions,
    handler?: MessageHandler,
  ): Promise<Subscription>;
  async subscribe(
    filters: SubscriptionInput,
    second?: SubscribeOptions | MessageHandler,
    third?: MessageHandler,
  ): Promise<Subscription> {
    this.#lifeCycle.assertOpen();
    const [options, handler] = toSubscribeArguments(second, third);
    return SUBSCRIBE_TRACING.tracePromise(
      () => this.#subscriber.subscribe(filters, options, handler),
      this.#reports.trace({ filters, options }),
    );
  }

  /**
   * Publishes a request and waits for its answer: a message on a Response Topic of this client, with the Correlation Data of the request.
   * The Response Topic is subscribed to with the first request. It begins with the Response Information of the Server, where
   * `requestResponseInformation` has asked for it, and with `response/` otherwise.
   *
   * @param topicName  Where requests go: 1…65,535 UTF-8 bytes, no wildcards (§4.7.1).
   * @param payload    Copied by the call.
   * @param options    `timeoutMs` runs from the call; `signal` ends the waiting. QoS 1 unless `qos` says otherwise. See {@link RequestOptions}.
   *   Borrowed until the request is published.
   * @returns Resolves with the first answer.
   * @throws {MqttError} `GNEISS_ERR_RESPONSE_TIMEOUT`, `GNEISS_ERR_QUEUE_FULL` when `maximumOpenRequests` wait already,
   *   `GNEISS_ERR_INVALID_STATE` with MQTT 3.1.1, `GNEISS_ERR_ABORTED`, and what {@link publish} and {@link subscribe} fail with.
   * @see MQTT 5.0 §4.10
   */
  request(topicName: string, payload: Payload, options?: RequestOptions): Promise<ResponseMessage> {
    return this.#requests.request(topicName, payload, options);
  }

  /**
   * As {@link request}, for answers of several: iterates over them until `timeoutMs` is over, `maximumResponses` have come, or the loop
   * is left. The request is published when the iteration begins; up to `maximumResponses` answers wait for it.
   *
   * @param topicName  As of {@link request}.
   * @param payload    Copied when the iteration begins.
   * @param options    See {@link RequestManyOptions}. `timeoutMs` runs from the beginning of the iteration.
   * @returns Each answer as it comes. All of it is yours for good.
   * @throws {MqttError} From the iteration, not from the call: as {@link request}, but for the timeout, which ends the iteration.
   * @see MQTT 5.0 §4.10
   */
  requestMany(
    topicName: string,
    payload: Payload,
    options?: RequestManyOptions,
  ): AsyncGenerator<ResponseMessage, void, undefined> {
    return this.#requests.requestMany(topicName, payload, options);
  }

  /**
   * Answers requests: what the handler returns is published to the Response Topic of the request, with its Correlation Data and at its QoS.
   * A handler that returns nothing answers nothing, and neither does one whose request names no Response Topic. Whoever may publish
   * requests chooses where answers go.
   *
   * @param filters  As of {@link subscribe}.
   * @param handler  Called as that of {@link subscribe}: the request is leased and unacknowledged until its answer is published.
   * @returns Resolves at SUBACK, with the subscription.
   * @throws {MqttError} As {@link subscribe}.
   * @see MQTT 5.0 §4.10
   */
  respond(filters: SubscriptionInput, handler: RequestHandler): Promise<Subscription>;
  /**
   * Answers requests, with options of the subscription: in all else as without.
   *
   * @param filters  As of {@link subscribe}.
   * @param options  As of {@link subscribe}.
   * @param handler  Called for each request.
   * @returns Resolves at SUBACK, with the subscription.
   * @throws {MqttError} As {@link subscribe}.
   * @see MQTT 5.0 §4.10
   */
  respond(
    filters: SubscriptionInput,
    options: SubscribeOptions,
    handler: RequestHandler,
  ): Promise<Subscription>;
  async respond(
    filters: SubscriptionInput,
    second: SubscribeOptions | RequestHandler,
    third?: RequestHandler,
  ): Promise<Subscription> {
    const [options, handler] = typeof second === 'function' ? [{}, second] : [second, third];
    if (typeof handler !== 'function') {
      throw new MqttError('GNEISS_ERR_INVALID_OPTION', { detail: 'handler must be a function' });
    }
    const publish = this.publish.bind(this);
    return this.subscribe(filters, options, toMessageHandler(handler, publish));
  }

  /**
   * Proves anew to the Server who the client is, on the connection that there is and with the Authentication Method of its CONNECT.
   * Publishes and messages go on meanwhile. When it fails, the connection is closed, and made again with an exchange of its own.
   *
   * @param signal  Ends the waiting. What the Server has already heard of goes on.
   * @returns Resolves when the Server and the authenticator have accepted each other.
   * @throws {MqttError} `GNEISS_ERR_INVALID_STATE` without an `authenticator`, without a connection, or while an earlier one goes on;
   *   `GNEISS_ERR_INVALID_OPTION`, `GNEISS_ERR_ABORTED`, `GNEISS_ERR_AUTHENTICATION_FAILED`, `GNEISS_ERR_AUTHENTICATION_TIMEOUT`,
   *   `GNEISS_ERR_SERVER_DISCONNECT` with the reason code of a refusal, `GNEISS_ERR_PACKET_TOO_LARGE`, `GNEISS_ERR_CONNECTION_LOST`,
   *   `GNEISS_ERR_PEER_VIOLATION`, `GNEISS_ERR_KEEP_ALIVE_TIMEOUT`, `GNEISS_ERR_WRITE_TIMEOUT`, `GNEISS_ERR_STOPPED`,
   *   `GNEISS_ERR_CLOSED`, `GNEISS_ERR_WORKER_DIED`, `GNEISS_ERR_POOL_EXHAUSTED`.
   * @see MQTT 5.0 §4.12.1
   */
  async reauthenticate(signal?: AbortSignal): Promise<void> {
    this.#lifeCycle.assertOpen();
    await this.#authentication.reauthenticate(signal, this.state === 'connected');
  }

  #handleEvent(event: ControlEvent): void {
    if (this.state === 'closed') return;
    switch (event.kind) {
      case 'connectOptionsAsked':
        void this.#attempts.answer(event);
        return;
      case 'attempt':
        this.#connectionEvents.attempt(event);
        return;
      case 'connected': {
        const { settings } = event;
        this.#settings = settings;
        this.#lifeCycle.connected();
        this.#publishes.setConnected(true);
        this.#subscriptions.connected(settings.sessionPresent);
        if (!settings.sessionPresent) this.#channel.deliveries.claim();
        this.#subscriber.connected(settings.sessionPresent);
        this.#connectionEvents.success(event);
        this.#channel.deliveries.connected();
        return;
      }
      case 'failure':
      case 'disconnection': {
        const error = this.#attempts.ended(this.#authentication.toError(event.error));
        this.#settings = null;
        this.#publishes.setConnected(false);
        this.#lifeCycle.interrupted(
          () => callUserCode(() => this.#options.main.shouldReconnect?.(error)) !== false,
        );
        this.#connectionEvents.ended(event, error);
        return;
      }
      case 'stopped':
        this.#lifeCycle.stopped();
        return;
      case 'closed':
        this.#lifeCycle.finish(event.error === null ? null : fromErrorRecord(event.error));
        return;
      case 'acknowledged':
        this.#channel.pending.complete(event.token)?.resolve(event.packet);
        return;
      case 'authenticationAsked':
        void this.#authentication.answer(event);
        return;
      case 'reauthenticated':
        this.#authentication.reauthenticated(event.error);
        return;
      case 'tolerated': {
        const kind = event.toleration;
        this.#reports.tell('violation:tolerate', { kind, statement: TOLERATIONS[kind].statement });
        return;
      }
      case 'readingPaused':
        this.#reports.tell('pressure:pause', { pauses: this.stats().pausesInbound });
        return;
      case 'tapped':
        this.#tapped?.take(event);
    }
  }

  #close(error: MqttError | null): void {
    this.#settings = null;
    const toError = (): MqttError => this.#lifeCycle.toCloseError();
    this.#channel.close(toError);
    this.#authentication.close(toError);
    this.#subscriptions.endAll(error);
    this.#publishes.close(toError);
    this.#requests.close(toError);
    if (error === null) this.#reports.tell('client:close');
    else this.#reports.tell('client:failure', { error });
    callUserCode(() => this.emit('closed', error));
  }
}
