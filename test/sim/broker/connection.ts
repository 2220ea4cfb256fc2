import type { Link } from '../network/link.js';
import { AuthenticationHalf } from './authentication-half.js';
import type { Broker } from './broker.js';
import type { ClientPacket } from './client-packet.js';
import { InboundHalf } from './inbound-half.js';
import { OutboundHalf } from './outbound-half.js';
import { Type } from './packet-names.js';
import {
  acknowledgement,
  connack,
  disconnect,
  type Property,
  pingresp,
  type ServerPacket,
} from './server-packet.js';

/** What the Server lets a client do on one connection. */
export interface ServerLimits {
  readonly sessionPresent: boolean;
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
  readonly maximumQos: number;
  readonly retainAvailable: boolean;
  readonly wildcards: boolean;
  readonly identifiers: boolean;
  readonly shared: boolean;
  readonly keepAlive: number;
}

/** What the client lets the Server do. */
export interface ClientLimits {
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
  readonly wantsReasons: boolean;
}

const REFUSALS_5 = [0x88, 0x89, 0x87, 0x97, 0x80];
const REFUSALS_4 = [3, 5, 2];
const FOR_EVER = 0xffff_ffff;
/** What the Server names a client that has no name. */
export const ASSIGNED_CLIENT_ID = 'assigned';

/** A Server that lets everything come to its end. */
const GENEROUS = {
  maximumPacketSize: FOR_EVER,
  maximumQos: 2,
  retainAvailable: true,
  wildcards: true,
  identifiers: true,
  shared: true,
} as const;

/** One connection as the Server sees it. */
export class BrokerConnection {
  readonly link: Link;
  readonly #broker: Broker;
  isAccepted = false;
  /** CONNACK is on its way. */
  hasGreeted = false;
  sessionExpiryMs = 0;
  /** The Server of this connection lets everything come to its end. */
  isGenerous = false;
  limits: ServerLimits | null = null;
  clientLimits: ClientLimits = {
    receiveMaximum: 65_535,
    maximumPacketSize: FOR_EVER,
    topicAliasMaximum: 0,
    wantsReasons: true,
  };
  readonly #authentication: AuthenticationHalf;
  readonly #inbound: InboundHalf;
  readonly #outbound: OutboundHalf;
  #lastAnswer = 0;
  #isOver = false;

  constructor(broker: Broker, link: Link) {
    this.#broker = broker;
    this.link = link;
    this.#authentication = new AuthenticationHalf(broker, this);
    this.#inbound = new InboundHalf(broker, this);
    this.#outbound = new OutboundHalf(broker, this);
  }

  get version(): 4 | 5 {
    return this.#broker.version;
  }

  /** Takes a packet of the client. */
  take(packet: ClientPacket): void {
    if (this.#isOver) return;
    if (packet.type === Type.CONNECT) {
      this.#connect(packet);
      return;
    }
    switch (packet.type) {
      case Type.PUBLISH:
        this.#inbound.publish(packet);
        return;
      case Type.PUBREL:
        this.#inbound.pubrel(packet);
        return;
      case Type.SUBSCRIBE:
        this.#inbound.subscribe(packet);
        return;
      case Type.UNSUBSCRIBE:
        this.#inbound.unsubscribe(packet);
        return;
      case Type.PUBACK:
      case Type.PUBREC:
      case Type.PUBCOMP:
        this.#outbound.acknowledged(packet);
        return;
      case Type.PINGREQ:
        this.answer(() => {
          this.send(pingresp());
        });
        return;
      case Type.DISCONNECT:
        this.#disconnected(packet);
        return;
      case Type.AUTH:
        this.#authentication.take(packet);
        return;
      default:
        this.#broker.watcher.complains(this.link, `a packet of type ${packet.type}`);
    }
  }

  /** Sends as many messages as the client takes. */
  pump(): void {
    if (this.isAccepted && !this.#isOver) this.#outbound.pump();
  }

  sendQos0(number: number, topic: string, payload: Uint8Array): void {
    if (this.isAccepted && !this.#isOver) this.#outbound.sendQos0(number, topic, payload);
  }

  send(packet: ServerPacket): void {
    if (this.#isOver || packet.bytes.length > this.clientLimits.maximumPacketSize) return;
    this.link.send(packet);
  }

  /** Answers after a time, in the order of the questions unless the Server of this history has none. */
  answer(say: () => void): void {
    const { world, swarm, isHealed } = this.#broker;
    const delay = isHealed ? 0 : world.prng.below(swarm.answerMs + 1);
    let at = world.now + delay;
    if (!swarm.shuffles) {
      at = Math.max(this.#lastAnswer, at);
      this.#lastAnswer = at;
    }
    world.clock.schedule(at - world.now, 'outside', () => {
      if (!this.#isOver && !this.link.isClosed) say();
    });
  }

  /** Properties that explain an answer, sometimes, where the client wants them. */
  explanation(): Property[] {
    const { world, swarm } = this.#broker;
    const explains = swarm.explains && this.clientLimits.wantsReasons && world.prng.chance(0.5);
    return this.version === 5 && explains
      ? [
          [0x1f, 'because'],
          [0x26, ['why', 'not']],
        ]
      : [];
  }

  disconnect(reasonCode: number, properties: readonly Property[] = []): void {
    // None may come before CONNACK.
    if (this.version === 5 && this.hasGreeted) this.send(disconnect(reasonCode, properties));
    this.#over();
  }

  /** Sends what no Server may, and falls silent. */
  offend(packet: ServerPacket): void {
    this.send(packet);
    this.#isOver = true;
  }

  #over(): void {
    this.#isOver = true;
    this.link.finish();
  }

  #connect(packet: ClientPacket): void {
    const { world, swarm, isHealed } = this.#broker;
    if (!isHealed && world.prng.chance(swarm.refusesConnect)) {
      this.#refuse(world.prng.pick(this.version === 5 ? REFUSALS_5 : REFUSALS_4), []);
      return;
    }
    if (!isHealed && world.prng.chance(swarm.referrals)) {
      const [reasonCode, properties] = this.#broker.referral();
      this.#refuse(reasonCode, properties);
      return;
    }
    this.#authentication.connect(packet, () => {
      this.#accept(packet);
    });
  }

  #refuse(reasonCode: number, properties: readonly Property[]): void {
    const { world, watcher } = this.#broker;
    world.saw('connection refused');
    watcher.answered(this.link, null);
    this.send(connack(this.version, false, reasonCode, properties));
    this.#over();
  }

  #accept(packet: ClientPacket): void {
    const { world, swarm, isHealed, watcher } = this.#broker;
    this.#readLimits(packet);
    this.isGenerous = isHealed;
    const isLost = !isHealed && world.prng.chance(swarm.forgetsSession);
    const sessionPresent = this.#broker.resume(packet.cleanStart, isLost);
    world.saw(sessionPresent ? 'session present' : 'session not present');
    this.limits = this.#chooseLimits(packet, sessionPresent);
    const properties = this.#properties(packet, this.limits);
    this.isAccepted = true;
    watcher.answered(this.link, this.limits);
    this.answer(() => {
      this.hasGreeted = true;
      this.send(connack(this.version, sessionPresent, 0, properties));
      this.#outbound.resume();
    });
  }

