import { onTestFinished } from 'vitest';
import { decodePacket } from '../../src/codec/decode.js';
import { encodePacket, packetSize } from '../../src/codec/encode.js';
import { Framer, FrameStatus } from '../../src/codec/framer.js';
import { PacketType, type ProtocolVersion, type Qos } from '../../src/codec/packet-types.js';
import type {
  ConnackPacket,
  ConnectPacket,
  Packet,
  SubscriptionRequest,
} from '../../src/codec/packets.js';
import type { PropertiesOf } from '../../src/codec/property-table.js';
import {
  encodePublishProperties,
  encodePublishStart,
  PublishLayout,
  publishFrameLength,
  publishHeader,
  sizePublishProperties,
} from '../../src/codec/publish.js';
import type { CloseReason } from '../../src/protocol/close-reason.js';
import type { ConnectIdentity } from '../../src/protocol/connect-packet.js';
import { NO_TOKEN, PublishRequest } from '../../src/protocol/operation-table.js';
import { Session } from '../../src/protocol/session.js';
import type { SessionOptions } from '../../src/protocol/session-state.js';
import { WriteBatch } from '../../src/protocol/write-batch.js';
import { packetText } from './packet-text.js';
import { RecordingSink } from './recording-sink.js';

const INBOUND_START = 3 << 20;
const MEMORY_BYTES = 4 << 20;
const CONNECT_TIMEOUT_MS = 10_000;
const PACKET_ID_MAX = 0xffff;

/** What a session is told once, and with each connection. */
export type FixtureOptions = SessionOptions & ConnectIdentity;

/** What a session is told where a test has nothing to say. */
export const SESSION_DEFAULTS: Omit<FixtureOptions, 'protocolVersion'> = {
  clientId: 'client',
  rejoinSession: 'post-success',
  keepAlive: 0,
  username: undefined,
  password: undefined,
  will: undefined,
  sessionExpiryInterval: 3600,
  receiveMaximum: 100,
  maximumPacketSize: 1 << 20,
  topicAliasMaximum: 10,
  requestResponseInformation: false,
  requestProblemInformation: true,
  userProperties: undefined,
  authenticationMethod: undefined,
  reauthenticationTimeoutMs: 5000,
  pingTimeoutMs: 10_000,
  offlineQueue: 'acknowledged',
  compliance: 'forgiving',
  offlineQueueFull: 'reject',
  offlineQueueMaximumMessages: 1024,
  offlineQueueMaximumBytes: 1 << 20,
  flowControl: 'specification',
  maximumInflight: 65_535,
  slowStart: false,
  maximumInterruptedRetries: undefined,
  topicAliasPolicy: 'manual',
  topicAliasCacheSize: 16,
  topicAliasResolver: undefined,
  maximumOperations: 1024,
};

/** Both versions of the protocol: the rows of a test matrix. */
export const VERSIONS: readonly ProtocolVersion[] = [4, 5];

/** What can be said of a publish in a test. */
export interface PublishCall {
  readonly qos?: Qos;
  readonly payload?: string | Uint8Array;
  readonly retain?: boolean;
  readonly properties?: PropertiesOf<'publish'>;
  readonly topicAlias?: number;
  readonly ackTimeoutMs?: number;
  /** False: nobody waits for it. */
  readonly awaited?: boolean;
  /** Publishes of one segment are released together; by default each has a segment of its own. */
  readonly segment?: number;
}

/** A message from the scripted server. */
export interface ServerPublish {
  readonly qos?: Qos;
  readonly packetId?: number;
  readonly payload?: string;
  readonly dup?: boolean;
  readonly retain?: boolean;
  readonly properties?: PropertiesOf<'publish'>;
}

/** Makes a session for one test, which checks at its end that the session has nothing left. */
export function createSession(
  version: ProtocolVersion,
  options: Partial<FixtureOptions> = {},
): SessionFixture {
  const fixture = new SessionFixture(version, options);
  onTestFinished(({ task }) => {
    if (task.result?.errors === undefined) fixture.verifyEmpty();
  });
  return fixture;
}

