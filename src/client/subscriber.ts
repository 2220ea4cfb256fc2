import { PacketType } from '../codec/packet-types.js';
import type {
  SubackPacket,
  SubscribePacket,
  UnsubackPacket,
  UnsubscribePacket,
} from '../codec/packets.js';
import { describeReasonCode } from '../codec/reason-codes.js';
import type { ErrorCode } from '../errors/codes.js';
import { MqttError } from '../errors/mqtt-error.js';
import type { ResolvedOptions } from '../options/schema.js';
import type {
  OperationOptions,
  SubscribeOptions,
  UnsubscribeOptions,
} from '../validation/operations.js';
import { normaliseSubscriptions, normaliseTopicFilters } from '../validation/outbound.js';
import type { UserProperties } from '../validation/values.js';
import { abortable } from './abortable.js';
import type { ClientChannel } from './client-channel.js';
import type { Message } from './message.js';
import { NO_TOKEN } from './pending-operations.js';
import { type Renewal, Renewals } from './renewals.js';
import type { Reports } from './reports.js';
import { type MessageHandler, Subscription, type SubscriptionOwner } from './subscription.js';
import type { Subscriptions } from './subscriptions.js';

const REASON_FAILURE = 0x80;

/** A SUBSCRIBE that ends so was not sent: the application may want what its filters match, and try again. */
const NOT_SENT: ReadonlySet<ErrorCode> = new Set([
  'GNEISS_ERR_OFFLINE',
  'GNEISS_ERR_PACKET_TOO_LARGE',
  'GNEISS_ERR_QUEUE_FULL',
  'GNEISS_ERR_SUBSCRIPTION_UNSUPPORTED',
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
  readonly #reports: Reports;
  readonly #renewals: Renewals;
  /** Subscriptions whose UNSUBSCRIBE is on its way. The SUBSCRIBE of one that the Server has lost meanwhile. */
  readonly #leaving: Map<Subscription, { lost: SubscribePacket | null }> = new Map();

  constructor(
    options: ResolvedOptions,
    channel: ClientChannel,
    subscriptions: Subscriptions,
    owner: SubscriberOwner,
    reports: Reports,
  ) {
    this.#options = options;
    this.#channel = channel;
    this.#subscriptions = subscriptions;
    this.#owner = owner;
    this.#reports = reports;
    this.#renewals = new Renewals({
      subscribe: async ({ topicFilters }, packet) => {
        assertGranted(await this.#send<SubackPacket>(packet, {}));
        reports.tell('subscription:grant', { topicFilters });
      },
      isActive: (subscription) => subscriptions.isActive(subscription),
      awaitRoom: () => channel.awaitRoom(),
      retry: (renewals) => {
        this.#restoreAll(renewals);
      },
      refused: (subscription, error) => {
        this.#lose(subscription, error);
      },
    });
  }

  async subscribe(
    input: unknown,
    options: SubscribeOptions,
    handler: MessageHandler | null,
  ): Promise<Subscription> {
    const { main, worker } = this.#options;
    const requests = normaliseSubscriptions(input, options, worker.protocolVersion);
    const { subscriptionIdentifier } = options;
    const packet: SubscribePacket = {
      type: PacketType.SUBSCRIBE,
      packetId: 0,
      subscriptions: requests,
      properties: { subscriptionIdentifier, userProperties: copyPairs(options.userProperties) },
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
      this.#giveBackRefused(subscription, suback);
      assertGranted(suback);
      subscription.granted(suback);
      this.#subscriptions.activate(subscription, packet);
      this.#reports.tell('subscription:grant', { topicFilters: subscription.topicFilters });
      return subscription;
    } catch (error) {
      if (error instanceof MqttError)
        this.#reports.tell('subscription:failure', {
          topicFilters: subscription.topicFilters,
          error,
        });
      const wasSent = !(error instanceof MqttError && NOT_SENT.has(error.code));
      this.#delete(subscription, wasSent);
      throw error;
    }
  }

  async unsubscribe(
    subscription: Subscription,
    options: UnsubscribeOptions | undefined,
  ): Promise<void> {
    normaliseTopicFilters(subscription.topicFilters, options, this.#options.worker.protocolVersion);
    if (subscription.ended) return;
    const leaving = this.#leaving.get(subscription) ?? { lost: null };
    this.#leaving.set(subscription, leaving);
    try {
      await this.#leave(subscription, options);
    } catch (error) {
      this.#leaving.delete(subscription);
      // It stays, but the Server does not have it.
      if (leaving.lost !== null && this.#subscriptions.isActive(subscription))
        this.#restore(subscription, leaving.lost);
      throw error;
    }
    this.#leaving.delete(subscription);
    this.#reports.tell('subscription:end', { topicFilters: subscription.topicFilters });
    this.#retire(subscription, null);
  }

  /** The Server has accepted a connection. What it has lost with its Session is made again, or reported. */
  connected(sessionPresent: boolean): void {
    const owed = this.#renewals.connected(sessionPresent);
    this.#restoreAll(sessionPresent ? owed : this.#subscriptions.active);
  }

  /** There is room: tries again what found none. */
  roomMade(): void {
    this.#restoreAll(this.#renewals.takeCrowdedOut());
  }

  handlerFailed(error: unknown, message: Message): void {
    this.#owner.handlerFailed(error, message);
  }

  claim(): void {
    this.#channel.deliveries.claim();
  }

  async #leave(subscription: Subscription, options: UnsubscribeOptions | undefined): Promise<void> {
    const topicFilters = this.#subscriptions.exclusiveFilters(subscription);
    if (topicFilters.length === 0) return;
    const packet = toUnsubscribe(topicFilters, options);
    assertGranted(await this.#send<UnsubackPacket>(packet, options ?? {}));
  }

  #restoreAll(lost: readonly Renewal[]): void {
    for (const [subscription, packet] of lost) {
      if (!this.#subscriptions.isActive(subscription)) continue;
      const leaving = this.#leaving.get(subscription);
      // After an UNSUBSCRIBE that is still on its way it would be there to stay.
      if (leaving === undefined) this.#restore(subscription, packet);
      else leaving.lost = packet;
    }
  }

  #restore(subscription: Subscription, packet: SubscribePacket): void {
    if (this.#options.main.resubscribe) this.#renewals.renew(subscription, packet);
    else this.#lose(subscription, new MqttError('GNEISS_ERR_SESSION_LOST'));
  }

  /** The Server has it no more, and is not asked for it again. */
  #lose(subscription: Subscription, error: MqttError): void {
    this.#retire(subscription, error);
    this.#reports.tell('subscription:loss', { topicFilters: subscription.topicFilters, error });
    this.#owner.subscriptionLost(error, subscription.topicFilters);
  }

  /** The Server sends nothing more for it: it ends once all that has come is handed over. Asked for twice, it ends once. */
  #retire(subscription: Subscription, error: MqttError | null): void {
    if (!this.#subscriptions.retire(subscription)) return;
    subscription.retire();
    this.#channel.deliveries.afterReceived(() => {
      this.#delete(subscription, true);
      subscription.end(error);
    });
  }

  /** Routes nothing to the subscription any more. @param dismiss Whether what comes for its filters concerns nobody then. */
  #delete(subscription: Subscription, dismiss: boolean): void {
    this.#subscriptions.delete(subscription);
    if (dismiss) this.#subscriptions.dismiss(subscription.topicFilters);
    // What waited for someone to read this subscription may concern nobody now.
    this.claim();
  }

  /** A subscription of which the Server refused a part: gives back what it granted. Nobody waits for that. */
  #giveBackRefused(subscription: Subscription, { reasonCodes }: SubackPacket): void {
    if (reasonCodes.every(isGranted)) return;
    const granted = subscription.topicFilters.filter((_, at) => isGranted(reasonCodes[at]!));
    const exclusive = this.#subscriptions.exclusiveFilters(subscription);
    const topicFilters = exclusive.filter((filter) => granted.includes(filter));
    if (topicFilters.length === 0) return;
    this.#send<UnsubackPacket>(toUnsubscribe(topicFilters, undefined), {}).catch(() => {});
  }

  async #send<T>(
    packet: SubscribePacket | UnsubscribePacket,
    options: OperationOptions,
  ): Promise<T> {
    return abortable<T>(options.signal, (settlement) => {
      const token = this.#channel.publisher.submitPacket(settlement);
      if (token === NO_TOKEN) throw new MqttError('GNEISS_ERR_QUEUE_FULL');
      // Posted before its record is shown: the worker finds the message when it reaches the record.
      const ackTimeoutMs = options.ackTimeoutMs ?? this.#options.main.ackTimeoutMs;
      this.#channel.post({ kind: 'packet', token, packet, ackTimeoutMs });
      this.#channel.submitted();
      return () => this.#channel.withdraw(token);
    });
  }
}

