import type { ClientPacket } from '../broker/client-packet.js';
import { packetName, Type } from '../broker/packet-names.js';
import { isWhole, numberOf } from '../broker/payloads.js';
import type { World } from '../world/world.js';
import { type AliasFacts, AliasJudge } from './alias-judge.js';
import type { Exchange } from './exchange.js';
import type { Exchanges } from './exchanges.js';
import type { InboundJudge } from './inbound-judge.js';
import type { LinkState, Owed } from './link-state.js';
import type { PublishedMessage } from './messages.js';
import { SlowStartJudge } from './slow-start-judge.js';

const FAILURE = 0x80;
const EXPIRY = 0x02;
const SUBSCRIPTION_ID = 0x0b;
/** Errors that say: it was never sent, and never will be. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'GNEISS_ERR_OFFLINE',
  'GNEISS_ERR_QUEUE_FULL',
  'GNEISS_ERR_MESSAGE_EXPIRED',
  'GNEISS_ERR_PACKET_TOO_LARGE',
  'GNEISS_ERR_QOS_UNSUPPORTED',
  'GNEISS_ERR_RETAIN_UNSUPPORTED',
  'GNEISS_ERR_TOPIC_ALIAS_INVALID',
  'GNEISS_ERR_CONNECTION_LOST',
  'GNEISS_ERR_SESSION_LOST',
  'GNEISS_ERR_DROPPED',
]);

/** What the output depends on. */
export interface OutputFacts extends AliasFacts {
  /** QoS 0 outlives a lost connection. */
  readonly keepsQos0: boolean;
  /** How long a message between the threads takes at most. */
  readonly portDelayMs: number;
  readonly flowControl: 'specification' | 'fifo';
  /** Publishes in flight at once, whatever more the Server takes. */
  readonly maximumInflight: number;
  /** How often a message may be sent again; infinite: as often as it takes. */
  readonly maximumInterruptedRetries: number;
  readonly slowStart: boolean;
}

/** Judges every packet that the client hands to its transport, whether it arrives or not. */
export class OutputJudge {
  readonly #world: World;
  readonly #exchanges: Exchanges;
  readonly #inbound: InboundJudge;
  readonly #messages: ReadonlyMap<number, PublishedMessage>;
  readonly #facts: OutputFacts;
  readonly #aliases: AliasJudge;
  /** Null: everything may start at once. */
  readonly #slowStart: SlowStartJudge | null;
  /** The last new message of QoS 0, and of QoS 1 and 2, in this Session. */
  #lastNew: [number, number] = [0, 0];

  constructor(
    world: World,
    exchanges: Exchanges,
    inbound: InboundJudge,
    messages: ReadonlyMap<number, PublishedMessage>,
    facts: OutputFacts,
  ) {
    this.#world = world;
    this.#exchanges = exchanges;
    this.#inbound = inbound;
    this.#messages = messages;
    this.#facts = facts;
    this.#aliases = new AliasJudge(world, facts);
    this.#slowStart = facts.slowStart
      ? new SlowStartJudge(
          world,
          exchanges,
          messages,
          facts.portDelayMs,
          facts.maximumInterruptedRetries,
        )
      : null;
  }

  /** The Session is a new one: what was in flight begins anew, in its order. */
  sessionLost(): void {
    this.#lastNew = [0, 0];
  }

  /** A connection is gone: QoS 0 messages that were not flushed may come again. */
  connectionLost(link: number): void {
    this.#lastNew[0] = 0;
    this.#slowStart?.connectionLost(link);
  }

  /** The exchange of a message has ended. */
  ended(message: number): void {
    this.#slowStart?.ended(message);
  }

  wrote(state: LinkState, packet: ClientPacket): void {
    const world = this.#world;
    const name = packetName(packet.type);
    world.check(!state.hasDisconnect, 'I9', () => `${name} after DISCONNECT`);
    if (packet.type === Type.CONNECT) {
      world.check(!state.hasConnect, 'I9', () => 'a second CONNECT');
      state.hasConnect = true;
      state.cleanStart = packet.cleanStart;
      return;
    }
    world.check(state.hasConnect, 'I9', () => `${name} before CONNECT`);
    if (packet.type === Type.DISCONNECT) {
      state.hasDisconnect = true;
      state.disconnectReason = packet.reasonCode;
      return;
    }
    if (packet.type === Type.AUTH && !state.isAccepted) return;
    world.check(state.isAccepted, 'I9', () => `${name} before CONNACK`);
    world.check(
      packet.length <= (state.limits?.maximumPacketSize ?? 0),
      'I8',
      () => `${name} of ${packet.length} bytes`,
    );
    this.#judge(state, packet);
  }

