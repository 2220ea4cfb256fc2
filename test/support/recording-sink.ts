import { decodeAckProperties } from '../../src/codec/acks.js';
import type {
  AuthPacket,
  ConnackPacket,
  SubackPacket,
  UnsubackPacket,
} from '../../src/codec/packets.js';
import type { PropertiesOf } from '../../src/codec/property-table.js';
import { decodePublishProperties, type PublishFields } from '../../src/codec/publish.js';
import { decodeUtf8 } from '../../src/codec/utf8.js';
import type { ErrorCode } from '../../src/errors/codes.js';
import type { ErrorRecord } from '../../src/errors/mqtt-error.js';
import type { CountedToleration } from '../../src/errors/tolerations.js';
import { NO_TOKEN } from '../../src/protocol/operation-table.js';
import type { SessionSink } from '../../src/protocol/sink.js';
import type { NegotiatedSettings } from '../../src/validation/negotiated.js';
import { hex, packetText } from './packet-text.js';

/** A message as the application would see it. */
export interface ReceivedMessage {
  readonly topicName: string;
  readonly payload: string;
  readonly qos: number;
  readonly dup: boolean;
  readonly retain: boolean;
  readonly receipt: number;
  readonly properties: PropertiesOf<'publish'>;
}

/** How an operation ended. */
export interface Outcome {
  /** `done` and the reason code, the reason codes of a subscription, or the code of the error. */
  readonly text: string;
  readonly properties: PropertiesOf<'puback'>;
  readonly packet: SubackPacket | UnsubackPacket | null;
}

/**
 * Records what a session tells, and fails at once where it breaks a promise: an operation that ends twice, a frame that is
 * released twice, a topic slot that stands for two topics.
 */
export class RecordingSink implements SessionSink {
  readonly #memory: Uint8Array;
  readonly connections: {
    readonly connack: ConnackPacket;
    readonly settings: NegotiatedSettings;
  }[] = [];
  /** Everything in the order in which it happened. */
  readonly events: string[] = [];
  readonly messages: ReceivedMessage[] = [];
  /** The topics that slots were given to, in order. */
  readonly topicsTold: string[] = [];
  readonly outcomes: Map<number, Outcome> = new Map();
  readonly openTokens: Set<number> = new Set();
  /** Segment and generation → frames that the session holds. */
  readonly heldFrames: Map<string, number> = new Map();
  /** The last exchange of enhanced authentication, and what was asked for since the beginning. */
  exchange = 0;
  readonly asked: (AuthPacket | ConnackPacket | null)[] = [];
  /** Misbehaviour that was let pass, in the order in which it came. */
  readonly tolerations: CountedToleration[] = [];
  duplicates = 0;
  /** Operations that failed, awaited or not. */
  failed = 0;
  readonly #topics: Map<number, string> = new Map();

  constructor(memory: Uint8Array) {
    this.#memory = memory;
  }

  get tolerated(): number {
    return this.tolerations.length;
  }

  holdFrame(segment: number, generation: number): void {
    const key = `${segment}/${generation}`;
    this.heldFrames.set(key, (this.heldFrames.get(key) ?? 0) + 1);
  }

  connected(connack: ConnackPacket, settings: NegotiatedSettings): void {
    this.connections.push({ connack, settings });
    this.events.push('connected');
  }

  publishCompleted(
    token: number,
    qos: number,
    reasonCode: number,
    propertiesStart: number,
    propertiesLength: number,
  ): void {
    const end = propertiesStart + propertiesLength;
    this.#complete(token, {
      text: `done ${hex(reasonCode)}`,
      properties:
        propertiesLength === 0 ? {} : decodeAckProperties(this.#memory, propertiesStart, end),
      packet: null,
    });
    this.events.push(`published ${token} at QoS ${qos}`);
  }

  subscriptionCompleted(token: number, packet: SubackPacket | UnsubackPacket): void {
    const text = packet.reasonCodes.map(hex).join(' ');
    this.#complete(token, { text, properties: packet.properties, packet });
    this.events.push(`subscription ${token}`);
  }

  operationFailed(token: number, code: ErrorCode, count: number): void {
    this.failed += count;
    if (token === NO_TOKEN) return;
    if (count !== 1) throw new Error(`operation ${token} failed ${count} times`);
    this.#complete(token, { text: code, properties: {}, packet: null });
    this.events.push(`failed ${token} ${code}`);
  }

  framesReleased(segment: number, generation: number, count: number): void {
    const key = `${segment}/${generation}`;
    const held = (this.heldFrames.get(key) ?? 0) - count;
    if (held < 0 || count < 1) throw new Error(`frame ${key} released once too often`);
    if (held === 0) this.heldFrames.delete(key);
    else this.heldFrames.set(key, held);
  }

  topicReceived(topicSlot: number, topicStart: number, topicLength: number): void {
    const topicName = decodeUtf8(this.#memory, topicStart, topicStart + topicLength);
    this.topicsTold.push(topicName);
    this.#topics.set(topicSlot, topicName);
  }

  messageReceived(fields: PublishFields, receipt: number, topicSlot: number): void {
    const topicName = this.#topicOf(fields, topicSlot);
    const { propertiesStart, propertiesLength, payloadStart, payloadLength } = fields;
    const propertiesEnd = propertiesStart + propertiesLength;
    this.messages.push({
      topicName,
      payload: decodeUtf8(this.#memory, payloadStart, payloadStart + payloadLength),
      qos: fields.qos,
      dup: fields.dup,
      retain: fields.retain,
      receipt,
      properties: decodePublishProperties(this.#memory, propertiesStart, propertiesEnd),
    });
    this.events.push(`message ${topicName}`);
  }

  authenticationAsked(exchange: number, packet: AuthPacket | ConnackPacket | null): void {
    this.exchange = exchange;
    this.asked.push(packet);
    this.events.push(`asked ${packet === null ? 'first' : packetText(packet)}`);
  }

  reauthenticated(error: ErrorRecord | null): void {
    this.events.push(`reauthenticated ${error?.code ?? 'done'}`);
  }

  violationTolerated(name: CountedToleration): void {
    this.tolerations.push(name);
  }

  duplicateSuppressed(): void {
    this.duplicates++;
  }

  /** What the main thread does: it knows a topic by its slot. The packet, when it has the topic, must say the same. */
  #topicOf({ topicStart, topicLength }: PublishFields, slot: number): string {
    const known = this.#topics.get(slot);
    if (known === undefined) throw new Error(`nothing has told the topic of slot ${slot}`);
    const said = decodeUtf8(this.#memory, topicStart, topicStart + topicLength);
    if (topicLength > 0 && said !== known)
      throw new Error(`slot ${slot} stands for ${known} and ${said}`);
    return known;
  }

  #complete(token: number, outcome: Outcome): void {
    if (!this.openTokens.delete(token))
      throw new Error(`operation ${token} ended without being open: ${outcome.text}`);
    this.outcomes.set(token, outcome);
  }
}
