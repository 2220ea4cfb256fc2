import { VIOLATIONS, type Violation } from '../errors/violations.js';
import type { ByteSink } from './byte-writer.js';
import { type ProtocolVersion, packetHeader, type Sender } from './packet-types.js';
import type { AckHost, AckPacket } from './packets.js';
import { decodeProperties, hasProperties, writeProperties } from './properties.js';
import { PropertyScanner } from './property-scanner.js';
import { HOST_RULES, type PropertiesOf } from './property-table.js';
import { checkReasonCode, REASON_CODES } from './reason-codes.js';
import { scanVarint, VARINT_INCOMPLETE, varintValue } from './varint.js';

/** The packet types that share this format: PUBACK, PUBREC, PUBREL and PUBCOMP. */
export type AckType = AckPacket['type'];

// The four hosts have the same properties, so one of them stands for all.
const HOST = 'puback';
const RULES = HOST_RULES[HOST];
const SUCCESS = REASON_CODES.success.value;

/** Where the parts of an acknowledgement stand; overwritten by the next one. */
export class AckFields {
  packetId = 0;
  reasonCode = 0;
  propertiesStart = 0;
  propertiesLength = 0;
  readonly scanner = new PropertyScanner();
}

/**
 * Takes a PUBACK, PUBREC, PUBREL or PUBCOMP apart and checks all of it, allocating nothing.
 *
 * @param start  Where the body begins, after the fixed header.
 * @returns What the packet violates; `fields` is meaningful only without.
 */
export function decodeAck(
  memory: Uint8Array,
  header: number,
  start: number,
  end: number,
  version: ProtocolVersion,
  fields: AckFields,
  sender: Sender = 'server',
): Violation | null {
  const length = end - start;
  if (length < 2) return VIOLATIONS.truncated;
  fields.packetId = (memory[start]! << 8) | memory[start + 1]!;
  fields.reasonCode = SUCCESS;
  fields.propertiesStart = end;
  fields.propertiesLength = 0;
  if (fields.packetId === 0) return VIOLATIONS.packetIdZero;
  if (length === 2) return null;
  if (version === 4) return VIOLATIONS.trailingBytes;
  fields.reasonCode = memory[start + 2]!;
  const violation = checkReasonCode(header >>> 4, fields.reasonCode, sender);
  if (violation !== null || length === 3) return violation;
  return scanAckProperties(memory, start + 3, end, fields, sender);
}

/** Reads the properties of an acknowledgement that {@link decodeAck} has accepted. */
export function decodeAckProperties(
  memory: Uint8Array,
  start: number,
  end: number,
): PropertiesOf<AckHost> {
  return decodeProperties(memory, start, end, HOST);
}

/** The most bytes that {@link encodeAck} writes. */
export const ACK_LENGTH_MAX = 5;

/** Writes an acknowledgement without properties, in its shortest form; returns the offset after it. */
export function encodeAck(
  memory: Uint8Array,
  offset: number,
  type: AckType,
  packetId: number,
  reasonCode: number,
  version: ProtocolVersion,
): number {
  const isShort = reasonCode === SUCCESS || version === 4;
  memory[offset] = packetHeader(type);
  memory[offset + 1] = isShort ? 2 : 3;
  memory[offset + 2] = packetId >>> 8;
  memory[offset + 3] = packetId;
  if (isShort) return offset + 4;
  memory[offset + 4] = reasonCode;
  return offset + ACK_LENGTH_MAX;
}

/** Decodes an acknowledgement into an object. */
export function decodeAckPacket(
  memory: Uint8Array,
  type: AckType,
  start: number,
  end: number,
  version: ProtocolVersion,
  sender: Sender,
): AckPacket | Violation {
  const fields = new AckFields();
  const header = packetHeader(type);
  const violation = decodeAck(memory, header, start, end, version, fields, sender);
  if (violation !== null) return violation;
  const { packetId, reasonCode, propertiesStart, propertiesLength } = fields;
  const propertiesEnd = propertiesStart + propertiesLength;
  const properties = decodeAckProperties(memory, propertiesStart, propertiesEnd);
  return { type, packetId, reasonCode, properties };
}

/** Writes the body of an acknowledgement, and the properties that it has. */
export function writeAck(sink: ByteSink, packet: AckPacket, version: ProtocolVersion): void {
  sink.u16(packet.packetId);
  if (version === 4) return;
  const isLong = hasProperties(packet.properties);
  if (packet.reasonCode !== SUCCESS || isLong) sink.u8(packet.reasonCode);
  if (isLong) writeProperties(sink, HOST, packet.properties);
}

function scanAckProperties(
  memory: Uint8Array,
  start: number,
  end: number,
  fields: AckFields,
  sender: Sender,
): Violation | null {
  const lengthLength = scanVarint(memory, start, end, true);
  if (lengthLength === VARINT_INCOMPLETE) return VIOLATIONS.truncated;
  if (lengthLength < 0) return VIOLATIONS.variableByteInteger;
  const length = varintValue(memory, start, lengthLength);
  const propertiesStart = start + lengthLength;
  if (length > end - propertiesStart) return VIOLATIONS.propertyLength;
  if (length < end - propertiesStart) return VIOLATIONS.trailingBytes;
  fields.propertiesStart = propertiesStart;
  fields.propertiesLength = length;
  return fields.scanner.scan(memory, propertiesStart, end, RULES, sender);
}
