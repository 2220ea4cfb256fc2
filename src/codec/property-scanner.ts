import { VIOLATIONS, type Violation } from '../errors/violations.js';
import type { Sender } from './packet-types.js';
import {
  type HostRules,
  NO_ROW,
  PROPERTY_ROWS,
  type PropertyWire,
  propertyBit,
  ROW_OF_ID,
} from './property-table.js';
import { hasWildcard } from './topic-bytes.js';
import { checkUtf8 } from './utf8.js';
import { scanVarint, VARINT_INCOMPLETE, varintValue } from './varint.js';

/** The property rows by number, as columns of typed arrays: a switch on small integers is a jump. */
const Wire = { BYTE: 0, U16: 1, U32: 2, VARINT: 3, UTF8: 4, BINARY: 5, PAIR: 6 } as const;
const WIRES: Readonly<Record<PropertyWire, number>> = {
  u8: Wire.BYTE,
  bool: Wire.BYTE,
  u16: Wire.U16,
  u32: Wire.U32,
  varint: Wire.VARINT,
  utf8: Wire.UTF8,
  binary: Wire.BINARY,
  pair: Wire.PAIR,
};
const WIRE_OF_ROW = Uint8Array.from(PROPERTY_ROWS, ({ wire }) => WIRES[wire]);
const MIN_OF_ROW = Float64Array.from(PROPERTY_ROWS, ({ min }) => min ?? 0);
const MAX_OF_ROW = Float64Array.from(PROPERTY_ROWS, ({ wire, max }) =>
  wire === 'bool' ? 1 : (max ?? Number.POSITIVE_INFINITY),
);

const TOPIC_NAMES = PROPERTY_ROWS.reduce(
  (set, { topicName }, row) => (topicName === true ? set | (1 << row) : set),
  0,
);
const TOPIC_ALIAS = propertyBit('topicAlias');
const AUTHENTICATION_METHOD = propertyBit('authenticationMethod');
const AUTHENTICATION_DATA = propertyBit('authenticationData');

/**
 * Checks a property section in one pass, without reading it into anything: which properties, how
 * often, from whom, with which values. Reused, so that it allocates nothing.
 */
export class PropertyScanner {
  /** The Topic Alias of the last section; 0 when it had none. */
  topicAlias = 0;
  /** The set of properties that the last section had; see `propertyBit`. */
  seen = 0;
  #position = 0;
  #value = 0;

  /** Checks the properties in `[start, end)`, which is a section without its length. */
  scan(
    memory: Uint8Array,
    start: number,
    end: number,
    rules: HostRules,
    sender: Sender,
  ): Violation | null {
    this.topicAlias = 0;
    this.seen = 0;
    const forbidden = rules.forbidden[sender];
    this.#position = start;
    while (this.#position < end) {
      const row = ROW_OF_ID[memory[this.#position]!]!;
      if (row === NO_ROW) return VIOLATIONS.propertyUnknown;
      const bit = 1 << row;
      if ((rules.allowed & bit) === 0) return VIOLATIONS.propertyMisplaced;
      if ((forbidden & bit) !== 0) return VIOLATIONS[PROPERTY_ROWS[row]!.only!.otherwise];
      if ((this.seen & ~rules.many & bit) !== 0) return VIOLATIONS.propertyDuplicate;
      this.seen |= bit;
      this.#position += 1;
      const violation = this.#scanValue(memory, end, row, bit);
      if (violation !== null) return violation;
    }
    const authentication = this.seen & (AUTHENTICATION_METHOD | AUTHENTICATION_DATA);
    return authentication === AUTHENTICATION_DATA ? VIOLATIONS.authDataWithoutMethod : null;
  }

  #scanValue(memory: Uint8Array, end: number, row: number, bit: number): Violation | null {
    const start = this.#position;
    switch (WIRE_OF_ROW[row]!) {
      case Wire.UTF8: {
        const violation = this.#scanString(memory, end);
        if (violation !== null || (TOPIC_NAMES & bit) === 0) return violation;
        if (this.#position === start + 2) return VIOLATIONS.topicEmpty;
        return hasWildcard(memory, start + 2, this.#position)
          ? VIOLATIONS.responseTopicWildcard
          : null;
      }
      case Wire.PAIR:
        return this.#scanString(memory, end) ?? this.#scanString(memory, end);
      case Wire.BINARY:
        return this.#skipField(memory, end);
      default: {
        const violation = this.#scanNumber(memory, end, row);
        if (violation !== null) return violation;
        if (this.#value < MIN_OF_ROW[row]! || this.#value > MAX_OF_ROW[row]!) {
          return VIOLATIONS[PROPERTY_ROWS[row]!.outOfRange ?? 'propertyValue'];
        }
        if (bit === TOPIC_ALIAS) this.topicAlias = this.#value;
        return null;
      }
    }
  }

  #scanNumber(memory: Uint8Array, end: number, row: number): Violation | null {
    const start = this.#position;
    const wire = WIRE_OF_ROW[row]!;
    let length = wire === Wire.BYTE ? 1 : wire === Wire.U16 ? 2 : 4;
    if (wire === Wire.VARINT) {
      length = scanVarint(memory, start, end, true);
      if (length === VARINT_INCOMPLETE) return VIOLATIONS.truncated;
      if (length < 0) return VIOLATIONS.variableByteInteger;
      this.#value = varintValue(memory, start, length);
    } else {
      if (length > end - start) return VIOLATIONS.truncated;
      this.#value = memory[start]!;
      for (let index = 1; index < length; index += 1) {
        this.#value = this.#value * 256 + memory[start + index]!;
      }
    }
    this.#position = start + length;
    return null;
  }

  #scanString(memory: Uint8Array, end: number): Violation | null {
    const start = this.#position + 2;
    return this.#skipField(memory, end) ?? checkUtf8(memory, start, this.#position);
  }

  /** Moves over a two-byte length and that many bytes. */
  #skipField(memory: Uint8Array, end: number): Violation | null {
    const start = this.#position + 2;
    if (start > end) return VIOLATIONS.truncated;
    const length = (memory[start - 2]! << 8) | memory[start - 1]!;
    if (length > end - start) return VIOLATIONS.truncated;
    this.#position = start + length;
    return null;
  }
}