/** A session with a scripted server at the other end of a transport that is nothing but this object. */
export class SessionFixture {
  readonly version: ProtocolVersion;
  readonly memory: Uint8Array;
  readonly sink: RecordingSink;
  readonly session: Session;
  readonly batch: WriteBatch;
  /** Milliseconds. */
  now = 1_000_000;
  /** Everything the session has written on this connection. */
  written: Packet[] = [];
  /** The bytes of the last batch that had any. */
  lastBytes: Uint8Array = new Uint8Array(0);
  /** The identifier of the last new exchange. */
  lastPacketId = 0;
  #writing: Uint8Array | null = null;
  #outboundEnd = 0;
  #nextToken = 0;
  #nextSegment = 0;
  readonly #maximumPacketSize: number;
  readonly #identity: ConnectIdentity;

  /** @param memory Of another session that is no longer used. */
  constructor(
    version: ProtocolVersion,
    options: Partial<FixtureOptions> = {},
    memory: Uint8Array = new Uint8Array(new SharedArrayBuffer(MEMORY_BYTES)),
  ) {
    const all = { ...SESSION_DEFAULTS, protocolVersion: version, ...options };
    this.version = version;
    this.memory = memory;
    this.#maximumPacketSize = all.maximumPacketSize;
    this.sink = new RecordingSink(memory);
    this.#identity = all;
    this.session = new Session(memory, all, this.sink);
    this.batch = new WriteBatch(memory);
  }

  // The transport.

