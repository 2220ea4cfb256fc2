import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { decodePacket } from '../../src/codec/decode.js';
import { encodePacket, packetSize } from '../../src/codec/encode.js';
import { Framer, FrameStatus } from '../../src/codec/framer.js';
import { PACKET_SIZE_MAX, PacketType, type ProtocolVersion } from '../../src/codec/packet-types.js';
import type { ConnackPacket, ConnectPacket, Packet } from '../../src/codec/packets.js';

/** The packet of one type. */
export type PacketOf<T extends PacketType> = Extract<Packet, { readonly type: T }>;

/** A Server without a mind of its own: it accepts connections, and the test says everything that it sends. */
export class ScriptedServer {
  readonly version: ProtocolVersion;
  readonly #server: Server;
  readonly #arrived = new Inbox<Peer>();
  readonly #peers: Peer[] = [];

  private constructor(server: Server, version: ProtocolVersion) {
    this.#server = server;
    this.version = version;
    // Half-open on purpose: what a Client still sends after our end is read.
    server.on('connection', (socket) => {
      const peer = new Peer(socket, version);
      this.#peers.push(peer);
      this.#arrived.push(peer);
    });
  }

  static async start(version: ProtocolVersion = 5): Promise<ScriptedServer> {
    const server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ScriptedServer(server, version);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** How many connections were accepted. */
  get connections(): number {
    return this.#peers.length;
  }

  /** The next connection. */
  async accept(): Promise<Peer> {
    return this.#arrived.take();
  }

  /** The next connection, whose CONNECT has been answered. */
  async welcome(connack: Partial<ConnackPacket> = {}): Promise<Peer> {
    const peer = await this.accept();
    await peer.welcome(connack);
    return peer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const peer of this.#peers) peer.destroy();
    await closed;
  }
}

/** One connection to a {@link ScriptedServer}. */
export class Peer {
  readonly socket: Socket;
  /** What the Client has said at its beginning. */
  connect: ConnectPacket | null = null;
  /** Bytes received so far. */
  bytesReceived = 0;
  readonly #version: ProtocolVersion;
  readonly #framer: Framer;
  readonly #packets = new Inbox<Packet>();
  #bytes: Uint8Array = new Uint8Array(0);
  #closed = false;

  constructor(socket: Socket, version: ProtocolVersion) {
    this.socket = socket;
    this.#version = version;
    this.#framer = new Framer(PACKET_SIZE_MAX, version);
    socket.on('data', (chunk: Uint8Array) => {
      this.#receive(chunk);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#packets.fail(new Error('the connection is closed'));
    });
  }

  /** Packets that have come and were not asked for. */
  get waiting(): readonly Packet[] {
    return this.#packets.items;
  }

  async welcome(connack: Partial<ConnackPacket> = {}): Promise<ConnectPacket> {
    this.connect = await this.next(PacketType.CONNECT);
    const answer = { sessionPresent: false, reasonCode: 0, properties: {}, ...connack };
    this.send({ ...answer, type: PacketType.CONNACK });
    return this.connect;
  }

  /** The next packet, which must be of this type. */
  async next<T extends PacketType>(type: T): Promise<PacketOf<T>> {
    const packet = await this.#packets.take();
    if (packet.type !== type) throw new Error(`not type ${type}: ${JSON.stringify(packet)}`);
    return packet as PacketOf<T>;
  }

  /** So many packets of this type, and none of another. */
  async take<T extends PacketType>(type: T, count: number): Promise<PacketOf<T>[]> {
    const packets: PacketOf<T>[] = [];
    while (packets.length < count) packets.push(await this.next(type));
    return packets;
  }

  /** Answers a SUBSCRIBE with what it asks for. */
  async grant(): Promise<PacketOf<typeof PacketType.SUBSCRIBE>> {
    const packet = await this.next(PacketType.SUBSCRIBE);
    this.send({
      type: PacketType.SUBACK,
      packetId: packet.packetId,
      reasonCodes: packet.subscriptions.map(({ qos }) => qos),
      properties: {},
    });
    return packet;
  }

  send(...packets: readonly Packet[]): void {
    this.sendRaw(encodeAll(packets, this.#version));
  }

  sendRaw(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Asks for a sign of life: everything sent before has been handled when it resolves. */
  async settled(): Promise<void> {
    // A PUBREL of an unknown identifier is answered at once, and does no harm.
    const packetId = 65_000;
    this.send({ type: PacketType.PUBREL, packetId, reasonCode: 0, properties: {} });
    const answer = await this.next(PacketType.PUBCOMP);
    if (answer.packetId !== packetId) throw new Error(`not ours: ${answer.packetId}`);
  }

  /** Resolves once the connection has closed. */
  async closed(): Promise<void> {
    if (!this.#closed) await once(this.socket, 'close');
  }

  destroy(): void {
    this.socket.destroy();
  }

  #receive(chunk: Uint8Array): void {
    this.bytesReceived += chunk.length;
    const bytes = new Uint8Array(this.#bytes.length + chunk.length);
    bytes.set(this.#bytes);
    bytes.set(chunk, this.#bytes.length);
    let start = 0;
    const framer = this.#framer;
    while (framer.scan(bytes, start, bytes.length) === FrameStatus.COMPLETE) {
      const { packet, violation } = decodePacket(
        bytes,
        framer.header,
        framer.bodyStart,
        framer.end,
        this.#version,
        'client',
      );
      if (packet === null) throw new Error(`the Client violates ${violation.statement}`);
      this.#packets.push(packet);
      start = framer.end;
    }
    this.#bytes = bytes.subarray(start);
  }
}

/** Things that come, in order, and those who wait for them. */
export class Inbox<T> {
  readonly items: T[] = [];
  readonly #waiters: { resolve(item: T): void; reject(error: Error): void }[] = [];
  #error: Error | null = null;

  push(item: T): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.items.push(item);
    else waiter.resolve(item);
  }

  async take(): Promise<T> {
    const item = this.items.shift();
    if (item !== undefined) return item;
    if (this.#error !== null) throw this.#error;
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  /** Nothing will come any more. */
  fail(error: Error): void {
    this.#error = error;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }
}

export function encodeAll(packets: readonly Packet[], version: ProtocolVersion): Uint8Array {
  const sizes = packets.map((packet) => packetSize(packet, version));
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  let offset = 0;
  for (const packet of packets) offset = encodePacket(packet, version, bytes, offset);
  return bytes;
}

/** A PUBLISH with everything that a test does not care about filled in. */
export function publishPacket(
  fields: Partial<Omit<PacketOf<typeof PacketType.PUBLISH>, 'type' | 'payload'>> & {
    readonly payload?: string | Uint8Array;
  },
): PacketOf<typeof PacketType.PUBLISH> {
  const { payload = '', ...rest } = fields;
  return {
    type: PacketType.PUBLISH,
    topicName: 't',
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    properties: {},
    ...rest,
    payload: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
  };
}
