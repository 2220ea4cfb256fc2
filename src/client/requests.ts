import { randomBytes, randomUUID } from 'node:crypto';
import { MqttError } from '../errors/mqtt-error.js';
import type {
  PublishOptions,
  RequestManyOptions,
  RequestOptions,
} from '../validation/operations.js';
import { assertPublishOptions, assertTopicName } from '../validation/outbound.js';
import { parseInteger } from '../validation/values.js';
import { aborted, onAbort } from './abortable.js';
import { Answers } from './answers.js';
import type { Message } from './message.js';
import { type Payload, textLength, toBytes } from './payload.js';
import { ResponseMessage } from './response.js';
import type { MessageHandler, Subscription } from './subscription.js';

const TIMEOUT_MS_DEFAULT = 30_000;
const TIMEOUT_MS_MAX = 0x7fff_ffff;
const RESPONSES_MAX = 65_536;
const RESPONSES_DEFAULT = 1024;
const CORRELATION_PREFIX_BYTES = 8;
const CORRELATION_BYTES = CORRELATION_PREFIX_BYTES + 4;

/** What requests need of their client. */
export interface RequestsOwner {
  /** @throws {MqttError} When the client is closed. */
  assertOpen(): void;
  /** Where the Server wants responses to go; undefined: it has not said. */
  responseInformation(): string | undefined;
  publish(topicName: string, payload: Payload, options: PublishOptions): Promise<unknown>;
  subscribe(topicFilter: string, handler: MessageHandler): Promise<Subscription>;
}

/** A request that may still be answered. */
interface OpenRequest {
  answer(response: ResponseMessage): void;
  /** Nothing more is waited for. */
  fail(error: unknown): void;
}

/**
 * Requests over MQTT 5: a Response Topic for all of them, subscribed to with the first, and Correlation Data that tells them apart.
 * The Response Topic can not be guessed; a response that no open request asks for is dropped.
 */
export class Requests {
  readonly #owner: RequestsOwner;
  readonly #maximum: number;
  readonly #isSupported: boolean;
  readonly #open: Map<string, OpenRequest> = new Map();
  /** Made with the first request. */
  #prefix: Buffer | null = null;
  #number = 0;
  #subscription: Promise<Subscription> | null = null;
  /** The subscription, once it was made. */
  #made: Subscription | null = null;
  #responseTopic = '';

  /**
   * @param maximum      Requests that may be open at once.
   * @param isSupported  Whether the protocol version knows requests.
   */
  constructor(owner: RequestsOwner, maximum: number, isSupported: boolean) {
    this.#owner = owner;
    this.#maximum = maximum;
    this.#isSupported = isSupported;
  }

  async request(
    topicName: string,
    payload: Payload,
    options: RequestOptions = {},
  ): Promise<ResponseMessage> {
    let end = (): void => {};
    try {
      return await new Promise<ResponseMessage>((resolve, reject) => {
        end = this.#ask(topicName, payload, options, { answer: resolve, fail: reject });
      });
    } finally {
      end();
    }
  }

  async *requestMany(
    topicName: string,
    payload: Payload,
    { maximumResponses = RESPONSES_DEFAULT, ...options }: RequestManyOptions = {},
  ): AsyncGenerator<ResponseMessage, void, undefined> {
    parseInteger(maximumResponses, 'maximumResponses', 1, RESPONSES_MAX);
    const answers = new Answers(maximumResponses);
    const end = this.#ask(topicName, payload, options, answers);
    try {
      for (let response = await answers.next(); response !== null; response = await answers.next())
        yield response;
    } finally {
      end();
    }
  }

