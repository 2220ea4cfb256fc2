import { packetSize } from '../codec/encode.js';
import { PacketType } from '../codec/packet-types.js';
import type { AuthPacket, ConnackPacket, ConnectPacket } from '../codec/packets.js';
import { REASON_CODES } from '../codec/reason-codes.js';
import type { ErrorCode } from '../errors/codes.js';
import type { ErrorRecord } from '../errors/mqtt-error.js';
import { VIOLATIONS, type Violation } from '../errors/violations.js';
import { type CloseReason, disconnectPacket } from './close-reason.js';
import { NEVER } from './operation-table.js';
import type { SessionSink } from './sink.js';
import { type WriteBatch, writePacket } from './write-batch.js';

const CONTINUE = REASON_CODES.continueAuthentication.value;
const REAUTHENTICATE = REASON_CODES.reAuthenticate.value;
/** The codes that would say more are the Server's alone (Table 3-13). */
const DISCONNECT_REASON = REASON_CODES.unspecifiedError.value;

/** What an exchange brings about in its session. */
export interface AuthenticationOwner {
  close(reason: CloseReason): void;
  /** The application has accepted what came with the CONNACK. */
  verified(now: number): void;
}

/**
 * Where an exchange stands. Each step is computed by the application, which is asked for one at a time:
 *
 *     none ──► asked ──► owed ──► sent ──► none      the Server has refused, or the connection is gone
 *                ▲  │               │
 *                │  └─► none        │                the application has accepted what came with success
 *                └──────────────────┘                the Server says AUTH or CONNACK
 */
type Stage =
  | { readonly kind: 'none' }
  | { readonly kind: 'asked'; readonly step: 'first' | 'challenge' | 'final' }
  /** The CONNECT or an AUTH is due. */
  | { readonly kind: 'owed'; readonly packet: AuthPacket }
  | { readonly kind: 'sent' };

const NONE: Stage = { kind: 'none' };
const SENT: Stage = { kind: 'sent' };

/**
 * Enhanced authentication (§4.12): the exchange before each CONNACK, and re-authentication on an accepted connection. A connection
 * without an Authentication Method has none, and lets the Server have none.
 */
export class Authentication {
  readonly #timeoutMs: number;
  readonly #sink: SessionSink;
  readonly #owner: AuthenticationOwner;

  // Client: the number of the last exchange. Answers to an earlier one are void.
  #exchange = 0;

  // Connection.
  /** The Authentication Method of its CONNECT. */
  #method: string | undefined;
  #stage: Stage = NONE;
  #reauthenticates = false;
  #deadline = NEVER;
  #isConnected = false;
  /** What the Server takes, in bytes; not known before its CONNACK. */
  #maximumPacketSize = Number.POSITIVE_INFINITY;

  constructor(reauthenticationTimeoutMs: number, sink: SessionSink, owner: AuthenticationOwner) {
    this.#timeoutMs = reauthenticationTimeoutMs;
    this.#sink = sink;
    this.#owner = owner;
  }

  /** No re-authentication is going on. */
  get idle(): boolean {
    return !this.#reauthenticates;
  }

  /** By when the re-authentication that is going on must have come to its end. May change after any call. */
  get deadline(): number {
    return this.#deadline;
  }

  // The application.

