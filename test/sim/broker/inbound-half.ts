import type { Broker } from './broker.js';
import type { ClientPacket } from './client-packet.js';
import type { BrokerConnection } from './connection.js';
import { pubrecsToRepeat } from './inheritance.js';
import { Type } from './packet-names.js';
import { numberOf } from './payloads.js';
import { subscriptionAcknowledgement } from './server-packet.js';

const REFUSED = 0x97;
const NOT_FOUND = 0x92;
const NO_SUBSCRIPTION = 0x11;

/** What the Server takes from the client. */
export class InboundHalf {
  readonly #broker: Broker;
  readonly #connection: BrokerConnection;

  constructor(broker: Broker, connection: BrokerConnection) {
    this.#broker = broker;
    this.#connection = connection;
  }

  publish({ flags, packetId, payload }: ClientPacket): void {
    const { session, watcher } = this.#broker;
    const qos = (flags >>> 1) & 3;
    const number = numberOf(payload);
    if (qos === 0) {
      watcher.took(number, 0);
      return;
    }
    const isMistaken = qos === 2 && session?.inherited.has(packetId) === true;
    if (isMistaken) watcher.mistook(number);
    const isKnown = isMistaken || (qos === 2 && session?.received.has(packetId) === true);
    const reasonCode = isKnown ? 0 : this.#verdict();
    if (!isKnown && reasonCode < 0x80) {
      watcher.took(number, qos);
      if (qos === 2) session?.received.add(packetId);
    } else if (!isKnown) watcher.refused(number);
    this.#connection.answer(() => {
      this.#connection.acknowledge(qos === 1 ? Type.PUBACK : Type.PUBREC, packetId, reasonCode);
    });
  }

  pubrel({ packetId, reasonCode: said }: ClientPacket): void {
    const { session, watcher } = this.#broker;
    const { link, version } = this.#connection;
    // Without an exchange of its own, a client of MQTT 5 says that it knows of none.
    const isRepeated = session !== null && pubrecsToRepeat(session).includes(packetId);
    if (isRepeated && version === 5 && said !== NOT_FOUND)
      watcher.complains(link, `releases ${packetId} with ${said}`);
    const isInherited = session?.inherited.delete(packetId) === true;
    const isKnown = session?.received.delete(packetId) === true || isInherited;
    const reasonCode = isKnown || version === 4 ? 0 : NOT_FOUND;
    this.#connection.answer(() => {
      this.#connection.acknowledge(Type.PUBCOMP, packetId, reasonCode);
    });
  }

  subscribe({ packetId, filters, properties }: ClientPacket): void {
    const { world, swarm, isHealed, session } = this.#broker;
    const identifier = properties.get(0x0b);
    const codes = filters.map(({ filter, options }) => {
      if (!isHealed && world.prng.chance(swarm.refusesSubscribe)) return 0x80;
      const qos = Math.min(options & 3, this.#connection.limits?.maximumQos ?? 2);
      session?.subscriptions.set(filter, {
        filter,
        qos: qos === 0 ? 0 : qos === 1 ? 1 : 2,
        identifier: typeof identifier === 'number' ? identifier : 0,
      });
      return qos;
    });
    this.#acknowledge(Type.SUBACK, packetId, codes);
  }

  unsubscribe({ packetId, filters }: ClientPacket): void {
    const codes = filters.map(({ filter }) =>
      this.#broker.session?.subscriptions.delete(filter) === true ? 0 : NO_SUBSCRIPTION,
    );
    this.#acknowledge(Type.UNSUBACK, packetId, codes);
  }

  #acknowledge(type: number, packetId: number, codes: readonly number[]): void {
    const connection = this.#connection;
    connection.answer(() => {
      const properties = connection.explanation();
      connection.send(
        subscriptionAcknowledgement(connection.version, type, packetId, codes, properties),
      );
    });
  }

  /** The reason code of a new message. */
  #verdict(): number {
    const { world, swarm, isHealed } = this.#broker;
    if (this.#connection.version === 4) return 0;
    if (!isHealed && world.prng.chance(swarm.refusesPublish)) {
      world.saw('publish refused');
      return REFUSED;
    }
    return world.prng.chance(0.1) ? 0x10 : 0;
  }
}
