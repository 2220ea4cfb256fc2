import { VIOLATIONS } from '../errors/violations.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteSink } from './byte-writer.js';
import { PacketType, type ProtocolVersion, type Sender } from './packet-types.js';
import type { AuthPacket, DisconnectPacket } from './packets.js';
import { hasProperties, readProperties, writeProperties } from './properties.js';
import { checkReasonCode, REASON_CODES } from './reason-codes.js';

const SUCCESS = REASON_CODES.success.value;

/** Reads a DISCONNECT; in MQTT 3.1.1 it is empty. */
export function readDisconnect(
  reader: ByteReader,
  version: ProtocolVersion,
  sender: Sender,
): DisconnectPacket {
  const type = PacketType.DISCONNECT;
  // Without a reason code it is 0x00, without a Property Length there are no properties.
  if (version === 4 || reader.remaining === 0) return { type, reasonCode: SUCCESS, properties: {} };
  const reasonCode = readReasonCode(reader, type, sender);
  const properties = reader.remaining > 0 ? readProperties(reader, 'disconnect', sender) : {};
  return { type, reasonCode, properties };
}

/** Writes the body of a DISCONNECT in its shortest form. */
export function writeDisconnect(
  sink: ByteSink,
  { reasonCode, properties }: DisconnectPacket,
  version: ProtocolVersion,
): void {
  if (version === 4) return;
  const isLong = hasProperties(properties);
  if (reasonCode !== SUCCESS || isLong) sink.u8(reasonCode);
  if (isLong) writeProperties(sink, 'disconnect', properties);
}

/**
 * Reads an AUTH. §3.15.2.1 allows an empty one, §3.15.2.2.2 and [MQTT-4.12.0-5] demand an
 * Authentication Method in each: the demand is normative, so an empty one is refused.
 */
export function readAuth(reader: ByteReader, sender: Sender): AuthPacket {
  const type = PacketType.AUTH;
  if (reader.remaining === 0) reader.fail(VIOLATIONS.authMethodMissing);
  const reasonCode = readReasonCode(reader, type, sender);
  const properties = readProperties(reader, 'auth', sender);
  if (properties.authenticationMethod === undefined) reader.fail(VIOLATIONS.authMethodMissing);
  return { type, reasonCode, properties };
}

/** Writes the body of an AUTH. */
export function writeAuth(sink: ByteSink, { reasonCode, properties }: AuthPacket): void {
  sink.u8(reasonCode);
  writeProperties(sink, 'auth', properties);
}

function readReasonCode(
  reader: ByteReader,
  type: DisconnectPacket['type'] | AuthPacket['type'],
  sender: Sender,
): number {
  const reasonCode = reader.u8();
  const violation = checkReasonCode(type, reasonCode, sender);
  if (violation !== null) reader.fail(violation);
  return reasonCode;
}