  #readLimits({ properties, cleanStart }: ClientPacket): void {
    const number = (id: number, otherwise: number): number => {
      const value = properties.get(id);
      return typeof value === 'number' ? value : otherwise;
    };
    this.clientLimits = {
      receiveMaximum: number(0x21, 65_535),
      maximumPacketSize: number(0x27, FOR_EVER),
      topicAliasMaximum: number(0x22, 0),
      wantsReasons: number(0x17, 1) === 1,
    };
    const expiry = this.version === 5 ? number(0x11, 0) : cleanStart ? 0 : FOR_EVER;
    this.sessionExpiryMs = expiry === FOR_EVER ? Number.POSITIVE_INFINITY : expiry * 1000;
  }

  /** A Server may come back with other limits than before. */
  #chooseLimits(packet: ClientPacket, sessionPresent: boolean): ServerLimits {
    const { world, isHealed } = this.#broker;
    const swarm = isHealed ? { ...this.#broker.swarm, ...GENEROUS } : this.#broker.swarm;
    const isOther = !isHealed && world.prng.chance(0.2);
    const isFive = this.version === 5;
    const serverKeepAlive = isFive ? swarm.serverKeepAlive : 0;
    return {
      sessionPresent,
      receiveMaximum: isFive ? (isOther ? 1 + world.prng.below(8) : swarm.receiveMaximum) : 65_535,
      maximumPacketSize: isFive ? (isOther ? FOR_EVER : swarm.maximumPacketSize) : FOR_EVER,
      topicAliasMaximum: isFive ? (isOther ? world.prng.below(4) : swarm.topicAliasMaximum) : 0,
      maximumQos: isFive ? (isOther ? 2 : swarm.maximumQos) : 2,
      retainAvailable: !isFive || swarm.retainAvailable,
      wildcards: !isFive || swarm.wildcards,
      identifiers: !isFive || swarm.identifiers,
      shared: !isFive || swarm.shared,
      keepAlive: serverKeepAlive > 0 ? serverKeepAlive : packet.keepAlive,
    };
  }

  #properties(packet: ClientPacket, limits: ServerLimits): Property[] {
    if (this.version !== 5) return [];
    const { swarm } = this.#broker;
    const properties: Property[] = [
      [0x21, limits.receiveMaximum],
      [0x22, limits.topicAliasMaximum],
    ];
    if (limits.maximumPacketSize !== FOR_EVER) properties.push([0x27, limits.maximumPacketSize]);
    if (limits.maximumQos < 2) properties.push([0x24, limits.maximumQos]);
    if (!limits.retainAvailable) properties.push([0x25, 0]);
    if (!limits.wildcards) properties.push([0x28, 0]);
    if (!limits.identifiers) properties.push([0x29, 0]);
    if (!limits.shared) properties.push([0x2a, 0]);
    if (swarm.serverKeepAlive > 0) properties.push([0x13, swarm.serverKeepAlive]);
    if (packet.clientId === '') properties.push([0x12, ASSIGNED_CLIENT_ID]);
    return [...properties, ...this.#authentication.properties(packet)];
  }

  #disconnected({ properties }: ClientPacket): void {
    const expiry = properties.get(0x11);
    if (typeof expiry === 'number') {
      this.sessionExpiryMs = expiry === FOR_EVER ? Number.POSITIVE_INFINITY : expiry * 1000;
    }
    this.#over();
  }

  /** PUBACK, PUBREC, PUBREL or PUBCOMP. */
  acknowledge(type: number, packetId: number, reasonCode: number): void {
    this.send(acknowledgement(this.version, type, packetId, reasonCode, this.explanation()));
  }
}
