import type { SubscribePacket } from '../codec/packets.js';
import type { ErrorCode } from '../errors/codes.js';
import { MqttError } from '../errors/mqtt-error.js';
import type { Subscription } from './subscription.js';

/** A renewal that ends so is tried again, with the next connection or when there is room. Without a client nobody needs it. */
const RENEWED_LATER: ReadonlySet<ErrorCode> = new Set([
  'GNEISS_ERR_QUEUE_FULL',
  'GNEISS_ERR_OFFLINE',
  'GNEISS_ERR_CONNECTION_LOST',
  'GNEISS_ERR_SESSION_LOST',
  'GNEISS_ERR_STOPPED',
  'GNEISS_ERR_CLOSED',
  'GNEISS_ERR_WORKER_DIED',
]);

/** A subscription, and the SUBSCRIBE that makes it again. */
export type Renewal = readonly [Subscription, SubscribePacket];

/** What renewals need of the subscriber. */
export interface RenewalsOwner {
  /** Sends a SUBSCRIBE. @returns Resolves when the Server has granted it. */
  subscribe(subscription: Subscription, packet: SubscribePacket): Promise<void>;
  /** Whether the Server has granted a subscription, and it was not given up. */
  isActive(subscription: Subscription): boolean;
  /** Whether there is room; if not, it is told of when it comes. */
  awaitRoom(): boolean;
  /** Those that have failed can be tried again. */
  retry(renewals: readonly Renewal[]): void;
  /** The Server does not take a subscription any more. */
  refused(subscription: Subscription, error: MqttError): void;
}

/** Makes subscriptions again that the Server has lost. */
export class Renewals {
  readonly #owner: RenewalsOwner;
  /** How many connections the Server has accepted, as far as this thread knows. */
  #connections = 0;
  /** Subscriptions that are being made again. */
  readonly #renewing: Set<Subscription> = new Set();
  /** Those whose renewal has failed for want of a connection. */
  readonly #owed: Map<Subscription, SubscribePacket> = new Map();
  /** Those whose renewal has failed for want of room. */
  readonly #crowdedOut: Map<Subscription, SubscribePacket> = new Map();

  constructor(owner: RenewalsOwner) {
    this.#owner = owner;
  }

  /** The Server has accepted a connection. @returns What it is owed, if it has kept the Session: else all are made again. */
  connected(sessionPresent: boolean): readonly Renewal[] {
    this.#connections++;
    const owed = [...this.#owed];
    this.#owed.clear();
    if (!sessionPresent) this.#crowdedOut.clear();
    return owed;
  }

  /**
   * There is room.
   *
   * @returns Those that found none. Not those that found no connection: they would take the room, fail and give it back, for ever.
   */
  takeCrowdedOut(): readonly Renewal[] {
    const crowdedOut = [...this.#crowdedOut];
    this.#crowdedOut.clear();
    return crowdedOut;
  }

  renew(subscription: Subscription, packet: SubscribePacket): void {
    // One that is still on its way, queued over a lost connection, is not asked for twice.
    if (this.#renewing.has(subscription)) return;
    this.#renewing.add(subscription);
    const connection = this.#connections;
    this.#owner
      .subscribe(subscription, packet)
      .finally(() => {
        this.#renewing.delete(subscription);
      })
      .catch((error: unknown) => {
        this.#failed([subscription, packet], connection, error);
      });
  }

  /** @param connection  The last one that this thread knew of when the renewal was asked for. */
  #failed(renewal: Renewal, connection: number, error: unknown): void {
    const [subscription, packet] = renewal;
    if (!(error instanceof MqttError) || !this.#owner.isActive(subscription)) return;
    if (!RENEWED_LATER.has(error.code)) {
      this.#owner.refused(subscription, error);
    } else if (error.code === 'GNEISS_ERR_QUEUE_FULL') {
      this.#crowdedOut.set(subscription, packet);
      if (this.#owner.awaitRoom()) this.#owner.retry(this.takeCrowdedOut());
    } else if (connection === this.#connections) {
      this.#owed.set(subscription, packet);
    } else {
      // It found no connection, and that has come meanwhile: it may be long until the next one.
      this.#owner.retry([renewal]);
    }
  }
}
