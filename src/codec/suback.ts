import { VIOLATIONS } from '../errors/violations.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteSink } from './byte-writer.js';
import { PacketType, type ProtocolVersion } from './packet-types.js';
import type { SubackPacket, UnsubackPacket } from './packets.js';
import { readProperties, writeProperties } from './properties.js';
import { checkReasonCode, FAILURE_MIN, REASON_CODES } from './reason-codes.js';
import { readPacketId } from './subscribe.js';

const FAILURE_311 = REASON_CODES.unspecifiedError.value;

/** Reads a SUBACK. */
export function readSuback(reader: ByteReader, version: ProtocolVersion): SubackPacket {
  const packetId = readPacketId(reader);
  const properties = version === 5 ? readProperties(reader, 'suback', 'server') : {};
  if (reader.remaining === 0) reader.fail(VIOLATIONS.subackEmpty);
  const reasonCodes = readReasonCodes(reader, PacketType.SUBACK);
  // 3.1.1 has the grants and one failure, all of them with the values of MQTT 5.
  if (version === 4 && reasonCodes.some((code) => code > FAILURE_311)) {
    reader.fail(VIOLATIONS.subackReasonCode);
  }
  return { type: PacketType.SUBACK, packetId, reasonCodes, properties };
}

/** Writes the body of a SUBACK. */
export function writeSuback(sink: ByteSink, packet: SubackPacket, version: ProtocolVersion): void {
  sink.u16(packet.packetId);
  if (version === 5) writeProperties(sink, 'suback', packet.properties);
  for (const reasonCode of packet.reasonCodes) {
    sink.u8(version === 4 && reasonCode >= FAILURE_MIN ? FAILURE_311 : reasonCode);
  }
}

/** Reads an UNSUBACK; in MQTT 3.1.1 it ends with the Packet Identifier. */
export function readUnsuback(reader: ByteReader, version: ProtocolVersion): UnsubackPacket {
  const packetId = readPacketId(reader);
  const type = PacketType.UNSUBACK;
  if (version === 4) return { type, packetId, reasonCodes: [], properties: {} };
  const properties = readProperties(reader, 'unsuback', 'server');
  if (reader.remaining === 0) reader.fail(VIOLATIONS.unsubackEmpty);
  return { type, packetId, reasonCodes: readReasonCodes(reader, type), properties };
}

/** Writes the body of an UNSUBACK. */
export function writeUnsuback(
  sink: ByteSink,
  packet: UnsubackPacket,
  version: ProtocolVersion,
): void {
  sink.u16(packet.packetId);
  if (version === 4) return;
  writeProperties(sink, 'unsuback', packet.properties);
  for (const reasonCode of packet.reasonCodes) sink.u8(reasonCode);
}

function readReasonCodes(
  reader: ByteReader,
  type: SubackPacket['type'] | UnsubackPacket['type'],
): number[] {
  const reasonCodes: number[] = [];
  while (reader.remaining > 0) {
    const reasonCode = reader.u8();
    const violation = checkReasonCode(type, reasonCode, 'server');
    if (violation !== null) reader.fail(violation);
    reasonCodes.push(reasonCode);
  }
  return reasonCodes;
}
