import type { ClientPacket } from '../broker/client-packet.js';
import type { ServerPacket } from '../broker/server-packet.js';
import type { World } from '../world/world.js';
import type { LinkState, Owed } from './link-state.js';
import type { ReceivedMessage } from './messages.js';

const NOT_FOUND = 0x92;

/** What the application asks for. */
export interface AskedTopics {
  /** Whether a subscription asks for a topic, and has since a time. */
  isAskedFor(topic: string, since: number): boolean;
  /** Whether the application was done with a topic that it has asked for, or may have been. */
  isDismissed(topic: string): boolean;
}

/** Judges what handlers are given, and what is acknowledged for it. */
export class InboundJudge {
  readonly #world: World;
  readonly #hasReasons: boolean;
  readonly #messages: Map<number, ReceivedMessage> = new Map();
  readonly #asked: AskedTopics;
  /** Subscription, topic and QoS → the last message that it was given first. */
  readonly #last: Map<string, number> = new Map();
  /** The Server has a new Session and the client does not know: identifiers of the old one stand in the way of the new. */
  isTorn = false;
  #isForgotten = false;
  /** The application was told of a connection. */
  #hasConnected = false;
  /** As far as the client knows, the Session may be one that an earlier process has begun: anything in it may be asked for yet. */
  #isInherited: boolean;
  /** Identifiers that a QoS 2 message has come with. */
  readonly #packetIds: Set<number> = new Set();
  #running = 0;
  #lastBeganAt = 0;
  /** Messages that came more than once at QoS 1: the faults are strong enough. */
  duplicates = 0;

  constructor(world: World, hasReasons: boolean, asked: AskedTopics, isInherited: boolean) {
    this.#world = world;
    this.#hasReasons = hasReasons;
    this.#asked = asked;
    this.#isInherited = isInherited;
  }

  /** Whether a handler has begun with a message and is not done, or one has begun since a time. */
  isHandling(since: number): boolean {
    return this.#running > 0 || this.#lastBeganAt >= since;
  }

  /** The application is told of a connection. */
  connected(): void {
    this.#hasConnected = true;
  }

  /** The Server has a new Session, and will say so. */
  forgot(): void {
    this.#isForgotten = true;
  }

  /** The Session is a new one. @param isKnown Whether the client is sure to know. */
  sessionLost(isKnown: boolean): void {
    this.#isInherited = false;
    if (!isKnown) return;
    this.#isForgotten = false;
    this.isTorn = false;
  }

  connectionLost(): void {
    if (!this.#isForgotten) return;
    this.#isForgotten = false;
    this.isTorn = true;
    this.#world.saw('a new Session that the client was not told of');
  }

  /** The Server sends a message. */
  sent(number: number, qos: number, topic: string): void {
    if (this.#messages.has(number)) return;
    this.#messages.set(number, {
      number,
      qos,
      topic,
      firstSentAt: this.#world.now,
      arrivals: 0,
      begun: 0,
      ended: 0,
      failed: false,
      isByHand: false,
      takers: new Map(),
    });
  }

