import { MqttError } from '../errors/mqtt-error.js';
import { COUNTER_SLOTS } from '../metrics/counters.js';
import type { MainOptions } from '../options/schema.js';
import { assert } from '../util/assert.js';
import type { PublishOptions, ReadyOptions } from '../validation/operations.js';
import { assertPublishChoices, assertReadyOptions } from '../validation/outbound.js';
import { PublishChoices } from '../validation/publish-choices.js';
import { abortable } from './abortable.js';
import type { ClientChannel } from './client-channel.js';
import { Deferred } from './deferred.js';
import type { Payload } from './payload.js';
import type { Settlement } from './pending-operations.js';
import type { PublishResult } from './publish-result.js';
import type { Reports } from './reports.js';
import { copyPayload, type WaitingPublish, WaitingPublishes } from './waiting-publishes.js';

/** What the queue needs of its client. */
export interface PublishQueueOwner {
  /** Throws when the client is closed. */
  assertOpen(): void;
  /** There is room after `tryPublish` returned false. */
  drained(): void;
  /** No publish waits for room any more. */
  allSubmitted(): void;
}

/**
 * Publishes on their way into the channel: submitted at once where there is room; without it they are refused, or wait for their
 * turn (`offlineQueueFull: 'wait'`).
 *
 * @thread main
 */
export class PublishQueue {
  readonly #channel: ClientChannel;
  readonly #options: MainOptions;
  readonly #owner: PublishQueueOwner;
  readonly #reports: Reports;
  readonly #waiting: WaitingPublishes;
  readonly #choices: PublishChoices = new PublishChoices();
  /** Promises of `ready` that wait for room. */
  readonly #ready: Set<Settlement<void>> = new Set();
  #needDrain = false;

  constructor(
    channel: ClientChannel,
    options: MainOptions,
    owner: PublishQueueOwner,
    reports: Reports,
  ) {
    this.#reports = reports;
    this.#channel = channel;
    this.#options = options;
    this.#owner = owner;
    this.#waiting = new WaitingPublishes(options);
  }

  /** Whether no publish waits for room. */
  get empty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Whether a publish was refused that nobody awaits, and there has been no room since. */
  get needDrain(): boolean {
    return this.#needDrain;
  }

