import type { MqttClient } from '../../../src/client/mqtt-client.js';
import type { Subscription } from '../../../src/client/subscription.js';
import { MqttError } from '../../../src/errors/mqtt-error.js';
import { matches } from '../broker/session.js';
import type { OperationJudge } from '../judge/operation-judge.js';
import type { ApplicationSwarm, HandlerKind } from '../swarm.js';
import type { World } from '../world/world.js';
import type { Handlers } from './handlers.js';

const FILTERS = ['s/0', 's/1', 's/2', 's/+', 's/#', '$share/group/s/1'];
/** A SUBSCRIBE that fails so was not sent. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'GNEISS_ERR_OFFLINE',
  'GNEISS_ERR_PACKET_TOO_LARGE',
  'GNEISS_ERR_QUEUE_FULL',
  'GNEISS_ERR_SUBSCRIPTION_UNSUPPORTED',
]);

interface Asked {
  readonly number: number;
  readonly filters: readonly string[];
  readonly askedAt: number;
  readonly kind: HandlerKind;
  /** The application wants it, as far as anyone knows. */
  isWanted: boolean;
  /** The Server may have heard of it. */
  wasSent: boolean;
  subscription: Subscription | null;
}

/** Subscribes and unsubscribes. */
export class Subscribing {
  readonly #world: World;
  readonly #client: MqttClient;
  readonly #swarm: ApplicationSwarm;
  readonly #version: 4 | 5;
  readonly #handlers: Handlers;
  readonly #judge: OperationJudge;
  readonly #asked: Asked[] = [];

  constructor(
    world: World,
    client: MqttClient,
    swarm: ApplicationSwarm,
    version: 4 | 5,
    handlers: Handlers,
    judge: OperationJudge,
    resubscribe: boolean,
  ) {
    this.#world = world;
    this.#client = client;
    this.#swarm = swarm;
    this.#version = version;
    this.#handlers = handlers;
    this.#judge = judge;
    client.on('subscriptionLost', ({ code }, topicFilters) => {
      const isGivenUp = code === 'GNEISS_ERR_SESSION_LOST';
      world.check(
        isGivenUp !== resubscribe,
        'subscriptions',
        () => `the subscription to ${topicFilters.join()} is lost with ${code}`,
      );
      for (const asked of this.#asked) {
        if (asked.filters.join() === topicFilters.join()) asked.isWanted = false;
      }
    });
  }

  /** Whether a message for a topic, first sent at a time, must not be acknowledged undelivered. */
  isAskedFor(topic: string, since: number): boolean {
    return this.#asked.some(
      ({ isWanted, askedAt, filters }) =>
        isWanted && askedAt < since && filters.some((filter) => matches(filter, topic)),
    );
  }

  /** Whether the application may be done with what asks for a topic: nobody has to ask for it any more. */
  isDismissed(topic: string): boolean {
    return this.#asked.some(
      ({ isWanted, wasSent, filters }) =>
        !isWanted && wasSent && filters.some((filter) => matches(filter, topic)),
    );
  }

  /** Everything has come to its end: what the application wants, the Server has. */
  drained(hasSubscription: (topicFilter: string) => boolean): void {
    for (const { isWanted, filters, number } of this.#asked) {
      const lost = isWanted ? filters.filter((filter) => !hasSubscription(filter)) : [];
      this.#world.check(
        lost.length === 0,
        'subscriptions',
        () => `the Server does not have ${lost.join()} of subscription ${number}`,
      );
    }
  }

  subscribe(): void {
    const { prng } = this.#world;
    const kind = prng.pick(this.#swarm.handlers);
    const first = prng.pick(FILTERS);
    const filters = prng.chance(0.2) && first !== 's/0' ? [first, 's/0'] : [first];
    const asked: Asked = {
      number: this.#asked.length + 1,
      filters,
      askedAt: this.#world.now,
      kind,
      isWanted: true,
      wasSent: true,
      subscription: null,
    };
    this.#asked.push(asked);
    const settled = this.#judge.waits(`subscribe ${filters.join()}`);
    const isFive = this.#version === 5;
    this.#world.trace('subscribe', asked.number, 0, () => `${filters.join()} ${kind}`);
    this.#client
      .subscribe(
        filters.map((topicFilter) => ({ topicFilter, qos: prng.pick([0, 1, 2, 2, 2]) })),
        {
          ackMode: kind === 'manual' ? 'manual' : 'handled',
          concurrency: prng.chance(0.3) ? 1 + prng.below(2) : undefined,
          subscriptionIdentifier: isFive && prng.chance(0.3) ? 1 + prng.below(300) : undefined,
          ackTimeoutMs: prng.chance(this.#swarm.ackTimeouts) ? 1 + prng.below(500) : undefined,
          signal: prng.chance(this.#swarm.aborts) ? this.#abortLater() : undefined,
        },
        kind === 'iterates' ? undefined : this.#handlers.handler(kind, asked.number),
      )
      .then(
        (subscription) => {
          settled();
          this.#world.saw('subscribe resolved');
          asked.subscription = subscription;
          if (kind === 'iterates') this.#iterate(subscription, asked.number);
        },
        (error: unknown) => {
          settled();
          this.#world.saw('subscribe rejected');
          asked.isWanted = false;
          asked.wasSent = !(error instanceof MqttError && NOT_SENT.has(error.code));
        },
      );
  }

  unsubscribe(): void {
    const granted = this.#asked.filter(
      ({ isWanted, subscription }) => isWanted && subscription !== null,
    );
    if (granted.length === 0) return;
    const asked = this.#world.prng.pick(granted);
    asked.isWanted = false;
    const settled = this.#judge.waits(`unsubscribe ${asked.filters.join()}`);
    this.#world.trace('unsubscribe', asked.number, 0);
    asked.subscription?.unsubscribe().then(
      () => {
        this.#world.saw('unsubscribe resolved');
        settled();
      },
      () => {
        this.#world.saw('unsubscribe rejected');
        settled();
      },
    );
  }

  #iterate(subscription: Subscription, number: number): void {
    this.#handlers.iterate(subscription, number).catch((error: unknown) => {
      this.#world.trace('iteration failed', number, 0, () => String(error));
    });
  }

  #abortLater(): AbortSignal {
    const controller = new AbortController();
    this.#world.clock.schedule(this.#world.prng.below(300), 'main', () => {
      controller.abort();
    });
    return controller.signal;
  }
}
