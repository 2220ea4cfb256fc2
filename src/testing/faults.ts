import type { PacketType } from '../codec/packet-types.js';
import type { Packet } from '../codec/packets.js';
import type { PropertiesOf } from '../codec/property-table.js';
import type { BrokerClient } from './client.js';

/**
 * The packets of one type.
 *
 * @typeParam T  Such as `typeof PacketType.PUBLISH`.
 */
export type PacketOf<T extends PacketType> = Extract<Packet, { readonly type: T }>;

/** When a fault strikes. */
export interface FaultOptions {
  /** How often, before it is used up. Default 1; `Infinity` for always. */
  readonly times?: number | undefined;
  /** Which Clients it is for; called with the connection of each that it may strike. Default: all. */
  readonly client?: ((client: BrokerClient) => boolean) | undefined;
}

/** A fault that was set up. */
export interface Fault {
  /** How often it has struck. */
  readonly hits: number;
  /** Takes it away. */
  cancel(): void;
}

/** What is sent instead of a packet: another packet, any bytes, or nothing. */
export type Replacement = Packet | Uint8Array | null;

/** How a CONNECT is treated by a fault: refused, or left without an answer. */
export interface ConnectFault {
  /** Null to leave it without an answer. */
  readonly reasonCode: number | null;
  readonly properties: PropertiesOf<'connack'>;
}

interface DisconnectFault {
  readonly packetType: PacketType;
  /** Packets that have to come until it strikes. */
  remaining: number;
  readonly count: number;
  readonly reasonCode: number | null;
}

interface RewriteFault {
  readonly packetType: PacketType;
  readonly rewrite: (packet: Packet, client: BrokerClient) => Replacement;
}

/** One fault with what it does. */
class Rule<T> implements Fault {
  readonly action: T;
  readonly #rules: Rule<T>[];
  readonly #times: number;
  readonly #client: (client: BrokerClient) => boolean;
  hits = 0;

  constructor(rules: Rule<T>[], action: T, { times = 1, client = () => true }: FaultOptions) {
    this.action = action;
    this.#rules = rules;
    this.#times = times;
    this.#client = client;
    rules.push(this);
  }

  isFor(client: BrokerClient): boolean {
    return this.#client(client);
  }

  strike(): T {
    this.hits++;
    if (this.hits >= this.#times) this.cancel();
    return this.action;
  }

  cancel(): void {
    const at = this.#rules.indexOf(this);
    if (at !== -1) this.#rules.splice(at, 1);
  }
}

/**
 * The script of what goes wrong. Every method sets up one fault and returns it, to be counted or
 * cancelled; faults strike in the order in which they were set up. What goes wrong at a moment of the
 * test's own choosing needs no script: see {@link BrokerClient}.
 */
export class Faults {
  readonly #accepts: Rule<null>[] = [];
  readonly #connects: Rule<ConnectFault>[] = [];
  readonly #disconnects: Rule<DisconnectFault>[] = [];
  readonly #rewrites: Rule<RewriteFault>[] = [];

