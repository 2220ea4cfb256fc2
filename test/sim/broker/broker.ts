import type { Link } from '../network/link.js';
import type { BrokerSwarm, InheritanceSwarm } from '../swarm.js';
import type { World } from '../world/world.js';
import type { ClientPacket } from './client-packet.js';
import { BrokerConnection, type ServerLimits } from './connection.js';
import { inheritedSession, pubrecsToRepeat } from './inheritance.js';
import { payloadOf, SERVER_MESSAGES } from './payloads.js';
import type { Property } from './server-packet.js';
import { BrokerSession } from './session.js';

/** Who watches the model Server. */
export interface BrokerWatcher {
  /** The Server answers a CONNECT; limits are null when it refuses. */
  answered(link: Link, limits: ServerLimits | null): void;
  /** A message of the client was taken, which makes it the Server's. */
  took(message: number, qos: number): void;
  /** A message of the client was taken for one of an earlier process, which the Server has already. */
  mistook(message: number): void;
  /** A message of the client was refused. */
  refused(message: number): void;
  /** A message was sent to the client, for the first time or again. */
  sent(message: number, qos: number, topic: string): void;
  /** The exchange of a message to the client has ended. @param refused The client did not want it. */
  completed(message: number, refused: boolean): void;
  /** The Server has forgotten the Session. */
  forgot(): void;
  /** A packet makes no sense to the Server. */
  complains(link: Link, text: string): void;
}

const NEVER = Number.POSITIVE_INFINITY;
const USE_ANOTHER_SERVER = 0x9c;
const SERVER_MOVED = 0x9d;
const SERVER_REFERENCE = 0x1c;

/** A Server that keeps to the specification, except where the history tells it not to. */
export class Broker {
  readonly world: World;
  readonly swarm: BrokerSwarm;
  readonly watcher: BrokerWatcher;
  readonly version: 4 | 5;
  readonly #connections: Map<Link, BrokerConnection> = new Map();
  session: BrokerSession | null = null;
  /** When the Session ends without a connection. */
  #sessionEnds = NEVER;
  #nextMessage = SERVER_MESSAGES;
  isHealed = false;

  constructor(world: World, version: 4 | 5, swarm: BrokerSwarm, watcher: BrokerWatcher) {
    this.world = world;
    this.version = version;
    this.swarm = swarm;
    this.watcher = watcher;
  }

  /** An earlier process of the client has died, and its Session is here. */
  inherit(swarm: InheritanceSwarm): void {
    const { packetIds } = this.swarm;
    this.session = inheritedSession(this.world.prng, swarm, packetIds, () => this.#nextMessage++);
  }

  /** Nothing is left to be sent. */
  get idle(): boolean {
    const { session } = this;
    if (session === null) return true;
    const { outgoing, waiting } = session;
    return outgoing.length + waiting.length + pubrecsToRepeat(session).length === 0;
  }

  /** The connection that the Session is on. */
  get current(): BrokerConnection | null {
    for (const connection of this.#connections.values())
      if (connection.isAccepted) return connection;
    return null;
  }

  opened(link: Link): void {
    this.#connections.set(link, new BrokerConnection(this, link));
  }

  arrived(link: Link, packet: ClientPacket): void {
    this.#connections.get(link)?.take(packet);
  }

  gone(link: Link): void {
    const connection = this.#connections.get(link);
    this.#connections.delete(link);
    if (connection?.isAccepted !== true) return;
    this.#sessionEnds = this.world.now + connection.sessionExpiryMs;
    for (const message of this.session?.outgoing ?? []) {
      message.wasSent ||= message.isSent;
      message.isSent = false;
    }
  }

  /** A client comes: decides what it finds. @returns Whether there is a Session. */
  resume(cleanStart: boolean, isLost: boolean): boolean {
    const current = this.current;
    // It takes its Session over from a connection whose end the Server has not seen.
    if (current !== null) {
      this.world.saw('session taken over');
      this.gone(current.link);
    }
    const isOver = this.world.now >= this.#sessionEnds;
    const isKept = this.session !== null && !cleanStart && !isLost && !isOver;
    if (!isKept) {
      if (this.session !== null) this.watcher.forgot();
      this.session = new BrokerSession();
    }
    this.#sessionEnds = NEVER;
    return isKept;
  }

  /** Another client publishes a message. */
  publish(topic: string, qos: 0 | 1 | 2, length: number): void {
    const { session } = this;
    const subscriptions = session?.match(topic) ?? [];
    if (session === null || subscriptions.length === 0) return;
    const number = this.#nextMessage++;
    const payload = payloadOf(number, length);
    const granted = subscriptions.reduce(
      (most, subscription) => Math.max(most, subscription.qos),
      0,
    );
    const sent = Math.min(qos, granted);
    if (sent === 0) this.current?.sendQos0(number, topic, payload);
    else session.waiting.push({ number, topic, payload, qos: sent === 1 ? 1 : 2 });
    this.current?.pump();
  }

  /** The Server behaves from now on, and is generous; a client that knows it otherwise has to come again. */
  heal(): void {
    this.isHealed = true;
    this.disconnect(0x8b);
  }

  /** The Server ends the connection, with a word in MQTT 5. */
  disconnect(reasonCode: number): void {
    this.current?.disconnect(reasonCode);
  }

  /** The Server sends its client elsewhere. */
  refer(): void {
    const [reasonCode, properties] = this.referral();
    this.current?.disconnect(reasonCode, properties);
  }

  /** Where a client is sent: for this time, or for good. */
  referral(): [reasonCode: number, properties: readonly Property[]] {
    const { prng } = this.world;
    const reasonCode = prng.pick([USE_ANOTHER_SERVER, SERVER_MOVED]);
    return [reasonCode, [[SERVER_REFERENCE, prng.pick(this.swarm.references)]]];
  }
}
