import { VIOLATIONS } from '../errors/violations.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteSink } from './byte-writer.js';
import { PacketType, type ProtocolVersion } from './packet-types.js';
import type { ConnackPacket } from './packets.js';
import { readProperties, writeProperties } from './properties.js';
import {
  fromConnackReturnCode,
  isReasonCodeOf,
  REASON_CODES,
  toConnackReturnCode,
} from './reason-codes.js';

const SESSION_PRESENT = 0x01;
const UNACCEPTABLE_VERSION_311 = 0x01;

/** Reads a CONNACK. */
export function readConnack(reader: ByteReader, version: ProtocolVersion): ConnackPacket {
  const flags = reader.u8();
  if ((flags & ~SESSION_PRESENT) !== 0) reader.fail(VIOLATIONS.connackFlags);
  const sessionPresent = (flags & SESSION_PRESENT) !== 0;
  const code = reader.u8();
  // A Server that knows only 3.1.1 refuses a CONNECT of version 5 in its own format.
  const is311 = version === 4 || (code === UNACCEPTABLE_VERSION_311 && reader.remaining === 0);
  const reasonCode = is311 ? fromConnackReturnCode(code) : code;
  if (reasonCode === undefined || !isReasonCodeOf(PacketType.CONNACK, reasonCode, 'server')) {
    reader.fail(VIOLATIONS.connackReasonCode);
  }
  if (sessionPresent && code !== 0) reader.fail(VIOLATIONS.sessionPresentOnRefusal);
  return {
    type: PacketType.CONNACK,
    sessionPresent,
    reasonCode: reasonCode ?? REASON_CODES.unspecifiedError.value,
    properties: is311 ? {} : readProperties(reader, 'connack', 'server'),
  };
}

/** Writes the body of a CONNACK. */
export function writeConnack(
  sink: ByteSink,
  { sessionPresent, reasonCode, properties }: ConnackPacket,
  version: ProtocolVersion,
): void {
  sink.u8(sessionPresent ? SESSION_PRESENT : 0);
  if (version === 4) {
    sink.u8(toConnackReturnCode(reasonCode));
  } else {
    sink.u8(reasonCode);
    writeProperties(sink, 'connack', properties);
  }
}
