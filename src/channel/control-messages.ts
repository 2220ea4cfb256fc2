import type { Sender } from '../codec/packet-types.js';
import type {
  AuthPacket,
  ConnackPacket,
  DisconnectPacket,
  SubackPacket,
  SubscribePacket,
  UnsubackPacket,
  UnsubscribePacket,
} from '../codec/packets.js';
import type { ErrorCode } from '../errors/codes.js';
import type { ErrorRecord } from '../errors/mqtt-error.js';
import type { CountedToleration } from '../errors/tolerations.js';
import type { AttemptSettings } from '../options/connect-options.js';
import type { ServerInfo } from '../options/server.js';
import type { NegotiatedSettings } from '../validation/negotiated.js';

/**
 * What a record of the submission ring asks for. A SUBSCRIBE or UNSUBSCRIBE itself travels as a message on the port; its
 * record holds its place among the publishes, and is written after the message was posted.
 */
export const SubmissionKind = { PUBLISH: 0, PACKET: 1 } as const;

/** Bits of the flags of a submission. */
export const SubmissionFlag = { QOS_MASK: 0x03, RETAIN: 0x04, EXPIRES: 0x08 } as const;

/** Bits of the flags of a delivery. Without `TOPIC` and `CONNECTED` the record is a message. */
export const DeliveryFlag = { HEADER_MASK: 0x0f, TOPIC: 0x10, CONNECTED: 0x20 } as const;

/** A packet for the packet tap. */
export interface TappedBytes {
  readonly sender: Sender;
  readonly connection: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** What it counts for until it is taken. */
  readonly cost: number;
}

/** Main thread to worker: rare, and readable is worth more than fast. */
export type ControlRequest =
  | { readonly kind: 'start' }
  /** Drains what was asked for within `timeoutMs`, sends DISCONNECT and closes; without a packet closes at once. */
  | {
      readonly kind: 'stop';
      readonly disconnect: DisconnectPacket | null;
      readonly timeoutMs: number;
      /** Publishes wait for room on the main thread, and are to be drained, too: `submitted` tells when there are none. */
      readonly moreFollows: boolean;
    }
  /** As stop, and then ends the client for good. */
  | {
      readonly kind: 'close';
      readonly disconnect: DisconnectPacket | null;
      readonly timeoutMs: number;
      readonly moreFollows: boolean;
    }
  /** No publish waits for room any more. */
  | { readonly kind: 'submitted' }
  | {
      readonly kind: 'packet';
      readonly token: number;
      readonly packet: SubscribePacket | UnsubscribePacket;
      readonly ackTimeoutMs: number;
    }
  | { readonly kind: 'abort'; readonly token: number }
  /** What an attempt is made with. */
  | {
      readonly kind: 'attemptOptions';
      readonly attempt: number;
      readonly settings: AttemptSettings;
    }
  /** The attempt can not be made. The error stays on the main thread. */
  | { readonly kind: 'refuseAttempt'; readonly attempt: number; readonly code: ErrorCode }
  /** The next step of an exchange of enhanced authentication: what to send; nothing after its last step. */
  | {
      readonly kind: 'authenticate';
      readonly exchange: number;
      readonly data: Uint8Array | undefined;
    }
  /** The exchange can not go on, or the Server is not accepted. */
  | { readonly kind: 'refuseAuthentication'; readonly exchange: number }
  /** Begins a re-authentication; `reauthenticated` tells its end. */
  | { readonly kind: 'reauthenticate' }
  | { readonly kind: 'abortReauthentication' }
  /** The packet tap has taken packets that count for so many bytes. */
  | { readonly kind: 'tapTaken'; readonly bytes: number };

/** Worker to main thread. */
export type ControlEvent =
  /** What is the next attempt to be made with? It begins when that is known. */
  | { readonly kind: 'connectOptionsAsked'; readonly attempt: number; readonly server: ServerInfo }
  | { readonly kind: 'attempt'; readonly server: ServerInfo }
  | {
      readonly kind: 'connected';
      readonly connack: ConnackPacket;
      readonly settings: NegotiatedSettings;
    }
  /** An attempt failed before the Server accepted it. */
  | {
      readonly kind: 'failure';
      readonly error: ErrorRecord;
      /** The next attempt would go to a Server that was not tried yet. */
      readonly othersLeft: boolean;
    }
  /** An accepted connection ended. */
  | { readonly kind: 'disconnection'; readonly error: ErrorRecord }
  | { readonly kind: 'stopped' }
  /** The last message: the worker has let go of everything. With an error, it could not begin. */
  | { readonly kind: 'closed'; readonly error: ErrorRecord | null }
  | {
      readonly kind: 'acknowledged';
      readonly token: number;
      readonly packet: SubackPacket | UnsubackPacket;
    }
  /** The next step of an exchange is to be computed from what the Server said; null: a new exchange begins. */
  | {
      readonly kind: 'authenticationAsked';
      readonly exchange: number;
      readonly packet: AuthPacket | ConnackPacket | null;
    }
  | { readonly kind: 'reauthenticated'; readonly error: ErrorRecord | null }
  /** The first misbehaviour of this kind on a connection that was let pass. */
  | { readonly kind: 'tolerated'; readonly toleration: CountedToleration }
  /** Reading was paused for want of memory. Told once a second at most. */
  | { readonly kind: 'readingPaused' }
  | { readonly kind: 'tapped'; readonly packets: readonly TappedBytes[] };
