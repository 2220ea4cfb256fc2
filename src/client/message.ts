import { type ChannelMemory, DELIVERY } from '../channel/layout.js';
import type { Qos } from '../codec/packet-types.js';
import { PacketType, PublishFlag } from '../codec/packet-types.js';
import type { PropertiesOf } from '../codec/property-table.js';
import { decodePublishProperties } from '../codec/publish.js';
import { isReasonCodeOf } from '../codec/reason-codes.js';
import { decodeUtf8 } from '../codec/utf8.js';
import { MqttError } from '../errors/mqtt-error.js';
import { findTraceContext, type TraceContext } from '../validation/trace-context.js';

const REASON_UNSPECIFIED_ERROR = 0x80;
const REASON_MAX = 0xff;
const NO_PROPERTIES: PropertiesOf<'publish'> = Object.freeze({});

// The state of a message in one number: the low four bits of its fixed header, then these, then the reason code of its
// acknowledgement. A message has few fields, because one is made for every delivery.
const MANUAL = 0x10;
const ACKNOWLEDGED = 0x20;
const ENDED = 0x40;
const REASON_SHIFT = 8;

/** What a message gives back when it is over. */
export interface MessageOwner {
  /** Where its bytes stand. */
  readonly memory: ChannelMemory;
  /** The bytes are no longer needed. */
  releaseMessage(segment: number, generation: number): void;
  /** A QoS 1 or 2 message is to be acknowledged. */
  acknowledge(receipt: number, reasonCode: number): void;
}

/**
 * A message from the Server.
 *
 * `payload` is a view of shared memory. It is valid until the handler returns or its promise settles, and as long as a
 * {@link retain} is held; then the memory is used again. {@link copy} keeps the bytes for good.
 *
 * @see MQTT 5.0 §3.3
 */
export class Message {
  /** The Topic Name it was published to. */
  readonly topicName: string;
  readonly #owner: MessageOwner;
  #state: number;
  readonly #receipt: number;
  readonly #payloadStart: number;
  readonly #payloadLength: number;
  /** The properties stand before the payload. */
  readonly #propertiesLength: number;
  readonly #segment: number;
  readonly #generation: number;
  /** Handlers and retains that keep the lease; the one who makes the message is the first. */
  #holds = 1;
  #payload: Uint8Array | null = null;
  #properties: PropertiesOf<'publish'> | null = null;

  /** @internal @param record Word offset of the delivery record. */
  constructor(topicName: string, words: Int32Array, record: number, owner: MessageOwner) {
    this.topicName = topicName;
    this.#owner = owner;
    this.#state = words[record + DELIVERY.flags]!;
    this.#receipt = words[record + DELIVERY.receipt]!;
    this.#payloadStart = words[record + DELIVERY.start]!;
    this.#payloadLength = words[record + DELIVERY.length]!;
    this.#propertiesLength = words[record + DELIVERY.propertiesLength]!;
    this.#segment = words[record + DELIVERY.segment]!;
    this.#generation = words[record + DELIVERY.generation]!;
  }