  /** All of a PUBLISH has come to the client. */
  arrived(state: LinkState, packet: ServerPacket): void {
    const message = this.#messages.get(packet.message);
    if (message === undefined) return;
    message.arrivals++;
    if (packet.qos === 0) return;
    this.#world.owes();
    if (packet.qos === 2) this.#packetIds.add(packet.packetId);
    const isAskedFor = this.#asked.isAskedFor(message.topic, this.#world.now);
    if (this.#isInherited && !isAskedFor) this.#world.saw('message that nobody asks for yet');
    const owed: Owed = {
      packetId: packet.packetId,
      message: packet.message,
      begunBefore: message.begun,
      endedBefore: message.ended,
      isAskedFor,
    };
    (packet.qos === 1 ? state.owed1 : state.owed2).push(owed);
  }

  /** A handler begins with a message. */
  begins(
    number: number,
    subscription: number,
    topic: string,
    qos: number,
    isByHand: boolean,
  ): void {
    const world = this.#world;
    const message = this.#messages.get(number);
    if (message === undefined || message.arrivals === 0) {
      world.fail('I2', `message ${number}, which the Server has not sent, is delivered`);
      return;
    }
    world.check(
      this.#hasConnected,
      'reports',
      () => `message ${number} comes before word of a connection`,
    );
    world.check(topic === message.topic, 'I7', () => `message ${number} comes as ${topic}`);
    world.check(qos === message.qos, 'I15', () => `message ${number} comes at QoS ${qos}`);
    message.begun++;
    this.#running++;
    this.#lastBeganAt = world.now;
    message.isByHand ||= isByHand;
    const isLate = subscription > 0 && !this.#asked.isAskedFor(topic, message.firstSentAt);
    if (this.#isInherited && isLate) world.saw('message asked for after it came');
    const times = (message.takers.get(subscription) ?? 0) + 1;
    message.takers.set(subscription, times);
    if (times > 1) this.#again(message, times);
    else if (message.arrivals === 1) this.#inOrder(message, subscription);
  }

  /** A handler is done with a message. */
  ends(number: number, failed: boolean): void {
    const message = this.#messages.get(number);
    if (message === undefined) return;
    message.ended++;
    this.#running--;
    message.failed ||= failed;
  }

  /** Whether a PUBREL can not release anything: no message has ever come with its identifier. */
  isStray(packetId: number): boolean {
    return !this.#packetIds.has(packetId);
  }

  /** PUBCOMP is written. */
  completed({ packetId, reasonCode }: ClientPacket): void {
    const isRight = !this.#hasReasons || !this.isStray(packetId) || reasonCode === NOT_FOUND;
    this.#world.check(isRight, 'ack-reason', () => `PUBCOMP ${packetId} for a PUBREL of nothing`);
  }

  /** PUBACK or PUBREC is written. */
  acknowledged(
    { message: number, begunBefore, endedBefore, isAskedFor }: Owed,
    refused: boolean,
  ): void {
    const world = this.#world;
    world.paid();
    const message = this.#messages.get(number);
    if (message === undefined) return;
    const { begun, ended, failed, qos, arrivals, topic, firstSentAt } = message;
    const running = begun - ended;
    if (message.isByHand) return;
    const isSingle = qos === 2 || arrivals === 1;
    // A handler that runs may have an earlier copy: one that came when nobody asked for it any more is acknowledged at once.
    const isDone = isSingle
      ? running === 0
      : begun === begunBefore || ended > endedBefore || !isAskedFor;
    world.check(isDone, 'ack-after-handler', () => `message ${number} acknowledged while handled`);
    world.check(
      begun > 0 || this.isTorn || !this.#isOwed(topic, firstSentAt),
      'I1',
      () => `message ${number} acknowledged and never delivered`,
    );
    // In a Session that the client takes for the old one it may be acknowledged as the message that had its identifier there.
    if (this.isTorn) return;
    world.check(!refused || failed, 'ack-reason', () => `message ${number} refused`);
    if (this.#hasReasons && failed && arrivals === 1) {
      world.check(refused, 'ack-reason', () => `message ${number} accepted, its handler failed`);
    }
  }

  /** Nothing is on its way: what has come since a time was delivered. */
  drained(since: number): void {
    for (const { number, topic, firstSentAt, arrivals, begun } of this.#messages.values()) {
      // In a Session that the client takes for the old one it may have an identifier for one of that.
      const isMissing = firstSentAt >= since && arrivals > 0 && begun === 0 && !this.isTorn;
      const isWanted = isMissing && this.#asked.isAskedFor(topic, firstSentAt);
      this.#world.check(!isWanted, 'I16', () => `message ${number} came and is not delivered`);
    }
  }

  /** Whether the application must have a message before it is acknowledged. */
  #isOwed(topic: string, since: number): boolean {
    return (
      this.#asked.isAskedFor(topic, since) || (this.#isInherited && !this.#asked.isDismissed(topic))
    );
  }

  #again(message: ReceivedMessage, times: number): void {
    const { number, qos, arrivals, failed } = message;
    this.#world.check(
      times <= arrivals,
      'I2',
      () => `message ${number} came ${arrivals} times and is delivered ${times} times`,
    );
    if (qos === 1) this.duplicates++;
    this.#world.check(
      qos === 1 || failed,
      'I2',
      () => `message ${number} of QoS ${qos} delivered twice`,
    );
  }

  #inOrder({ topic, qos, number }: ReceivedMessage, subscription: number): void {
    const key = `${subscription} ${topic} ${qos}`;
    const last = this.#last.get(key) ?? 0;
    this.#world.check(number > last, 'I3', () => `message ${number} delivered after ${last}`);
    this.#last.set(key, number);
  }
}
