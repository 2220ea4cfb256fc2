import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, EXIT } from '../cli-error.js';
import type { Connection } from '../connection.js';
import { CostMeter } from './cost.js';
import { describeEnvironment } from './environment.js';
import type { ConnectClient, LoadClient, Naming } from './load-client.js';
import { Measurement } from './measurement.js';
import { describeLoad, type Plan } from './plan.js';
import type { Progress } from './progress.js';
import { Publishers } from './publishers.js';
import { Receivers } from './receivers.js';
import type { IntervalSample, Phase, Result, StormRound } from './result.js';
import { monotonicMs } from './stamp.js';
import { runStorm } from './storm.js';

/** Connections that are being made at a time, when nothing paces them. */
const CONNECTING_MAX = 50;
const SAMPLE_MS = 1000;
/** How often the end of the drain is looked for. */
const DRAIN_STEP_MS = 20;
/** A drain in which nothing has come for so long is over. */
const QUIET_MS = 1000;

/** What a run needs besides its plan. */
export interface RunContext {
  readonly connection: Connection;
  readonly connect: ConnectClient;
  readonly naming: Naming;
  readonly run: number;
  readonly progress: Progress;
  /** Gets each second as it has passed. */
  readonly onSample: (sample: IntervalSample) => void;
  /** Gets each round of a storm as it is over. */
  readonly onRound: (round: StormRound) => void;
  /** Ends the load early: what was measured until then is the result. */
  readonly signal: AbortSignal;
}

export interface RunOutcome {
  readonly result: Omit<Result, 'failures'>;
  readonly measurement: Measurement;
}

/** Runs a benchmark, from the first connection to the last message. */
export async function runBenchmark(plan: Plan, context: RunContext): Promise<RunOutcome> {
  const run = new BenchmarkRun(plan, context);
  try {
    return await run.run();
  } finally {
    context.progress.end();
    await run.close();
  }
}

class BenchmarkRun {
  readonly #plan: Plan;
  readonly #context: RunContext;
  readonly #measurement: Measurement;
  readonly #clients: LoadClient[] = [];
  readonly #receivers: Receivers;
  readonly #samples: IntervalSample[] = [];
  readonly #startedAt = new Date().toISOString();
  #publishers: Publishers | null = null;
  #sampling: NodeJS.Timeout | undefined;
  #rounds: readonly StormRound[] | null = null;
  #phase: Phase = 'warmup';

