import { setImmediate } from 'node:timers';
import { MqttClient } from '../../src/client/mqtt-client.js';
import { Prng } from '../support/prng.js';
import { Application } from './application/application.js';
import { Handlers } from './application/handlers.js';
import { Subscribing } from './application/subscribing.js';
import { Broker } from './broker/broker.js';
import { Offences } from './broker/offences.js';
import { chooseSwarm } from './choose-swarm.js';
import { InboundJudge } from './judge/inbound-judge.js';
import { LinkJudge } from './judge/link-judge.js';
import { OperationJudge } from './judge/operation-judge.js';
import { TimingJudge } from './judge/timing-judge.js';
import { Network } from './network.js';
import type { Swarm } from './swarm.js';
import { enter, leave } from './world/current.js';
import { setEnvironment } from './world/run-host.js';
import { setPortDelay } from './world/threads.js';
import { type Failure, World } from './world/world.js';

/** Events after which a history goes round in circles. */
const EVENTS_MAX = 100_000;
/** The longest history before its faults end, in milliseconds. */
const FAULTS_MS = 120_000;

/** By then no connection is left that the faults have met. */
const OLD_LINK_MS = 60_000;

/** What a history tells. */
export interface HistoryResult {
  readonly seed: number;
  readonly failure: Failure | null;
  readonly hash: number;
  readonly events: number;
  readonly situations: ReadonlySet<string>;
  /** Messages that came twice at QoS 1, in either direction. */
  readonly duplicates: number;
  /** What happened, line by line, when that was asked for. */
  readonly lines: readonly string[];
}

/** Runs the history of a seed: the same one every time. */
export async function runHistory(
  seed: number,
  version: 4 | 5,
  keepsTrace: boolean,
): Promise<HistoryResult> {
  return new History(seed, version, keepsTrace).run();
}

class History {
  readonly #seed: number;
  readonly #world: World;
  readonly #swarm: Swarm;
  readonly #broker: Broker;
  readonly #network: Network;
  readonly #client: MqttClient;
  readonly #application: Application;
  readonly #handlers: Handlers;
  readonly #operations: OperationJudge;
  readonly #links: LinkJudge;
  readonly #inbound: InboundJudge;
  readonly #timing: TimingJudge;
  #events = 0;
  #closedEvents = 0;
  #healedAt = 0;

