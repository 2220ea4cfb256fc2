import { MqttClient } from '../../src/client/mqtt-client.js';
import type { MqttError } from '../../src/errors/mqtt-error.js';
import type { ConnectionAttempt } from '../../src/options/connect-options.js';
import type { ServerInfo } from '../../src/options/server.js';
import { Application } from './application/application.js';
import { Asker, type Question } from './application/asker.js';
import { type AuthenticationWatcher, createAuthenticator } from './application/authenticator.js';
import { Handlers } from './application/handlers.js';
import { Subscribing } from './application/subscribing.js';
import { Broker } from './broker/broker.js';
import { CredentialsJudge, toAddress } from './judge/credentials-judge.js';
import { InboundJudge } from './judge/inbound-judge.js';
import { LinkJudge } from './judge/link-judge.js';
import { OperationJudge } from './judge/operation-judge.js';
import { ReportsJudge } from './judge/reports-judge.js';
import { ServerJudge } from './judge/server-judge.js';
import { TimingJudge } from './judge/timing-judge.js';
import { Network } from './network/network.js';
import type { Swarm } from './swarm.js';
import { enter } from './world/current.js';
import { setEnvironment } from './world/open-host.js';
import { setPortDelay } from './world/threads.js';
import type { World } from './world/world.js';

/** What the client tells of the end of an attempt, or of a connection. */
interface ConnectionEnd {
  readonly error: MqttError;
  readonly server: ServerInfo;
}

/** Everyone who takes part in a history, told of each other. */
export class Cast {
  readonly world: World;
  readonly swarm: Swarm;
  readonly operations: OperationJudge;
  readonly inbound: InboundJudge;
  readonly timing: TimingJudge;
  readonly links: LinkJudge;
  readonly reports: ReportsJudge;
  readonly servers: ServerJudge;
  /** Null: there is none. */
  readonly asker: Asker | null;
  readonly broker: Broker;
  readonly network: Network;
  readonly client: MqttClient;
  readonly handlers: Handlers;
  readonly subscribing: Subscribing;
  readonly application: Application;

  constructor(world: World, swarm: Swarm) {
    this.world = world;
    this.swarm = swarm;
    const { version, options, application } = swarm;
    const hosts = swarm.servers?.hosts ?? ['model'];
    this.asker =
      swarm.asker === null
        ? null
        : new Asker(world, swarm.asker, (attempt) => {
            this.servers.asked(attempt);
          });
    const question = (): Question | null => this.asker?.last ?? null;
    const keepsQos0 = options.offlineQueue === 'all';
    const topicAliasPolicy = options.topicAliasPolicy ?? 'manual';
    const maximumInterruptedRetries = options.maximumInterruptedRetries ?? Number.POSITIVE_INFINITY;
    this.operations = new OperationJudge(
      world,
      keepsQos0,
      {
        offlineQueueFull: options.offlineQueueFull ?? 'reject',
        offlineQueueMaximumMessages:
          options.offlineQueueMaximumMessages ?? Number.POSITIVE_INFINITY,
        topicAliasPolicy,
        maximumInterruptedRetries,
        maximumPendingOperations: options.maximumPendingOperations ?? Number.POSITIVE_INFINITY,
      },
      () => this.links.exchanges,
    );
    this.inbound = new InboundJudge(
      world,
      version === 5,
      {
        isAskedFor: (topic, since) => this.subscribing.isAskedFor(topic, since),
        isDismissed: (topic) => this.subscribing.isDismissed(topic),
      },
      swarm.inheritance !== null,
    );
    this.timing = new TimingJudge(world, {
      pingTimeoutMs: options.pingTimeoutMs ?? 0,
      connectTimeoutMs: options.connectTimeoutMs ?? 0,
      delayMinMs: options.reconnectDelayMinMs ?? 0,
      delayMaxMs: options.reconnectDelayMaxMs ?? 0,
      resetMs: options.reconnectResetMs ?? 0,
      writeTimeoutMs: options.writeTimeoutMs ?? 0,
      portDelayMs: swarm.portDelayMs,
      servers: hosts.length,
      isPlain:
        this.asker === null &&
        swarm.broker.referrals === 0 &&
        (hosts.length === 1 || options.serverOrder !== 'random'),
    });
    this.links = new LinkJudge(
      world,
      {
        version,
        authenticates: swarm.authentication !== null,
        compliance: options.compliance ?? 'forgiving',
        packetIdMax: swarm.knobs.packetIdMax,
        keepsQos0,
        clientId: options.clientId ?? '',
        rejoinSession: options.rejoinSession ?? 'post-success',
        keepAlive: options.keepAlive ?? 0,
        portDelayMs: swarm.portDelayMs,
        topicAliasPolicy,
        topicAliasCacheSize: options.topicAliasCacheSize ?? 0,
        flowControl: options.flowControl ?? 'specification',
        maximumInflight: options.maximumInflight ?? Number.POSITIVE_INFINITY,
        maximumInterruptedRetries,
        slowStart: options.slowStart ?? false,
      },
      this.inbound,
      this.timing,
      this.operations.messages,
      new CredentialsJudge(
        world,
        { hosts, tellsAnyone: options.serverReference === 'follow-with-credentials' },
        question,
      ),
    );
    this.reports = new ReportsJudge(
      world,
      version,
      options.connectTimeoutMs ?? 0,
      this.links.ended,
      this.inbound,
      question,
      () => this.network.links,
    );
    this.servers = new ServerJudge(world, {
      servers: hosts.map((host) => `${host}:1883`),
      serverOrder: options.serverOrder ?? 'round-robin',
      follows: (options.serverReference ?? 'ignore') !== 'ignore',
    });
    this.broker = this.#createBroker();
    this.network = this.#createNetwork();
    enter(world, swarm.knobs);
    setPortDelay(swarm.portDelayMs);
    setEnvironment(this.network);
    const { authentication } = swarm;
    const authenticator =
      authentication === null
        ? undefined
        : createAuthenticator(world, authentication, this.#watchAuthentication());
    const { asker } = this;
    const connectOptions =
      asker === null ? undefined : (attempt: ConnectionAttempt) => asker.answer(attempt);
    const addresses = hosts.map(toAddress);
    this.client = new MqttClient(addresses, { ...options, authenticator, connectOptions });
    this.handlers = new Handlers(world, this.inbound, application.handlerMs);
    this.subscribing = new Subscribing(
      world,
      this.client,
      application,
      version,
      this.handlers,
      this.operations,
      options.resubscribe ?? true,
    );
    this.application = new Application(
      world,
      this.client,
      application,
      version,
      this.operations,
      this.subscribing,
      swarm.authentication !== null,
      {
        started: () => {
          this.timing.started();
          this.servers.started();
        },
        ended: (timeoutMs) => {
          this.links.unwanted(timeoutMs);
        },
      },
    );
    this.#listen();
    if (swarm.inheritance !== null) this.broker.inherit(swarm.inheritance);
  }

  /** Somebody takes what no subscription does. */
  listen(): void {
    if (this.client.listenerCount('message') > 0) return;
    const handle = this.handlers.handler('returns', 0);
    this.client.on('message', (message) => {
      void handle(message);
    });
  }

  #listen(): void {
    const { world, client, reports } = this;
    client.on('handlerError', () => {});
    const { application, inheritance } = this.swarm;
    const listensAfterMs = inheritance?.listensAfterMs ?? null;
    // Messages for a subscription whose SUBACK stands behind them could otherwise take all memory, and wait for it.
    if (application.handlers.includes('iterates') || listensAfterMs === 0) this.listen();
    else if (listensAfterMs !== null) {
      world.clock.schedule(listensAfterMs, 'main', () => {
        this.listen();
      });
    }
    client.on('closed', () => {
      reports.closed();
    });
    client.on('connectionAttempt', ({ server }) => {
      this.servers.attempt(server);
      reports.attempt();
    });
    client.on('connectionSuccess', () => {
      world.trace('connectionSuccess', 0, 0);
      reports.success();
      this.inbound.connected();
    });
    for (const name of ['connectionFailure', 'disconnection'] as const) {
      client.on(name, ({ error, server }: ConnectionEnd) => {
        world.trace(name, 0, 0, () => `${error.code} ${error.message}`);
        world.saw(`${name}: ${error.code}`);
        reports.end(name === 'disconnection', server, error);
        this.servers.ended(server, error, name === 'disconnection');
      });
    }
  }

