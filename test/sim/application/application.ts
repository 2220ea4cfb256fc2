import type { MqttClient } from '../../../src/client/mqtt-client.js';
import { MqttError } from '../../../src/errors/mqtt-error.js';
import type { PublishOptions } from '../../../src/validation/operations.js';
import { payloadOf } from '../broker/payloads.js';
import type { PublishedMessage } from '../judge/messages.js';
import type { OperationJudge } from '../judge/operation-judge.js';
import type { ApplicationSwarm } from '../swarm.js';
import type { World } from '../world/world.js';
import type { Subscribing } from './subscribing.js';

/** What those who judge must know of the calls of the user. */
export interface ApplicationCalls {
  /** The user starts a client that was not to be connected. */
  started(): void;
  /** The user ends the connection. @param timeoutMs What is open has so long. */
  ended(timeoutMs: number): void;
}

const TOPICS = ['c/0', 'c/1', 'c/2'];

/** An application that publishes, subscribes, cancels, stops and starts as chance has it. */
export class Application {
  readonly #world: World;
  readonly #client: MqttClient;
  readonly #swarm: ApplicationSwarm;
  readonly #version: 4 | 5;
  readonly #judge: OperationJudge;
  readonly #subscribing: Subscribing;
  readonly #authenticates: boolean;
  readonly #calls: ApplicationCalls;
  #left: number;
  /** A client that is being stopped is to be started again. */
  #restarts = false;

