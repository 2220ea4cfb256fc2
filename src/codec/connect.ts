import { VIOLATIONS } from '../errors/violations.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteSink } from './byte-writer.js';
import { PacketType, type ProtocolVersion } from './packet-types.js';
import type { ConnectPacket, Will } from './packets.js';
import { readProperties, writeProperties } from './properties.js';
import { checkTopicBytes } from './publish.js';
import { decodeUtf8 } from './utf8.js';

const PROTOCOL_NAME = 'MQTT';

/** Connect Flags (§3.1.2.3): 7 user name, 6 password, 5 Will Retain, 4-3 Will QoS, 2 Will, 1 Clean Start. */
const ConnectFlag = {
  RESERVED: 0x01,
  CLEAN_START: 0x02,
  WILL: 0x04,
  WILL_QOS_SHIFT: 3,
  WILL_RETAIN: 0x20,
  PASSWORD: 0x40,
  USER_NAME: 0x80,
} as const;

/** Reads a CONNECT, which says itself what version it is. */
export function readConnect(reader: ByteReader): ConnectPacket {
  reader.span();
  const name = decodeUtf8(reader.memory, reader.spanStart, reader.spanEnd);
  if (name !== PROTOCOL_NAME) reader.fail(VIOLATIONS.protocolName);
  const protocolVersion = readVersion(reader);
  const flags = reader.u8();
  checkFlags(reader, flags, protocolVersion);
  const keepAlive = reader.u16();
  const properties = protocolVersion === 5 ? readProperties(reader, 'connect', 'client') : {};
  const clientId = reader.utf8();
  const will =
    (flags & ConnectFlag.WILL) === 0 ? undefined : readWill(reader, flags, protocolVersion);
  const username = (flags & ConnectFlag.USER_NAME) === 0 ? undefined : reader.utf8();
  const password = (flags & ConnectFlag.PASSWORD) === 0 ? undefined : reader.binary();
  return {
    type: PacketType.CONNECT,
    protocolVersion,
    cleanStart: (flags & ConnectFlag.CLEAN_START) !== 0,
    keepAlive,
    clientId,
    ...(will !== undefined && { will }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    properties,
  };
}

/** Writes the body of a CONNECT. */
export function writeConnect(sink: ByteSink, packet: ConnectPacket): void {
  const { will, username, password } = packet;
  sink.utf8(PROTOCOL_NAME);
  sink.u8(packet.protocolVersion);
  sink.u8(connectFlags(packet));
  sink.u16(packet.keepAlive);
  if (packet.protocolVersion === 5) writeProperties(sink, 'connect', packet.properties);
  sink.utf8(packet.clientId);
  if (will !== undefined) {
    if (packet.protocolVersion === 5) writeProperties(sink, 'will', will.properties);
    sink.utf8(will.topicName);
    sink.binary(will.payload);
  }
  if (username !== undefined) sink.utf8(username);
  if (password !== undefined) sink.binary(password);
}

function readVersion(reader: ByteReader): ProtocolVersion {
  const version = reader.u8();
  if (version === 4) return 4;
  if (version !== 5) reader.fail(VIOLATIONS.protocolVersion);
  return 5;
}

function checkFlags(reader: ByteReader, flags: number, version: ProtocolVersion): void {
  const willQos = (flags >>> ConnectFlag.WILL_QOS_SHIFT) & 3;
  if ((flags & ConnectFlag.RESERVED) !== 0) reader.fail(VIOLATIONS.connectReservedFlag);
  if (willQos === 3) reader.fail(VIOLATIONS.willQos3);
  if ((flags & ConnectFlag.WILL) === 0) {
    if (willQos !== 0) reader.fail(VIOLATIONS.willQosWithoutWill);
    if ((flags & ConnectFlag.WILL_RETAIN) !== 0) reader.fail(VIOLATIONS.willRetainWithoutWill);
  }
  const credentials = flags & (ConnectFlag.USER_NAME | ConnectFlag.PASSWORD);
  if (version === 4 && credentials === ConnectFlag.PASSWORD) {
    reader.fail(VIOLATIONS.passwordWithoutUserName);
  }
}

function readWill(reader: ByteReader, flags: number, version: ProtocolVersion): Will {
  const willQos = (flags >>> ConnectFlag.WILL_QOS_SHIFT) & 3;
  const properties = version === 5 ? readProperties(reader, 'will', 'client') : {};
  const topicName = readTopicName(reader);
  const payload = reader.binary();
  return {
    topicName,
    payload,
    qos: willQos === 0 ? 0 : willQos === 1 ? 1 : 2,
    retain: (flags & ConnectFlag.WILL_RETAIN) !== 0,
    properties,
  };
}

function readTopicName(reader: ByteReader): string {
  reader.span();
  const { memory, spanStart, spanEnd } = reader;
  const violation = checkTopicBytes(memory, spanStart, spanEnd);
  if (violation !== null) {
    reader.fail(violation);
    return '';
  }
  return decodeUtf8(memory, spanStart, spanEnd);
}

function connectFlags({ cleanStart, will, username, password }: ConnectPacket): number {
  let flags = 0;
  if (cleanStart) flags |= ConnectFlag.CLEAN_START;
  if (will !== undefined) {
    flags |= ConnectFlag.WILL | (will.qos << ConnectFlag.WILL_QOS_SHIFT);
    if (will.retain) flags |= ConnectFlag.WILL_RETAIN;
  }
  if (username !== undefined) flags |= ConnectFlag.USER_NAME;
  if (password !== undefined) flags |= ConnectFlag.PASSWORD;
  return flags;
}
