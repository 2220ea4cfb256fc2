import type { SubackPacket, SubscribePacket } from '../codec/packets.js';
import type { PublishFields } from '../codec/publish.js';
import { FAILURE_MIN } from '../codec/reason-codes.js';
import { type CountedToleration, TOLERATIONS } from '../errors/tolerations.js';
import type { Violation } from '../errors/violations.js';
import { MessageInspector } from './message-inspector.js';
import { SessionSubscriptions } from './session-subscriptions.js';
import type { SessionSink } from './sink.js';

/** How a client meets well-formed misbehaviour that harms nothing: `'strict'` closes the connection over it. */
export type ComplianceMode = 'forgiving' | 'strict';

/**
 * Decides on what the table of tolerations lists; what it does not list is a violation in both modes. A strict client also
 * remembers what it has subscribed to, and looks at every message.
 */
export class Compliance {
  readonly #isStrict: boolean;
  readonly #sink: SessionSink;
  /** Null: forgiving. */
  readonly #subscriptions: SessionSubscriptions | null;
  readonly #inspector: MessageInspector | null;

  constructor(memory: Uint8Array, mode: ComplianceMode, sink: SessionSink) {
    this.#isStrict = mode === 'strict';
    this.#sink = sink;
    this.#subscriptions = this.#isStrict ? new SessionSubscriptions() : null;
    this.#inspector =
      this.#subscriptions === null ? null : new MessageInspector(memory, this.#subscriptions);
  }

  /** @returns The violation that a strict client takes it for; null when it is let pass, and counted. */
  tolerate(name: CountedToleration): Violation | null {
    if (this.#isStrict) return TOLERATIONS[name];
    this.#sink.violationTolerated(name);
    return null;
  }

  /** Looks at a message before anything is done with it. */
  inspectMessage(fields: PublishFields): Violation | null {
    const violation = fields.dup && fields.qos === 0 ? this.tolerate('dupAtQos0') : null;
    if (violation !== null || this.#inspector === null) return violation;
    return this.#inspector.inspect(fields);
  }

  /** A SUBSCRIBE is written. */
  subscribing(packet: SubscribePacket): void {
    this.#subscriptions?.requested(packet);
  }

  /** A SUBSCRIBE was answered, with as many reason codes as it has filters. */
  subscribed(packet: SubscribePacket, { reasonCodes }: SubackPacket): Violation | null {
    this.#subscriptions?.answered(packet, reasonCodes);
    const isAbove = packet.subscriptions.some(({ qos }, index) => {
      const reasonCode = reasonCodes[index]!;
      return reasonCode < FAILURE_MIN && reasonCode > qos;
    });
    return isAbove ? this.tolerate('grantAboveRequest') : null;
  }

  /** A connection was accepted. */
  startConnection(sessionPresent: boolean): void {
    this.#inspector?.startConnection();
    if (!sessionPresent) this.#subscriptions?.reset();
  }

  /** The connection is gone. */
  interrupted(): void {
    this.#subscriptions?.interrupted();
  }
}
