import { decodePacket } from '../src/codec/decode.js';
import { Framer, FrameStatus } from '../src/codec/framer.js';
import type { ErrorRecord } from '../src/errors/mqtt-error.js';
import { TOLERATIONS, type TolerationName } from '../src/errors/tolerations.js';
import { VIOLATIONS, type Violation, type ViolationName } from '../src/errors/violations.js';
import type { ComplianceMode } from '../src/protocol/compliance.js';
import { FOREIGN_PORT } from '../src/protocol/session.js';
import { decodeOne, type Origin, type Verdict } from '../test/support/strict/decode.js';
import type { StrictPacket, Version } from '../test/support/strict/packets.js';
import type { RuleName } from '../test/support/strict/rules.js';
import { decodeStream } from '../test/support/strict/stream.js';
import { sameContents } from './contents.js';
import {
  type Before,
  isExplained,
  isIntolerance,
  isRefusalIn311,
  isSameFault,
  isTolerated,
  mustRefuse,
  type Subject,
} from './differences.js';
import { LIMITS } from './machine.js';

/** How the machine came through a stream. */
export interface Outcome {
  /** Packets that it was handed, the refused one included. */
  readonly packets: number;
  /** Why it closes the connection; null when it does not. */
  readonly failure: ErrorRecord | null;
}

/** What both made of one packet. */
export type Agreement =
  | 'accepted'
  | 'refused'
  | 'refused for what was before'
  | 'tolerated'
  | 'ended';

/** Thrown when machine and independent decoder disagree and no table explains it. */
export class Disagreement extends Error {
  override readonly name = 'Disagreement';
}

/**
 * Follows one direction of one connection packet by packet, and compares what the machine did with what the independent
 * decoder says. It may be called again and again while the stream grows.
 */
export class Judge {
  readonly #origin: Origin;
  readonly #cleanStart: boolean;
  readonly #compliance: ComplianceMode;
  readonly #framer: Framer;
  #isConnected = false;
  #numbered = 0;
  readonly #aliases = new Set<number>();
  /** How often each agreement was reached. */
  readonly agreements: Map<Agreement, number> = new Map();
  /** Packets judged on this connection. */
  packets = 0;
  /** Where in the stream the next packet begins, or the refused one. */
  position = 0;

  constructor(version: Version, cleanStart: boolean, compliance: ComplianceMode) {
    const { maximumPacketSize } = LIMITS;
    this.#origin = { version, sender: 'server', maximumPacketSize };
    this.#cleanStart = cleanStart;
    this.#compliance = compliance;
    this.#framer = new Framer(maximumPacketSize, version);
  }

  /** A connection begins. */
  begin(): void {
    this.#isConnected = false;
    this.#numbered = 0;
    this.#aliases.clear();
    this.packets = 0;
    this.position = 0;
  }

  /** @param stream All that the Server has sent on the connection. */
  judge(stream: Uint8Array, outcome: Outcome): void {
    for (;;) {
      const isHanded = this.packets < outcome.packets;
      const start = this.position;
      if (start === stream.length) return;
      const verdict = decodeOne(stream, start, this.#origin);
      if (!isHanded) {
        // Nothing more was taken in: the rest is incomplete, or the connection is closing.
        if (verdict.kind === 'incomplete' || outcome.failure !== null) return;
        throw new Disagreement(`the machine left a packet lie: ${describe(verdict)}`);
      }
      if (verdict.kind === 'incomplete') throw new Disagreement('the machine took half a packet');
      this.packets += 1;
      const isLast = this.packets === outcome.packets;
      const failure = isLast ? outcome.failure : null;
      const agreement = this.#compare(stream, verdict, failure);
      this.agreements.set(agreement, (this.agreements.get(agreement) ?? 0) + 1);
      if (failure !== null) return;
      this.position += this.#lengthOf(stream, verdict);
    }
  }

  #compare(stream: Uint8Array, verdict: Verdict, failure: ErrorRecord | null): Agreement {
    const packet = verdict.kind === 'incomplete' ? null : verdict.packet;
    const subject: Subject = { type: stream[this.position]! >>> 4, packet };
    const before: Before = {
      version: this.#origin.version,
      compliance: this.#compliance,
      cleanStart: this.#cleanStart,
      isConnected: this.#isConnected,
      numbered: this.#numbered,
      aliases: this.#aliases,
    };
    if (failure === null) {
      if (mustRefuse(before, subject)) throw new Disagreement('accepted against what was before');
      if (verdict.kind === 'refused') {
        if (!isTolerated(verdict.refusal.rules, before, subject)) {
          throw new Disagreement(`accepted, against ${verdict.refusal.rules.join()}`);
        }
        this.#follow(packet);
        return 'tolerated';
      }
      this.#compareContents(stream, packet!);
      this.#follow(packet);
      return 'accepted';
    }
    return this.#compareRefusal(stream, verdict, failure, before, subject);
  }

