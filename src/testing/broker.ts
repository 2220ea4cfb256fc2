import { EventEmitter, once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Qos } from '../codec/packet-types.js';
import type { Will } from '../codec/packets.js';
import type { PropertiesOf } from '../codec/property-table.js';
import { REASON_CODES } from '../codec/reason-codes.js';
import { MqttError } from '../errors/mqtt-error.js';
import { topicNameProblem } from '../validation/topics.js';
import type { BrokerClient } from './client.js';
import { Connection } from './connection.js';
import { type BrokerCore, publishMessage } from './core.js';
import { type BrokerCounters, zeroCounters } from './counters.js';
import type { BrokerEvents } from './events.js';
import { Faults } from './faults.js';
import { type ApplicationMessage, toMessage } from './message.js';
import { type BrokerOptions, resolveOptions } from './options.js';
import { RetainedMessages } from './retained.js';
import { Router } from './router.js';
import { Sessions } from './sessions.js';
import { TopicCache } from './topic-cache.js';

/** A message that the broker itself is to publish. */
export interface BrokerMessage {
  /** 1…65535 bytes of UTF-8, no wildcards. */
  readonly topicName: string;
  /** A string is sent as UTF-8. Default: empty. */
  readonly payload?: string | Uint8Array | undefined;
  /** Highest QoS at which it is sent. Default 0. */
  readonly qos?: Qos | undefined;
  /** Whether it is kept for later subscribers; with an empty payload the one that is kept is forgotten. Default false. */
  readonly retain?: boolean | undefined;
  /** Default: none. Clients of MQTT 3.1.1 do not get them. */
  readonly properties?: PropertiesOf<'publish'> | undefined;
}

/** What is known of a session. */
export interface SessionInfo {
  /** The Client Identifier, an assigned one included. */
  readonly clientId: string;
  /** Whether it has a connection. */
  readonly connected: boolean;
  /** What is subscribed to, in the order of the subscriptions; Shared Subscriptions with `$share/…`. */
  readonly topicFilters: readonly string[];
  /** QoS 1 and 2 messages that wait for their turn. */
  readonly queuedMessages: number;
  /** QoS 1 and 2 messages sent and not fully acknowledged. */
  readonly inflightMessages: number;
}

/**
 * An MQTT 5 and 3.1.1 broker for developing, testing and demonstrating clients.
 *
 * It lives in one process, in memory, and is **not for production**: it has no access control but the
 * scripted `authenticate` option, no TLS and no persistence, and it listens on 127.0.0.1 unless told
 * otherwise. What it has instead is a script of faults (`faults`), events for all that happens, and a
 * handle on every connection.
 *
 * Everything in it is bounded, see {@link BrokerOptions}. A slow subscriber loses its oldest QoS 0
 * messages; for QoS 1 and 2 its publishers wait: they get no acknowledgements until it has caught up.
 */
export class TestBroker extends EventEmitter<BrokerEvents> {
  /** What is scripted to go wrong. */
  readonly faults: Faults = new Faults();
  readonly #core: BrokerCore;
  readonly #connections = new Set<Connection>();
  /** Rejects what {@link waitFor} has promised. */
  readonly #waiting = new Set<() => void>();
  #closed = false;
  #server: Server | null = null;
  #port: number;

