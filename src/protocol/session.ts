import { PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type {
  ConnackPacket,
  ConnectPacket,
  DisconnectPacket,
  SubscribePacket,
  UnsubscribePacket,
} from '../codec/packets.js';
import type { ErrorCode } from '../errors/codes.js';
import { VIOLATIONS, type Violation } from '../errors/violations.js';
import { assert } from '../util/assert.js';
import { Authentication } from './authentication.js';
import {
  type CloseReason,
  connectTimeoutReason,
  fittingDisconnect,
  refusalReason,
  serverDisconnectReason,
  violationReason,
} from './close-reason.js';
import { Compliance } from './compliance.js';
import { checkConnack, decodeConnack, withoutAuthenticationData } from './connack-checks.js';
import { type ConnectIdentity, toConnectPacket } from './connect-packet.js';
import { InboundFlow } from './inbound-flow.js';
import { KeepAlive } from './keep-alive.js';
import { NEVER, type PublishRequest } from './operation-table.js';
import { OutboundFlow } from './outbound-flow.js';
import { PacketReceiver } from './packet-receiver.js';
import type { SessionOptions, SessionState } from './session-state.js';
import { negotiate } from './settings.js';
import type { SessionSink } from './sink.js';
import { type WriteBatch, writePacket } from './write-batch.js';

const REASON_FAILURE = 0x80;
const PING_BYTES = 2;
/** Follows the text of a violation in the first bytes that a Server sends. */
export const FOREIGN_PORT = '; the port may be one for another protocol';

const OFFLINE: SessionState = { kind: 'offline' };

/**
 * The MQTT session: a state machine without sockets, clocks or randomness. The host feeds it events and packets, lets it
 * fill batches with `service`, and tells it when a batch is flushed. `now` is milliseconds on one clock that never goes back.
 */
export class Session {
  readonly #memory: Uint8Array;
  readonly #options: SessionOptions;
  readonly #version: ProtocolVersion;
  readonly #sink: SessionSink;

  // Session.
  readonly #outbound: OutboundFlow;
  readonly #inbound: InboundFlow;
  readonly #compliance: Compliance;
  #assignedClientId: string | undefined;
  #hasConnected = false;

  // Connection.
  #state: SessionState = OFFLINE;
  #acceptedAt = 0;
  /** Is told by the host what becomes of reading. */
  readonly keepAlive: KeepAlive;
  /** Enhanced authentication. */
  readonly authentication: Authentication;
  #connectWritten = false;
  #disconnectWritten = false;
  #serverMaximumPacketSize = 0;
  /** A PINGREQ is due and not yet written. */
  #pingOwed = false;

  readonly #receiver: PacketReceiver;

  /** @param memory The shared memory that all offsets point into. */
  constructor(memory: Uint8Array, options: SessionOptions, sink: SessionSink) {
    this.#memory = memory;
    this.#options = options;
    this.#version = options.protocolVersion;
    this.#sink = sink;
    this.keepAlive = new KeepAlive(options.pingTimeoutMs);
    this.#compliance = new Compliance(memory, options.compliance, sink);
    this.#outbound = new OutboundFlow(memory, options, sink, this.keepAlive, this.#compliance);
    this.#inbound = new InboundFlow(
      memory,
      sink,
      this.#compliance,
      options.protocolVersion,
      options.receiveMaximum,
      options.topicAliasMaximum,
    );
    this.authentication = new Authentication(options.reauthenticationTimeoutMs, sink, {
      close: (reason) => {
        this.close(reason);
      },
      verified: (now) => {
        if (this.#state.kind !== 'verifying') return;
        this.#accept(this.#state.connect, this.#state.connack, now);
      },
    });
    const mayTellProblems = options.requestProblemInformation;
    this.#receiver = new PacketReceiver(memory, options.protocolVersion, mayTellProblems, {
      inbound: this.#inbound,
      acknowledgements: this.#outbound.acknowledgements,
      keepAlive: this.keepAlive,
      authentication: this.authentication,
      compliance: this.#compliance,
      disconnected: (packet) => {
        this.close(serverDisconnectReason(packet));
      },
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  /** When the Server accepted the current connection, or the last one; 0: it has not. */
  get acceptedAt(): number {
    return this.#acceptedAt;
  }

  /** The connection is to be closed, and all that was to be said before is written. */
  get isFinished(): boolean {
    return this.#state.kind === 'closing' && this.#disconnectWritten;
  }

  /** Everything submitted has come to its end, and nothing is owed to the Server. */
  get idle(): boolean {
    return this.#outbound.idle && !this.#inbound.hasOutput && this.authentication.idle;
  }

  /** Operations queued or unacknowledged. */
  get operations(): number {
    return this.#outbound.size;
  }

  /** Publishes that wait for a connection, and their bytes; none while there is one. */
  get waiting(): { readonly messages: number; readonly bytes: number } {
    return this.#outbound.waiting;
  }

  /** QoS 1 and 2 publishes that the Server has yet to acknowledge. */
  get inflight(): number {
    return this.#outbound.inflight;
  }

  /**
   * Packets that may be received before this is asked again, as long as `packetReceived` returns true. May rise after `service` and
   * `acknowledge`. A CONNACK takes none of the room that an earlier connection may have left full, and what stands behind it waits
   * until it is verified.
   */
  get receivable(): number {
    const { kind } = this.#state;
    if (kind === 'connected') return this.#inbound.receivable;
    return kind === 'verifying' ? 0 : 1;
  }

  /**
   * False while the host must hold further operations back: none may follow a DISCONNECT [MQTT-3.14.4-1]. May change after any call.
   */
  canSubmit(batch: WriteBatch): boolean {
    return this.#state.kind !== 'closing' && this.#outbound.canSubmit(batch);
  }

  /** The transport carries bytes: CONNECT is due. @param deadline By when CONNACK must have come. */
  transportOpened(deadline: number, identity: ConnectIdentity): void {
    assert(this.#state.kind === 'offline', 'there is one transport at a time');
    const connect = toConnectPacket(
      this.#options,
      identity,
      this.#assignedClientId,
      this.#hasConnected,
    );
    this.#acceptedAt = 0;
    this.#connectWritten = false;
    this.#disconnectWritten = false;
    this.#serverMaximumPacketSize = 0;
    this.#pingOwed = false;
    this.#state = { kind: 'connecting', connect, deadline };
    this.authentication.connecting(identity.authenticationMethod);
  }

  /** The transport is gone. Legal in every state. */
  transportClosed(): void {
    if (this.#state.kind === 'offline') return;
    this.#state = OFFLINE;
    this.authentication.end({ code: 'GNEISS_ERR_CONNECTION_LOST' });
    this.keepAlive.stop();
    this.#compliance.interrupted();
    this.#inbound.interrupted();
    this.#outbound.interrupted();
  }

  submitPublish(request: PublishRequest, batch: WriteBatch, now: number): void {
    this.#outbound.submitPublish(request, batch, now);
  }

  submitPacket(
    packet: SubscribePacket | UnsubscribePacket,
    token: number,
    ackTimeoutMs: number,
  ): void {
    this.#outbound.submitPacket(packet, token, ackTimeoutMs);
  }

  /** The caller gave up: the operation is not sent unless it was already. @returns False when there is no such operation. */
  abort(token: number): boolean {
    return this.#outbound.abort(token);
  }

  /** Fails a publish instead of submitting it. */
  refusePublish(request: PublishRequest, code: ErrorCode): void {
    this.#outbound.refuse(request, code);
  }

  /** The application has handled the message of a receipt. */
  acknowledge(receipt: number, reasonCode: number): void {
    this.#inbound.acknowledge(receipt, reasonCode);
  }

  /** Ends the connection now. The first reason wins. */
  close(reason: CloseReason): void {
    if (this.#state.kind === 'offline' || this.#state.kind === 'closing') return;
    this.keepAlive.stop();
    this.#state = { kind: 'closing', reason };
    this.authentication.end(reason.error);
  }

  /** Ends the session for good: every open operation fails. */
  dispose(code: 'GNEISS_ERR_CLOSED'): void {
    this.#state = OFFLINE;
    this.keepAlive.stop();
    this.#outbound.failAll(code);
    this.#inbound.reset();
  }

  /** Bytes that are no packet arrived. */
  framingFailed(violation: Violation): void {
    const isFirst = this.#state.kind === 'connecting';
    const text = `${violation.text}${FOREIGN_PORT}`;
    this.close(violationReason(isFirst ? { ...violation, text } : violation, this.#version));
  }

  /**
   * Takes one whole packet, which stands in memory from `start` (after the fixed header) to `end`.
   *
   * @returns False when it has ended the connection: what comes after it is of no interest.
   */
  packetReceived(header: number, start: number, end: number, now: number): boolean {
    const violation =
      this.#state.kind === 'connected'
        ? this.#receiver.receive(header, start, end)
        : this.#receiveConnecting(header, start, end, now);
    if (violation !== null) this.close(violationReason(violation, this.#version));
    return this.#state.kind !== 'closing';
  }

  /** Fires due timers. Idempotent when nothing is due. To be called while a batch is with the transport, too. */
  expire(now: number): void {
    const state = this.#state;
    if ((state.kind === 'connecting' || state.kind === 'verifying') && now >= state.deadline)
      this.close(connectTimeoutReason(state.kind));
    this.#outbound.expire(now);
    if (state.kind !== 'connected') return;
    this.authentication.expire(now);
    if (this.keepAlive.isTimedOut(now)) {
      this.close({ error: { code: 'GNEISS_ERR_KEEP_ALIVE_TIMEOUT' }, disconnect: null });
    } else if (this.keepAlive.isPingDue(now)) {
      // A PINGREQ that can not be written for want of room counts from here, or a stuck socket would never be noticed.
      this.#pingOwed = true;
      this.keepAlive.pingSent(now);
    }
  }

  /** Writes what is due into the batch, which must not be with the transport. Idempotent when nothing is due. */
  service(batch: WriteBatch, now: number): void {
    this.expire(now);
    const state = this.#state;
    switch (state.kind) {
      case 'offline':
      case 'verifying':
        return;
      case 'connecting':
        this.#serviceConnecting(state.connect, batch);
        return;
      case 'connected':
        this.#serviceConnected(batch, now);
        return;
      case 'closing':
        this.#serviceClosing(state.reason, batch);
    }
  }

  /** The last batch was taken by the transport. */
  flushed(): void {
    this.#outbound.flushed();
  }

  /** The earliest time at which `expire` has work without a new event. May change after any call. */
  nextDeadline(): number {
    switch (this.#state.kind) {
      case 'closing':
        return NEVER;
      case 'offline':
        return this.#outbound.nextDeadline();
      case 'connecting':
      case 'verifying':
        return Math.min(this.#state.deadline, this.#outbound.nextDeadline());
      case 'connected':
        return Math.min(
          this.keepAlive.deadline,
          this.#outbound.nextDeadline(),
          this.authentication.deadline,
        );
    }
  }

  #receiveConnecting(header: number, start: number, end: number, now: number): Violation | null {
    const state = this.#state;
    if (state.kind !== 'connecting') return null;
    if (!this.#connectWritten) return VIOLATIONS.connackMissing;
    if (header >>> 4 === PacketType.AUTH) return this.#receiver.receive(header, start, end);
    const { packet, violation } = decodeConnack(this.#memory, header, start, end, this.#version);
    return packet === null ? violation : this.#connack(state.connect, packet, state.deadline, now);
  }

  #connack(
    connect: ConnectPacket,
    connack: ConnackPacket,
    deadline: number,
    now: number,
  ): Violation | null {
    if (connack.reasonCode >= REASON_FAILURE) {
      this.close(refusalReason(connack));
      return null;
    }
    const violation =
      checkConnack(connect, connack, this.#hasConnected, this.#compliance) ??
      this.authentication.connack(connack);
    if (violation !== null) return violation;
    if (this.authentication.verifies)
      this.#state = { kind: 'verifying', connect, connack, deadline };
    else this.#accept(connect, connack, now);
    return null;
  }

  #accept(connect: ConnectPacket, connack: ConnackPacket, now: number): void {
    const settings = negotiate(connect, connack);
    this.#assignedClientId ??= connack.properties.assignedClientIdentifier;
    this.#hasConnected = true;
    this.#acceptedAt = now;
    this.#serverMaximumPacketSize = settings.maximumPacketSize;
    this.#state = { kind: 'connected', connack, settings };
    this.keepAlive.start(settings.keepAlive, now);
    this.authentication.connected(settings.maximumPacketSize);
    this.#sink.connected(withoutAuthenticationData(connack), settings);
    this.#compliance.startConnection(settings.sessionPresent);
    this.#inbound.startConnection(settings.sessionPresent);
    this.#outbound.startConnection(settings);
  }

  #serviceConnecting(connect: ConnectPacket, batch: WriteBatch): void {
    if (this.#connectWritten) {
      this.authentication.service(batch);
      return;
    }
    const packet = this.authentication.toConnect(connect);
    if (packet === null) return;
    this.#connectWritten = true;
    writePacket(batch, packet, this.#version);
  }

  #serviceConnected(batch: WriteBatch, now: number): void {
    if (this.#pingOwed && batch.reserve(PING_BYTES)) {
      this.#pingOwed = false;
      writePacket(batch, { type: PacketType.PINGREQ }, this.#version);
    }
    this.authentication.service(batch);
    this.#inbound.service(batch);
    this.#outbound.service(batch, now);
  }

  #serviceClosing({ disconnect }: CloseReason, batch: WriteBatch): void {
    if (this.#disconnectWritten) return;
    this.#disconnectWritten = true;
    if (disconnect !== null && this.#connectWritten) this.#writeDisconnect(batch, disconnect);
  }

  #writeDisconnect(batch: WriteBatch, disconnect: DisconnectPacket): void {
    const fits = (size: number) => size <= this.#serverMaximumPacketSize && batch.reserve(size);
    writePacket(batch, fittingDisconnect(disconnect, this.#version, fits), this.#version);
  }
}
