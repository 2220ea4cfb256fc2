import { PacketType } from '../../src/codec/packet-types.js';
import type { Packet, PublishPacket } from '../../src/codec/packets.js';
import type { Prng } from './prng.js';
import type { SessionFixture } from './session-fixture.js';

const REFUSAL = 0x97;
const REFUSALS = 0.1;

interface OutgoingMessage {
  readonly packetId: number;
  readonly payload: string;
  readonly qos: 1 | 2;
  /** PUBREC has come: from now on it is PUBREL that is sent. */
  isReleased: boolean;
}

/**
 * A Server that keeps to the specification and lets its answers wait for a random time. It checks the Client's part of it: what is
 * written, whether it arrives or not (`wrote`), and what arrives (`arrived`).
 */
export class ModelServer {
  readonly #s: SessionFixture;
  readonly #prng: Prng;
  readonly receiveMaximum: number;
  readonly #clientReceiveMaximum: number;

  // Session.
  /** What the Client has in flight: Packet Identifier → payload, or the type of the request. */
  readonly #inFlight: Map<number, string> = new Map();
  readonly #requests: Set<number> = new Set();
  /** Identifiers of QoS 2 messages that were taken and not released. */
  #received: Set<number> = new Set();
  /** QoS 2 messages that were taken in this Session. */
  #taken: Set<string> = new Set();
  #outgoing: OutgoingMessage[] = [];
  hasSession = false;

  // Connection.
  readonly #quota: Set<number> = new Set();
  /** Answers, in any order. */
  #answers: (() => void)[] = [];
  /** PUBLISH and PUBREL, in order. */
  #stream: (() => void)[] = [];
  /** The last message written of each QoS, and whether new ones have been written. */
  #last: number[] = [-1, -1, -1];
  #retransmitting = [true, true, true];
  /** Identifiers of messages that the Client has got and not acknowledged, in the order of their arrival. */
  #unacknowledged: number[] = [];

  #nextPacketId = 1;
  #nextMessage = 0;
  /** Every message of ours whose exchange came to a good end. */
  readonly completed: OutgoingMessage[] = [];

  constructor(s: SessionFixture, prng: Prng, clientReceiveMaximum: number) {
    this.#s = s;
    this.#prng = prng;
    this.receiveMaximum = s.version === 5 ? 1 + prng.below(6) : 65_535;
    this.#clientReceiveMaximum = clientReceiveMaximum;
  }

  /** Nothing is left to be said. */
  get idle(): boolean {
    return this.#answers.length + this.#stream.length + this.#outgoing.length === 0;
  }

