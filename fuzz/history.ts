import type { ComplianceMode } from '../src/protocol/compliance.js';
import { Prng } from '../test/support/prng.js';
import type { StrictPacket, Version } from '../test/support/strict/packets.js';
import { Disagreement, Judge, judgeFarewell, judgeOutput } from './judge.js';
import { Machine } from './machine.js';
import { Mutator } from './mutations.js';
import { type Answer, type PacketParts, suback } from './packet-parts.js';
import { Scratch } from './scratch.js';
import { Traffic } from './traffic.js';

const STREAM_BYTES = 1024 * 1024;
/** Well-formed packets to choose from, made once for each machine. */
const POOL_SIZE = 500;
const CONNACKS = 50;
const PACKETS_MAX = 12;
const AWAITED_MAX = 8;
const GRANT = { 4: suback(4, [2, 2]), 5: suback(5, [2, 2]) } as const;
const NO_IDS: readonly number[] = [];

/** What a machine is set to. */
export interface Configuration {
  readonly version: Version;
  readonly resumes: boolean;
  readonly compliance: ComplianceMode;
}

/**
 * One machine, and connection after connection of mutated traffic for it. All that happens follows from the seed.
 */
export class Histories {
  /** Mutated packets that reached the decoder. */
  mutations = 0;
  connections = 0;
  readonly mutator: Mutator;
  readonly judge: Judge;
  readonly version: Version;
  readonly #prng: Prng;
  readonly #machine: Machine;
  readonly #isStrict: boolean;
  readonly #connacks: readonly PacketParts[];
  readonly #packets: readonly PacketParts[];
  readonly #stream = new Scratch(STREAM_BYTES);
  /** Where in the stream the pieces end in which it has arrived. */
  readonly #cuts: number[] = [];
  /** Packet Identifiers of exchanges that wait for an answer of the Server. */
  readonly #open: Record<Answer, number[]> = {
    puback: [],
    pubrec: [],
    pubrel: [1, 2, 3],
    pubcomp: [],
    suback: [],
    unsuback: [],
  };
  /** The CONNECT that was judged last. */
  #connect: Uint8Array = new Uint8Array(0);
  /** What the machine wrote last on the current connection, after its CONNECT. */
  #last: StrictPacket | null = null;

  constructor(seed: number, { version, resumes, compliance }: Configuration) {
    this.version = version;
    this.#prng = new Prng(seed);
    this.#machine = new Machine(version, resumes, compliance);
    this.#isStrict = compliance === 'strict';
    const traffic = new Traffic(this.#prng, version);
    this.#connacks = Array.from({ length: CONNACKS }, () => traffic.connack(resumes));
    this.#packets = Array.from({ length: POOL_SIZE }, () => traffic.any());
    this.mutator = new Mutator(this.#prng);
    this.judge = new Judge(version, !resumes, compliance);
  }

  /** What the Server has sent on the current connection, in the pieces in which it arrived. */
  get arrived(): readonly Uint8Array[] {
    return this.#cuts.map((end, index) =>
      this.#stream.bytes.slice(this.#cuts[index - 1] ?? 0, end),
    );
  }

  /** One connection: CONNECT, CONNACK, operations of ours, mutated traffic, and the end. */
  run(): void {
    const prng = this.#prng;
    const machine = this.#machine;
    this.connections += 1;
    this.#stream.length = 0;
    this.#cuts.length = 0;
    this.#last = null;
    this.judge.begin();
    machine.open();
    this.#judgeConnect(machine.service());
    this.#send(prng.pick(this.#connacks), prng.chance(0.1));
    if (machine.isReceiving && prng.chance(this.#isStrict ? 0.5 : 0.03)) this.#submit();
    for (let left = PACKETS_MAX; left > 0 && machine.isReceiving; left -= 1) {
      this.#send(prng.pick(this.#packets), prng.chance(0.8));
      if (prng.chance(0.1)) this.#write();
    }
    this.#deliver(this.#stream.length);
    this.#write();
    const { failure } = machine;
    if (failure !== null) judgeFarewell(this.#last, failure, this.version);
    machine.close();
  }

  #send(packet: PacketParts, isMutated: boolean): void {
    const prng = this.#prng;
    const begin = this.#stream.length;
    const mutations = isMutated ? 1 + (prng.chance(0.3) ? prng.below(3) : 0) : 0;
    this.mutator.write(packet, this.#idFor(packet.answer), mutations, this.#stream);
    const end = this.#stream.length;
    // Now and then in pieces; then its end may come with the next packet.
    if (prng.chance(0.85)) {
      this.#deliver(end);
    } else {
      const count = prng.chance(0.1) ? end - begin : 1 + prng.below(4);
      for (let piece = 0; piece < count; piece += 1) {
        this.#deliver(begin + prng.below(end - begin));
      }
    }
    const before = this.judge.position;
    this.judge.judge(this.#stream.bytes.subarray(0, this.#delivered), this.#machine);
    // A packet that was refused counts as well.
    const isJudged = this.judge.position > before || this.#machine.failure !== null;
    if (isMutated && isJudged) this.mutations += 1;
  }

  /** Lets the machine have the stream up to there. */
  #deliver(end: number): void {
    const start = this.#delivered;
    if (end <= start) return;
    this.#cuts.push(end);
    for (const output of this.#machine.receive(this.#stream.bytes.subarray(start, end))) {
      this.#learn(judgeOutput(output, this.version));
    }
  }

  get #delivered(): number {
    return this.#cuts.at(-1) ?? 0;
  }

  #submit(): void {
    this.#open.suback.length = 0;
    this.#machine.submit();
    this.#write();
    // A strict client takes no message but for what it has subscribed to.
    const isAwaited = this.#open.suback.length > 0;
    if (this.#isStrict && isAwaited) this.#send(GRANT[this.version], false);
  }

  /** Lets the machine write, and judges that. */
  #write(): void {
    const output = this.#machine.service();
    if (output.length > 0) this.#learn(judgeOutput(output, this.version));
  }

  /** It is mostly the same as the last time. */
  #judgeConnect(output: Uint8Array): void {
    if (Buffer.compare(output, this.#connect) === 0) return;
    const [packet, ...more] = judgeOutput(output, this.version);
    if (packet?.type !== 'CONNECT' || more.length > 0) throw new Disagreement('sent no CONNECT');
    this.#connect = output;
  }

  #idFor(answer: Answer | null): number {
    const ids = answer === null ? NO_IDS : this.#open[answer];
    const prng = this.#prng;
    return ids.length > 0 && prng.chance(0.9) ? prng.pick(ids) : 1 + prng.below(9);
  }

  /** Notes which answers the machine waits for. */
  #learn(packets: readonly StrictPacket[]): void {
    this.#last = packets.at(-1) ?? this.#last;
    for (const packet of packets) {
      if (packet.type === 'SUBSCRIBE') this.#await('suback', packet.packetId);
      else if (packet.type === 'UNSUBSCRIBE') this.#await('unsuback', packet.packetId);
      else if (packet.type === 'PUBREL') this.#await('pubcomp', packet.packetId);
      else if (packet.type === 'PUBLISH') {
        this.#await(packet.qos === 1 ? 'puback' : 'pubrec', packet.packetId);
      }
    }
  }

  #await(answer: Answer, packetId: number): void {
    const ids = this.#open[answer];
    if (ids.length === AWAITED_MAX) ids.shift();
    ids.push(packetId);
  }
}
