import { isRecord, refuse, refuseUnknown } from '../validation/values.js';

type Parse<T> = (value: unknown, name: string) => T;

/** How each member of an object is read. */
export type Parsers<T> = { readonly [Name in keyof T]: Parse<T[Name]> };

/**
 * Reads an object of options, each of its members once.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION` for what is no object, for an unknown member and for a wrong one.
 * @returns The members that were given.
 */
export function parseRecord<T>(value: unknown, name: string, parsers: Parsers<T>): Partial<T> {
  if (!isRecord(value)) return refuse(name, 'must be an object');
  for (const key in value) {
    if (!Object.hasOwn(parsers, key)) {
      const known = Object.keys(parsers).map((one) => `${name}.${one}`);
      refuseUnknown(`${name}.${key}`, known);
    }
  }
  const parsed: Partial<T> = {};
  for (const key in parsers) {
    const member = value[key];
    if (member !== undefined) parsed[key] = parsers[key](member, `${name}.${key}`);
  }
  return parsed;
}

/** Reads one value or several. */
export function parseList<T>(value: unknown, name: string, parse: Parse<T>): readonly T[] {
  if (!Array.isArray(value)) return [parse(value, name)];
  if (value.length === 0) return refuse(name, 'must not be empty');
  return value.map((one: unknown, at) => parse(one, `${name}[${at}]`));
}