  /** The transport opens. */
  open(): void {
    this.written = [];
    this.session.transportOpened(this.now + CONNECT_TIMEOUT_MS, this.#identity);
  }

  /** Opens a connection that the server accepts. @returns The CONNECT. */
  connect(
    properties: PropertiesOf<'connack'> = {},
    connack: Partial<ConnackPacket> = {},
  ): ConnectPacket {
    this.open();
    this.turn();
    const [connect] = this.written;
    if (connect?.type !== PacketType.CONNECT) throw new Error('the first packet is no CONNECT');
    this.connack({ properties, ...connack });
    return connect;
  }

  /** The connection breaks. */
  drop(): void {
    this.#writing = null;
    this.batch.reset();
    this.session.transportClosed();
  }

  /** The connection breaks, and the next one resumes or restarts the Session. @returns What is written then. */
  reconnect(sessionPresent: boolean, properties: PropertiesOf<'connack'> = {}): readonly string[] {
    this.drop();
    this.connect(properties, { sessionPresent });
    return this.turn();
  }

  /** Lets the session write, and hands the batch to the transport. @returns The packets in it. */
  write(): readonly string[] {
    if (this.#writing !== null) throw new Error('a batch is with the transport');
    this.session.service(this.batch, this.now);
    const bytes = this.#batchBytes();
    if (this.batch.byteLength !== bytes.length) throw new Error('the batch counts its bytes wrong');
    if (bytes.length === 0) return [];
    this.#writing = bytes;
    this.lastBytes = bytes;
    return this.#decode(bytes);
  }

  /** The transport has taken the batch. */
  flush(): void {
    if (this.#writing === null) return;
    if (Buffer.compare(this.#batchBytes(), this.#writing) !== 0)
      throw new Error('bytes changed while the transport had them');
    this.#writing = null;
    this.batch.reset();
    this.session.flushed();
  }

  /** Writes and flushes until nothing is left to be written. @returns The packets. */
  turn(): readonly string[] {
    const texts: string[] = [];
    for (;;) {
      const more = this.write();
      if (more.length === 0) return texts;
      texts.push(...more);
      this.flush();
    }
  }

  get isWriting(): boolean {
    return this.#writing !== null;
  }

  /** Time goes by. */
  advance(milliseconds: number): void {
    this.now += milliseconds;
  }

  // The application.

  /** @returns The token, or `NO_TOKEN`. */
  publish(topicName: string, call: PublishCall = {}): number {
    const { qos = 0, retain = false, topicAlias = 0, ackTimeoutMs = 0 } = call;
    const properties = this.version === 5 ? (call.properties ?? {}) : {};
    const topic = new TextEncoder().encode(topicName);
    const payload =
      typeof call.payload === 'object'
        ? call.payload
        : new TextEncoder().encode(call.payload ?? 'payload');
    const propertiesLength = this.version === 5 ? sizePublishProperties(properties) : 0;
    const request = new PublishRequest();
    const sizes = [topic.length, propertiesLength, payload.length] as const;
    request.frameLength = publishFrameLength(...sizes, qos, this.version);
    request.frameStart = this.#allocate(request.frameLength);
    const layout = new PublishLayout();
    const header = publishHeader(qos, retain, false);
    encodePublishStart(this.memory, request.frameStart, header, ...sizes, this.version, layout);
    this.memory.set(topic, layout.topicStart);
    if (this.version === 5)
      encodePublishProperties(properties, this.memory, layout.propertiesStart);
    this.memory.set(payload, layout.payloadStart);
    request.token = call.awaited === false ? NO_TOKEN : this.#takeToken();
    request.qos = qos;
    request.retain = retain;
    request.segment = call.segment ?? 1_000_000 + this.#nextSegment++;
    request.generation = 7;
    request.topicLength = topic.length;
    request.propertiesLength = propertiesLength;
    request.topicAlias = topicAlias;
    request.messageExpiryInterval = properties.messageExpiryInterval ?? -1;
    request.submittedAt = this.now;
    request.ackTimeoutMs = ackTimeoutMs;
    this.sink.holdFrame(request.segment, request.generation);
    this.#assertSubmittable();
    this.session.submitPublish(request, this.batch, this.now);
    return request.token;
  }

  subscribe(
    filters: string | readonly (string | Partial<SubscriptionRequest>)[],
    ackTimeoutMs = 0,
    properties: PropertiesOf<'subscribe'> = {},
  ): number {
    const requests = typeof filters === 'string' ? [filters] : filters;
    const subscriptions = requests.map((request) => ({
      topicFilter: 'unnamed',
      qos: 1 as const,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0 as const,
      ...(typeof request === 'string' ? { topicFilter: request } : request),
    }));
    const token = this.#takeToken();
    this.#assertSubmittable();
    this.session.submitPacket(
      { type: PacketType.SUBSCRIBE, packetId: 0, subscriptions, properties },
      token,
      ackTimeoutMs,
    );
    return token;
  }

  unsubscribe(filters: string | readonly string[], ackTimeoutMs = 0): number {
    const topicFilters = typeof filters === 'string' ? [filters] : filters;
    const token = this.#takeToken();
    this.#assertSubmittable();
    this.session.submitPacket(
      { type: PacketType.UNSUBSCRIBE, packetId: 0, topicFilters, properties: {} },
      token,
      ackTimeoutMs,
    );
    return token;
  }

  /** How an operation ended; `open` while it has not. */
  outcome(token: number): string {
    return this.sink.outcomes.get(token)?.text ?? 'open';
  }

  outcomes(...tokens: readonly number[]): readonly string[] {
    return tokens.map((token) => this.outcome(token));
  }

  /** Acknowledges the message with this payload, or every message received so far. */
  handle(payload?: string, reasonCode = 0): void {
    for (const message of this.sink.messages) {
      const isMeant = payload === undefined || message.payload === payload;
      if (message.qos > 0 && isMeant) this.session.acknowledge(message.receipt, reasonCode);
    }
  }

  get payloads(): readonly string[] {
    return this.sink.messages.map(({ payload }) => payload);
  }

  get topics(): readonly string[] {
    return this.sink.messages.map(({ topicName }) => topicName);
  }

  // The server.

  connack(connack: Partial<ConnackPacket> = {}): void {
    const type = PacketType.CONNACK;
    this.receive({ type, sessionPresent: false, reasonCode: 0, properties: {}, ...connack });
  }

  puback(packetId: number, reasonCode = 0, properties: PropertiesOf<'puback'> = {}): void {
    this.receive({ type: PacketType.PUBACK, packetId, reasonCode, properties });
  }

  pubrec(packetId: number, reasonCode = 0, properties: PropertiesOf<'pubrec'> = {}): void {
    this.receive({ type: PacketType.PUBREC, packetId, reasonCode, properties });
  }

  pubrel(packetId: number, reasonCode = 0): void {
    this.receive({ type: PacketType.PUBREL, packetId, reasonCode, properties: {} });
  }

  pubcomp(packetId: number, reasonCode = 0): void {
    this.receive({ type: PacketType.PUBCOMP, packetId, reasonCode, properties: {} });
  }

  suback(packetId: number, ...reasonCodes: readonly number[]): void {
    this.receive({ type: PacketType.SUBACK, packetId, reasonCodes, properties: {} });
  }

  unsuback(packetId: number, ...reasonCodes: readonly number[]): void {
    this.receive({ type: PacketType.UNSUBACK, packetId, reasonCodes, properties: {} });
  }

  pingresp(): void {
    this.receive({ type: PacketType.PINGRESP });
  }

  deliver(topicName: string, message: ServerPublish = {}): void {
    const { qos = 0, packetId = 0, dup = false, retain = false, properties = {} } = message;
    const payload = new TextEncoder().encode(message.payload ?? '');
    const type = PacketType.PUBLISH;
    this.receive({ type, topicName, payload, qos, retain, dup, packetId, properties });
  }

  /** The server sends packets; all of them arrive with one read. */
  receive(...packets: readonly Packet[]): void {
    let end = INBOUND_START;
    for (const packet of packets) {
      const size = packetSize(packet, this.version);
      if (encodePacket(packet, this.version, this.memory, end) !== end + size)
        throw new Error('sized wrong');
      end += size;
    }
    this.#feed(end);
  }

  /** The server sends bytes. */
  receiveBytes(bytes: Uint8Array): void {
    this.memory.set(bytes, INBOUND_START);
    this.#feed(INBOUND_START + bytes.length);
  }

  // Checks.

  get state(): string {
    return this.session.state.kind;
  }

  get closeReason(): CloseReason {
    const { state } = this.session;
    if (state.kind !== 'closing') throw new Error(`not closing but ${state.kind}`);
    return state.reason;
  }

  /** Ends the session with operations open: each fails, once. */
  dispose(): void {
    const open = [...this.sink.openTokens];
    this.drop();
    this.session.dispose('GNEISS_ERR_CLOSED');
    for (const token of open) {
      if (this.outcome(token) === 'open') throw new Error(`operation ${token} was forgotten`);
    }
  }

  /** Nothing is left of what the test did, and the session still works, with the next Packet Identifier. */
  verifyEmpty(): void {
    if (this.isWriting) this.flush();
    this.#assertNothingHeld();
    if (this.state !== 'connected') {
      this.drop();
      this.open();
      const [connect] = this.turn().length === 1 ? this.written : [];
      if (connect?.type !== PacketType.CONNECT) throw new Error('more than a CONNECT was written');
      const isKnown = this.sink.connections.length > 0;
      this.connack({
        sessionPresent: isKnown && !connect.cleanStart,
        properties: connect.clientId === '' ? { assignedClientIdentifier: 'assigned' } : {},
      });
    }
    // Acknowledgements may be owed, but no operation may be written.
    for (const packet of this.turn())
      if (/PUBLISH|PUBREL|SUBSCRIBE/.test(packet)) throw new Error(`left over: ${packet}`);
    const { state } = this.session;
    if (state.kind !== 'connected') throw new Error(`ends ${state.kind}`);
    if (state.settings.maximumQos === 0 || state.settings.maximumPacketSize < 20) return;
    const token = this.publish('p', { qos: 1, payload: '' });
    const packetId = (this.lastPacketId % PACKET_ID_MAX) + 1;
    const texts = this.turn().map((text) => text.replace(/ alias \d+$/, ''));
    if (texts.length !== 1 || texts[0] !== `PUBLISH q1 #${packetId} p`)
      throw new Error(`expected PUBLISH #${packetId}, got ${texts.join(', ')}`);
    this.puback(packetId);
    if (this.outcome(token) !== 'done 0x00') throw new Error('the last publish has not ended');
    this.#assertNothingHeld();
  }

  #assertNothingHeld(): void {
    const { session, sink } = this;
    if (sink.openTokens.size > 0)
      throw new Error(`operations never ended: ${[...sink.openTokens].join(', ')}`);
    if (session.operations !== 0) throw new Error(`${session.operations} operations are left`);
    if (session.inflight !== 0) throw new Error(`${session.inflight} publishes are in flight`);
    if (sink.heldFrames.size > 0)
      throw new Error(`frames never released: ${[...sink.heldFrames.keys()].join(', ')}`);
  }

  #assertSubmittable(): void {
    if (!this.session.canSubmit(this.batch)) throw new Error('the session can take no operation');
  }

  #takeToken(): number {
    const token = this.#nextToken++;
    this.sink.openTokens.add(token);
    return token;
  }

  #allocate(length: number): number {
    if (this.sink.heldFrames.size === 0 && !this.isWriting && this.batch.byteLength === 0)
      this.#outboundEnd = 0;
    const start = this.#outboundEnd;
    this.#outboundEnd += length;
    if (this.#outboundEnd > INBOUND_START) throw new Error('the fixture is out of memory');
    return start;
  }

  /** Hands packets to the session in place, as the host does. */
  #feed(end: number): void {
    const framer = new Framer(this.#maximumPacketSize, this.version);
    for (let start = INBOUND_START; start < end; start = framer.end) {
      if (this.session.receivable === 0) throw new Error('the session can take no packet');
      const status = framer.scan(this.memory, start, end);
      if (status === FrameStatus.VIOLATION) {
        this.session.framingFailed(framer.violation!);
        return;
      }
      if (status === FrameStatus.INCOMPLETE) throw new Error('half a packet');
      this.session.packetReceived(framer.header, framer.bodyStart, framer.end, this.now);
    }
  }

  #batchBytes(): Uint8Array {
    return concat(Array.from({ length: this.batch.pieceCount }, (_, at) => this.batch.piece(at)));
  }

  #decode(bytes: Uint8Array): readonly string[] {
    const framer = new Framer(bytes.length, this.version);
    const texts: string[] = [];
    let start = 0;
    for (; framer.scan(bytes, start, bytes.length) === FrameStatus.COMPLETE; start = framer.end) {
      const { header, bodyStart, end } = framer;
      const decoded = decodePacket(bytes, header, bodyStart, end, this.version, 'client');
      const { packet, violation } = decoded;
      if (packet === null) throw new Error(`the session broke ${violation.statement}`);
      this.#note(packet);
      texts.push(packetText(packet));
    }
    if (start !== bytes.length) throw new Error('the session wrote what is no packet');
    return texts;
  }

  #note(packet: Packet): void {
    this.written.push(packet);
    const isExchange =
      packet.type === PacketType.SUBSCRIBE ||
      packet.type === PacketType.UNSUBSCRIBE ||
      (packet.type === PacketType.PUBLISH && packet.qos > 0 && !packet.dup);
    if (isExchange) this.lastPacketId = packet.packetId;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