  #judge(state: LinkState, packet: ClientPacket): void {
    switch (packet.type) {
      case Type.PUBLISH:
        this.#slowStart?.wrote(state, packet);
        this.#publish(state, packet);
        return;
      case Type.PUBREL:
        this.#pubrel(state, packet);
        return;
      case Type.PUBACK:
        this.#acknowledgement(state.owed1, packet);
        return;
      case Type.PUBREC:
        this.#acknowledgement(state.owed2, packet);
        return;
      case Type.PUBCOMP:
        this.#world.check(
          state.owedPubcomps.shift() === packet.packetId,
          'I3',
          () => `PUBCOMP ${packet.packetId} out of the order of the PUBRELs`,
        );
        this.#inbound.completed(packet);
        return;
      case Type.SUBSCRIBE:
      case Type.UNSUBSCRIBE:
        this.#slowStart?.wrote(state, packet);
        this.#subscription(state, packet);
    }
  }

  #publish(state: LinkState, packet: ClientPacket): void {
    const world = this.#world;
    const { flags, packetId, payload } = packet;
    const qos = (flags >>> 1) & 3;
    const isDup = (flags & 8) !== 0;
    const number = numberOf(payload);
    const message = this.#messages.get(number);
    if (message === undefined || !isWhole(payload, number)) {
      world.fail('I15', `PUBLISH ${packetId} with a payload that nobody published`);
      return;
    }
    this.#limits(state, packet, message, qos);
    this.#aliases.published(state, packet, message);
    this.#inSubmissionOrder(state, message, isDup);
    const isWithdrawn =
      message.state === 'rejected' && message.writtenBefore === 0 && NEVER_SENT.has(message.code);
    // The word of an abort takes its time to the other thread, which may be held up.
    const isAborted =
      message.code === 'GNEISS_ERR_ABORTED' &&
      message.writtenBefore === 0 &&
      message.written === 0 &&
      world.now > message.settledAt + this.#facts.portDelayMs + 1 + world.clock.heldUpMs;
    world.check(!isAborted, 'I11', () => `message ${number} sent after it was aborted`);
    world.check(!isWithdrawn, 'I11', () => `message ${number} sent after ${message.code}`);
    const { maximumInterruptedRetries } = this.#facts;
    world.check(
      qos === 0 || message.interruptions <= maximumInterruptedRetries,
      'retries',
      () => `message ${number} sent after ${message.interruptions} interruptions`,
    );
    if (qos === 0) this.#qos0(state, message, isDup);
    else if (isDup) this.#again(state, packetId, message);
    else this.#first(state, packet, message);
    message.written++;
    message.session = this.#exchanges.session;
    if (qos === 0) return;
    state.inflight.add(packetId);
    const limit = Math.min(state.limits?.receiveMaximum ?? 0, this.#facts.maximumInflight);
    world.check(state.inflight.size <= limit, 'I5', () => `${state.inflight.size} in flight`);
    if (limit === 1) world.saw('Receive Maximum 1 of the Server');
    if (state.inflight.size === limit) world.saw('Receive Maximum of the Server reached');
  }

  /** With `flowControl: 'fifo'` nothing overtakes anything, whatever their QoS. */
  #inSubmissionOrder(state: LinkState, { number }: PublishedMessage, isDup: boolean): void {
    if (isDup || this.#facts.flowControl === 'specification') return;
    this.#world.check(number > state.lastNew, 'I3', () => `${number} after ${state.lastNew}`);
    state.lastNew = number;
  }

  #limits(state: LinkState, packet: ClientPacket, message: PublishedMessage, qos: number): void {
    const world = this.#world;
    const { limits } = state;
    const retain = (packet.flags & 1) !== 0;
    world.check(qos === message.qos, 'I15', () => `message ${message.number} at QoS ${qos}`);
    world.check(retain === message.retain, 'I15', () => `RETAIN of ${message.number}`);
    world.check(qos <= (limits?.maximumQos ?? 2), 'I8', () => `QoS ${qos}`);
    world.check(!retain || limits?.retainAvailable === true, 'I8', () => 'RETAIN');
    if (message.expiry >= 0 && message.written === 0) this.#expiry(packet, message);
  }

  /** Time spent in the queue is taken off, and nothing is sent that has expired there. */
  #expiry({ properties }: ClientPacket, message: PublishedMessage): void {
    const { now } = this.#world;
    const { expiry, publishedAt, publishedAtMain, number } = message;
    const left = properties.get(EXPIRY);
    const waitedMost = Math.max(0, Math.floor((now - publishedAt + 1) / 1000));
    const waitedLeast = Math.max(0, Math.floor((now - publishedAtMain - 1) / 1000));
    this.#world.check(
      typeof left === 'number' &&
        left >= expiry - waitedMost &&
        left <= expiry - waitedLeast &&
        (left > 0 || waitedLeast === 0),
      'expiry',
      () => `message ${number} has ${String(left)} s left of ${expiry}`,
    );
  }

  #qos0(state: LinkState, message: PublishedMessage, isDup: boolean): void {
    const world = this.#world;
    const { number } = message;
    world.check(!isDup, 'I6', () => `DUP at QoS 0 of ${number}`);
    world.check(
      !state.sentQos0.has(number) && (message.written === 0 || this.#facts.keepsQos0),
      'I6',
      () => `message ${number} of QoS 0 sent again`,
    );
    state.sentQos0.add(number);
    world.check(number > this.#lastNew[0], 'I3', () => `order of ${number} at QoS 0`);
    this.#lastNew[0] = number;
  }

  #again(state: LinkState, packetId: number, message: PublishedMessage): void {
    const world = this.#world;
    const { number } = message;
    const exchange = this.#exchanges.resumed(packetId);
    if (exchange?.message !== number) {
      world.fail('I13', `DUP of ${number} as ${packetId}, which is not its exchange`);
      return;
    }
    world.check(exchange.sentOn !== state.link.number, 'I6', () => `${number} sent twice`);
    const mayRepeat = !exchange.isReleased || exchange.isReleaseDoubtful;
    world.check(mayRepeat, 'I6', () => `${number} sent again after PUBREC`);
    exchange.isReleased = false;
    exchange.isReleaseDoubtful = false;
    world.check(!state.hasPublishedNew, 'I3', () => `${number} sent again after new messages`);
    world.check(exchange.order > state.lastResent, 'I3', () => `${number} sent again out of order`);
    state.lastResent = exchange.order;
    exchange.sentOn = state.link.number;
  }

  #first(state: LinkState, packet: ClientPacket, message: PublishedMessage): void {
    const world = this.#world;
    const { number } = message;
    const isNew = message.written === 0 || message.session !== this.#exchanges.session;
    world.check(isNew, 'I6', () => `message ${number} sent again as a new one`);
    world.check(number > this.#lastNew[1], 'I3', () => `order of ${number}`);
    this.#lastNew[1] = number;
    state.hasPublishedNew = true;
    this.#exchanges.begin(packet, message.qos, number, state.link.number);
  }

  #pubrel(state: LinkState, packet: ClientPacket): void {
    const world = this.#world;
    const { packetId, reasonCode } = packet;
    const stray = state.strays.indexOf(packetId);
    const exchange = this.#exchanges.resumed(packetId);
    if (stray >= 0 && (exchange?.isReleased !== true || reasonCode !== 0)) {
      state.strays.splice(stray, 1);
      return;
    }
    if (exchange?.isReleased !== true && !this.#isGivenUp(exchange)) {
      world.fail('I13', `PUBREL ${packetId}, which awaits none`);
      return;
    }
    if (exchange.releasedOn !== state.link.number && exchange.sentOn !== state.link.number)
      this.#slowStart?.wrote(state, packet);
    world.check(exchange.releasedOn !== state.link.number, 'I6', () => `PUBREL ${packetId} twice`);
    if (state.pubrecs.includes(packetId)) {
      const first = state.pubrecs.shift();
      world.check(first === packetId, 'I3', () => `PUBREL ${packetId} before that of ${first}`);
    } else {
      world.check(exchange.order > state.lastResent, 'I3', () => `PUBREL ${packetId} out of order`);
      state.lastResent = exchange.order;
    }
    exchange.releasedOn = state.link.number;
    exchange.isReleaseDoubtful = false;
  }

  /** A message that is not sent again any more: PUBREL ends its exchange, whether the Server has it or not. */
  #isGivenUp(exchange: Exchange | undefined): exchange is Exchange {
    if (exchange === undefined) return false;
    const message = this.#messages.get(exchange.message);
    const interruptions = message?.interruptionsMost ?? 0;
    return exchange.qos === 2 && interruptions > this.#facts.maximumInterruptedRetries;
  }

  #acknowledgement(owed: Owed[], { type, packetId, reasonCode }: ClientPacket): void {
    const first = owed.shift();
    this.#world.check(
      first?.packetId === packetId,
      'I3',
      () => `${packetName(type)} ${packetId} where ${String(first?.packetId)} is next`,
    );
    if (first !== undefined) this.#inbound.acknowledged(first, reasonCode >= FAILURE);
  }

  #subscription(state: LinkState, packet: ClientPacket): void {
    const world = this.#world;
    const { limits } = state;
    for (const { filter } of packet.filters) {
      if (packet.type !== Type.SUBSCRIBE) continue;
      const isShared = filter.startsWith('$share/');
      world.check(!isShared || limits?.shared === true, 'I8', () => `shared ${filter}`);
      world.check(!/[+#]/.test(filter) || limits?.wildcards === true, 'I8', () => filter);
    }
    const hasIdentifier = packet.properties.has(SUBSCRIPTION_ID);
    world.check(!hasIdentifier || limits?.identifiers === true, 'I8', () => 'identifier');
    this.#exchanges.begin(packet, 0, 0, state.link.number);
  }
}
