import type { ConnackPacket, ConnectPacket } from '../codec/packets.js';
import type { NegotiatedSettings } from '../validation/negotiated.js';
import type { CloseReason } from './close-reason.js';
import type { ComplianceMode } from './compliance.js';
import type { ConnectSettings } from './connect-packet.js';
import type { OutboundOptions } from './outbound-flow.js';

/** What a session is told once. Times in milliseconds. */
export interface SessionOptions extends ConnectSettings, OutboundOptions {
  readonly reauthenticationTimeoutMs: number;
  readonly pingTimeoutMs: number;
  readonly compliance: ComplianceMode;
}

/**
 * The session over one Network Connection after another.
 *
 * ```
 *                transport opened               CONNACK success
 *   ┌─────────┐  ──────────────►  ┌────────────┐  ───────────►  ┌───────────┐
 *   │ offline │                   │ connecting │                │ connected │
 *   └─────────┘  ◄──────────────  └────────────┘                └───────────┘
 *        ▲       transport closed    │ CONNACK refused             │ stopped and drained / violation /
 *        │                           │ deadline, violation         │ no PINGRESP / DISCONNECT from the Server
 *        │                           ▼                             ▼
 *        └─────────────────────  ┌───────────────────────────────────┐
 *             transport closed   │ closing (DISCONNECT, then close)  │
 *                                └───────────────────────────────────┘
 * ```
 *
 * With enhanced authentication a CONNACK leads to `verifying` first: until the application has accepted what came with it, or the
 * deadline has passed, no further packet is received.
 */
export type SessionState =
  | { readonly kind: 'offline' }
  | { readonly kind: 'connecting'; readonly connect: ConnectPacket; readonly deadline: number }
  | {
      readonly kind: 'verifying';
      readonly connect: ConnectPacket;
      readonly connack: ConnackPacket;
      readonly deadline: number;
    }
  | {
      readonly kind: 'connected';
      readonly connack: ConnackPacket;
      readonly settings: NegotiatedSettings;
    }
  | { readonly kind: 'closing'; readonly reason: CloseReason };
