import { Type } from './packet-names.js';

/** A property: a number, a text, bytes, or for User Properties the pairs. */
export type PropertyValue = number | string | Uint8Array | readonly (readonly [string, string])[];

/** A packet of the client, as the model reads it. What a type does not have stays at its default. */
export interface ClientPacket {
  readonly type: number;
  readonly flags: number;
  /** Of the whole packet, in bytes. */
  readonly length: number;
  readonly packetId: number;
  readonly reasonCode: number;
  readonly properties: ReadonlyMap<number, PropertyValue>;
  // PUBLISH.
  readonly topic: string;
  readonly payload: Uint8Array;
  // SUBSCRIBE and UNSUBSCRIBE.
  readonly filters: readonly { readonly filter: string; readonly options: number }[];
  // CONNECT.
  readonly version: number;
  readonly cleanStart: boolean;
  readonly keepAlive: number;
  readonly clientId: string;
  /** Null: there is none. */
  readonly username: string | null;
  readonly password: string | null;
}

export class MalformedPacket extends Error {}

const NO_PROPERTIES: ReadonlyMap<number, PropertyValue> = new Map();
const NO_BYTES = new Uint8Array(0);
const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** How the value of each property is written (§2.2.2.2). */
const WIRES: Readonly<Record<number, 'u8' | 'u16' | 'u32' | 'varint' | 'text' | 'bytes' | 'pair'>> =
  {
    1: 'u8',
    2: 'u32',
    3: 'text',
    8: 'text',
    9: 'bytes',
    11: 'varint',
    17: 'u32',
    21: 'text',
    22: 'bytes',
    23: 'u8',
    24: 'u32',
    25: 'u8',
    31: 'text',
    33: 'u16',
    34: 'u16',
    35: 'u16',
    38: 'pair',
    39: 'u32',
  };

/** Reads one packet of a client straight from the tables of the specification. */
export function readClientPacket(
  version: number,
  header: number,
  body: Uint8Array,
  length: number,
): ClientPacket {
  return new PacketReader(version, body).read(header, length);
}

class PacketReader {
  readonly #version: number;
  readonly #body: Uint8Array;
  #at = 0;

  constructor(version: number, body: Uint8Array) {
    this.#version = version;
    this.#body = body;
  }