  /** The client is closed. */
  close(toError: () => MqttError): void {
    for (const request of this.#open.values()) request.fail(toError());
  }

  /** Begins a request. @returns Ends it. */
  #ask(
    topicName: string,
    payload: Payload,
    { timeoutMs = TIMEOUT_MS_DEFAULT, ...options }: RequestOptions,
    request: OpenRequest,
  ): () => void {
    this.#assertPossible();
    assertTopicName(topicName);
    assertPublishOptions(options, 5);
    parseInteger(timeoutMs, 'timeoutMs', 1, TIMEOUT_MS_MAX);
    const { signal } = options;
    if (signal?.aborted === true) throw aborted(signal);
    const correlationData = this.#nextCorrelation();
    const key = toKey(correlationData);
    this.#open.set(key, request);
    const timeout = setTimeout(() => {
      afterInput(() => {
        request.fail(new MqttError('GNEISS_ERR_RESPONSE_TIMEOUT'));
      });
    }, timeoutMs);
    const stopWaiting =
      signal === undefined
        ? null
        : onAbort(signal, () => {
            request.fail(aborted(signal));
          });
    const bytes = keep(payload);
    this.#send(topicName, bytes, { ...options, correlationData }, key).catch((error: unknown) => {
      request.fail(error);
    });
    return () => {
      clearTimeout(timeout);
      stopWaiting?.();
      this.#open.delete(key);
    };
  }

  #assertPossible(): void {
    this.#owner.assertOpen();
    if (!this.#isSupported)
      throw new MqttError('GNEISS_ERR_INVALID_STATE', { detail: 'requests need MQTT 5' });
    if (this.#open.size >= this.#maximum)
      throw new MqttError('GNEISS_ERR_QUEUE_FULL', { detail: 'too many requests are open' });
  }

  /** Publishes a request once responses can come. Nothing is published for one that has ended meanwhile. */
  async #send(
    topicName: string,
    payload: Payload,
    options: PublishOptions,
    key: string,
  ): Promise<void> {
    const subscription = await this.#subscribed();
    if (!this.#open.has(key)) return;
    const [responseTopic] = subscription.topicFilters;
    await this.#owner.publish(topicName, payload, { qos: 1, ...options, responseTopic });
  }

  /** The subscription to the Response Topic. One that has failed, or has ended, is made anew. */
  #subscribed(): Promise<Subscription> {
    if (this.#made?.ended === true) this.#subscription = null;
    this.#subscription ??= this.#subscribe();
    return this.#subscription;
  }

  async #subscribe(): Promise<Subscription> {
    this.#responseTopic ||= `${this.#owner.responseInformation() ?? 'response'}/${randomUUID()}`;
    try {
      this.#made = await this.#owner.subscribe(this.#responseTopic, (message) => {
        this.#answered(message);
      });
      return this.#made;
    } catch (error) {
      this.#subscription = null;
      throw error;
    }
  }

  #answered(message: Message): void {
    const { correlationData } = message.properties;
    if (correlationData === undefined) return;
    this.#open.get(toKey(correlationData))?.answer(new ResponseMessage(message));
  }

  #nextCorrelation(): Uint8Array {
    const correlation = Buffer.alloc(CORRELATION_BYTES);
    this.#prefix ??= randomBytes(CORRELATION_PREFIX_BYTES);
    this.#prefix.copy(correlation);
    correlation.writeUInt32BE(this.#number++ >>> 0, CORRELATION_PREFIX_BYTES);
    return correlation;
  }
}

/** What {@link MqttClient.publish} borrows until it returns is needed for longer here. */
function keep(payload: Payload): Payload {
  if (typeof payload !== 'string') return toBytes(payload).slice();
  textLength(payload);
  return payload;
}

function toKey(correlationData: Uint8Array): string {
  return Buffer.from(correlationData).toString('latin1');
}

/**
 * Calls back, from a timer, when all is handled that was on its way as it fired: where this thread was held up, timers come before
 * what has arrived meanwhile. Inline, bytes become a message to this thread in one round of the event loop, and come with the next.
 */
function afterInput(callback: () => void): void {
  setImmediate(() => {
    setImmediate(callback);
  });
}