function toUnsubscribe(
  topicFilters: readonly string[],
  options: UnsubscribeOptions | undefined,
): UnsubscribePacket {
  return {
    type: PacketType.UNSUBSCRIBE,
    packetId: 0,
    topicFilters,
    properties: { userProperties: copyPairs(options?.userProperties) },
  };
}

/** Packets wait for their turn, and a SUBSCRIBE may be sent anew: what the caller does with the pairs must not show. */
function copyPairs(pairs: UserProperties | undefined): UserProperties | undefined {
  return pairs?.map(([name, value]) => [name, value]);
}

function isGranted(reasonCode: number): boolean {
  return reasonCode < REASON_FAILURE;
}

function assertGranted(packet: SubackPacket | UnsubackPacket): void {
  const reasonCode = packet.reasonCodes.find((code) => !isGranted(code));
  if (reasonCode === undefined) return;
  throw new MqttError('GNEISS_ERR_REASON_CODE', {
    detail: describeReasonCode(reasonCode, packet.type),
    reasonCode,
    reasonString: packet.properties.reasonString,
    packet,
  });
}

/** Where options may be left out in front of the handler. */
export function toSubscribeArguments(
  second: SubscribeOptions | MessageHandler | undefined,
  third: MessageHandler | undefined,
): [options: SubscribeOptions, handler: MessageHandler | null] {
  const handler = typeof second === 'function' ? second : third;
  if (handler !== undefined && typeof handler !== 'function')
    throw new MqttError('GNEISS_ERR_INVALID_OPTION', { detail: 'handler must be a function' });
  // Null is no options: who gives it is told so.
  const isLeftOut = typeof second === 'function' || second === undefined;
  return [isLeftOut ? {} : second, handler ?? null];
}