  read(header: number, length: number): ClientPacket {
    const type = header >>> 4;
    const flags = header & 0x0f;
    const base = { ...EMPTY, type, flags, length };
    const packet = this.#readBody(base, type, flags);
    if (this.#at !== this.#body.length)
      throw new MalformedPacket('bytes after the end of the packet');
    return packet;
  }

  #readBody(base: ClientPacket, type: number, flags: number): ClientPacket {
    switch (type) {
      case Type.CONNECT:
        return this.#connect(base);
      case Type.PUBLISH:
        return this.#publish(base, (flags >>> 1) & 3);
      case Type.PUBACK:
      case Type.PUBREC:
      case Type.PUBREL:
      case Type.PUBCOMP: {
        const packetId = this.#id();
        return { ...base, packetId, ...this.#reason() };
      }
      case Type.SUBSCRIBE:
      case Type.UNSUBSCRIBE: {
        const packetId = this.#id();
        const properties = this.#properties();
        return { ...base, packetId, properties, filters: this.#filters(type) };
      }
      case Type.PINGREQ:
        return base;
      case Type.DISCONNECT:
      case Type.AUTH:
        return { ...base, ...this.#reason() };
      default:
        throw new MalformedPacket(`a client sends no packet of type ${type}`);
    }
  }

  #connect(base: ClientPacket): ClientPacket {
    if (this.#text() !== 'MQTT') throw new MalformedPacket('protocol name');
    const version = this.#u8();
    if (version !== this.#version) throw new MalformedPacket(`protocol version ${version}`);
    const flags = this.#u8();
    const keepAlive = this.#u16();
    const properties = this.#properties();
    const clientId = this.#text();
    if ((flags & 0x04) !== 0) {
      this.#properties();
      this.#text();
      this.#bytes();
    }
    const username = (flags & 0x80) !== 0 ? this.#text() : null;
    const password = (flags & 0x40) !== 0 ? this.#text() : null;
    const cleanStart = (flags & 0x02) !== 0;
    return { ...base, version, cleanStart, keepAlive, clientId, properties, username, password };
  }

  #publish(base: ClientPacket, qos: number): ClientPacket {
    if (qos === 3) throw new MalformedPacket('QoS 3');
    const topic = this.#text();
    const packetId = qos === 0 ? 0 : this.#id();
    const properties = this.#properties();
    const payload = this.#body.subarray(this.#at);
    this.#at = this.#body.length;
    return { ...base, topic, packetId, properties, payload };
  }

  #reason(): Pick<ClientPacket, 'reasonCode' | 'properties'> {
    if (this.#at === this.#body.length) return { reasonCode: 0, properties: NO_PROPERTIES };
    if (this.#version !== 5) throw new MalformedPacket('3.1.1 has no reason codes');
    const reasonCode = this.#u8();
    const properties = this.#at === this.#body.length ? NO_PROPERTIES : this.#properties();
    return { reasonCode, properties };
  }

  #filters(type: number): ClientPacket['filters'] {
    const filters: { filter: string; options: number }[] = [];
    while (this.#at < this.#body.length) {
      const filter = this.#text();
      filters.push({ filter, options: type === Type.SUBSCRIBE ? this.#u8() : 0 });
    }
    if (filters.length === 0) throw new MalformedPacket('no Topic Filter');
    return filters;
  }

  #properties(): ReadonlyMap<number, PropertyValue> {
    if (this.#version !== 5) return NO_PROPERTIES;
    const length = this.#varint();
    if (length === 0) return NO_PROPERTIES;
    const end = this.#at + length;
    const properties = new Map<number, PropertyValue>();
    while (this.#at < end) {
      const id = this.#varint();
      const value = this.#property(id);
      if (id === 0x26) {
        const pairs = (properties.get(id) ?? []) as readonly (readonly [string, string])[];
        properties.set(id, [...pairs, value as readonly [string, string]]);
        continue;
      }
      if (properties.has(id)) throw new MalformedPacket(`property ${id} twice`);
      properties.set(id, value as PropertyValue);
    }
    if (this.#at !== end) throw new MalformedPacket('Property Length');
    return properties;
  }

  #property(id: number): PropertyValue | readonly [string, string] {
    switch (WIRES[id]) {
      case 'u8':
        return this.#u8();
      case 'u16':
        return this.#u16();
      case 'u32':
        return this.#u16() * 0x1_0000 + this.#u16();
      case 'varint':
        return this.#varint();
      case 'text':
        return this.#text();
      case 'bytes':
        return this.#bytes();
      case 'pair':
        return [this.#text(), this.#text()];
      default:
        throw new MalformedPacket(`property ${id}`);
    }
  }

  #id(): number {
    const packetId = this.#u16();
    if (packetId === 0) throw new MalformedPacket('Packet Identifier 0');
    return packetId;
  }

  #text(): string {
    return TEXT.decode(this.#bytes());
  }

  #bytes(): Uint8Array {
    const length = this.#u16();
    return this.#take(length);
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#u8();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedPacket('a Variable Byte Integer of more than four bytes');
  }

  #u16(): number {
    return this.#u8() * 0x100 + this.#u8();
  }

  #u8(): number {
    const byte = this.#body[this.#at++];
    if (byte === undefined) throw new MalformedPacket('the packet is too short');
    return byte;
  }

  #take(length: number): Uint8Array {
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#body.length) throw new MalformedPacket('the packet is too short');
    return this.#body.subarray(start, this.#at);
  }
}

const EMPTY: ClientPacket = {
  type: 0,
  flags: 0,
  length: 0,
  packetId: 0,
  reasonCode: 0,
  properties: NO_PROPERTIES,
  topic: '',
  payload: NO_BYTES,
  filters: [],
  version: 0,
  cleanStart: false,
  keepAlive: 0,
  clientId: '',
  username: null,
  password: null,
};
