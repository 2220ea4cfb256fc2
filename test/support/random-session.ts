import type { ProtocolVersion } from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';
import { ModelServer } from './model-server.js';
import { Prng } from './prng.js';
import { SessionFixture } from './session-fixture.js';

const STEPS = 300;
const DRAIN_STEPS = 20_000;

const sharedMemory = new SessionFixture(5).memory;

/** One session and one server that do at random what either may do; the same for the same seed. */
export class RandomSession {
  readonly #prng: Prng;
  readonly #s: SessionFixture;
  readonly #server: ModelServer;
  #sequence = 0;
  #seen = 0;
  /** Written and not yet with the server. */
  #inTransit: Packet[] = [];
  readonly #unhandled: number[] = [];
  #messagesSeen = 0;
  readonly #refused: Set<string> = new Set();

  constructor(seed: number, version: ProtocolVersion) {
    const prng = new Prng(seed);
    this.#prng = prng;
    const receiveMaximum = version === 5 ? 1 + prng.below(6) : 20;
    this.#s = new SessionFixture(
      version,
      {
        receiveMaximum,
        rejoinSession: prng.pick(['post-success', 'always', 'post-success', 'never']),
        offlineQueue: prng.pick(['all', 'acknowledged', 'qos1-plus', 'nothing']),
        flowControl: prng.pick(['specification', 'fifo']),
        maximumInflight: prng.pick([1, 3, 65_535]),
        slowStart: prng.chance(0.5),
        maximumInterruptedRetries: prng.pick([undefined, undefined, 0, 2]),
        maximumOperations: prng.pick([4, 16, 64]),
        keepAlive: prng.pick([0, 1, 60]),
      },
      sharedMemory,
    );
    this.#server = new ModelServer(this.#s, prng, receiveMaximum);
  }

  run(): void {
    for (let step = 0; step < STEPS; step++) this.#step();
    this.#drain();
    this.#verify();
  }

  #step(): void {
    const prng = this.#prng;
    if (this.#s.state === 'offline') {
      if (prng.chance(0.3)) this.#connect();
    } else if (prng.chance(0.02)) this.#drop();
    switch (prng.below(8)) {
      case 0:
      case 1:
        this.#submit();
        break;
      case 2:
        if (this.#s.state === 'connected' && prng.chance(0.5)) this.#server.publish();
        break;
      case 3:
        this.#handle();
        break;
      case 4:
        this.#s.advance(prng.below(200));
        this.#s.session.expire(this.#s.now);
        break;
      case 5:
        this.#write();
        break;
      default:
        this.#say();
    }
    this.#watch();
  }

  #connect(): void {
    const s = this.#s;
    s.open();
    this.#seen = 1;
    s.turn();
    const [connect] = s.written;
    if (connect === undefined || !('cleanStart' in connect)) throw new Error('no CONNECT');
    if (this.#prng.chance(0.1)) s.connack({ reasonCode: 0x88 });
    else this.#server.accept(connect.cleanStart, this.#prng.chance(0.7));
  }

  #drop(): void {
    if (this.#prng.chance(0.5)) this.#arrive(this.#prng.below(this.#inTransit.length + 1));
    this.#inTransit = [];
    this.#s.drop();
    this.#server.interrupted();
  }

  #arrive(count: number): void {
    for (const packet of this.#inTransit.splice(0, count)) this.#server.arrived(packet);
  }

  #write(): void {
    const s = this.#s;
    if (s.state === 'offline') return;
    if (s.isWriting) {
      this.#arrive(this.#inTransit.length);
      s.flush();
      return;
    }
    s.write();
    for (; this.#seen < s.written.length; this.#seen++) {
      const packet = s.written[this.#seen]!;
      this.#server.wrote(packet);
      this.#inTransit.push(packet);
    }
  }

  #say(): void {
    if (this.#s.state === 'connected' && this.#s.session.canReceive) this.#server.say();
  }

  #submit(): void {
    const s = this.#s;
    const prng = this.#prng;
    // While a batch is with the transport nothing can be added to it.
    if (s.isWriting || !s.session.canSubmit(s.batch)) return;
    const ackTimeoutMs = prng.chance(0.2) ? 1 + prng.below(1000) : 0;
    let token: number;
    if (prng.chance(0.15)) token = s.subscribe('a', ackTimeoutMs);
    else if (prng.chance(0.1)) token = s.unsubscribe(['a', 'b'], ackTimeoutMs);
    else {
      token = s.publish(`t${prng.below(3)}`, {
        qos: prng.pick([0, 1, 2]),
        payload: `${this.#sequence++}`,
        topicAlias: s.version === 5 && prng.chance(0.3) ? 1 + prng.below(3) : 0,
        properties: prng.chance(0.2) ? { messageExpiryInterval: 1 + prng.below(5) } : {},
        awaited: prng.chance(0.8),
        ackTimeoutMs,
      });
    }
    if (token >= 0 && prng.chance(0.1)) s.session.abort(token);
  }

  #handle(): void {
    const prng = this.#prng;
    if (this.#unhandled.length === 0) return;
    const [index] = this.#unhandled.splice(prng.below(this.#unhandled.length), 1);
    const { receipt, payload } = this.#s.sink.messages[index!]!;
    const reasonCode = this.#s.version === 5 && prng.chance(0.05) ? 0x83 : 0;
    if (reasonCode !== 0) this.#refused.add(payload);
    this.#s.session.acknowledge(receipt, reasonCode);
  }

  /** Looks at what has happened since. */
  #watch(): void {
    const s = this.#s;
    const { messages } = s.sink;
    for (; this.#messagesSeen < messages.length; this.#messagesSeen++) {
      if (messages[this.#messagesSeen]!.qos > 0) this.#unhandled.push(this.#messagesSeen);
    }
    if (s.state !== 'closing') return;
    const { code, detail } = s.closeReason.error;
    if (code === 'GNEISS_ERR_PEER_VIOLATION') throw new Error(`takes offence: ${detail}`);
    if (this.#prng.chance(0.5)) this.#drop();
  }

  /** The network and the server behave from now on, until everything has come to its end. */
  #drain(): void {
    const s = this.#s;
    for (let step = 0; step < DRAIN_STEPS; step++) {
      if (s.state === 'offline') this.#connect();
      else if (s.state === 'closing') this.#drop();
      this.#write();
      this.#say();
      this.#handle();
      this.#watch();
      const isQuiet = !s.isWriting && s.session.idle && this.#unhandled.length === 0;
      if (s.state === 'connected' && isQuiet && this.#server.idle) return;
    }
    throw new Error('does not come to an end');
  }

  #verify(): void {
    const { messages, tolerations } = this.#s.sink;
    const misread = tolerations.filter((name) => name !== 'sessionWithoutState');
    if (misread.length > 0)
      throw new Error(`a Server that keeps the rules was taken to break them: ${misread.join()}`);
    for (const qos of [1, 2]) {
      const counts = new Map<string, number>();
      for (const message of messages) {
        if (message.qos === qos)
          counts.set(message.payload, (counts.get(message.payload) ?? 0) + 1);
      }
      for (const [payload, count] of counts) {
        if (qos === 2 && count !== 1 && !this.#refused.has(payload))
          throw new Error(`${payload} of QoS 2 was delivered ${count} times`);
      }
      for (const message of this.#server.completed) {
        if (message.qos === qos && !counts.has(message.payload))
          throw new Error(`${message.payload} was acknowledged and never delivered`);
      }
    }
    this.#s.verifyEmpty();
  }
}