  /** The Server accepts the connection. */
  accept(cleanStart: boolean, keepsSession: boolean): void {
    const sessionPresent = this.hasSession && keepsSession && !cleanStart;
    if (!sessionPresent) this.#forget();
    this.hasSession = true;
    this.#s.connack({
      sessionPresent,
      properties: { receiveMaximum: this.receiveMaximum, topicAliasMaximum: 3 },
    });
    for (const message of this.#outgoing) {
      this.#stream.push(() => {
        this.#send(message, true);
      });
    }
  }

  /** The connection is gone, and with it all that was on its way. */
  interrupted(): void {
    this.#quota.clear();
    for (const packetId of this.#requests) this.#inFlight.delete(packetId);
    this.#requests.clear();
    this.#answers = [];
    this.#stream = [];
    this.#last = [-1, -1, -1];
    this.#retransmitting = [true, true, true];
    this.#unacknowledged = [];
  }

  /** Says something that it has to say, if there is anything. */
  say(): void {
    const from = this.#prng.chance(0.5) ? this.#stream : this.#answers;
    if (from.length === 0) return;
    const [say] = from.splice(from === this.#stream ? 0 : this.#prng.below(from.length), 1);
    say?.();
  }

  /** Publishes a message, if the Client takes one more. */
  publish(): void {
    const qos = this.#prng.below(3);
    const payload = `m${this.#nextMessage++}`;
    if (qos === 0) {
      this.#stream.push(() => {
        this.#s.deliver(`t/${qos}`, { payload });
      });
      return;
    }
    if (this.#outgoing.length >= this.#clientReceiveMaximum) return;
    const packetId = this.#nextPacketId;
    this.#nextPacketId = (this.#nextPacketId % 20) + 1;
    if (this.#outgoing.some((message) => message.packetId === packetId)) return;
    const message: OutgoingMessage = {
      packetId,
      payload,
      qos: qos === 1 ? 1 : 2,
      isReleased: false,
    };
    this.#outgoing.push(message);
    this.#stream.push(() => {
      this.#send(message, false);
    });
  }

  /** Checks a packet that the Client has handed to its transport. */
  wrote(packet: Packet): void {
    switch (packet.type) {
      case PacketType.PUBLISH:
        this.#checkPublish(packet);
        break;
      case PacketType.SUBSCRIBE:
      case PacketType.UNSUBSCRIBE:
        this.#checkNew(packet.packetId, `request ${packet.type}`);
        this.#requests.add(packet.packetId);
        break;
      case PacketType.PUBREL:
        this.#check(this.#inFlight.has(packet.packetId), `PUBREL of ${packet.packetId}`);
        break;
      case PacketType.PUBACK:
      case PacketType.PUBREC: {
        const place = this.#unacknowledged.indexOf(packet.packetId);
        this.#check(place === 0, `acknowledgement of ${packet.packetId} is number ${place}`);
        this.#unacknowledged.shift();
        break;
      }
      default:
    }
  }

  /** Takes a packet. */
  arrived(packet: Packet): void {
    switch (packet.type) {
      case PacketType.PUBLISH:
        this.#take(packet);
        break;
      case PacketType.PUBREL: {
        const { packetId } = packet;
        const isKnown = this.#received.delete(packetId);
        const reasonCode = isKnown || this.#s.version === 4 ? 0 : 0x92;
        this.#answer(() => {
          this.#end(packetId);
          this.#s.pubcomp(packetId, reasonCode);
        });
        break;
      }
      case PacketType.SUBSCRIBE: {
        const codes = packet.subscriptions.map(() => 0);
        this.#answer(() => {
          this.#end(packet.packetId);
          this.#s.suback(packet.packetId, ...codes);
        });
        break;
      }
      case PacketType.UNSUBSCRIBE: {
        const codes = packet.topicFilters.map(() => 0);
        this.#answer(() => {
          this.#end(packet.packetId);
          this.#s.unsuback(packet.packetId, ...codes);
        });
        break;
      }
      case PacketType.PINGREQ:
        this.#answer(() => {
          this.#s.pingresp();
        });
        break;
      case PacketType.PUBACK:
      case PacketType.PUBCOMP:
        this.#complete(packet.packetId, packet.reasonCode);
        break;
      case PacketType.PUBREC: {
        const message = this.#outgoing.find(({ packetId }) => packetId === packet.packetId);
        if (packet.reasonCode >= 0x80) this.#complete(packet.packetId, packet.reasonCode);
        else if (message !== undefined) {
          message.isReleased = true;
          this.#stream.push(() => {
            this.#s.pubrel(message.packetId);
          });
        }
        break;
      }
      default:
    }
  }

  #take({ packetId, qos, payload }: PublishPacket): void {
    const text = Buffer.from(payload).toString();
    const reasonCode = this.#s.version === 5 && this.#prng.chance(REFUSALS) ? REFUSAL : 0;
    if (qos === 0) return;
    if (qos === 1) {
      this.#answer(() => {
        this.#end(packetId);
        this.#s.puback(packetId, reasonCode);
      });
      return;
    }
    if (!this.#received.has(packetId)) {
      if (reasonCode !== 0) {
        this.#answer(() => {
          this.#end(packetId);
          this.#s.pubrec(packetId, reasonCode);
        });
        return;
      }
      this.#check(!this.#taken.has(text), `message ${text} came twice at QoS 2`);
      this.#taken.add(text);
      this.#received.add(packetId);
    }
    this.#answer(() => {
      this.#s.pubrec(packetId);
    });
  }

  #checkPublish({ packetId, qos, dup, payload }: PublishPacket): void {
    const text = Buffer.from(payload).toString();
    const sequence = Number(text);
    this.#check(
      sequence > this.#last[qos]! || (!dup && this.#retransmitting[qos]!),
      `order of ${text}`,
    );
    this.#last[qos] = sequence;
    this.#check(!dup || this.#retransmitting[qos]!, `${text} sent again after new ones`);
    if (!dup) this.#retransmitting[qos] = false;
    if (qos === 0) return;
    if (dup) this.#check(this.#inFlight.get(packetId) === text, `DUP of ${text} as ${packetId}`);
    else this.#checkNew(packetId, text);
    this.#quota.add(packetId);
    this.#check(this.#quota.size <= this.receiveMaximum, `Receive Maximum at ${text}`);
  }

  #checkNew(packetId: number, what: string): void {
    const other = this.#inFlight.get(packetId);
    this.#check(other === undefined, `identifier ${packetId} of ${what} is that of ${other}`);
    this.#inFlight.set(packetId, what);
  }

  #send(message: OutgoingMessage, dup: boolean): void {
    const { packetId, payload, qos, isReleased } = message;
    if (isReleased) {
      this.#s.pubrel(packetId);
      return;
    }
    this.#unacknowledged.push(packetId);
    this.#s.deliver('t', { packetId, payload, qos, dup });
  }

  /** Now nothing of the exchange is left with the Client. */
  #end(packetId: number): void {
    this.#inFlight.delete(packetId);
    this.#requests.delete(packetId);
    this.#quota.delete(packetId);
  }

  #complete(packetId: number, reasonCode: number): void {
    const index = this.#outgoing.findIndex((message) => message.packetId === packetId);
    if (index < 0) return;
    const [message] = this.#outgoing.splice(index, 1);
    if (reasonCode === 0) this.completed.push(message!);
  }

  #answer(say: () => void): void {
    this.#answers.push(say);
  }

  #forget(): void {
    this.#inFlight.clear();
    this.#requests.clear();
    this.#received = new Set();
    this.#taken = new Set();
    this.#outgoing = [];
  }

  #check(condition: boolean, text: string): void {
    if (!condition) throw new Error(`the session broke a rule: ${text}`);
  }
}
