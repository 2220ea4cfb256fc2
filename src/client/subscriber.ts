import { PacketType } from '../codec/packet-types.js';
import type {
  SubackPacket,
  SubscribePacket,
  UnsubackPacket,
  UnsubscribePacket,
} from '../codec/packets.js';
import type { ErrorCode } from '../errors/codes.js';
import { MqttError } from '../errors/mqtt-error.js';
import type { ResolvedOptions } from '../options/schema.js';
import type {
  OperationOptions,
  SubscribeOptions,
  UnsubscribeOptions,
} from '../validation/operations.js';
import { normaliseSubscriptions, normaliseTopicFilters } from '../validation/outbound.js';
import { abortable } from './abortable.js';
import type { ClientChannel } from './client-channel.js';
import type { Message } from './message.js';
import { type MessageHandler, Subscription, type SubscriptionOwner } from './subscription.js';
import type { Subscriptions } from './subscriptions.js';

const REASON_FAILURE = 0x80;
/** Without a connection there will be another one, and with it another renewal; without a client nobody needs it. */
const RENEWED_LATER: ReadonlySet<ErrorCode> = new Set([
  'GNEISS_ERR_OFFLINE',
  'GNEISS_ERR_CONNECTION_LOST',
  'GNEISS_ERR_SESSION_LOST',
  'GNEISS_ERR_STOPPED',
  'GNEISS_ERR_CLOSED',
  'GNEISS_ERR_WORKER_DIED',
]);

/** What a subscriber tells the client. */
export interface SubscriberOwner {
  handlerFailed(error: unknown, message: Message): void;
  subscriptionLost(error: MqttError, topicFilters: readonly string[]): void;
}

/** SUBSCRIBE and UNSUBSCRIBE, and the subscriptions that come of them. */
export class Subscriber implements SubscriptionOwner {
  readonly #options: ResolvedOptions;
  readonly #channel: ClientChannel;
  readonly #subscriptions: Subscriptions;
  readonly #owner: SubscriberOwner;
  /** Subscriptions that are being made again. */
  readonly #renewing: Set<Subscription> = new Set();

  constructor(
    options: ResolvedOptions,
    channel: ClientChannel,
    subscriptions: Subscriptions,
    owner: SubscriberOwner,
  ) {
    this.#options = options;
    this.#channel = channel;
    this.#subscriptions = subscriptions;
    this.#owner = owner;
  }

  async subscribe(
    input: unknown,
    options: SubscribeOptions,
    handler: MessageHandler | null,
  ): Promise<Subscription> {
    const { main, worker } = this.#options;
    const requests = normaliseSubscriptions(input, options, worker.protocolVersion);
    const { subscriptionIdentifier, userProperties } = options;
    const packet: SubscribePacket = {
      type: PacketType.SUBSCRIBE,
      packetId: 0,
      subscriptions: requests,
      properties: { subscriptionIdentifier, userProperties },
    };
    const subscription = new Subscription(
      requests.map(({ topicFilter }) => topicFilter),
      {
        handler,
        manualAck: (options.ackMode ?? main.ackMode) === 'manual',
        concurrency: options.concurrency ?? Number.POSITIVE_INFINITY,
        subscriptionIdentifier,
      },
      this,
    );
    this.#subscriptions.add(subscription);
    // Before anything that comes from now on: what a resumed Session has brought already.
    if (handler !== null) queueMicrotask(() => this.claim());
    try {
      const suback = await this.#send<SubackPacket>(packet, options);
      assertGranted(suback);
      subscription.granted(suback);
      this.#subscriptions.activate(subscription, packet);
      return subscription;
    } catch (error) {
      this.#subscriptions.delete(subscription);
      throw error;
    }
  }

  async unsubscribe(
    subscription: Subscription,
    options: UnsubscribeOptions | undefined,
  ): Promise<void> {
    normaliseTopicFilters(subscription.topicFilters, options, this.#options.worker.protocolVersion);
    if (subscription.ended) return;
    const topicFilters = this.#subscriptions.exclusiveFilters(subscription);
    if (topicFilters.length > 0) {
      const packet: UnsubscribePacket = {
        type: PacketType.UNSUBSCRIBE,
        packetId: 0,
        topicFilters,
        properties: { userProperties: options?.userProperties },
      };
      assertGranted(await this.#send<UnsubackPacket>(packet, options ?? {}));
    }
    this.#subscriptions.delete(subscription);
    subscription.end(null);
    // What waited for someone to read this subscription may concern nobody now.
    this.claim();
  }

  /** The Server has no Session any more: makes every subscription again. */
  renew(): void {
    for (const [subscription, packet] of this.#subscriptions.active) {
      // One that is still on its way, queued over a lost connection, is not asked for twice.
      if (this.#renewing.has(subscription)) continue;
      this.#renewing.add(subscription);
      this.#send<SubackPacket>(packet, {})
        .then(assertGranted)
        .catch((error: unknown) => {
          this.#renewalFailed(subscription, error);
        })
        .finally(() => {
          this.#renewing.delete(subscription);
        });
    }
  }

  handlerFailed(error: unknown, message: Message): void {
    this.#owner.handlerFailed(error, message);
  }

  claim(): void {
    this.#channel.deliveries.claim();
  }

  #renewalFailed(subscription: Subscription, error: unknown): void {
    if (!(error instanceof MqttError) || RENEWED_LATER.has(error.code)) return;
    this.#subscriptions.delete(subscription);
    subscription.end(error);
    this.claim();
    this.#owner.subscriptionLost(error, subscription.topicFilters);
  }

  async #send<T>(
    packet: SubscribePacket | UnsubscribePacket,
    options: OperationOptions,
  ): Promise<T> {
    const { pending, publisher } = this.#channel;
    return abortable<T>(this.#channel, options.signal, (settlement) => {
      if (pending.full) throw new MqttError('GNEISS_ERR_QUEUE_FULL');
      const token = pending.add(settlement);
      if (!publisher.submitPacket(token)) {
        pending.complete(token);
        throw new MqttError('GNEISS_ERR_QUEUE_FULL');
      }
      // Posted before its record is shown: the worker finds the message when it reaches the record.
      const ackTimeoutMs = options.ackTimeoutMs ?? this.#options.main.ackTimeoutMs;
      this.#channel.post({ kind: 'packet', token, packet, ackTimeoutMs });
      this.#channel.submitted();
      return token;
    });
  }
}

function assertGranted(packet: SubackPacket | UnsubackPacket): void {
  const reasonCode = packet.reasonCodes.find((code) => code >= REASON_FAILURE);
  if (reasonCode === undefined) return;
  throw new MqttError('GNEISS_ERR_REASON_CODE', {
    detail: `0x${reasonCode.toString(16)}`,
    reasonCode,
    reasonString: packet.properties.reasonString,
    packet,
  });
}