  #watchAuthentication(): AuthenticationWatcher {
    const { broker, links, network } = this;
    return {
      get isHealed() {
        return broker.isHealed;
      },
      begins: () => {
        const { link } = network;
        return {
          failed: () => {
            if (link !== null) links.failedToAuthenticate(link);
          },
          verified: () => {
            if (link !== null) links.verified(link);
          },
        };
      },
    };
  }

  #createBroker(): Broker {
    const { world, swarm } = this;
    return new Broker(world, swarm.version, swarm.broker, {
      answered: (link, limits) => {
        this.links.answered(link, limits);
      },
      took: (message, qos) => {
        this.operations.took(message, qos);
      },
      mistook: (message) => {
        this.operations.mistook(message);
      },
      refused: (message) => {
        this.operations.refused(message);
      },
      sent: (message, qos, topic) => {
        this.inbound.sent(message, qos, topic);
      },
      completed: (message, refused) => {
        world.trace('completed', message, refused ? 1 : 0);
      },
      forgot: () => {
        world.trace('session forgotten', 0, 0);
        this.links.forgot();
      },
      complains: (link, text) => {
        world.fail('I15', `the Server can not make sense of link ${link.number}: ${text}`);
      },
    });
  }

  #createNetwork(): Network {
    const { world, swarm } = this;
    return new Network(
      world,
      swarm.network,
      swarm.servers?.down ?? [],
      {
        opened: (link) => {
          this.broker.opened(link);
        },
        wroteBytes: (link, bytes) => {
          this.links.wroteBytes(link, bytes);
        },
        wrote: (link, packet) => {
          this.links.wrote(link, packet);
        },
        flushed: (link) => {
          this.links.flushed(link);
        },
        toldFlushed: (link) => {
          this.links.toldFlushed(link);
        },
        arrived: (link, packet) => {
          world.trace('arrived', link.number, packet.type);
          this.broker.arrived(link, packet);
        },
        gone: (link) => {
          this.broker.gone(link);
        },
        delivered: (link, packet) => {
          this.links.delivered(link, packet);
        },
        closed: (link) => {
          this.links.closed(link);
          this.operations.queue.connectionLost();
        },
      },
      {
        attempt: (link) => {
          this.links.attempt(link);
          this.operations.queue.attempt(this.client.stats().queued);
        },
        drewRandom: (value) => {
          this.timing.drewRandom(value);
        },
      },
    );
  }
}
