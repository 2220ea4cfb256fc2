import { FIELD_LENGTH_MAX, type Qos } from '../codec/packet-types.js';
import { isValidUtf8String, utf8Length } from '../codec/utf8.js';
import { MqttError } from '../errors/mqtt-error.js';
import { topicNameProblem } from './topics.js';

/** User Properties: pairs of name and value, in order; names may repeat. */
export type UserProperties = readonly (readonly [string, string])[];

/**
 * Throws `GNEISS_ERR_INVALID_OPTION` for an option. The problem tells what the option must be, never
 * what it was: options hold secrets.
 */
export function refuse(name: string, problem: string): never {
  throw new MqttError('GNEISS_ERR_INVALID_OPTION', { detail: `${name} ${problem}` });
}

/**
 * Throws for a key that is not an option. A key of any length is quoted within bounds.
 *
 * @param known  The options that there are: one that differs in the case of letters alone is named.
 */
export function refuseUnknown(key: string, known: Iterable<string> = []): never {
  const shown = key.length > 40 ? `${key.slice(0, 40)}…` : key;
  const meant = Array.from(known).find((name) => name.toLowerCase() === key.toLowerCase());
  throw new MqttError('GNEISS_ERR_INVALID_OPTION', {
    detail: `${JSON.stringify(shown)} is not an option here${meant === undefined ? '' : `, but ${meant} is`}`,
  });
}

/** Whether a value can hold options: an object that is no array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An integer from `min` to `max`. */
export function parseInteger(value: unknown, name: string, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
    // Negative zero would be written as zero but compares unlike it in `Object.is`.
    return value === 0 ? 0 : value;
  }
  return refuse(name, `must be an integer from ${min} to ${max}`);
}

/** A boolean, and nothing merely truthy. */
export function parseBoolean(value: unknown, name: string): boolean {
  return typeof value === 'boolean' ? value : refuse(name, 'must be a boolean');
}

/** One of a few values. */
export function parseOneOf<const T extends string | number>(
  value: unknown,
  name: string,
  allowed: readonly T[],
): T {
  for (const one of allowed) if (one === value) return one;
  return refuse(name, `must be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`);
}

/** A QoS. */
export function parseQos(value: unknown, name: string): Qos {
  return value === 0 || value === 1 || value === 2 ? value : refuse(name, 'must be 0, 1 or 2');
}

/** A string that fits a UTF-8 Encoded String: at most 65535 bytes, no U+0000, no lone surrogate. */
export function parseString(value: unknown, name: string): string {
  if (typeof value !== 'string') return refuse(name, 'must be a string');
  if (!isShortEnough(value))
    return refuse(name, `must not exceed ${FIELD_LENGTH_MAX} bytes of UTF-8`);
  if (!isValidUtf8String(value)) {
    return refuse(name, 'must not contain U+0000 or lone surrogates');
  }
  return value;
}

/** No character takes more than three bytes a unit: only long strings must be looked at. */
function isShortEnough(text: string): boolean {
  const { length } = text;
  return (
    3 * length <= FIELD_LENGTH_MAX ||
    (length <= FIELD_LENGTH_MAX && utf8Length(text) <= FIELD_LENGTH_MAX)
  );
}

/** Bytes that fit Binary Data: at most 65535. The very view that was given, not a copy. */
export function parseBinary(value: unknown, name: string): Uint8Array {
  if (!(value instanceof Uint8Array)) return refuse(name, 'must be a Uint8Array');
  if (value.length > FIELD_LENGTH_MAX) {
    return refuse(name, `must not exceed ${FIELD_LENGTH_MAX} bytes`);
  }
  return value;
}

/** A Topic Name to publish to. */
export function parseTopicName(value: unknown, name: string): string {
  if (typeof value !== 'string') return refuse(name, 'must be a string');
  const problem = topicNameProblem(value);
  return problem === null ? value : refuse(name, problem);
}

/** User Properties, copied: the pairs are plain arrays of two strings afterwards. */
export function parseUserProperties(value: unknown, name: string): UserProperties {
  if (!Array.isArray(value)) return refuse(name, 'must be an array of [name, value] pairs');
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at < value.length; at++) {
    const pair: unknown = value[at];
    if (!Array.isArray(pair) || pair.length !== 2)
      return refuse(`${name}[${at}]`, 'must be a pair [name, value]');
    pairs.push([parsePart(pair, 0, name, at), parsePart(pair, 1, name, at)]);
  }
  return pairs;
}

/** Its place is put into words only when it is wrong: that takes longer than to check it. */
function parsePart(pair: readonly unknown[], part: 0 | 1, name: string, at: number): string {
  const text = pair[part];
  if (typeof text === 'string' && isShortEnough(text) && isValidUtf8String(text)) return text;
  return parseString(text, `${name}[${at}][${part}]`);
}

/** An AbortSignal, told by its shape: one from another realm serves as well. */
export function parseSignal(value: unknown, name: string): AbortSignal {
  return isSignal(value) ? value : refuse(name, 'must be an AbortSignal');
}

function isSignal(value: unknown): value is AbortSignal {
  if (!isRecord(value)) return false;
  const { aborted, addEventListener } = value;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}