  #compareRefusal(
    stream: Uint8Array,
    verdict: Verdict,
    failure: ErrorRecord,
    before: Before,
    subject: Subject,
  ): Agreement {
    const { packet } = subject;
    const rules = verdict.kind === 'refused' ? verdict.refusal.rules : NO_RULES;
    if (failure.code === 'GNEISS_ERR_SERVER_DISCONNECT') {
      const isAllowed = verdict.kind === 'packet' || isTolerated(rules, before, subject);
      if (packet?.type === 'DISCONNECT' && isAllowed) return 'ended';
    }
    if (failure.code === 'GNEISS_ERR_CONNECTION_REFUSED') {
      if (isRefusalIn311(this.#origin.version, stream, this.position)) return 'ended';
      const isRefusal = packet?.type === 'CONNACK' && packet.reasonCode !== 0;
      if (verdict.kind === 'packet' && isRefusal) return 'ended';
    }
    if (failure.code === 'GNEISS_ERR_PEER_VIOLATION') {
      const { violation, toleration } = nameOf(failure);
      if (violation !== null && isSameFault(violation, rules)) return 'refused';
      if (violation !== null && isExplained(violation, before, subject)) return BEFORE;
      if (toleration !== null && isIntolerance(toleration, before, subject)) return BEFORE;
      throw new Disagreement(`refused as ${violation ?? toleration}; ${describe(verdict)}`);
    }
    throw new Disagreement(`closed with ${failure.code}; ${describe(verdict)}`);
  }

  /** Accepted by both: they must have read the same. */
  #compareContents(stream: Uint8Array, strict: StrictPacket): void {
    const framer = this.#framer;
    framer.scan(stream, this.position, stream.length);
    const { header, bodyStart, end } = framer;
    const { version } = this.#origin;
    const { packet } = decodePacket(stream, header, bodyStart, end, version, 'server');
    if (packet === null)
      throw new Disagreement('the packet decoder refuses what the session takes');
    if (!sameContents(packet, strict)) {
      throw new Disagreement(`read differently: ${text(packet)} and ${text(strict)}`);
    }
  }

  #follow(packet: StrictPacket | null): void {
    if (packet?.type === 'CONNACK') this.#isConnected = true;
    if (packet?.type !== 'PUBLISH') return;
    if (packet.qos > 0) this.#numbered += 1;
    const { topicAlias } = packet.properties;
    if (topicAlias !== undefined) this.#aliases.add(topicAlias);
  }

  /** Of the packet that was accepted, perhaps against the word of the independent decoder. */
  #lengthOf(stream: Uint8Array, verdict: Verdict): number {
    if (verdict.kind === 'packet') return verdict.length;
    const isWhole =
      this.#framer.scan(stream, this.position, stream.length) === FrameStatus.COMPLETE;
    if (!isWhole) throw new Disagreement('accepted what is no packet');
    return this.#framer.packetLength;
  }
}

/** The same few bytes come again and again: acknowledgements, PINGREQ, DISCONNECT. */
const KNOWN_BYTES_MAX = 8;
const KNOWN: Readonly<Record<Version, Map<string, readonly StrictPacket[]>>> = {
  4: new Map(),
  5: new Map(),
};

/** Judges what the machine has sent: every byte of it must be a packet that a Client may send. */
export function judgeOutput(bytes: Uint8Array, version: Version): readonly StrictPacket[] {
  if (bytes.length > KNOWN_BYTES_MAX) return readOutput(bytes, version);
  const key = bytes.join();
  const packets = KNOWN[version].get(key) ?? readOutput(bytes, version);
  KNOWN[version].set(key, packets);
  return packets;
}

function readOutput(bytes: Uint8Array, version: Version): readonly StrictPacket[] {
  const { packets, refusal, rest } = decodeStream(bytes, { version, sender: 'client' });
  if (refusal !== null) throw new Disagreement(`sent what breaks ${refusal.rules.join()}`);
  if (rest > 0) throw new Disagreement('sent half a packet');
  return packets;
}

/** A violation is answered with its reason code in MQTT 5, and by silence in MQTT 3.1.1. */
export function judgeFarewell(
  last: StrictPacket | null,
  failure: ErrorRecord,
  version: Version,
): void {
  const isViolation = failure.code === 'GNEISS_ERR_PEER_VIOLATION';
  const farewell = last?.type === 'DISCONNECT' ? last.reasonCode : null;
  const expected = isViolation && version === 5 ? failure.reasonCode : null;
  if (farewell !== expected) {
    throw new Disagreement(`took leave with ${String(farewell)}, not ${String(expected)}`);
  }
}

const BEFORE = 'refused for what was before';
const NO_RULES: readonly RuleName[] = [];
const VIOLATION_NAMES = namesByText<ViolationName>(VIOLATIONS);
const TOLERATION_NAMES = namesByText<TolerationName>(TOLERATIONS);

/** The row that a failure was made from: one of the two is not null. */
function nameOf({ detail = '', statement, reasonCode }: ErrorRecord): {
  readonly violation: ViolationName | null;
  readonly toleration: TolerationName | null;
} {
  const violation = VIOLATION_NAMES.get(detail.replace(FOREIGN_PORT, '')) ?? null;
  const toleration = TOLERATION_NAMES.get(detail) ?? null;
  const row = violation === null ? toleration && TOLERATIONS[toleration] : VIOLATIONS[violation];
  if (row?.statement !== statement || row?.reasonCode !== reasonCode) {
    throw new Disagreement(`not as its row says: ${detail}`);
  }
  return { violation, toleration };
}

function namesByText<Name extends string>(
  rows: Readonly<Record<Name, Violation>>,
): ReadonlyMap<string, Name> {
  const entries = Object.entries(rows) as [Name, Violation][];
  return new Map(entries.map(([name, row]) => [row.text, name]));
}

function describe(verdict: Verdict): string {
  if (verdict.kind === 'refused') return `the decoder: ${verdict.refusal.rules.join()}`;
  return `the decoder: ${verdict.kind === 'packet' ? text(verdict.packet) : verdict.kind}`;
}

function text(value: unknown): string {
  return JSON.stringify(value).slice(0, 500);
}
