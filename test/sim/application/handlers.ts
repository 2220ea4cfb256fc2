import type { Message } from '../../../src/client/message.js';
import { isWhole, numberOf } from '../broker/payloads.js';
import type { InboundJudge } from '../judge/inbound-judge.js';
import type { HandlerKind } from '../swarm.js';
import type { World } from '../world/world.js';

const BLOCK_MS_MAX = 12;

/** Code of the user's that is given messages: quick, slow, or at fault. */
export class Handlers {
  readonly #world: World;
  readonly #judge: InboundJudge;
  readonly #maxMs: number;
  readonly #acknowledged: WeakSet<Message> = new WeakSet();
  /** Messages that handlers have not done with. */
  running = 0;
  /** From now on all of them are quick. */
  isHealed = false;

  constructor(world: World, judge: InboundJudge, maxMs: number) {
    this.#world = world;
    this.#judge = judge;
    this.#maxMs = maxMs;
  }

  /** What a subscription is given as its handler. */
  handler(kind: HandlerKind, subscription: number): (message: Message) => void | Promise<void> {
    return (message) => this.#handle(kind, message, subscription);
  }

  /** Takes the messages of a subscription one after the other. */
  async iterate(messages: AsyncIterable<Message>, subscription: number): Promise<void> {
    for await (const message of messages) {
      const number = this.#begin(message, subscription, false);
      await this.#pause();
      this.#end(message, number, false);
    }
  }

  #handle(kind: HandlerKind, message: Message, subscription: number): void | Promise<void> {
    const number = this.#begin(message, subscription, kind === 'manual');
    this.#world.saw(`handler ${kind}`);
    switch (kind) {
      case 'returns':
      case 'iterates':
        this.#end(message, number, false);
        return;
      case 'blocks':
        this.#block();
        this.#end(message, number, false);
        return;
      case 'awaits':
        return this.#pause().then(() => {
          this.#end(message, number, false);
        });
      case 'throws':
        this.#end(message, number, true);
        throw new Error('a handler throws');
      case 'rejects':
        return this.#pause().then(() => {
          this.#end(message, number, true);
          throw new Error('a handler rejects');
        });
      case 'manual':
        this.#later(() => {
          this.#endUnread(number, false);
          this.#acknowledge(message);
        });
        return;
      case 'retains': {
        const hold = message.retain();
        this.#later(() => {
          this.#end(message, number, false);
          hold[Symbol.dispose]();
        });
      }
    }
  }

  #begin(message: Message, subscription: number, isByHand: boolean): number {
    const { payload, topicName, qos } = message;
    const number = numberOf(payload);
    this.#world.trace('handler', number, subscription);
    this.#check(message, number);
    this.#judge.begins(number, subscription, topicName, qos, isByHand);
    this.running++;
    return number;
  }

  /** Several subscriptions may share a message, which is acknowledged once. */
  #acknowledge(message: Message): void {
    if (this.#acknowledged.has(message)) return;
    this.#acknowledged.add(message);
    message.acknowledge();
  }

  /** Sometimes takes longer than the client gives handlers at a stretch. */
  #block(): void {
    const { prng, clock } = this.#world;
    if (prng.chance(0.2) && !this.isHealed) clock.blockMain(prng.below(BLOCK_MS_MAX));
  }

  /** The lease has lasted until now: the bytes are what they were. */
  #end(message: Message, number: number, failed: boolean): void {
    this.#check(message, number);
    this.#endUnread(number, failed);
  }

  #endUnread(number: number, failed: boolean): void {
    this.#world.trace('handled', number, failed ? 1 : 0);
    this.running--;
    this.#judge.ends(number, failed);
  }

  #check({ payload }: Message, number: number): void {
    this.#world.check(
      isWhole(payload, number),
      'lease',
      () => `the payload of ${number} has changed`,
    );
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#later(resolve);
    });
  }

  #later(run: () => void): void {
    const delay = this.isHealed ? 0 : this.#world.prng.below(this.#maxMs + 1);
    this.#world.clock.schedule(delay, 'main', run);
  }
}
