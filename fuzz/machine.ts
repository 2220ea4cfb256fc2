import { createChannelMemory } from '../src/channel/layout.js';
import { Framer, FrameStatus } from '../src/codec/framer.js';
import { PacketType, type ProtocolVersion } from '../src/codec/packet-types.js';
import {
  encodePublishStart,
  PublishLayout,
  publishFrameLength,
  publishHeader,
} from '../src/codec/publish.js';
import type { ErrorRecord } from '../src/errors/mqtt-error.js';
import { InboundAssembler } from '../src/host/inbound-assembler.js';
import { Counters } from '../src/metrics/counters.js';
import { resolveOptions } from '../src/options/resolve.js';
import type { ComplianceMode } from '../src/protocol/compliance.js';
import type { ConnectIdentity } from '../src/protocol/connect-packet.js';
import { PublishRequest } from '../src/protocol/operation-table.js';
import { Session } from '../src/protocol/session.js';
import type { SessionSink } from '../src/protocol/sink.js';
import { WriteBatch } from '../src/protocol/write-batch.js';

/** What the machine announces in its CONNECT. */
export const LIMITS = {
  maximumPacketSize: 16 * 1024,
  receiveMaximum: 10,
  topicAliasMaximum: 4,
} as const;

const SEGMENT_BYTES = 32 * 1024;
const SEGMENTS = 6;
const CONNECT_TIMEOUT_MS = 30_000;
/** What a connection is shown of the client: nothing. */
const NOBODY: ConnectIdentity = {
  username: undefined,
  password: undefined,
  will: undefined,
  userProperties: undefined,
  authenticationMethod: undefined,
};
const OPERATIONS_MAX = 8;
const NO_OUTPUT: readonly Uint8Array[] = [];
const TOPIC = new TextEncoder().encode('out/1');
const PAYLOAD_BYTES = 3;

/**
 * The session, its framer and its assembler of received bytes, put together as the host does: a transport's
 * bytes go in, in any pieces, and what the session writes comes out. Messages are acknowledged at once.
 */
export class Machine {
  readonly version: ProtocolVersion;
  readonly session: Session;
  readonly batch: WriteBatch;
  /** Packets and unreadable beginnings of packets that the session was handed on this connection. */
  packets = 0;
  /** Operations that came to their end. */
  settled = 0;
  /** Misbehaviour let pass. */
  tolerated = 0;
  readonly #memory: ReturnType<typeof createChannelMemory>;
  readonly #framer: Framer;
  readonly #assembler: InboundAssembler;
  readonly #receipts: number[] = [];
  /** Topic slot → topic, as the main thread keeps them. */
  readonly #topics = new Map<number, Uint8Array>();
  readonly #request = new PublishRequest();
  readonly #layout = new PublishLayout();
  #now = 1_000;
  #nextToken = 0;