  /** The QoS at which the Server sent it. */
  get qos(): Qos {
    const qos = (this.#state >>> PublishFlag.QOS_SHIFT) & 3;
    return qos === 0 ? 0 : qos === 1 ? 1 : 2;
  }

  /** The RETAIN flag: the message was stored at the Server when the subscription was made (§3.3.1.3). */
  get retained(): boolean {
    return (this.#state & PublishFlag.RETAIN) !== 0;
  }

  /** The DUP flag: the Server has sent the packet before, which may or may not have arrived (§3.3.1.1). */
  get dup(): boolean {
    return (this.#state & PublishFlag.DUP) !== 0;
  }

  /** Length of the payload in bytes. Valid for good, as all but the payload and what is made of it. */
  get payloadLength(): number {
    return this.#payloadLength;
  }

  /**
   * A view of the payload in shared memory: read it, do not write to it, and do not keep it beyond the lease.
   *
   * @throws {MqttError} `GNEISS_ERR_LEASE_ENDED`.
   */
  get payload(): Uint8Array {
    this.#assertLeased();
    this.#payload ??= new Uint8Array(
      this.#owner.memory.buffer,
      this.#payloadStart,
      this.#payloadLength,
    );
    return this.#payload;
  }

  /**
   * The properties of the packet, decoded when first asked for. Copies: they stay valid.
   *
   * @throws {MqttError} `GNEISS_ERR_LEASE_ENDED` when first asked for after the lease.
   */
  get properties(): PropertiesOf<'publish'> {
    if (this.#properties !== null) return this.#properties;
    this.#assertLeased();
    const end = this.#payloadStart;
    const length = this.#propertiesLength;
    this.#properties =
      length === 0
        ? NO_PROPERTIES
        : decodePublishProperties(this.#owner.memory.bytes, end - length, end);
    return this.#properties;
  }

  /**
   * The trace that the message belongs to: what its User Properties `traceparent` and `tracestate` say (W3C Trace Context). Whoever may publish says
   * what stands there. OpenTelemetry takes it for a carrier.
   *
   * @returns Undefined when they say nothing, or nothing well-formed.
   * @throws {MqttError} `GNEISS_ERR_LEASE_ENDED` as {@link properties}.
   */
  traceContext(): TraceContext | undefined {
    const { userProperties } = this.properties;
    return userProperties === undefined ? undefined : findTraceContext(userProperties);
  }

  /** The payload as text. Ill-formed UTF-8 becomes U+FFFD. @throws {MqttError} `GNEISS_ERR_LEASE_ENDED`. */
  text(): string {
    this.#assertLeased();
    const start = this.#payloadStart;
    return decodeUtf8(this.#owner.memory.bytes, start, start + this.#payloadLength);
  }

  /**
   * The payload parsed as JSON.
   *
   * @throws {SyntaxError} A `SyntaxError` when it is none.
   * @throws {MqttError} `GNEISS_ERR_LEASE_ENDED`.
   */
  json(): unknown {
    return JSON.parse(this.text());
  }

  /** A copy of the payload, yours for good. @throws {MqttError} `GNEISS_ERR_LEASE_ENDED`. */
  copy(): Uint8Array {
    return new Uint8Array(this.payload);
  }

  /**
   * Extends the lease until the result is disposed of: the payload stays valid, the memory stays taken, and at QoS 1 and 2 the
   * acknowledgement waits. Everything retained counts against `inboundMemoryBytes` and the 4,096 messages that a client leases at most; when
   * one of them is used up, nothing more is read from the Server.
   *
   * @returns Dispose of it to end the lease. Doing so again does nothing.
   * @throws {MqttError} `GNEISS_ERR_LEASE_ENDED`.
   */
  retain(): Disposable {
    this.#assertLeased();
    this.#holds++;
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        this.letGo();
      },
    };
  }

  /**
   * Acknowledges the message; only with `ackMode: 'manual'`, while it is leased or later. A QoS 0 message needs none: the first call does nothing then.
   *
   * @param reasonCode  0x00 for success, the default; 0x80, 0x83, 0x87, 0x90, 0x91, 0x97 or 0x99 refuses the message. MQTT 3.1.1 has no words
   *   for that: the message is acknowledged whatever is said here.
   * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION` when it is no reason code of PUBACK and PUBREC, `GNEISS_ERR_INVALID_STATE` when
   *   the message is acknowledged by its handler, or was acknowledged.
   * @see MQTT 5.0 §3.4.2.1, §3.5.2.1
   */
  acknowledge(reasonCode = 0): void {
    if (!isAckReasonCode(reasonCode)) {
      throw new MqttError('GNEISS_ERR_INVALID_OPTION', {
        detail: 'reasonCode must be one that a PUBACK of a Client may have',
      });
    }
    const isManual = (this.#state & MANUAL) !== 0;
    if (!isManual || (this.#state & ACKNOWLEDGED) !== 0) {
      throw new MqttError('GNEISS_ERR_INVALID_STATE', {
        detail: isManual
          ? 'the message was acknowledged'
          : "the subscription does not have ackMode 'manual'",
      });
    }
    this.#acknowledge(reasonCode);
  }

  /** @internal One handler more keeps the lease. */
  hold(): void {
    this.#holds++;
  }

  /** @internal The message is acknowledged by `acknowledge`, not by the end of its lease. */
  makeManual(): void {
    this.#state |= MANUAL;
  }

  /** @internal A handler failed: the acknowledgement says so. */
  fail(): void {
    this.#state |= REASON_UNSPECIFIED_ERROR << REASON_SHIFT;
  }

  /** @internal One handler, or retain, less keeps the lease; the last one ends it. */
  letGo(): void {
    this.#holds--;
    if (this.#holds > 0 || (this.#state & ENDED) !== 0) return;
    this.#state |= ENDED;
    this.#owner.releaseMessage(this.#segment, this.#generation);
    if ((this.#state & MANUAL) === 0) this.#acknowledge(this.#state >>> REASON_SHIFT);
  }

  #acknowledge(reasonCode: number): void {
    this.#state |= ACKNOWLEDGED;
    if (this.qos > 0) this.#owner.acknowledge(this.#receipt, reasonCode);
  }

  #assertLeased(): void {
    if ((this.#state & ENDED) === 0) return;
    throw new MqttError('GNEISS_ERR_LEASE_ENDED', {
      detail: 'use copy() or retain() while the handler runs',
    });
  }
}

/** PUBACK and PUBREC have the same. */
function isAckReasonCode(reasonCode: number): boolean {
  return (
    Number.isInteger(reasonCode) &&
    reasonCode >= 0 &&
    reasonCode <= REASON_MAX &&
    isReasonCodeOf(PacketType.PUBACK, reasonCode, 'client')
  );
}