  /**
   * Makes a broker that does not listen yet; see {@link start}, or use {@link startBroker}.
   *
   * @param options  Read once. Default: see {@link BrokerOptions}.
   * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`.
   */
  constructor(options: BrokerOptions = {}) {
    super();
    // Tests wait for many things at once; that is no leak.
    this.setMaxListeners(0);
    const resolved = resolveOptions(options);
    const counters = zeroCounters();
    const router = new Router();
    this.#port = resolved.port;
    this.#core = {
      options: resolved,
      counters,
      events: this,
      faults: this.faults,
      topics: new TopicCache(),
      router,
      retained: new RetainedMessages(resolved, counters),
      sessions: new Sessions(resolved, counters, router, {
        publishWill: (will) => this.#publishWill(will),
        sessionEnded: ({ clientId }) => this.emit('sessionEnd', clientId),
      }),
    };
  }

  /** The port it listens on, 1…65535; the same again after {@link stop} and {@link start}. That of the options before it is known. */
  get port(): number {
    return this.#port;
  }

  /** The address for clients, such as `mqtt://127.0.0.1:50123`. */
  get url(): string {
    const { host } = this.#core.options;
    return `mqtt://${host.includes(':') ? `[${host}]` : host}:${this.#port}`;
  }

  /** The counters, live. */
  get counters(): Readonly<BrokerCounters> {
    return this.#core.counters;
  }

  /** Messages that are retained. */
  get retainedMessages(): number {
    return this.#core.retained.size;
  }

  /** The connections, with or without an accepted CONNECT, oldest first. */
  clients(): BrokerClient[] {
    return [...this.#connections];
  }

  /** The connection of a Client, if it is connected. @param clientId  Its Client Identifier, an assigned one included. */
  client(clientId: string): BrokerClient | undefined {
    return this.clients().find((client) => client.clientId === clientId && !client.closed);
  }

  /** All sessions, those without a connection included. */
  sessions(): SessionInfo[] {
    return Array.from(this.#core.sessions.values(), (session) => ({
      clientId: session.clientId,
      connected: session.connected,
      topicFilters: [...session.subscriptions.keys()],
      queuedMessages: session.queuedMessages,
      inflightMessages: session.inflightMessages,
    }));
  }

  /**
   * Starts to listen.
   *
   * @returns Resolves when clients can connect.
   * @throws {MqttError} `GNEISS_ERR_INVALID_STATE` when it does already or is closed,
   *   `GNEISS_ERR_CONNECT_FAILED` when the port is not to be had.
   */
  async start(): Promise<void> {
    if (this.#server !== null || this.#closed) {
      throw new MqttError('GNEISS_ERR_INVALID_STATE', {
        detail: 'the broker is started or closed',
      });
    }
    const { host, connectionsMax } = this.#core.options;
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    server.maxConnections = connectionsMax;
    server.listen(this.#port, host);
    try {
      await once(server, 'listening');
    } catch (cause) {
      this.#server = null;
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new MqttError('GNEISS_ERR_CONNECT_FAILED', { detail, cause });
    }
    const address = server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
  }

  /**
   * Goes away as in a crash: stops listening and resets all connections. Sessions and retained messages
   * stay, Wills are published, and {@link start} comes back on the same port.
   *
   * @returns Resolves when all connections have closed.
   */
  async stop(): Promise<void> {
    await this.#shut((connection) => connection.destroy());
  }

  /**
   * Sends DISCONNECT 0x8B to all Clients, closes everything and forgets it. Wills are not published, and
   * every {@link waitFor} rejects. May be called more than once.
   *
   * @returns Resolves when all connections have closed.
   */
  async close(): Promise<void> {
    this.#closed = true;
    for (const giveUp of this.#waiting) giveUp();
    for (const session of this.#core.sessions.values()) session.will = null;
    await this.#shut((connection) => connection.disconnect(REASON_CODES.serverShuttingDown.value));
    this.#core.sessions.clear();
    this.#core.retained.clear();
    this.faults.clear();
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Publishes a message to all that subscribed to it, and retains it if asked to.
   *
   * @param source  Its payload is borrowed until the call returns.
   * @returns To how many sessions it was delivered or is queued for.
   * @throws {MqttError} `GNEISS_ERR_INVALID_TOPIC`.
   */
  publish(source: BrokerMessage): number {
    const { topicName, payload = '', qos = 0, retain = false, properties = {} } = source;
    const problem = topicNameProblem(topicName);
    if (problem !== null) throw new MqttError('GNEISS_ERR_INVALID_TOPIC', { detail: problem });
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    return this.#publish({ topicName, payload: bytes, qos, retain, properties });
  }

  /**
   * Waits for the next event that a predicate accepts, and resolves with its arguments. Events of the
   * past do not count: call it before the act that brings the event about, and await it after. It waits without limit.
   *
   * @typeParam E  The name of the event.
   * @param event      One of {@link BrokerEvents}.
   * @param predicate  Called with the arguments of each such event. What it throws surfaces where the event comes from. Default: accepts all.
   * @throws {MqttError} `GNEISS_ERR_CLOSED` when the broker is closed.
   */
  async waitFor<E extends keyof BrokerEvents>(
    event: E,
    predicate: (...args: BrokerEvents[E]) => boolean = () => true,
  ): Promise<BrokerEvents[E]> {
    if (this.#closed) throw new MqttError('GNEISS_ERR_CLOSED');
    return new Promise((resolve, reject) => {
      // The listener is checked against the event here; the typed emitter can not see that.
      const emitter: EventEmitter = this;
      const settle = () => {
        emitter.off(event, listener);
        this.#waiting.delete(giveUp);
      };
      const listener = (...args: BrokerEvents[E]) => {
        if (!predicate(...args)) return;
        settle();
        resolve(args);
      };
      const giveUp = () => {
        settle();
        reject(new MqttError('GNEISS_ERR_CLOSED'));
      };
      emitter.on(event, listener);
      this.#waiting.add(giveUp);
    });
  }

  #accept(socket: Socket): void {
    this.#core.counters.connections++;
    const connection: Connection = new Connection(this.#core, socket, () => {
      this.#connections.delete(connection);
    });
    this.#connections.add(connection);
    if (this.faults.onAccept(connection)) {
      connection.destroy();
      return;
    }
    this.emit('connection', connection);
  }

  #publishWill({ properties, ...will }: Will): void {
    const { willDelayInterval: _, ...forwarded } = properties;
    this.#publish({ ...will, properties: forwarded });
  }

  #publish(source: ApplicationMessage): number {
    const topic = this.#core.topics.of(source.topicName);
    return publishMessage(this.#core, toMessage(topic, source), null);
  }

  async #shut(close: (connection: Connection) => void): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = once(server, 'close');
    server.close();
    for (const connection of this.#connections) close(connection);
    await closed;
    // The server is closed a moment before its last sockets say so.
    while (this.#connections.size > 0) await once(this, 'disconnect');
  }
}

/**
 * Makes a {@link TestBroker} and starts it, on a free port of 127.0.0.1 unless told otherwise.
 *
 * @param options  Read once. Default: see {@link BrokerOptions}.
 * @returns Resolves when clients can connect.
 * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`, `GNEISS_ERR_CONNECT_FAILED`.
 */
export async function startBroker(options: BrokerOptions = {}): Promise<TestBroker> {
  const broker = new TestBroker(options);
  await broker.start();
  return broker;
}
