import type { Socket } from 'node:net';
import { ACK_LENGTH_MAX, type AckType, encodeAck } from '../codec/acks.js';
import { decodePacket } from '../codec/decode.js';
import { encodePacket, packetSize } from '../codec/encode.js';
import { PACKET_SIZE_MAX, PacketType, type ProtocolVersion } from '../codec/packet-types.js';
import type { Packet } from '../codec/packets.js';
import { REASON_CODES } from '../codec/reason-codes.js';
import { fixedHeaderLength } from '../codec/varint.js';
import { assert } from '../util/assert.js';
import type { BrokerClient } from './client.js';
import type { BrokerCore } from './core.js';
import type { Replacement } from './faults.js';
import type { Message } from './message.js';
import { Output } from './output.js';
import { PublishWriter } from './publish-writer.js';

/**
 * Everything that goes out on one connection. What the broker sends passes the faults and is shown to
 * the listeners of `sent`; as long as there are neither, messages and acknowledgements are written
 * straight into the output, and no packet objects are made.
 */
export class PacketSender {
  readonly #core: BrokerCore;
  readonly #client: BrokerClient;
  readonly #output: Output;
  #writer: PublishWriter;
  version: ProtocolVersion = 5;

  constructor(core: BrokerCore, client: BrokerClient, socket: Socket, onDrain: () => void) {
    this.#core = core;
    this.#client = client;
    this.#output = new Output(socket, core.options.highWaterMark, core.counters, onDrain);
    this.#writer = this.#toWriter(PACKET_SIZE_MAX, 0);
  }

  /** Bytes that the socket has not taken yet. */
  get pendingBytes(): number {
    return this.#output.pending;
  }

  /** Is that more than the high-water mark allows? */
  get congested(): boolean {
    return this.#output.congested;
  }

  /** Takes over what the CONNECT says of the Client; `version` has been set before. */
  negotiate(maximumPacketSize: number, topicAliasMaximum: number): void {
    const aliases = Math.min(topicAliasMaximum, this.#core.options.outboundTopicAliasMaximum);
    this.#writer = this.#toWriter(maximumPacketSize, aliases);
  }

  /** Sends a packet, or what the faults make of it, and returns what was sent. */
  transmit(packet: Packet): Replacement {
    const replacement = this.#core.faults.onSend(this.#client, packet);
    if (replacement instanceof Uint8Array) this.sendRaw(replacement);
    else if (replacement !== null) this.send(replacement);
    return replacement;
  }

  /** Sends a packet as it is. */
  send(packet: Packet): void {
    const offset = this.#output.reserve(packetSize(packet, this.version));
    encodePacket(packet, this.version, this.#output.bytes, offset);
    this.#core.counters.packetsSent++;
    this.#core.events.emit('sent', this.#client, packet);
  }

  /** Sends bytes as they are. */
  sendRaw(bytes: Uint8Array): void {
    const offset = this.#output.reserve(bytes.length);
    this.#output.bytes.set(bytes, offset);
  }

  /** Sends an acknowledgement; returns its reason code, or null when the faults keep it back. */
  sendAck(type: AckType, packetId: number, reasonCode: number): number | null {
    if (this.#isWatched(type)) {
      const sent = this.transmit({ type, packetId, reasonCode, properties: {} });
      if (sent === null) return null;
      return 'reasonCode' in sent ? sent.reasonCode : reasonCode;
    }
    const isShort = reasonCode === REASON_CODES.success.value || this.version === 4;
    const offset = this.#output.reserve(isShort ? ACK_LENGTH_MAX - 1 : ACK_LENGTH_MAX);
    encodeAck(this.#output.bytes, offset, type, packetId, reasonCode, this.version);
    this.#core.counters.packetsSent++;
    return reasonCode;
  }

  /** Sends a message. False when it is too large for the Client. */
  sendPublish(
    message: Message,
    header: number,
    packetId: number,
    identifiers: Uint8Array,
  ): boolean {
    const length = this.#writer.prepare(message, header, identifiers);
    if (length === 0) return false;
    this.#core.counters.messagesSent++;
    if (this.#isWatched(PacketType.PUBLISH)) {
      const frame = new Uint8Array(length);
      this.#writer.write(frame, 0, message, header, packetId, identifiers);
      this.#transmitFrame(frame, header);
    } else {
      const offset = this.#output.reserve(length);
      this.#writer.write(this.#output.bytes, offset, message, header, packetId, identifiers);
      this.#core.counters.packetsSent++;
    }
    return true;
  }

  /** Hands everything to the socket now. */
  flush(): void {
    this.#output.flush();
  }

  pause(): void {
    this.#output.stall();
  }

  resume(): void {
    this.#output.resume();
  }

  #isWatched(type: PacketType): boolean {
    return this.#core.events.listenerCount('sent') > 0 || this.#core.faults.rewrites(type);
  }

  #transmitFrame(frame: Uint8Array, header: number): void {
    const start = fixedHeaderLength(frame.length);
    const { packet } = decodePacket(frame, header, start, frame.length, this.version, 'server');
    assert(packet !== null, 'the broker writes valid packets');
    this.transmit(packet);
  }

  #toWriter(maximumPacketSize: number, topicAliasMaximum: number): PublishWriter {
    const { secondMs } = this.#core.options;
    const { version } = this;
    return new PublishWriter({ version, maximumPacketSize, topicAliasMaximum, secondMs });
  }
}
