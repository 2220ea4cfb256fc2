import { isAbsolute } from 'node:path';
import { FIELD_LENGTH_MAX } from '../codec/packet-types.js';
import { isWellFormedText, utf8Length } from '../codec/utf8.js';
import type { MqttError } from '../errors/mqtt-error.js';
import type { TransportFactory } from '../transport/custom-transport.js';
import { parseUrl } from '../util/parse-url.js';
import {
  isTopicAliasResolver,
  type TopicAliasResolver,
} from '../validation/topic-alias-resolver.js';
import {
  parseBinary,
  parseBoolean,
  parseInteger,
  parseOneOf,
  parseSignal,
  parseString,
  parseUserProperties,
  refuse,
  type UserProperties,
} from '../validation/values.js';

/**
 * How the value of an option is read: from what a user may pass (`Input`) to what the client works
 * with. Parsed values are copies of the client's own that survive the structured clone.
 */
export interface Kind<Parsed, Input = Parsed> {
  /** Throws `GNEISS_ERR_INVALID_OPTION` with the name of the option; never repeats the value. */
  readonly parse: (value: unknown, name: string) => Parsed;
  /** What a user may pass, in words. */
  readonly type: string;
  /** Never set: it carries the type of the input. */
  readonly input?: Input;
}

/** An integer from `min` to `max`. */
export function integer(
  min: number,
  max: number,
): Kind<number> & { readonly min: number; readonly max: number } {
  return { parse: (value, name) => parseInteger(value, name, min, max), type: 'integer', min, max };
}

/** A boolean. */
export function boolean(): Kind<boolean> {
  return { parse: parseBoolean, type: 'boolean' };
}

/** One of a few values. */
export function oneOf<const T extends string | number>(...allowed: readonly T[]): Kind<T> {
  return {
    parse: (value, name) => parseOneOf(value, name, allowed),
    type: allowed.map((one) => JSON.stringify(one)).join(' | '),
  };
}

/** A string of at most 65535 bytes of UTF-8. */
export function text(): Kind<string> {
  return { parse: parseString, type: 'string' };
}

/** Bytes, or a string for its UTF-8: at most 65535 bytes, copied. */
export function bytes(): Kind<Uint8Array, string | Uint8Array> {
  return { parse: parseBytes, type: 'string | Uint8Array' };
}

/** User Properties, copied. */
export function userPropertyPairs(): Kind<UserProperties> {
  return { parse: parseUserProperties, type: '[name, value][]' };
}

/** Where a module is: a URL, or what the platform takes for one. */
export function moduleUrl(): Kind<string, string | URL> {
  return { parse: parseModuleUrl, type: 'string | URL' };
}

/** A resolver of Topic Aliases, or where a module is that makes one. */
export function aliasResolver(): Kind<
  string | TopicAliasResolver,
  string | URL | TopicAliasResolver
> {
  return {
    parse: (value, name) =>
      isTopicAliasResolver(value)
        ? value
        : parseAbsoluteUrl(value, name, 'have the methods of a TopicAliasResolver'),
    type: 'string | URL | TopicAliasResolver',
  };
}

/** A function that makes transports, or where a module is that has one. */
export function transportFactory(): Kind<
  string | TransportFactory,
  string | URL | TransportFactory
> {
  return {
    parse: (value, name) =>
      isTransportFactory(value) ? value : parseAbsoluteUrl(value, name, 'be a function'),
    type: 'string | URL | TransportFactory',
  };
}

/** An AbortSignal. */
export function signal(): Kind<AbortSignal> {
  return { parse: parseSignal, type: 'AbortSignal' };
}

/** A function that decides on an error. */
export function decision(): Kind<(reason: MqttError) => boolean> {
  return { parse: parseDecision, type: '(reason) => boolean' };
}

/** A function that gives a trace context, whose answers are checked when it gives them. */
export function traceContextSource(): Kind<() => unknown> {
  return { parse: parseFunction, type: '() => TraceContext | undefined' };
}

/** Parses what {@link bytes} stands for. */
export function parseBytes(value: unknown, name: string): Uint8Array {
  if (typeof value !== 'string') return new Uint8Array(parseBinary(value, name));
  if (!isWellFormedText(value)) return refuse(name, 'must not contain lone surrogates');
  if (utf8Length(value) > FIELD_LENGTH_MAX) {
    return refuse(name, `must not exceed ${FIELD_LENGTH_MAX} bytes of UTF-8`);
  }
  return new TextEncoder().encode(value);
}

function parseModuleUrl(value: unknown, name: string): string {
  if (value instanceof URL) return value.href;
  return typeof value === 'string' && (isAbsolute(value) || parseUrl(value) !== null)
    ? value
    : refuse(name, 'must be a URL or an absolute path');
}

function parseAbsoluteUrl(value: unknown, name: string, otherwise: string): string {
  const url = value instanceof URL ? value.href : value;
  if (typeof url === 'string' && parseUrl(url) !== null) return url;
  return refuse(name, `must be a URL, or ${otherwise}`);
}

function isTransportFactory(value: unknown): value is TransportFactory {
  return typeof value === 'function';
}

function parseFunction(value: unknown, name: string): () => unknown {
  return isFunction(value) ? value : refuse(name, 'must be a function');
}

function isFunction(value: unknown): value is () => unknown {
  return typeof value === 'function';
}

function parseDecision(value: unknown, name: string): (reason: MqttError) => boolean {
  return isDecision(value) ? value : refuse(name, 'must be a function');
}

function isDecision(value: unknown): value is (reason: MqttError) => boolean {
  return typeof value === 'function';
}