  /** Closes connections as soon as they are accepted, before anything is read. @param options  See {@link FaultOptions}. */
  closeConnections(options: FaultOptions = {}): Fault {
    return new Rule(this.#accepts, null, options);
  }

  /**
   * Refuses CONNECTs with a reason code, and closes. 3.1.1 Clients get the nearest return code.
   *
   * @param reasonCode  That of the CONNACK, 0x80 and above.
   * @param options     `properties` are those of the CONNACK. Default: none.
   * @see MQTT 5.0 §3.2.2.2
   */
  refuseConnections(
    reasonCode: number,
    options: FaultOptions & { readonly properties?: PropertiesOf<'connack'> | undefined } = {},
  ): Fault {
    const { properties = {} } = options;
    return new Rule(this.#connects, { reasonCode, properties }, options);
  }

  /** Never answers CONNECTs; the connection stays open. @param options  See {@link FaultOptions}. */
  stallConnections(options: FaultOptions = {}): Fault {
    return new Rule(this.#connects, { reasonCode: null, properties: {} }, options);
  }

  /**
   * Ends connections when the `count`-th packet of a type arrives, without acting on that packet:
   * by DISCONNECT if there is a `reasonCode`, or else abruptly.
   *
   * @param packetType  One of {@link PacketType} that Clients send.
   * @param options     See {@link FaultOptions}; with `count` and `reasonCode`.
   */
  disconnectAfter(
    packetType: PacketType,
    options: FaultOptions & {
      /** Packets of the type, 1 and more, of all Clients that the fault is for. Default 1. */
      readonly count?: number | undefined;
      /** Of the DISCONNECT; not checked. Default: there is none. */
      readonly reasonCode?: number | undefined;
    } = {},
  ): Fault {
    const { count = 1, reasonCode = null } = options;
    const action = { packetType, count, remaining: count, reasonCode };
    return new Rule(this.#disconnects, action, options);
  }

  /**
   * Keeps back packets that the broker would send, such as acknowledgements.
   *
   * @typeParam T  Their type.
   * @param packetType  One of {@link PacketType} that the broker sends.
   * @param options     `when` decides on each packet. Default: all of them.
   */
  drop<T extends PacketType>(
    packetType: T,
    options: FaultOptions & {
      readonly when?: ((packet: PacketOf<T>, client: BrokerClient) => boolean) | undefined;
    } = {},
  ): Fault {
    const { when = () => true } = options;
    const rewrite = (packet: PacketOf<T>, client: BrokerClient) =>
      when(packet, client) ? null : packet;
    return this.rewrite(packetType, rewrite, options);
  }

  /**
   * Replaces packets that the broker would send: by another packet, by raw bytes, or by nothing. What
   * is returned unchanged does not count as a hit.
   *
   * @typeParam T  Their type.
   * @param packetType  One of {@link PacketType} that the broker sends.
   * @param rewrite     Called for each such packet; the packet must not be changed in place.
   * @param options     See {@link FaultOptions}.
   */
  rewrite<T extends PacketType>(
    packetType: T,
    rewrite: (packet: PacketOf<T>, client: BrokerClient) => Replacement | PacketOf<T>,
    options: FaultOptions = {},
  ): Fault {
    const action: RewriteFault = {
      packetType,
      rewrite: (packet, client) =>
        isOfType(packet, packetType) ? rewrite(packet, client) : packet,
    };
    return new Rule(this.#rewrites, action, options);
  }

  /** Takes all faults away. */
  clear(): void {
    for (const rules of [this.#accepts, this.#connects, this.#disconnects, this.#rewrites]) {
      rules.length = 0;
    }
  }

  /** @internal Is the connection to be closed at once? */
  onAccept(client: BrokerClient): boolean {
    return strike(this.#accepts, client) !== undefined;
  }

  /** @internal What to do with a CONNECT, when it is not the ordinary thing. */
  onConnect(client: BrokerClient): ConnectFault | undefined {
    return strike(this.#connects, client);
  }

  /** @internal What ends the connection now that a packet has come. */
  onReceive(client: BrokerClient, packetType: number): { reasonCode: number | null } | undefined {
    if (this.#disconnects.length === 0) return undefined;
    for (const rule of [...this.#disconnects]) {
      const { action } = rule;
      if (action.packetType !== packetType || !rule.isFor(client)) continue;
      if (--action.remaining > 0) continue;
      action.remaining = action.count;
      return rule.strike();
    }
    return undefined;
  }

  /** @internal Can {@link onSend} change packets of this type? */
  rewrites(packetType: PacketType): boolean {
    if (this.#rewrites.length === 0) return false;
    return this.#rewrites.some(({ action }) => action.packetType === packetType);
  }

  /** @internal What is to be sent instead of a packet; the first fault that changes it decides. */
  onSend(client: BrokerClient, packet: Packet): Replacement {
    for (const rule of [...this.#rewrites]) {
      if (rule.action.packetType !== packet.type || !rule.isFor(client)) continue;
      const replacement = rule.action.rewrite(packet, client);
      if (replacement === packet) continue;
      rule.strike();
      return replacement;
    }
    return packet;
  }
}

function strike<T>(rules: Rule<T>[], client: BrokerClient): T | undefined {
  return rules.find((rule) => rule.isFor(client))?.strike();
}

function isOfType<T extends PacketType>(packet: Packet, type: T): packet is PacketOf<T> {
  return packet.type === type;
}
