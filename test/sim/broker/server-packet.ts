import { Type } from './packet-names.js';

/** A packet of the Server: its bytes, and what those who watch need to know of it. */
export interface ServerPacket {
  readonly type: number;
  readonly bytes: Uint8Array;
  readonly packetId: number;
  readonly reasonCode: number;
  /** Of a PUBLISH. */
  readonly qos: 0 | 1 | 2;
  readonly dup: boolean;
  /** The number of the message, of a PUBLISH. */
  readonly message: number;
  /** Of a CONNACK. */
  readonly sessionPresent: boolean;
  /** Codes of a SUBACK or UNSUBACK. */
  readonly codes: readonly number[];
  /** The reason code that a client which takes offence gives; 0: there is no offence in it. */
  readonly offence: number;
}

export type Property = readonly [id: number, value: number | string | readonly [string, string]];

/** Properties of one byte, of two and of four; those that are left are texts. */
const U8: readonly number[] = [0x01, 0x24, 0x25, 0x28, 0x29, 0x2a];
const U16: readonly number[] = [0x13, 0x21, 0x22, 0x23];
const VARINT: readonly number[] = [0x0b];

const NONE: Omit<ServerPacket, 'type' | 'bytes'> = {
  packetId: 0,
  reasonCode: 0,
  qos: 0,
  dup: false,
  message: 0,
  sessionPresent: false,
  codes: [],
  offence: 0,
};

export function connack(
  version: number,
  sessionPresent: boolean,
  reasonCode: number,
  properties: readonly Property[],
): ServerPacket {
  const body = [sessionPresent ? 1 : 0, reasonCode, ...section(version, properties)];
  return {
    ...NONE,
    type: Type.CONNACK,
    bytes: frame(Type.CONNACK, 0, body),
    reasonCode,
    sessionPresent,
  };
}

/** @param pubrelOrNot PUBACK, PUBREC, PUBREL or PUBCOMP. */
export function acknowledgement(
  version: number,
  type: number,
  packetId: number,
  reasonCode: number,
  properties: readonly Property[],
): ServerPacket {
  const body = u16(packetId);
  if (version === 5 && (reasonCode !== 0 || properties.length > 0)) {
    body.push(reasonCode);
    if (properties.length > 0) body.push(...section(version, properties));
  }
  return {
    ...NONE,
    type,
    bytes: frame(type, type === Type.PUBREL ? 2 : 0, body),
    packetId,
    reasonCode,
  };
}

export function subscriptionAcknowledgement(
  version: number,
  type: number,
  packetId: number,
  codes: readonly number[],
  properties: readonly Property[],
): ServerPacket {
  const hasCodes = version === 5 || type === Type.SUBACK;
  const body = [...u16(packetId), ...section(version, properties), ...(hasCodes ? codes : [])];
  return { ...NONE, type, bytes: frame(type, 0, body), packetId, codes };
}

export function pingresp(): ServerPacket {
  return { ...NONE, type: Type.PINGRESP, bytes: frame(Type.PINGRESP, 0, []) };
}

export function auth(reasonCode: number, properties: readonly Property[]): ServerPacket {
  const bytes = frame(Type.AUTH, 0, [reasonCode, ...section(5, properties)]);
  return { ...NONE, type: Type.AUTH, bytes, reasonCode };
}

export function disconnect(reasonCode: number, properties: readonly Property[]): ServerPacket {
  const body = [reasonCode, ...(properties.length === 0 ? [] : section(5, properties))];
  return { ...NONE, type: Type.DISCONNECT, bytes: frame(Type.DISCONNECT, 0, body), reasonCode };
}

export function publish(
  version: number,
  message: {
    readonly number: number;
    readonly topic: string;
    readonly payload: Uint8Array;
    readonly qos: 0 | 1 | 2;
    readonly dup: boolean;
    readonly packetId: number;
  },
  properties: readonly Property[],
): ServerPacket {
  const { number, topic, payload, qos, dup, packetId } = message;
  const start = [
    ...text(topic),
    ...(qos === 0 ? [] : u16(packetId)),
    ...section(version, properties),
  ];
  const bytes = frame(Type.PUBLISH, (dup ? 8 : 0) | (qos << 1), start, payload);
  return { ...NONE, type: Type.PUBLISH, bytes, packetId, qos, dup, message: number };
}

/** Bytes that are no packet a Server may send, and the reason code that they deserve. */
export function offence(bytes: readonly number[], reasonCode: number): ServerPacket {
  return { ...NONE, type: bytes[0]! >>> 4, bytes: Uint8Array.from(bytes), offence: reasonCode };
}

export function frame(
  type: number,
  flags: number,
  body: readonly number[],
  payload: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const length = varint(body.length + payload.length);
  const bytes = new Uint8Array(1 + length.length + body.length + payload.length);
  bytes[0] = (type << 4) | flags;
  bytes.set(length, 1);
  bytes.set(body, 1 + length.length);
  bytes.set(payload, 1 + length.length + body.length);
  return bytes;
}

function section(version: number, properties: readonly Property[]): number[] {
  if (version !== 5) return [];
  const bytes = properties.flatMap(([id, value]) => [id, ...propertyValue(id, value)]);
  return [...varint(bytes.length), ...bytes];
}

function propertyValue(id: number, value: Property[1]): number[] {
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'number') return [...text(value[0]), ...text(value[1])];
  if (U8.includes(id)) return [value];
  if (U16.includes(id)) return u16(value);
  if (VARINT.includes(id)) return varint(value);
  return [...u16(Math.floor(value / 0x1_0000)), ...u16(value % 0x1_0000)];
}

function text(value: string): number[] {
  const bytes = Buffer.from(value);
  return [...u16(bytes.length), ...bytes];
}

function u16(value: number): number[] {
  return [value >>> 8, value & 0xff];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest > 0 ? byte | 0x80 : byte);
  } while (rest > 0);
  return bytes;
}