  publish(
    topicName: string,
    payload: Payload,
    options: PublishOptions | undefined,
  ): Promise<PublishResult> {
    const choices = this.#take(options);
    if (choices?.signal !== undefined) return this.#publishAbortable(topicName, payload, choices);
    const deferred = new Deferred<PublishResult>();
    try {
      this.#owner.assertOpen();
      if (this.#channel.publisher.submit(topicName, payload, choices, deferred))
        this.#channel.submitted();
      else this.#wait(topicName, payload, choices, deferred);
    } catch (error) {
      deferred.reject(error as MqttError);
    }
    return deferred.promise;
  }

  tryPublish(topicName: string, payload: Payload, options: PublishOptions | undefined): boolean {
    this.#owner.assertOpen();
    const choices = this.#take(options);
    const { publisher } = this.#channel;
    let taken = publisher.submit(topicName, payload, choices, null);
    // Room that was made in this moment is used: a 'drain' would not come for it.
    while (!taken && this.#awaitRoom()) taken = publisher.submit(topicName, payload, choices, null);
    if (taken) this.#channel.submitted();
    else this.#refused();
    return taken;
  }

  async ready(options: ReadyOptions | undefined): Promise<void> {
    assertReadyOptions(options);
    await abortable<void>(options?.signal, (settlement) => {
      this.#owner.assertOpen();
      if (this.#awaitRoom()) settlement.resolve();
      else this.#ready.add(settlement);
      return () => (this.#ready.delete(settlement) ? settlement : null);
    });
  }

  /** There is room for the publish that was refused last, or waits longest. */
  roomMade(): void {
    if (!this.#awaitRoom()) return;
    for (const waiter of this.#ready) waiter.resolve();
    this.#ready.clear();
    if (!this.#needDrain) return;
    this.#needDrain = false;
    this.#reports.tell('pressure:drain');
    this.#owner.drained();
  }

  /** The connection is there, or gone. */
  setConnected(connected: boolean): void {
    const { offlineGate } = this.#channel.publisher;
    if (offlineGate !== null) offlineGate.connected = connected;
  }

  /** The client is closed. */
  close(toError: () => MqttError): void {
    for (const { settlement } of this.#waiting.takeAll()) settlement.reject(toError());
    for (const waiter of this.#ready) waiter.reject(toError());
    this.#ready.clear();
    this.#changed();
  }

  /** What the options say, until the next call. */
  #take(options: PublishOptions | undefined): PublishChoices | undefined {
    return options === undefined ? undefined : this.#choices.take(options);
  }

  async #publishAbortable(
    topicName: string,
    payload: Payload,
    options: PublishChoices,
  ): Promise<PublishResult> {
    // The signal is used before the publisher checks the options.
    assertPublishChoices(options, this.#options.protocolVersion);
    return abortable<PublishResult>(options.signal, (settlement) => {
      this.#owner.assertOpen();
      const { publisher } = this.#channel;
      if (!publisher.submit(topicName, payload, options, settlement)) {
        const publish = this.#wait(topicName, payload, options, settlement);
        return () => this.#withdraw(publish);
      }
      const token = publisher.lastToken;
      this.#channel.submitted();
      return () => this.#channel.withdraw(token);
    });
  }

  /** Keeps a publish that was refused. @throws {MqttError} `GNEISS_ERR_QUEUE_FULL`. */
  #wait(
    topicName: string,
    payload: Payload,
    options: PublishChoices | undefined,
    settlement: Settlement<PublishResult>,
  ): WaitingPublish {
    const length = this.#channel.publisher.awaitedLength;
    this.#channel.counters.add(COUNTER_SLOTS.publishesRefused, 1);
    if (!this.#waiting.hasRoom(length)) throw new MqttError('GNEISS_ERR_QUEUE_FULL');
    const publish = this.#waiting.add({
      topicName,
      payload: copyPayload(payload),
      options: options?.copy(),
      settlement,
      length,
      calledAt: performance.now(),
    });
    this.#changed();
    // Room that was made in this moment is used: nothing would tell of it.
    this.#awaitRoom();
    return publish;
  }

  /** A publish that nobody awaits finds no room. */
  #refused(): void {
    if (!this.#needDrain) this.#reports.tell('pressure:refuse');
    this.#needDrain = true;
    this.#channel.counters.add(COUNTER_SLOTS.publishesRefused, 1);
  }

  #withdraw(publish: WaitingPublish): Settlement<PublishResult> | null {
    if (publish.token !== null) return this.#channel.withdraw(publish.token);
    if (!this.#waiting.delete(publish)) return null;
    this.#changed();
    // What waited behind it may have room where it had none.
    this.roomMade();
    return publish.settlement;
  }

  /** Submits what waits as far as there is room. @returns Whether nothing waits, and there is room for more. */
  #awaitRoom(): boolean {
    const { publisher } = this.#channel;
    for (let first = this.#waiting.first; first !== undefined; first = this.#waiting.first) {
      publisher.awaitRoomFor(first.length);
      if (!this.#channel.awaitRoom()) return false;
      this.#submit(first);
    }
    return this.#channel.awaitRoom();
  }

  #submit(publish: WaitingPublish): void {
    const { topicName, payload, options, settlement, calledAt } = publish;
    const { publisher } = this.#channel;
    this.#waiting.delete(publish);
    this.#holdBack(false);
    const taken = publisher.submit(topicName, payload, options, settlement, calledAt);
    assert(taken, 'there is room for a publish that is submitted out of the queue');
    publish.token = publisher.lastToken;
    this.#channel.submitted();
    this.#changed();
  }

  #changed(): void {
    const { size } = this.#waiting;
    this.#holdBack(size > 0);
    this.#channel.counters.set(COUNTER_SLOTS.publishesWaiting, size);
    if (size === 0) this.#owner.allSubmitted();
  }

  /** Those that are called later do not overtake. */
  #holdBack(heldBack: boolean): void {
    const { offlineGate } = this.#channel.publisher;
    if (offlineGate !== null) offlineGate.heldBack = heldBack;
  }
}