  /**
   * The application has computed the next step of an exchange.
   *
   * @param data  The Authentication Data to send; undefined: none, and always after the last step.
   */
  answer(exchange: number, data: Uint8Array | undefined, now: number): void {
    const stage = this.#stage;
    if (exchange !== this.#exchange || stage.kind !== 'asked') return;
    if (stage.step !== 'final') {
      this.#owe(stage.step === 'first' && this.#reauthenticates ? REAUTHENTICATE : CONTINUE, data);
    } else if (this.#reauthenticates) {
      this.#finish(null);
    } else {
      this.#stage = NONE;
      this.#owner.verified(now);
    }
  }

  /** The application can not go on with an exchange, or does not accept the Server. */
  refuse(exchange: number): void {
    if (exchange === this.#exchange && this.#stage.kind === 'asked') {
      this.#fail('GNEISS_ERR_AUTHENTICATION_FAILED');
    }
  }

  /** Begins a re-authentication, on an accepted connection. @returns False when one is going on, or there is no method. */
  reauthenticate(now: number): boolean {
    if (this.#reauthenticates || this.#method === undefined) return false;
    this.#reauthenticates = true;
    this.#deadline = now + this.#timeoutMs;
    this.#ask('first', null);
    return true;
  }

  /** Nobody waits for the re-authentication any more. What the Server has not heard of does not take place. */
  abort(): void {
    if (this.#reauthenticates && !this.#hasBegun) this.#finish({ code: 'GNEISS_ERR_ABORTED' });
  }

  // The session.

  /** A connection begins: what its CONNECT is to hold is asked for. */
  connecting(method: string | undefined): void {
    this.#method = method;
    this.#isConnected = false;
    this.#maximumPacketSize = Number.POSITIVE_INFINITY;
    if (this.#method !== undefined) this.#ask('first', null);
  }

  /** The CONNECT as it is to be written; null: the application has not answered yet. */
  toConnect(connect: ConnectPacket): ConnectPacket | null {
    if (this.#method === undefined) return connect;
    if (this.#stage.kind !== 'owed') return null;
    const { properties } = this.#stage.packet;
    this.#stage = SENT;
    return { ...connect, properties: { ...connect.properties, ...properties } };
  }

  /** The connection is accepted. */
  connected(maximumPacketSize: number): void {
    this.#isConnected = true;
    this.#maximumPacketSize = maximumPacketSize;
  }

  /** An AUTH came. @returns The violation that it is, or null. */
  auth(packet: AuthPacket): Violation | null {
    if (this.#method === undefined) return VIOLATIONS.authUnasked;
    const { reasonCode, properties } = packet;
    if (properties.authenticationMethod !== this.#method) return VIOLATIONS.authMethodChanged;
    if (!this.#isConnected && reasonCode !== CONTINUE) return VIOLATIONS.authBeforeConnack;
    if (this.#stage.kind !== 'sent') return VIOLATIONS.authOutOfTurn;
    this.#ask(reasonCode === CONTINUE ? 'challenge' : 'final', packet);
    return null;
  }

  /** A CONNACK came that accepts the connection. @returns The violation that it is, or null. */
  connack(packet: ConnackPacket): Violation | null {
    const { authenticationMethod } = packet.properties;
    if (this.#method === undefined) {
      return authenticationMethod === undefined ? null : VIOLATIONS.connackMethodUnasked;
    }
    if (authenticationMethod !== this.#method) return VIOLATIONS.authMethodChanged;
    if (this.#stage.kind !== 'sent') return VIOLATIONS.authOutOfTurn;
    this.#ask('final', packet);
    return null;
  }

  /** Whether the application has yet to accept what came with the CONNACK. */
  get verifies(): boolean {
    return this.#stage.kind === 'asked' && this.#stage.step === 'final';
  }

  /** Ends a re-authentication that takes too long. */
  expire(now: number): void {
    if (now >= this.#deadline) this.#close('GNEISS_ERR_AUTHENTICATION_TIMEOUT');
  }

  /** Writes the AUTH that is due, if there is room for it. */
  service(batch: WriteBatch): void {
    const stage = this.#stage;
    if (stage.kind !== 'owed' || !batch.reserve(packetSize(stage.packet, 5))) return;
    this.#stage = SENT;
    writePacket(batch, stage.packet, 5);
  }

  /** The connection is closed, or about to be. */
  end(error: ErrorRecord): void {
    this.#finish(error);
  }

  /** Whether the Server has heard of the exchange. */
  get #hasBegun(): boolean {
    const stage = this.#stage;
    if (stage.kind === 'asked') return stage.step !== 'first';
    return stage.kind === 'sent' || (stage.kind === 'owed' && stage.packet.reasonCode === CONTINUE);
  }

  #ask(step: 'first' | 'challenge' | 'final', packet: AuthPacket | ConnackPacket | null): void {
    if (step === 'first') this.#exchange++;
    this.#stage = { kind: 'asked', step };
    this.#sink.authenticationAsked(this.#exchange, packet);
  }

  #owe(reasonCode: number, authenticationData: Uint8Array | undefined): void {
    const properties = { authenticationMethod: this.#method, authenticationData };
    const packet: AuthPacket = { type: PacketType.AUTH, reasonCode, properties };
    if (packetSize(packet, 5) > this.#maximumPacketSize) this.#fail('GNEISS_ERR_PACKET_TOO_LARGE');
    else this.#stage = { kind: 'owed', packet };
  }

  /** A re-authentication that the Server has not heard of leaves the connection as it is; else it must close [MQTT-4.12.1-2]. */
  #fail(code: ErrorCode): void {
    if (this.#reauthenticates && !this.#hasBegun) this.#finish({ code });
    else this.#close(code);
  }

  #close(code: ErrorCode): void {
    this.#owner.close({ error: { code }, disconnect: disconnectPacket(DISCONNECT_REASON) });
  }

  #finish(error: ErrorRecord | null): void {
    const reauthenticated = this.#reauthenticates;
    this.#stage = NONE;
    this.#reauthenticates = false;
    this.#deadline = NEVER;
    if (reauthenticated) this.#sink.reauthenticated(error);
  }
}