  constructor(
    world: World,
    client: MqttClient,
    swarm: ApplicationSwarm,
    version: 4 | 5,
    judge: OperationJudge,
    subscribing: Subscribing,
    authenticates: boolean,
    calls: ApplicationCalls,
  ) {
    this.#world = world;
    this.#client = client;
    this.#swarm = swarm;
    this.#version = version;
    this.#judge = judge;
    this.#subscribing = subscribing;
    this.#authenticates = authenticates;
    this.#calls = calls;
    this.#left = swarm.actions;
    client.on('stopped', () => {
      if (this.#restarts) calls.started();
      this.#restarts = false;
    });
  }

  /** Everything it meant to do is done. */
  get isDone(): boolean {
    return this.#left === 0;
  }

  begin(): void {
    const { prng } = this.#world;
    if (prng.chance(0.2)) this.#subscribing.subscribe();
    this.start();
    if (prng.chance(0.6)) this.#subscribing.subscribe();
    this.#schedule();
  }

  start(): void {
    const { state } = this.#client;
    if (state === 'stopped') this.#calls.started();
    this.#restarts = state === 'stopping';
    this.#client.start();
  }

  publish(qos: 0 | 1 | 2, isAwaited: boolean): void {
    const { prng } = this.#world;
    const swarm = this.#swarm;
    const isFive = this.#version === 5;
    const alias = isFive && swarm.aliases && prng.chance(0.4) ? 1 + prng.below(3) : 0;
    const expiry = isFive && swarm.expiry && prng.chance(0.3) ? 1 + prng.below(4) : -1;
    const ackTimeoutMs = prng.chance(swarm.ackTimeouts) ? 1 + prng.below(800) : 0;
    const controller = isAwaited && prng.chance(swarm.aborts) ? new AbortController() : null;
    if (prng.chance(0.1)) controller?.abort();
    const message = this.#judge.published({
      topic: prng.pick(TOPICS),
      qos,
      retain: prng.chance(0.1),
      alias,
      expiry,
      isAwaited,
      ackTimeoutMs,
    });
    const options: PublishOptions = {
      qos,
      retain: message.retain,
      topicAlias: alias === 0 ? undefined : alias,
      messageExpiryInterval: expiry < 0 ? undefined : expiry,
      ackTimeoutMs,
      userProperties: isFive && prng.chance(0.1) ? [['name', 'value']] : undefined,
      signal: controller?.signal,
    };
    const payload = payloadOf(message.number, prng.below(swarm.payloadMax + 1));
    this.#world.trace('publish', message.number, qos);
    if (isAwaited) this.#await(message, payload, options);
    else this.#tryPublish(message, payload, options);
    if (controller !== null) this.#abortLater(controller);
  }

  /** Publishes the largest message, without anything that could go wrong with it. */
  publishPlainly(qos: 0 | 1 | 2): PublishedMessage {
    const message = this.#judge.published({
      topic: TOPICS[0]!,
      qos,
      retain: false,
      alias: 0,
      expiry: -1,
      isAwaited: true,
      ackTimeoutMs: 0,
    });
    const payload = payloadOf(message.number, this.#swarm.payloadMax);
    this.#world.trace('publish', message.number, qos);
    this.#await(message, payload, { qos, ackTimeoutMs: 0 });
    return message;
  }

  #await(message: PublishedMessage, payload: Uint8Array, options: PublishOptions): void {
    this.#client.publish(message.topic, payload, options).then(
      () => {
        this.#judge.resolved(message);
      },
      (error: unknown) => {
        if (!(error instanceof MqttError))
          this.#world.fail('I11', `rejected with ${String(error)}`);
        this.#judge.rejected(message, error instanceof MqttError ? error.code : 'none');
      },
    );
  }

  #tryPublish(message: PublishedMessage, payload: Uint8Array, options: PublishOptions): void {
    const taken = this.#client.tryPublish(message.topic, payload, options);
    if (taken) return;
    this.#world.saw('tryPublish refused');
    this.#judge.rejected(message, 'GNEISS_ERR_QUEUE_FULL');
  }

  #schedule(): void {
    const { prng, clock } = this.#world;
    if (this.#left === 0) return;
    clock.schedule(prng.below(this.#swarm.pauseMs + 1), 'main', () => {
      if (this.#left > 0) {
        this.#left--;
        this.#act();
      }
      this.#schedule();
    });
  }

  #act(): void {
    const { prng } = this.#world;
    const swarm = this.#swarm;
    if (this.#client.state === 'closed') return;
    if (prng.chance(swarm.stops)) this.#stop();
    else if (this.#client.state === 'stopped') this.start();
    else if (this.#authenticates && prng.chance(0.2)) this.#reauthenticate();
    else if (prng.chance(swarm.subscribes)) this.#subscribing.subscribe();
    else if (prng.chance(swarm.subscribes / 2)) this.#subscribing.unsubscribe();
    else {
      const burst = prng.chance(swarm.bursts) ? 2 + prng.below(12) : 1;
      for (let count = 0; count < burst; count++) {
        this.publish(prng.pick(swarm.qosWeights), !prng.chance(swarm.unawaited));
      }
    }
  }

  /** Fails at once where there is no connection, or another exchange goes on. */
  #reauthenticate(): void {
    const settled = this.#judge.waits('reauthenticate');
    this.#world.trace('reauthenticate', 0, 0);
    this.#client.reauthenticate().then(
      () => {
        settled();
        this.#world.saw('reauthenticate resolved');
      },
      () => {
        settled();
        this.#world.saw('reauthenticate rejected');
      },
    );
  }

  #stop(): void {
    const { prng } = this.#world;
    const settled = this.#judge.waits('stop');
    const timeoutMs = prng.below(2000);
    this.#calls.ended(timeoutMs);
    this.#restarts = false;
    this.#world.saw(`stop while ${this.#client.state}`);
    const abrupt = prng.chance(0.3);
    this.#world.trace('stop', abrupt ? 1 : 0, 0);
    this.#client.stop(abrupt ? { abrupt } : { timeoutMs }).then(settled, (error: unknown) => {
      this.#world.fail('I11', `stop() failed: ${String(error)}`);
    });
    if (prng.chance(0.3)) this.start();
  }

  /** Gives an operation up: in the moment of its call, soon or later. */
  #abortLater(controller: AbortController): void {
    const { prng, clock } = this.#world;
    const delayMs = prng.below(prng.pick([0, 10, 200]) + 1);
    if (delayMs === 0) controller.abort();
    else {
      clock.schedule(delayMs, 'main', () => {
        controller.abort();
      });
    }
  }
}
