import { connect as connectSocket, type Socket } from 'node:net';
import { decodePacket } from '../../src/codec/decode.js';
import { encodePacket, packetSize } from '../../src/codec/encode.js';
import { Framer, FrameStatus } from '../../src/codec/framer.js';
import { PACKET_SIZE_MAX, PacketType, type ProtocolVersion } from '../../src/codec/packet-types.js';
import type {
  ConnackPacket,
  ConnectPacket,
  Packet,
  PublishPacket,
} from '../../src/codec/packets.js';
import type { PacketOf } from '../../src/testing/index.js';

/**
 * A client with no mind of its own: it sends what it is told and keeps what it gets. Acknowledging is
 * the test's business.
 */
export class TinyClient {
  readonly socket: Socket;
  readonly version: ProtocolVersion;
  /** Packets that nobody has taken yet. */
  readonly inbox: Packet[] = [];
  readonly #waiters: (() => void)[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #closed = false;

  constructor(port: number, version: ProtocolVersion) {
    this.version = version;
    this.socket = connectSocket(port, '127.0.0.1');
    this.socket.on('data', (chunk) => this.#receive(chunk));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  send(packet: Packet): void {
    const bytes = new Uint8Array(packetSize(packet, this.version));
    encodePacket(packet, this.version, bytes, 0);
    this.socket.write(bytes);
  }

  sendRaw(...bytes: number[]): void {
    this.socket.write(Uint8Array.from(bytes));
  }

  /** The next packet, which has to be of this type. */
  async take<T extends PacketType>(type: T): Promise<PacketOf<T>> {
    while (this.inbox.length === 0) {
      if (this.#closed) throw new Error(`the connection closed before packet type ${type}`);
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
    const packet = this.inbox.shift()!;
    if (packet.type !== type) {
      throw new Error(`expected packet type ${type}, got ${JSON.stringify(packet)}`);
    }
    return packet as PacketOf<T>;
  }

  /** Resolves once the connection has closed. */
  async closed(): Promise<void> {
    // Not `once`: a reset, which is an error, is just another way to close here.
    while (!this.#closed) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  destroy(): void {
    this.socket.resetAndDestroy();
  }

  /** Proves that nothing but what was taken has come: a PING answered, and nothing before it. */
  async expectSilence(): Promise<void> {
    this.send({ type: PacketType.PINGREQ });
    await this.take(PacketType.PINGRESP);
  }

  #receive(chunk: Uint8Array): void {
    const bytes = new Uint8Array(this.#bytes.length + chunk.length);
    bytes.set(this.#bytes);
    bytes.set(chunk, this.#bytes.length);
    const framer = new Framer(PACKET_SIZE_MAX, this.version);
    let start = 0;
    while (framer.scan(bytes, start, bytes.length) === FrameStatus.COMPLETE) {
      const { header, bodyStart, end } = framer;
      const decoded = decodePacket(bytes, header, bodyStart, end, this.version, 'server');
      if (decoded.packet === null) throw new Error(decoded.violation.text);
      this.inbox.push(decoded.packet);
      start = end;
    }
    this.#bytes = bytes.slice(start);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}

/** A CONNECT with what a test does not care about filled in. */
export function connectPacket(fields: Partial<ConnectPacket> = {}): ConnectPacket {
  return {
    type: PacketType.CONNECT,
    protocolVersion: 5,
    cleanStart: true,
    keepAlive: 0,
    clientId: 'tiny',
    properties: {},
    ...fields,
  };
}

/** A PUBLISH with what a test does not care about filled in. */
export function publishPacket(
  topicName: string,
  fields: Partial<Omit<PublishPacket, 'payload'>> & { readonly payload?: string } = {},
): PublishPacket {
  return {
    type: PacketType.PUBLISH,
    topicName,
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    properties: {},
    ...fields,
    payload: Buffer.from(fields.payload ?? ''),
  };
}

/** Connects a client and takes the CONNACK. */
export async function connectTiny(
  port: number,
  fields: Partial<ConnectPacket> = {},
): Promise<TinyClient & { connack: ConnackPacket }> {
  const packet = connectPacket(fields);
  const client = new TinyClient(port, packet.protocolVersion);
  client.send(packet);
  const connack = await client.take(PacketType.CONNACK);
  return Object.assign(client, { connack });
}

/** Subscribes with one packet id, and takes the SUBACK; returns its reason codes. */
export async function subscribeTiny(
  client: TinyClient,
  topicFilters: string | readonly string[],
  options: {
    readonly qos?: 0 | 1 | 2;
    readonly noLocal?: boolean;
    readonly retainAsPublished?: boolean;
    readonly retainHandling?: 0 | 1 | 2;
    readonly identifier?: number;
  } = {},
): Promise<readonly number[]> {
  const { qos = 0, noLocal = false, retainAsPublished = false, retainHandling = 0 } = options;
  client.send({
    type: PacketType.SUBSCRIBE,
    packetId: 1000,
    subscriptions: [topicFilters].flat().map((topicFilter) => ({
      topicFilter,
      qos,
      noLocal,
      retainAsPublished,
      retainHandling,
    })),
    properties: { subscriptionIdentifier: options.identifier },
  });
  const { reasonCodes } = await client.take(PacketType.SUBACK);
  return reasonCodes;
}

/** The payload of a message as text. */
export function textOf({ payload }: { readonly payload: Uint8Array }): string {
  return Buffer.from(payload).toString();
}
