import type { ControlEvent, TappedBytes } from '../channel/control-messages.js';
import { decodePacket } from '../codec/decode.js';
import { encodePacket, packetSize } from '../codec/encode.js';
import { Framer, FrameStatus } from '../codec/framer.js';
import {
  PACKET_SIZE_MAX,
  PacketType,
  type ProtocolVersion,
  type Sender,
} from '../codec/packet-types.js';
import type { Packet } from '../codec/packets.js';
import type { PropertiesOf } from '../codec/property-table.js';
import { COUNTER_SLOTS, type Counters } from '../metrics/counters.js';
import type { WriteBatch } from '../protocol/write-batch.js';

/** Bytes on their way to the main thread, at most: beyond them packets are left out. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;
/** What a packet takes besides its bytes. */
const PACKET_OVERHEAD_BYTES = 256;
const REDACTED_TEXT = 'redacted';
const REDACTED = Uint8Array.from(REDACTED_TEXT, (letter) => letter.charCodeAt(0));
/** Those that may hold secrets. */
const SECRETIVE: ReadonlySet<number> = new Set([
  PacketType.CONNECT,
  PacketType.CONNACK,
  PacketType.AUTH,
]);

/**
 * Copies of the packets of a client for its packet tap. It never waits: when the main thread does not keep up, packets are left out and
 * counted. Secrets do not leave this thread.
 */
export class PacketTap {
  readonly #version: ProtocolVersion;
  readonly #counters: Counters;
  readonly #post: (event: ControlEvent) => void;
  readonly #framer: Framer;
  #packets: TappedBytes[] = [];
  /** Bytes collected, and posted but not yet taken. */
  #waitingBytes = 0;
  #connection = 0;

  constructor(version: ProtocolVersion, counters: Counters, post: (event: ControlEvent) => void) {
    this.#version = version;
    this.#counters = counters;
    this.#post = post;
    this.#framer = new Framer(PACKET_SIZE_MAX, version);
  }

  /** The packets that follow are those of another connection. */
  connectionOpened(): void {
    this.#connection++;
  }

  /** The batch is being handed to the transport: whole packets, one after the other. */
  sent(batch: WriteBatch, at: number): void {
    const bytes = new Uint8Array(batch.byteLength);
    let end = 0;
    for (let index = 0; index < batch.pieceCount; index++) {
      const piece = batch.piece(index);
      bytes.set(piece, end);
      end += piece.length;
    }
    const framer = this.#framer;
    for (let start = 0; start < end; start = framer.end) {
      if (framer.scan(bytes, start, end) !== FrameStatus.COMPLETE) return;
      this.#add('client', bytes, start, framer.bodyStart, framer.end, at);
    }
  }

  /** A whole packet stands in memory from `start` to `end`. */
  received(memory: Uint8Array, start: number, bodyStart: number, end: number, at: number): void {
    this.#add('server', memory, start, bodyStart, end, at);
  }

  /** The main thread has taken so many bytes. */
  taken(bytes: number): void {
    this.#waitingBytes -= bytes;
  }

  /** Posts what was collected. */
  flush(): void {
    if (this.#packets.length === 0) return;
    this.#post({ kind: 'tapped', packets: this.#packets });
    this.#packets = [];
  }

  #add(
    sender: Sender,
    memory: Uint8Array,
    start: number,
    bodyStart: number,
    end: number,
    at: number,
  ): void {
    const header = memory[start]!;
    const hasRoom = this.#waitingBytes + end - start + PACKET_OVERHEAD_BYTES <= WAITING_BYTES_MAX;
    const copy = (): Uint8Array | null =>
      SECRETIVE.has(header >>> 4)
        ? this.#redact(memory, header, bodyStart, end, sender)
        : memory.slice(start, end);
    const bytes = hasRoom ? copy() : null;
    if (bytes === null) {
      this.#counters.add(COUNTER_SLOTS.packetsUntapped, 1);
      return;
    }
    const cost = bytes.length + PACKET_OVERHEAD_BYTES;
    this.#waitingBytes += cost;
    this.#packets.push({ sender, connection: this.#connection, at, bytes, cost });
  }

  /** @returns Null when it is malformed: nobody knows where its secrets are. */
  #redact(
    memory: Uint8Array,
    header: number,
    bodyStart: number,
    end: number,
    sender: Sender,
  ): Uint8Array | null {
    const { packet } = decodePacket(memory, header, bodyStart, end, this.#version, sender);
    if (packet === null) return null;
    const redacted = withoutSecrets(packet);
    const bytes = new Uint8Array(packetSize(redacted, this.#version));
    encodePacket(redacted, this.#version, bytes, 0);
    return bytes;
  }
}

function withoutSecrets(packet: Packet): Packet {
  switch (packet.type) {
    case PacketType.CONNECT: {
      const { password, will } = packet;
      return {
        ...packet,
        password: redact(password, REDACTED),
        will: will && { ...will, payload: REDACTED, properties: withoutTexts(will.properties) },
        properties: withoutData(withoutTexts(packet.properties)),
      };
    }
    case PacketType.CONNACK:
      return { ...packet, properties: withoutData(packet.properties) };
    case PacketType.AUTH:
      return { ...packet, properties: withoutData(packet.properties) };
    default:
      return packet;
  }
}

function withoutData<T extends { readonly authenticationData?: Uint8Array | undefined }>(
  properties: T,
): T {
  return { ...properties, authenticationData: redact(properties.authenticationData, REDACTED) };
}

/** What a user may say in the properties of a CONNECT and its Will. */
function withoutTexts<T extends PropertiesOf<'will'> | PropertiesOf<'connect'>>(properties: T): T {
  const { contentType, responseTopic, correlationData }: PropertiesOf<'will'> = properties;
  const { userProperties } = properties;
  return {
    ...properties,
    contentType: redact(contentType, REDACTED_TEXT),
    responseTopic: redact(responseTopic, REDACTED_TEXT),
    correlationData: redact(correlationData, REDACTED),
    userProperties: userProperties?.map(([name]) => [name, REDACTED_TEXT] as const),
  };
}

function redact<T>(secret: T | undefined, redacted: T): T | undefined {
  return secret === undefined ? undefined : redacted;
}
