import { setImmediate as turn } from 'node:timers/promises';
import type { LoadClient } from './load-client.js';
import type { Measurement } from './measurement.js';
import type { Plan } from './plan.js';
import { constantSchedule, poissonSchedule, type Schedule } from './schedule.js';
import { monotonicMs, writeStamp } from './stamp.js';

/** Messages that are sent before the event loop goes round. */
const BURST = 256;
/** Messages of one client that may be unanswered in an open loop: beyond, they wait, and the waiting counts. */
const UNANSWERED_MAX = 10_000;
/** A timer of the platform may be so late: what is due sooner is waited for by going round. */
const TIMER_SLACK_MS = 2;

interface Publisher {
  readonly client: LoadClient;
  readonly index: number;
  readonly payload: Uint8Array;
  readonly view: DataView;
  sequence: number;
  unanswered: number;
}

/** The publishers of a run. */
export class Publishers {
  readonly #plan: Plan;
  readonly #measurement: Measurement;
  readonly #run: number;
  readonly #publishers: readonly Publisher[];
  #isOver = false;
  #answered: () => void = () => {};
  /** The last thing that went wrong. */
  lastError: Error | null = null;

  constructor(clients: readonly LoadClient[], plan: Plan, measurement: Measurement, run: number) {
    this.#plan = plan;
    this.#measurement = measurement;
    this.#run = run;
    this.#publishers = clients.map((client, index) => {
      const payload = Buffer.alloc(plan.size, 0x67);
      const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
      return { client, index, payload, view, sequence: 0, unanswered: 0 };
    });
  }

  /** Messages that nobody has answered yet. */
  get unanswered(): number {
    return this.#publishers.reduce((sum, { unanswered }) => sum + unanswered, 0);
  }

  /** Sends until {@link stop}, or until the limit is reached. */
  async run(): Promise<void> {
    const { load } = this.#plan;
    if (load.kind === 'open') await this.#follow(this.#toSchedule(load.rate, load.arrivals));
    else if (load.inflight === null)
      await Promise.all(this.#publishers.map((one) => this.#flood(one)));
    else await this.#keepInFlight();
  }

  stop(): void {
    this.#isOver = true;
    this.#answered();
  }

  /** A message has come back, in a run in which clients send to themselves. */
  echoed(index: number): void {
    const publisher = this.#publishers[index];
    if (publisher === undefined) return;
    this.#settle(publisher);
  }

  #isDone(): boolean {
    return this.#isOver || this.#measurement.counts.sent >= this.#plan.limit;
  }

  #toSchedule(rate: number, arrivals: 'constant' | 'poisson'): Schedule {
    return arrivals === 'poisson' ? poissonSchedule(rate, this.#plan.seed) : constantSchedule(rate);
  }

  /** An open loop: what is due is sent, by one client after the other; what can not be sent yet is late. */
  async #follow(schedule: Schedule): Promise<void> {
    const start = monotonicMs();
    let due = start + schedule();
    for (let at = 0; !this.#isDone(); at = (at + 1) % this.#publishers.length) {
      const publisher = this.#publishers[at]!;
      for (let wait = due - monotonicMs(); wait > 0; wait = due - monotonicMs()) {
        await (wait > TIMER_SLACK_MS ? delay(wait - TIMER_SLACK_MS) : turn());
        if (this.#isDone()) return;
      }
      while (!this.#send(publisher, due)) {
        await this.#room(publisher);
        if (this.#isDone()) return;
      }
      due = start + schedule();
      if (publisher.sequence % BURST === 0) await turn();
    }
  }

  async #flood(publisher: Publisher): Promise<void> {
    while (!this.#isDone()) {
      for (let sent = 0; sent < BURST && !this.#isDone(); sent++) {
        if (this.#send(publisher, monotonicMs())) continue;
        await this.#room(publisher);
      }
      await turn();
    }
  }

  /** A closed loop: each answer lets its client send the next message. */
  async #keepInFlight(): Promise<void> {
    for (const publisher of this.#publishers) this.#refill(publisher);
    while (!this.#isDone()) await this.#nextAnswer();
  }

  #refill(publisher: Publisher): void {
    const { load } = this.#plan;
    if (load.kind === 'open' || load.inflight === null) return;
    while (publisher.unanswered < load.inflight && !this.#isDone())
      this.#send(publisher, monotonicMs());
  }

  async #room({ client, unanswered }: Publisher): Promise<void> {
    await (this.#isAnswered && unanswered > 0 ? this.#nextAnswer() : client.ready());
  }

  async #nextAnswer(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#answered = resolve;
    });
  }

  /** Whether somebody answers: the broker, or the message itself. */
  get #isAnswered(): boolean {
    const { qos, isEcho, load } = this.#plan;
    return qos > 0 || isEcho || (load.kind === 'closed' && load.inflight !== null);
  }

  /** @returns False when there is no room. */
  #send(publisher: Publisher, intended: number): boolean {
    const { client, index, payload, view, sequence } = publisher;
    const isFull = this.#plan.load.kind === 'open' && publisher.unanswered >= UNANSWERED_MAX;
    if (isFull) return false;
    const sent = monotonicMs();
    writeStamp(view, { run: this.#run, publisher: index, sequence, intended, sent });
    const { counts } = this.#measurement;
    if (!this.#isAnswered) {
      if (!client.tryPublish(payload)) return false;
      this.#measurement.served(index);
    } else {
      publisher.unanswered++;
      client.publish(payload, (error) => {
        this.#acknowledged(publisher, error, intended, sent);
      });
    }
    publisher.sequence++;
    counts.sent++;
    return true;
  }

  #acknowledged(publisher: Publisher, error: Error | null, intended: number, sent: number): void {
    const { counts } = this.#measurement;
    const { isEcho, qos, kind } = this.#plan;
    if (error !== null) {
      counts.failed++;
      this.lastError = error;
      // What fails at once would fail again at once: the event loop goes round first.
      setImmediate(() => {
        this.#settle(publisher);
      });
      return;
    }
    if (qos > 0) counts.acknowledged++;
    if (!isEcho) {
      this.#measurement.served(publisher.index);
      // At QoS 0 it is the operating system that has it: nothing that a broker does.
      if (kind === 'pub' && qos > 0) this.#measurement.answered(intended, sent, monotonicMs());
      this.#settle(publisher);
    }
  }

  #settle(publisher: Publisher): void {
    publisher.unanswered--;
    this.#refill(publisher);
    this.#answered();
  }
}

async function delay(ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, ms);
  });
}
