/*
 * Every payload says which publisher sent it, its number at that publisher and QoS, and when it was due. JSON has these three
 * as its first fields, padded with spaces to a fixed width, so that they can be found without parsing the rest; binary
 * payloads have them packed:
 *
 *   byte 0     0x01
 *   byte 1     publisher
 *   byte 2-5   sequence number, little endian
 *   byte 6-11  microseconds, little endian
 *   then       samples, 16 bits each; the last byte repeats the lowest byte of the sequence number
 */

const BINARY = 0x01;
const JSON_START = 0x7b; // {
const JSON_PREFIX = '{"publisher":00,"sequence":0000000000,"sentAt":000000000000000,';
const PUBLISHER = { at: JSON_PREFIX.indexOf('00'), digits: 2 };
const SEQUENCE = { at: JSON_PREFIX.indexOf('0000000000'), digits: 10 };
const SENT_AT = { at: JSON_PREFIX.indexOf('000000000000000'), digits: 15 };
const SPACE = 0x20;
const ZERO = 0x30;

/** A binary payload: a burst of vibration samples. */
export function makeBinary(publisher, length) {
  const bytes = Buffer.alloc(length);
  bytes[0] = BINARY;
  bytes[1] = publisher;
  for (let at = 12; at + 2 < length; at += 2) {
    bytes.writeInt16LE(Math.round(8000 * Math.sin(at / 5)), at);
  }
  return bytes;
}

/** A JSON payload: `readings` are the fields behind the three fixed ones. */
export function makeJson(publisher, length, readings) {
  const text = JSON.stringify({ ...readings, trace: '' }).slice(1);
  const trace = 'c0ffee'.repeat(length / 6).slice(0, length - JSON_PREFIX.length - text.length);
  const bytes = Buffer.from(JSON_PREFIX + text.replace('"trace":""', `"trace":"${trace}"`));
  writeDigits(bytes, PUBLISHER, publisher);
  return bytes;
}

/** Writes what differs from message to message into a payload of one of the two kinds. */
export function stamp(bytes, sequence, sentAt) {
  if (bytes[0] === JSON_START) {
    writeDigits(bytes, SEQUENCE, sequence);
    writeDigits(bytes, SENT_AT, Math.round(sentAt));
    return;
  }
  bytes.writeUInt32LE(sequence, 2);
  bytes.writeUIntLE(Math.round(sentAt), 6, 6);
  bytes[bytes.length - 1] = sequence;
}

/** Reads it back into `stamp`, which is used again and again. @returns Whether the bytes are a payload of this demo. */
export function readStamp(bytes, stamp) {
  const kind = bytes[0];
  stamp.isJson = kind === JSON_START;
  if (stamp.isJson) {
    stamp.publisher = readDigits(bytes, PUBLISHER);
    stamp.sequence = readDigits(bytes, SEQUENCE);
    stamp.sentAt = readDigits(bytes, SENT_AT);
    return true;
  }
  stamp.publisher = bytes[1];
  stamp.sequence = (bytes[2] | (bytes[3] << 8) | (bytes[4] << 16) | (bytes[5] << 24)) >>> 0;
  const low = (bytes[6] | (bytes[7] << 8) | (bytes[8] << 16)) >>> 0;
  stamp.sentAt = low + (bytes[9] | (bytes[10] << 8) | (bytes[11] << 16)) * 0x1000000;
  return kind === BINARY && bytes[bytes.length - 1] === (stamp.sequence & 0xff);
}

function writeDigits(bytes, { at, digits }, value) {
  let rest = value;
  for (let index = at + digits - 1; index >= at; index--) {
    // A number in JSON has no leading zeros.
    const isPadding = rest === 0 && index < at + digits - 1;
    bytes[index] = isPadding ? SPACE : ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

function readDigits(bytes, { at, digits }) {
  let value = 0;
  for (let index = at; index < at + digits; index++) {
    if (bytes[index] !== SPACE) value = value * 10 + bytes[index] - ZERO;
  }
  return value;
}
