import type { AuthPacket, ConnackPacket, SubackPacket, UnsubackPacket } from '../codec/packets.js';
import type { PublishFields } from '../codec/publish.js';
import type { ErrorCode } from '../errors/codes.js';
import type { ErrorRecord } from '../errors/mqtt-error.js';
import type { CountedToleration } from '../errors/tolerations.js';
import type { NegotiatedSettings } from '../validation/negotiated.js';

/**
 * What the session tells the world. The host turns these calls into records of the channel, the tests into
 * arrays. Offsets point into the shared memory and hold until the call returns.
 */
export interface SessionSink {
  /** The Server accepted the connection. Comes before anything that happens on it. */
  connected(connack: ConnackPacket, settings: NegotiatedSettings): void;
  /** A PUBLISH came to its end: flushed (QoS 0), PUBACK, PUBCOMP, or a refusing PUBREC. Properties of the acknowledgement, if any, stand in memory. */
  publishCompleted(
    token: number,
    qos: number,
    reasonCode: number,
    propertiesStart: number,
    propertiesLength: number,
  ): void;
  /** A SUBSCRIBE or UNSUBSCRIBE was answered. */
  subscriptionCompleted(token: number, packet: SubackPacket | UnsubackPacket): void;
  /** Operations failed: one with a token, or `count` that nobody awaits. */
  operationFailed(token: number, code: ErrorCode, count: number): void;
  /** The session needs `count` frames of an outbound segment no longer. */
  framesReleased(segment: number, generation: number, count: number): void;
  /** From here on the slot stands for the topic that is in memory. */
  topicReceived(topicSlot: number, topicStart: number, topicLength: number): void;
  /** A message for the application, with the topic that its slot stands for; at QoS 1 and 2 it is to be acknowledged by its receipt. */
  messageReceived(fields: PublishFields, receipt: number, topicSlot: number): void;
  /** A QoS 2 message came again, and is not delivered again. */
  duplicateSuppressed(): void;
  /**
   * The application is to compute the next step of an exchange of enhanced authentication: `Authentication.answer` or `refuse` goes on.
   *
   * @param packet  What the Server said: an AUTH that continues, or the AUTH or CONNACK of its success; null: the exchange begins.
   */
  authenticationAsked(exchange: number, packet: AuthPacket | ConnackPacket | null): void;
  /** A re-authentication came to its end; null: with success. Comes once for each that was begun. */
  reauthenticated(error: ErrorRecord | null): void;
  /** Misbehaviour of the Server that harms nothing was let pass. */
  violationTolerated(name: CountedToleration): void;
}