  constructor(version: ProtocolVersion, resumes: boolean, compliance: ComplianceMode) {
    this.version = version;
    this.#memory = createChannelMemory({
      submissionRecords: 2,
      completionRecords: OPERATIONS_MAX,
      deliveryRecords: 2,
      acknowledgementRecords: 2,
      inboundSegments: SEGMENTS,
      outboundSegments: 1,
      segmentBytes: SEGMENT_BYTES,
    });
    const { worker } = resolveOptions('mqtt://server.example', {
      clientId: 'machine',
      protocolVersion: version,
      rejoinSession: resumes ? 'always' : 'never',
      offlineQueue: 'acknowledged',
      compliance,
      maximumPacketSize: LIMITS.maximumPacketSize,
      ...(version === 5 && {
        receiveMaximum: LIMITS.receiveMaximum,
        topicAliasMaximum: LIMITS.topicAliasMaximum,
      }),
    });
    const options = {
      ...worker,
      topicAliasResolver: undefined,
      maximumOperations: OPERATIONS_MAX,
    };
    this.#framer = new Framer(LIMITS.maximumPacketSize, version);
    this.#assembler = new InboundAssembler(this.#memory, this.#framer, new Counters(this.#memory));
    this.session = new Session(this.#memory.bytes, options, this.#sink());
    this.batch = new WriteBatch(this.#memory.bytes);
  }

  /** A transport opens. */
  open(): void {
    this.packets = 0;
    this.#receipts.length = 0;
    this.#assembler.reset();
    this.#now += CONNECT_TIMEOUT_MS;
    this.session.transportOpened(this.#now + CONNECT_TIMEOUT_MS, NOBODY);
  }

  /** The transport is gone. */
  close(): void {
    this.batch.reset();
    this.session.transportClosed();
  }

  /** One operation of each kind that a Server acknowledges, if there is room for them. */
  submit(): void {
    if (this.session.operations > OPERATIONS_MAX - 4) return;
    for (const qos of [1, 2] as const) {
      const request = this.#request;
      const sizes = [TOPIC.length, 0, PAYLOAD_BYTES] as const;
      request.token = this.#nextToken++;
      request.qos = qos;
      request.frameLength = publishFrameLength(...sizes, qos, this.version);
      // All publishes are the same, so they may stand in the same place: only their identifiers differ.
      request.frameStart = this.#memory.layout.pools.outbound.start + (this.#nextToken % 256) * 64;
      request.segment = 0;
      request.generation = 0;
      request.topicLength = TOPIC.length;
      const header = publishHeader(qos, false, false);
      const { bytes } = this.#memory;
      encodePublishStart(bytes, request.frameStart, header, ...sizes, this.version, this.#layout);
      bytes.set(TOPIC, this.#layout.topicStart);
      this.session.submitPublish(request, this.batch, this.#now);
    }
    const unsubscribed = { topicFilters: ['in/+'], properties: {} };
    const subscriptions = ['#', '$SYS/#'].map((topicFilter) => {
      return { topicFilter, qos: 2, ...PLAIN } as const;
    });
    const [subscribe, unsubscribe] = [PacketType.SUBSCRIBE, PacketType.UNSUBSCRIBE] as const;
    this.session.submitPacket(
      { type: subscribe, packetId: 0, subscriptions, properties: {} },
      this.#nextToken++,
      0,
    );
    this.session.submitPacket(
      { type: unsubscribe, packetId: 0, ...unsubscribed },
      this.#nextToken++,
      0,
    );
  }

  /** Lets the session write, and takes the bytes away. */
  service(): Uint8Array {
    this.session.service(this.batch, this.#now);
    const output = new Uint8Array(this.batch.byteLength);
    let length = 0;
    for (let index = 0; index < this.batch.pieceCount; index += 1) {
      const piece = this.batch.piece(index);
      output.set(piece, length);
      length += piece.length;
    }
    if (length !== output.length) throw new Error('the batch counts its bytes wrong');
    this.batch.reset();
    this.session.flushed();
    return output;
  }

  /** Bytes arrive. @returns What was written while they were taken in. */
  receive(chunk: Uint8Array): readonly Uint8Array[] {
    let output = NO_OUTPUT;
    let rest = chunk;
    while (rest.length > 0 && this.isReceiving) {
      if (!this.#assembler.prepare(this.session.state.kind === 'connecting')) {
        throw new Error('no memory to read into');
      }
      rest = rest.subarray(this.#assembler.copy(rest));
      output = this.#feed(output);
    }
    return output;
  }

  get isReceiving(): boolean {
    const { kind } = this.session.state;
    return kind === 'connecting' || kind === 'connected';
  }

  /** Why the connection is being closed; null while it is not. */
  get failure(): ErrorRecord | null {
    const { state } = this.session;
    return state.kind === 'closing' ? state.reason.error : null;
  }

  #feed(before: readonly Uint8Array[]): readonly Uint8Array[] {
    let output = before;
    while (this.isReceiving) {
      if (this.session.receivable === 0) output = [...output, this.#makeRoom()];
      const status = this.#assembler.next();
      if (status === FrameStatus.INCOMPLETE) break;
      this.packets += 1;
      if (status === FrameStatus.VIOLATION) {
        this.session.framingFailed(this.#framer.violation!);
        break;
      }
      const { header, bodyStart, end } = this.#framer;
      this.session.packetReceived(header, bodyStart, end, this.#now);
      this.#assembler.advance();
      for (const receipt of this.#receipts) this.session.acknowledge(receipt, 0);
      this.#receipts.length = 0;
    }
    return output;
  }

  /** What the session owes the Server fills its bounds: lets it say it. */
  #makeRoom(): Uint8Array {
    const written = this.service();
    if (this.session.receivable === 0) throw new Error('the session takes no further packet');
    return written;
  }

  /** A slot stands for the topic of the message, whatever it stood for before. */
  #checkTopic(slot: number, start: number, length: number): void {
    const topic = this.#topics.get(slot);
    if (topic === undefined) throw new Error(`nothing has told the topic of slot ${slot}`);
    const spelled = this.#memory.bytes.subarray(start, start + length);
    // An alias may stand for it instead.
    if (length > 0 && Buffer.compare(topic, spelled) !== 0) {
      throw new Error(`slot ${slot} stands for another topic`);
    }
  }

  #sink(): SessionSink {
    const nothing = (): void => undefined;
    return {
      connected: nothing,
      publishCompleted: () => {
        this.settled += 1;
      },
      subscriptionCompleted: () => {
        this.settled += 1;
      },
      operationFailed: (_token, _code, count) => {
        this.settled += count;
      },
      framesReleased: nothing,
      topicReceived: (slot, start, length) => {
        this.#topics.set(slot, this.#memory.bytes.slice(start, start + length));
      },
      messageReceived: ({ qos, topicStart, topicLength }, receipt, slot) => {
        this.#checkTopic(slot, topicStart, topicLength);
        if (qos > 0) this.#receipts.push(receipt);
      },
      duplicateSuppressed: nothing,
      authenticationAsked: nothing,
      reauthenticated: nothing,
      violationTolerated: () => {
        this.tolerated += 1;
      },
    };
  }
}

const PLAIN = { noLocal: false, retainAsPublished: true, retainHandling: 0 } as const;