  constructor(seed: number, version: 4 | 5, keepsTrace: boolean) {
    this.#seed = seed;
    const prng = new Prng(seed * 2 + version - 4);
    const swarm = chooseSwarm(prng, version);
    const world = new World(prng, keepsTrace);
    this.#swarm = swarm;
    this.#world = world;
    world.lines?.push(JSON.stringify(swarm));
    const { options, application } = swarm;
    const keepsQos0 = options.offlineQueue === 'all';
    this.#operations = new OperationJudge(world, keepsQos0, () => this.#links.exchanges);
    this.#inbound = new InboundJudge(world, version === 5, (topic, since) =>
      subscribing.isAskedFor(topic, since),
    );
    this.#timing = new TimingJudge(world, {
      pingTimeoutMs: options.pingTimeoutMs ?? 0,
      connectTimeoutMs: options.connectTimeoutMs ?? 0,
      delayMinMs: options.reconnectDelayMinMs ?? 0,
      delayMaxMs: options.reconnectDelayMaxMs ?? 0,
      resetMs: options.reconnectResetMs ?? 0,
    });
    this.#links = new LinkJudge(
      world,
      {
        version,
        packetIdMax: swarm.knobs.packetIdMax,
        keepsQos0,
        clientId: options.clientId ?? '',
        rejoinSession: options.rejoinSession ?? 'post-success',
        keepAlive: options.keepAlive ?? 0,
        portDelayMs: swarm.portDelayMs,
      },
      this.#inbound,
      this.#timing,
      this.#operations.messages,
    );
    this.#broker = this.#createBroker(version);
    this.#network = this.#createNetwork();
    enter(world, swarm.knobs);
    setPortDelay(swarm.portDelayMs);
    setEnvironment(this.#network);
    this.#client = new MqttClient('mqtt://model', options);
    this.#handlers = new Handlers(world, this.#inbound, application.handlerMs);
    const subscribing = new Subscribing(
      world,
      this.#client,
      application,
      version,
      this.#handlers,
      this.#operations,
    );
    this.#application = new Application(
      world,
      this.#client,
      application,
      version,
      this.#operations,
      subscribing,
      {
        started: () => {
          this.#timing.started();
        },
        ended: () => {
          this.#timing.started();
          this.#links.unwanted();
        },
      },
    );
    this.#listen();
  }

  async run(): Promise<HistoryResult> {
    try {
      await this.#play();
    } catch (error) {
      this.#world.fail('no-exception', String(error), error);
    }
    // What is left of this history must not reach into the next: a replay knows nothing of it.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    leave();
    const { failure, hash, situations, lines } = this.#world;
    return {
      seed: this.#seed,
      failure,
      hash,
      events: this.#events,
      situations,
      duplicates: this.#inbound.duplicates + this.#operations.duplicates,
      lines: lines ?? [],
    };
  }

  async #play(): Promise<void> {
    this.#application.begin();
    this.#scheduleOthers();
    const { application } = this.#swarm;
    const end = this.#world.now + FAULTS_MS;
    await this.#until(() => this.#application.isDone || this.#world.now > end);
    if (application.ending === 'drain') await this.#drain();
    if (this.#world.failure === null) await this.#end(application.ending === 'destroy');
  }

  /** The faults are over: everything has to come to its end. */
  async #drain(): Promise<void> {
    const world = this.#world;
    world.trace('healed', 0, 0);
    this.#healedAt = world.now;
    this.#network.heal();
    this.#broker.heal();
    this.#handlers.isHealed = true;
    await this.#until(() => this.#client.state !== 'stopping');
    this.#application.start();
    await this.#quiet('after the faults');
    this.#operations.drained();
    for (let round = 0; round < 9; round++)
      this.#application.publish(round % 3 === 0 ? 0 : round % 3 === 1 ? 1 : 2, true);
    await this.#quiet('at the end');
    this.#operations.drained();
    world.check(
      this.#links.exchanges.size === 0,
      'I4',
      () => `${this.#links.exchanges.size} identifiers are still taken`,
    );
    world.saw('drained');
  }

  async #quiet(when: string): Promise<void> {
    const bound = this.#world.now + 200_000;
    const isQuiet = (): boolean =>
      this.#client.state === 'connected' &&
      this.#operations.open === 0 &&
      this.#links.exchanges.size === 0 &&
      this.#broker.idle &&
      this.#handlers.running === 0;
    await this.#until(() => isQuiet() || this.#world.now > bound);
    this.#world.check(
      isQuiet(),
      'I16',
      () =>
        `${when}: ${this.#client.state}, open: ${this.#operations.openTexts}, ${this.#links.exchanges.size} identifiers, ` +
        `Server idle: ${this.#broker.idle}, handlers: ${this.#handlers.running}`,
    );
  }

  async #end(destroys: boolean): Promise<void> {
    const world = this.#world;
    if (world.prng.chance(0.1)) await this.#stopFirst();
    world.saw(`${destroys ? 'destroy' : 'close'} while ${this.#client.state}`);
    const begun = world.now;
    this.#links.unwanted();
    let isClosed = false;
    if (destroys) {
      this.#client.destroy();
      isClosed = true;
    } else {
      const settled = this.#operations.waits('close');
      this.#client.close().then(
        () => {
          isClosed = true;
          settled();
        },
        (error: unknown) => {
          world.fail('I11', `close() failed: ${String(error)}`);
        },
      );
    }
    const bound = begun + (this.#swarm.options.closeTimeoutMs ?? 0) + 3000;
    await this.#until(() => world.now > bound);
    world.check(isClosed, 'I11', () => 'close() takes too long');
    world.check(
      this.#operations.open === 0,
      'I11',
      () => `open after the end: ${this.#operations.openTexts}`,
    );
    world.check(this.#closedEvents === 1, 'I11', () => `'closed' came ${this.#closedEvents} times`);
    world.check(this.#network.timers === 0, 'I12', () => 'a timer is left after the end');
    const link = this.#network.link;
    world.check(
      link === null || link.isClosed || link.isDestroyed,
      'I12',
      () => 'a connection is left after the end',
    );
  }

  /** A client may be stopped when it ends. */
  async #stopFirst(): Promise<void> {
    const settled = this.#operations.waits('stop');
    this.#links.unwanted();
    this.#client.stop().then(settled, (error: unknown) => {
      this.#world.fail('I11', `stop() failed: ${String(error)}`);
    });
    const bound = this.#world.now + (this.#swarm.options.closeTimeoutMs ?? 0) + 3000;
    await this.#until(() => this.#client.state === 'stopped' || this.#world.now > bound);
    this.#world.check(this.#client.state === 'stopped', 'I11', () => 'stop() takes too long');
  }

  /** Lets events happen until something is so, or nothing is left to happen. */
  async #until(isSo: () => boolean): Promise<void> {
    const { clock } = this.#world;
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        try {
          for (;;) {
            if (this.#world.failure !== null || isSo()) break;
            if (++this.#events > EVENTS_MAX) {
              this.#world.fail('I16', 'events without end');
              break;
            }
            const event = clock.next();
            if (event === null) break;
            event.run();
            if (event.thread !== 'main') continue;
            // Promises come before the next event.
            setImmediate(turn);
            return;
          }
          resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      setImmediate(turn);
    });
  }

  /** Other clients publish, and the Server does what it should not, all the while. */
  #scheduleOthers(): void {
    const { clock, prng } = this.#world;
    const { application, broker } = this.#swarm;
    const offences = new Offences(this.#broker, this.#swarm.options);
    clock.schedule(prng.below(application.pauseMs + 1), 'outside', () => {
      if (this.#application.isDone) return;
      if (prng.chance(application.inbound)) {
        this.#broker.publish(
          `s/${prng.below(4)}`,
          prng.pick([0, 1, 2]),
          prng.below(application.payloadMax + 1),
        );
      }
      if (prng.chance(broker.disconnects)) this.#broker.disconnect(prng.pick([0x8b, 0x89, 0x98]));
      if (prng.chance(broker.violations)) offences.commit();
      this.#scheduleOthers();
    });
  }

  #listen(): void {
    this.#client.on('handlerError', () => {});
    // Messages for a subscription whose SUBACK stands behind them could otherwise take all memory, and wait for it.
    if (this.#swarm.application.handlers.includes('iterates')) {
      const handle = this.#handlers.handler('returns', 0);
      this.#client.on('message', (message) => {
        void handle(message);
      });
    }
    this.#client.on('closed', () => {
      this.#closedEvents++;
    });
    this.#client.on('connectionSuccess', () => {
      this.#world.trace('connectionSuccess', 0, 0);
    });
    for (const name of ['connectionFailure', 'disconnection'] as const) {
      this.#client.on(name, ({ error }) => {
        this.#world.trace(name, 0, 0, () => `${error.code} ${error.message}`);
        this.#world.saw(`${name}: ${error.code}`);
        if (error.code === 'GNEISS_ERR_KEEP_ALIVE_TIMEOUT') this.#checkGivenUp();
      });
    }
  }

  /** Long after the faults, when every PINGREQ is answered at once, nothing is given up. */
  #checkGivenUp(): void {
    const isLate = this.#healedAt > 0 && this.#world.now > this.#healedAt + OLD_LINK_MS;
    this.#world.check(!isLate, 'I10', () => 'a connection that answers is given up');
  }

  #createBroker(version: 4 | 5): Broker {
    return new Broker(this.#world, version, this.#swarm.broker, {
      answered: (link, limits) => {
        this.#links.answered(link, limits);
      },
      took: (message, qos) => {
        this.#operations.took(message, qos);
      },
      refused: (message) => {
        this.#operations.refused(message);
      },
      sent: (message, qos, topic) => {
        this.#inbound.sent(message, qos, topic);
      },
      completed: (message, refused) => {
        this.#world.trace('completed', message, refused ? 1 : 0);
      },
      forgot: () => {
        this.#world.trace('session forgotten', 0, 0);
        this.#links.forgot();
      },
      complains: (link, text) => {
        this.#world.fail('I15', `the Server can not make sense of link ${link.number}: ${text}`);
      },
    });
  }

  #createNetwork(): Network {
    return new Network(
      this.#world,
      this.#swarm.network,
      {
        opened: (link) => {
          this.#broker.opened(link);
        },
        wroteBytes: (link, bytes) => {
          this.#links.wroteBytes(link, bytes);
        },
        wrote: (link, packet) => {
          this.#links.wrote(link, packet);
        },
        arrived: (link, packet) => {
          this.#world.trace('arrived', link.number, packet.type);
          this.#broker.arrived(link, packet);
        },
        gone: (link) => {
          this.#broker.gone(link);
        },
        delivered: (link, packet) => {
          this.#links.delivered(link, packet);
        },
        closed: (link) => {
          this.#links.closed(link);
        },
      },
      {
        attempt: (link) => {
          this.#links.attempt(link);
        },
        drewRandom: (value) => {
          this.#timing.drewRandom(value);
        },
      },
    );
  }
}