  constructor(plan: Plan, context: RunContext) {
    this.#plan = plan;
    this.#context = context;
    this.#measurement = new Measurement(plan.publishers || plan.subscribers);
    this.#receivers = new Receivers(
      plan,
      this.#measurement,
      plan.kind === 'sub' ? undefined : context.run,
    );
  }

  async run(): Promise<RunOutcome> {
    const environment = describeEnvironment(this.#context.connection.url);
    await this.#connectAll();
    const load = await this.#applyLoad();
    return {
      measurement: this.#measurement,
      result: { ...this.#summary(environment), ...load },
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#sampling);
    await Promise.allSettled(this.#clients.map((client) => client.close()));
  }

  /** Clients that publish come first; in an echo they are those that subscribe, too. */
  get #clientCount(): number {
    const { connections, publishers, subscribers, isEcho } = this.#plan;
    return connections + publishers + (isEcho ? 0 : subscribers);
  }

  async #connectAll(): Promise<void> {
    const { connect, progress, signal } = this.#context;
    const count = this.#clientCount;
    progress.phase('connect');
    let begun = 0;
    const one = async (): Promise<void> => {
      while (begun < count && !signal.aborted) {
        const index = begun++;
        const at = monotonicMs();
        this.#clients[index] = await connect(index, () => {
          this.#measurement.counts.disconnections++;
        });
        this.#measurement.connect.record(monotonicMs() - at);
        progress.connected(this.#measurement.connect.count, count);
        if (this.#plan.interval > 0) await sleep(this.#plan.interval);
      }
    };
    const lanes = this.#plan.interval > 0 ? 1 : Math.min(CONNECTING_MAX, count);
    await Promise.all(Array.from({ length: lanes }, one));
    if (signal.aborted) throw new CliError('interrupted', EXIT.interrupted);
  }

  async #applyLoad(): Promise<Pick<Result, 'cost' | 'totals' | 'rates' | 'fairness' | 'seconds'>> {
    const { publishers: count, subscribers, qos, size } = this.#plan;
    await this.#subscribeAll();
    const senders = this.#clients.slice(0, count);
    const publishers = new Publishers(senders, this.#plan, this.#measurement, this.#context.run);
    this.#publishers = publishers;
    if (this.#plan.isEcho) {
      this.#receivers.onMessage = (publisher) => {
        publishers.echoed(publisher);
      };
    }
    const cost = new CostMeter();
    this.#startSampling(cost);
    this.#context.progress.phase('warm-up');
    // Without a warm-up the very first message counts.
    if (this.#plan.warmup === 0) this.#begin(cost);
    const sending = count === 0 ? Promise.resolve() : publishers.run();
    if (this.#plan.warmup > 0) {
      await this.#pause(this.#plan.warmup, sending);
      this.#begin(cost);
    }
    const { seconds, spent } = await this.#measure(cost, sending);
    this.#phase = 'cooldown';
    if (this.#plan.cooldown > 0) await this.#pause(this.#plan.cooldown, sending);
    publishers.stop();
    await sending;
    this.#phase = 'drain';
    await this.#drain();
    clearInterval(this.#sampling);
    const receives = subscribers > 0;
    if (publishers.lastError !== null && this.#measurement.counts.acknowledged === 0 && qos > 0)
      throw publishers.lastError;
    return {
      seconds,
      cost: spent,
      rates: this.#measurement.rates(size, count > 0, qos > 0, receives),
      totals: this.#measurement.totals(
        count > 0 && qos > 0,
        receives ? this.#receivers.receipts(this.#expected) : null,
      ),
      fairness: this.#measurement.fairness(),
    };
  }

  async #subscribeAll(): Promise<void> {
    const { naming } = this.#context;
    const { isEcho } = this.#plan;
    await Promise.all(
      this.#subscribers.map((client, index) =>
        this.#receivers.subscribe(client, index, isEcho ? naming.topic(index) : naming.filter),
      ),
    );
  }

  get #subscribers(): readonly LoadClient[] {
    const { publishers, subscribers, isEcho } = this.#plan;
    return this.#clients.slice(isEcho ? 0 : publishers).slice(0, subscribers);
  }

  #begin(cost: CostMeter): void {
    this.#phase = 'measurement';
    cost.begin();
    this.#measurement.begin(monotonicMs());
  }

  async #measure(
    cost: CostMeter,
    sending: Promise<void>,
  ): Promise<{ readonly seconds: number; readonly spent: Result['cost'] }> {
    const { duration, load, isStorm } = this.#plan;
    await (isStorm ? this.#storm(sending) : this.#pause(duration, sending));
    this.#measurement.end(monotonicMs());
    const { sent, received } = this.#measurement.measured;
    return {
      seconds: this.#measurement.seconds,
      spent: cost.end(Math.max(sent, received), load.kind === 'open'),
    };
  }

  async #storm(sending: Promise<void>): Promise<void> {
    const { duration, drain } = this.#plan;
    const { onRound, progress } = this.#context;
    this.#rounds = await runStorm(this.#subscribers, this.#measurement, {
      durationMs: duration,
      graceMs: drain,
      signal: this.#whileSending(sending),
      onRound: (round) => {
        progress.round(round);
        onRound(round);
      },
    });
  }

  /** Waits, but no longer than there is a load. */
  async #pause(ms: number, sending: Promise<void>): Promise<void> {
    const signal = this.#whileSending(sending);
    await sleep(ms, undefined, { signal }).catch(() => {});
  }

  /** Is aborted when the run is interrupted, and when there is no load any more. */
  #whileSending(sending: Promise<void>): AbortSignal {
    const ended = new AbortController();
    const end = (): void => {
      ended.abort();
    };
    // Without publishers there is a load of others.
    if (this.#plan.publishers > 0) void sending.then(end, end);
    return AbortSignal.any([this.#context.signal, ended.signal]);
  }

  /** Waits for what is on its way. */
  async #drain(): Promise<void> {
    const { drain, publishers } = this.#plan;
    if (publishers === 0) return;
    const deadline = monotonicMs() + drain;
    let last = -1;
    let lastAt = monotonicMs();
    while (monotonicMs() < deadline && !this.#context.signal.aborted) {
      const done = this.#receivers.unique - (this.#publishers?.unanswered ?? 0);
      const isComplete =
        (this.#expected === undefined || this.#receivers.unique >= this.#expected) &&
        this.#publishers?.unanswered === 0;
      if (isComplete) return;
      if (done !== last) lastAt = monotonicMs();
      else if (monotonicMs() - lastAt > QUIET_MS) return;
      last = done;
      await sleep(DRAIN_STEP_MS);
    }
  }

  /** Messages that should arrive; undefined: nobody knows. */
  get #expected(): number | undefined {
    const { kind, isEcho, subscribers } = this.#plan;
    if (kind === 'sub') return undefined;
    const { sent, failed } = this.#measurement.counts;
    return (sent - failed) * (isEcho ? 1 : subscribers);
  }

  /** How much of the load is over. */
  #fraction(elapsedMs: number): number {
    const { warmup, duration, cooldown, limit } = this.#plan;
    const byTime = elapsedMs / (warmup + duration + cooldown);
    return Math.min(1, Math.max(byTime, this.#measurement.counts.sent / limit));
  }

  #startSampling(cost: CostMeter): void {
    const { counts, second } = this.#measurement;
    const startMs = monotonicMs();
    let last = { ...counts };
    let lastMs = startMs;
    this.#sampling = setInterval(() => {
      const nowMs = monotonicMs();
      const seconds = (nowMs - lastMs) / 1000;
      const sample: IntervalSample = {
        at: (nowMs - startMs) / 1000,
        phase: this.#phase,
        sentRate: (counts.sent - last.sent) / seconds,
        acknowledgedRate: (counts.acknowledged - last.acknowledged) / seconds,
        receivedRate: (counts.received - last.received) / seconds,
        p50Ms: second.count === 0 ? null : second.percentile(50),
        p99Ms: second.count === 0 ? null : second.percentile(99),
        maxMs: second.count === 0 ? null : second.maxMs,
        ...cost.interval(),
      };
      second.reset();
      last = { ...counts };
      lastMs = nowMs;
      this.#samples.push(sample);
      this.#context.onSample(sample);
      this.#context.progress.sample(sample, nowMs - startMs, this.#fraction(nowMs - startMs));
    }, SAMPLE_MS);
  }

  #summary(environment: Readonly<Record<string, string>>) {
    const { latency, service, connect, reconnect, allBack } = this.#measurement;
    const isOpen = this.#plan.load.kind === 'open';
    return {
      benchmark: this.#plan.kind,
      startedAt: this.#startedAt,
      environment,
      plan: toPlanRecord(this.#plan),
      latencyMs: latency.spread(),
      // In a closed loop a message is sent when it is to be sent.
      serviceMs: isOpen || this.#plan.kind === 'sub' ? service.spread() : null,
      connectMs: connect.spread(),
      reconnectMs: reconnect.spread(),
      allBackMs: allBack.spread(),
      rounds: this.#rounds,
      intervals: this.#samples,
    };
  }
}

/** The plan as it is told: what makes a run what it is. */
function toPlanRecord(plan: Plan): Readonly<Record<string, string | number | boolean>> {
  return {
    load: describeLoad(plan),
    connections: plan.connections,
    publishers: plan.publishers,
    subscribers: plan.subscribers,
    topic: plan.topic,
    size: plan.size,
    qos: plan.qos,
    retain: plan.retain,
    seed: plan.seed,
    warmupSeconds: plan.warmup / 1000,
    durationSeconds: plan.duration / 1000,
    cooldownSeconds: plan.cooldown / 1000,
  };
}
