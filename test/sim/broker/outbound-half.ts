import type { Broker } from './broker.js';
import type { ClientPacket } from './client-packet.js';
import type { BrokerConnection } from './connection.js';
import { pubrecsToRepeat } from './inheritance.js';
import { Type } from './packet-names.js';
import { type Property, publish } from './server-packet.js';
import type { OutgoingMessage } from './session.js';

const FAILURE = 0x80;

/** What the Server sends to the client, in order. */
export class OutboundHalf {
  readonly #broker: Broker;
  readonly #connection: BrokerConnection;
  /** Topic → the alias that this connection knows it by. */
  readonly #aliases: Map<string, number> = new Map();
  #isResumed = false;

  constructor(broker: Broker, connection: BrokerConnection) {
    this.#broker = broker;
    this.#connection = connection;
  }

  /** After CONNACK: what an earlier connection has carried comes first, in its order. */
  resume(): void {
    const { session, world } = this.#broker;
    this.#isResumed = true;
    for (const message of session?.outgoing ?? []) {
      if (message.isReleased) this.#connection.acknowledge(Type.PUBREL, message.packetId, 0);
      else this.#send(message);
    }
    for (const packetId of session === null ? [] : pubrecsToRepeat(session)) {
      world.saw('PUBREC of an earlier process');
      this.#connection.acknowledge(Type.PUBREC, packetId, 0);
    }
    this.pump();
  }

  pump(): void {
    const { session, swarm } = this.#broker;
    if (session === null || !this.#isResumed) return;
    const { receiveMaximum } = this.#connection.clientLimits;
    while (session.outgoing.length < receiveMaximum) {
      const next = session.waiting[0];
      if (next === undefined) return;
      const packetId = session.takePacketId(swarm.packetIds);
      if (packetId === 0) return;
      session.waiting.shift();
      const message = { ...next, packetId, isReleased: false, wasSent: false, isSent: false };
      session.outgoing.push(message);
      this.#send(message);
    }
    if (session.waiting.length > 0) this.#broker.world.saw('Receive Maximum of the client reached');
  }

  sendQos0(number: number, topic: string, payload: Uint8Array): void {
    if (!this.#isResumed) return;
    this.#publish({ number, topic, payload, qos: 0, dup: false, packetId: 0 });
  }

  acknowledged({ type, packetId, reasonCode }: ClientPacket): void {
    const { session, watcher } = this.#broker;
    const message = session?.outgoing.find((outgoing) => outgoing.packetId === packetId);
    const isExpected =
      message !== undefined &&
      (type === Type.PUBACK
        ? message.qos === 1
        : message.qos === 2 && message.isReleased === (type === Type.PUBCOMP));
    if (!isExpected || session === null) {
      // A PUBCOMP for a PUBREL that answered an unknown PUBREC, or said twice, harms nothing.
      if (type !== Type.PUBCOMP)
        watcher.complains(this.#connection.link, `acknowledges ${packetId}`);
      return;
    }
    if (type === Type.PUBREC && reasonCode < FAILURE) {
      message.isReleased = true;
      this.#connection.answer(() => {
        this.#connection.acknowledge(Type.PUBREL, packetId, 0);
      });
      return;
    }
    session.outgoing = session.outgoing.filter((outgoing) => outgoing !== message);
    watcher.completed(message.number, reasonCode >= FAILURE);
    this.pump();
  }

  #send(message: OutgoingMessage): void {
    message.isSent = true;
    this.#publish({ ...message, dup: message.wasSent });
  }

  #publish(message: Parameters<typeof publish>[1]): void {
    const { version, clientLimits } = this.#connection;
    const { aliases, explains } = this.#broker.swarm;
    const { world, watcher } = this.#broker;
    const properties: Property[] = [];
    let { topic } = message;
    if (version === 5) {
      if (explains && world.prng.chance(0.3)) properties.push([0x26, ['key', 'value']]);
      const known = this.#aliases.get(topic);
      if (known !== undefined) {
        properties.push([0x23, known]);
        topic = '';
      } else if (aliases && clientLimits.topicAliasMaximum > 0 && world.prng.chance(0.5)) {
        const alias = 1 + world.prng.below(clientLimits.topicAliasMaximum);
        for (const [other, bound] of this.#aliases)
          if (bound === alias) this.#aliases.delete(other);
        this.#aliases.set(topic, alias);
        properties.push([0x23, alias]);
      }
    }
    watcher.sent(message.number, message.qos, message.topic);
    this.#connection.send(publish(version, { ...message, topic }, properties));
  }
}
