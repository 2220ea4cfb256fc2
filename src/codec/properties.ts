import { VIOLATIONS } from '../errors/violations.js';
import { ByteReader } from './byte-reader.js';
import { ByteCounter, type ByteSink } from './byte-writer.js';
import type { Sender } from './packet-types.js';
import { PropertyScanner } from './property-scanner.js';
import {
  HOST_RULES,
  type PropertiesOf,
  type PropertyHost,
  type PropertyWire,
  ROW_OF_ID,
} from './property-table.js';
import { decodeUtf8 } from './utf8.js';

/** The properties of a packet of any kind, as the table-driven code sees them. */
type AnyProperties = Readonly<Record<string, unknown>>;

/**
 * Reads a section that a {@link PropertyScanner} has accepted into a plain object. Its keys are those
 * of the property table only: the names of User Properties are values, in pairs.
 */
export function decodeProperties<H extends PropertyHost>(
  memory: Uint8Array,
  start: number,
  end: number,
  host: H,
): PropertiesOf<H> {
  const { properties, indexOfRow } = HOST_RULES[host];
  const decoded: Record<string, unknown> = {};
  const reader = new ByteReader(memory, start, end);
  while (reader.remaining > 0) {
    const { key, wire, many } = properties[indexOfRow[ROW_OF_ID[reader.u8()]!]!]!;
    const value = readValue(reader, wire);
    const list = decoded[key];
    if (!many) decoded[key] = value;
    else if (Array.isArray(list)) list.push(value);
    else decoded[key] = [value];
  }
  // The keys and values come from the same rows as the type.
  return decoded as PropertiesOf<H>;
}

/** Reads a section with its length: checks it, then decodes it. */
export function readProperties<H extends PropertyHost>(
  reader: ByteReader,
  host: H,
  sender: Sender,
): PropertiesOf<H> {
  const length = reader.varint();
  if (length > reader.remaining) reader.fail(VIOLATIONS.propertyLength);
  const start = reader.take(length);
  if (start < 0 || length === 0) return decodeProperties(reader.memory, 0, 0, host);
  const scanner = new PropertyScanner();
  const end = start + length;
  const violation = scanner.scan(reader.memory, start, end, HOST_RULES[host], sender);
  if (violation !== null) {
    reader.fail(violation);
    return decodeProperties(reader.memory, 0, 0, host);
  }
  return decodeProperties(reader.memory, start, end, host);
}

/** Writes a section with its length. */
export function writeProperties<H extends PropertyHost>(
  sink: ByteSink,
  host: H,
  properties: PropertiesOf<H>,
): void {
  const start = sink.beginSection();
  writePropertyFields(sink, host, properties);
  sink.endSection(start);
}

/** Whether a section has anything to send. */
export function hasProperties(properties: AnyProperties): boolean {
  return Object.values(properties).some(
    (value) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
}

/** The length of a section without its length field. */
export function sizeProperties<H extends PropertyHost>(
  host: H,
  properties: PropertiesOf<H>,
): number {
  const counter = new ByteCounter();
  writePropertyFields(counter, host, properties);
  return counter.length;
}

/** Writes a section without its length, in table order. */
export function writePropertyFields<H extends PropertyHost>(
  sink: ByteSink,
  host: H,
  properties: PropertiesOf<H>,
): void {
  const source: AnyProperties = properties;
  for (const { id, wire, key, many } of HOST_RULES[host].properties) {
    const value = source[key];
    if (!many) writeProperty(sink, id, wire, value);
    else if (Array.isArray(value)) {
      for (const item of value) writeProperty(sink, id, wire, item);
    }
  }
}

function readValue(reader: ByteReader, wire: PropertyWire): unknown {
  switch (wire) {
    case 'u8':
      return reader.u8();
    case 'bool':
      return reader.u8() === 1;
    case 'u16':
      return reader.u16();
    case 'u32':
      return reader.u32();
    case 'varint':
      return reader.varint();
    case 'utf8':
      return readString(reader);
    case 'binary':
      return reader.binary();
    case 'pair':
      return [readString(reader), readString(reader)];
  }
}

function readString(reader: ByteReader): string {
  reader.span();
  return decodeUtf8(reader.memory, reader.spanStart, reader.spanEnd);
}

/** Writes one property unless it is undefined; the types have settled what a value may be. */
function writeProperty(sink: ByteSink, id: number, wire: PropertyWire, value: unknown): void {
  if (value === undefined) return;
  sink.u8(id);
  if (typeof value === 'number') writeNumber(sink, wire, value);
  else if (typeof value === 'boolean') sink.u8(value ? 1 : 0);
  else if (typeof value === 'string') sink.utf8(value);
  else if (isBytes(value)) sink.binary(value);
  else if (Array.isArray(value)) for (const text of value) sink.utf8(String(text));
}

/** `instanceof` would turn down the bytes of another realm, such as those of a test runner's. */
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value);
}

function writeNumber(sink: ByteSink, wire: PropertyWire, value: number): void {
  if (wire === 'u16') sink.u16(value);
  else if (wire === 'u32') sink.u32(value);
  else if (wire === 'varint') sink.varint(value);
  else sink.u8(value);
}
