import { decodePacket } from '../codec/decode.js';
import { PACKET_SIZE_MAX, PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { AuthPacket, ConnectPacket } from '../codec/packets.js';
import type { PropertiesOf } from '../codec/property-table.js';
import { FAILURE_MIN, REASON_CODES } from '../codec/reason-codes.js';
import type { Violation } from '../errors/violations.js';
import { Authentication, type AuthenticationAnswer } from './authentication.js';
import type { ConnectionControl } from './control.js';
import type { BrokerCore } from './core.js';
import { checkConnect, connackProperties } from './negotiation.js';
import { openSession } from './open-session.js';
import type { PacketSender } from './packet-sender.js';

const SUCCESS = REASON_CODES.success.value;

/** Where the version stands in the body of a CONNECT: behind the string `MQTT`. */
const VERSION_OFFSET = 6;

/**
 * How a connection begins.
 *
 *     waiting ──CONNECT──► accepted
 *        │  └──CONNECT──► authenticating ──AUTH──► accepted
 *        └────CONNECT──► stalled                             by a fault: never answered
 *
 * From every state but the last two it may be refused as well, which closes the connection.
 */
type Stage = 'waiting' | 'authenticating' | 'accepted' | 'stalled';

/** Takes a connection from its first byte to the CONNACK, and through re-authentication later on. */
export class Handshake {
  readonly #core: BrokerCore;
  readonly #connection: ConnectionControl;
  readonly #sender: PacketSender;
  #stage: Stage = 'waiting';
  #authentication: Authentication | null = null;
  /** The CONNECT, once it came. */
  connect: ConnectPacket | null = null;

  constructor(core: BrokerCore, connection: ConnectionControl, sender: PacketSender) {
    this.#core = core;
    this.#connection = connection;
    this.#sender = sender;
  }

  /** Is the Client left without an answer? */
  get stalled(): boolean {
    return this.#stage === 'stalled';
  }

  /** Acts on a packet that comes before the CONNACK. */
  handlePacket(memory: Uint8Array, header: number, start: number, end: number): void {
    const { version } = this.#sender;
    const { packet, violation } = decodePacket(memory, header, start, end, version, 'client');
    if (packet === null) {
      this.#handleViolation(violation, header, memory[start + VERSION_OFFSET]);
    } else if (packet.type === PacketType.CONNECT && this.#stage === 'waiting') {
      this.#handleConnect(packet);
    } else if (packet.type === PacketType.AUTH && this.#stage === 'authenticating') {
      this.handleAuth(packet);
    } else if (packet.type === PacketType.DISCONNECT && this.#stage === 'authenticating') {
      this.#connection.end({ by: 'client', reasonCode: packet.reasonCode });
    } else {
      this.#connection.fail(REASON_CODES.protocolError.value);
    }
  }

  /** Goes on with enhanced authentication, or begins it anew. */
  handleAuth(packet: AuthPacket): void {
    if (this.#authentication === null) this.#connection.fail(REASON_CODES.protocolError.value);
    else this.#answer(this.#authentication, this.#authentication.continue(packet));
  }

  /** A CONNECT of MQTT 5, and one of an unknown version, is told what is wrong with it. */
  #handleViolation({ reasonCode }: Violation, header: number, versionByte = 0): void {
    const version: ProtocolVersion = versionByte < 5 ? 4 : 5;
    const isConnect = header >>> 4 === PacketType.CONNECT;
    const isUnknown = reasonCode === REASON_CODES.unsupportedProtocolVersion.value;
    this.#core.counters.violations++;
    if (isConnect && (version === 5 || isUnknown)) {
      this.#connection.setVersion(version);
      this.#refuse(reasonCode);
    } else {
      this.#connection.end({ by: 'broker', reasonCode: null });
    }
  }

  #handleConnect(packet: ConnectPacket): void {
    const { maximumPacketSize = PACKET_SIZE_MAX, topicAliasMaximum = 0 } = packet.properties;
    this.connect = packet;
    this.#connection.setVersion(packet.protocolVersion);
    this.#sender.negotiate(maximumPacketSize, topicAliasMaximum);
    const fault = this.#core.faults.onConnect(this.#connection);
    if (fault === undefined) this.#decide(packet);
    else if (fault.reasonCode === null) this.#stage = 'stalled';
    else this.#refuse(fault.reasonCode, fault.properties);
  }

  #decide(packet: ConnectPacket): void {
    const { options } = this.#core;
    const { authenticationMethod } = packet.properties;
    const reasonCode = checkConnect(packet, options);
    if (reasonCode !== SUCCESS) {
      this.#refuse(reasonCode);
    } else if (authenticationMethod === undefined) {
      this.#accept(packet, {});
    } else {
      const exchange = options.exchangeAuthentication;
      this.#stage = 'authenticating';
      this.#authentication = new Authentication(packet, authenticationMethod, exchange);
      this.#answer(this.#authentication, this.#authentication.begin());
    }
  }

  #answer({ method, connect }: Authentication, answer: AuthenticationAnswer): void {
    const { reasonCode, authenticationData } = answer;
    const properties = { authenticationMethod: method, authenticationData };
    const isEarly = this.#stage === 'authenticating';
    if (reasonCode >= FAILURE_MIN) {
      if (isEarly) this.#refuse(reasonCode);
      else this.#connection.disconnect(reasonCode);
    } else if (isEarly && reasonCode === SUCCESS) {
      this.#accept(connect, properties);
    } else {
      this.#sender.transmit({ type: PacketType.AUTH, reasonCode, properties });
    }
  }

  #accept(packet: ConnectPacket, authentication: PropertiesOf<'connack'>): void {
    const core = this.#core;
    const opened = openSession(core, packet);
    if (opened === null) {
      this.#refuse(REASON_CODES.quotaExceeded.value);
      return;
    }
    const { session, sessionPresent } = opened;
    const assignedClientIdentifier = packet.clientId === '' ? session.clientId : undefined;
    this.#stage = 'accepted';
    core.counters.connects++;
    this.#connection.join(session, packet);
    this.#sender.transmit({
      type: PacketType.CONNACK,
      sessionPresent,
      reasonCode: SUCCESS,
      properties: {
        ...connackProperties(packet, core.options),
        assignedClientIdentifier,
        ...authentication,
      },
    });
    core.events.emit('connect', this.#connection, packet);
    // A listener may have closed the connection.
    if (!this.#connection.closed) session.attach(this.#connection);
  }

  #refuse(reasonCode: number, properties: PropertiesOf<'connack'> = {}): void {
    const type = PacketType.CONNACK;
    this.#sender.transmit({ type, sessionPresent: false, reasonCode, properties });
    this.#connection.end({ by: 'broker', reasonCode });
  }
}
