import { VIOLATIONS, type Violation } from '../errors/violations.js';
import type { ProtocolVersion } from './packet-types.js';
import { checkUtf8 } from './utf8.js';

const SLASH = 0x2f;
const HASH = 0x23;
const PLUS = 0x2b;
const SHARE_PREFIX = [...'$share/'].map((character) => character.charCodeAt(0));

/** Does a topic name hold a character that only filters may hold? */
export function hasWildcard(memory: Uint8Array, start: number, end: number): boolean {
  for (let position = start; position < end; position += 1) {
    const byte = memory[position]!;
    if (byte === HASH || byte === PLUS) return true;
  }
  return false;
}

/** Is a Topic Filter that of a shared subscription (§4.8.2)? */
export function isSharedFilter(memory: Uint8Array, start: number, end: number): boolean {
  if (end - start < SHARE_PREFIX.length) return false;
  return SHARE_PREFIX.every((byte, index) => memory[start + index] === byte);
}

/** Checks the bytes of a Topic Filter (§4.7.1, §4.8.2). MQTT 3.1.1 knows no shared subscriptions. */
export function checkTopicFilter(
  memory: Uint8Array,
  start: number,
  end: number,
  version: ProtocolVersion,
): Violation | null {
  if (start === end) return VIOLATIONS.topicEmpty;
  const violation = checkUtf8(memory, start, end);
  if (violation !== null) return violation;
  let filterStart = start;
  if (version === 5 && isSharedFilter(memory, start, end)) {
    const nameStart = start + SHARE_PREFIX.length;
    const nameEnd = memory.subarray(0, end).indexOf(SLASH, nameStart);
    filterStart = nameEnd + 1;
    const isNamed = nameEnd > nameStart && !hasWildcard(memory, nameStart, nameEnd);
    if (!isNamed || filterStart === end) return VIOLATIONS.filterShared;
  }
  return checkLevels(memory, filterStart, end);
}

function checkLevels(memory: Uint8Array, start: number, end: number): Violation | null {
  for (let position = start; position < end; position += 1) {
    const byte = memory[position]!;
    if (byte !== HASH && byte !== PLUS) continue;
    const begins = position === start || memory[position - 1] === SLASH;
    const isLast = position + 1 === end;
    if (byte === HASH && !(begins && isLast)) return VIOLATIONS.filterMultiLevel;
    if (byte === PLUS && !(begins && (isLast || memory[position + 1] === SLASH))) {
      return VIOLATIONS.filterSingleLevel;
    }
  }
  return null;
}
