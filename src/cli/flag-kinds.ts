import type { Qos } from '../index.js';
import { refuseUsage } from './cli-error.js';

/** The ways in which the value of a flag is read. */

export function toggle() {
  return { parse: (_: string): boolean => true, fallback: false };
}

/** Written `--no-…`. */
export function negative() {
  return { parse: (_: string): boolean => true, isNegative: true } as const;
}

export function text(value: string) {
  return { value, parse: (given: string): string => given };
}

export function file() {
  return { value: 'file', isFile: true, parse: (given: string): string => given } as const;
}

export function integer(value: string, min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return {
    value,
    parse: (given: string): number => {
      const number = /^\d+$/.test(given) ? Number(given) : Number.NaN;
      if (number >= min && number <= max) return number;
      const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
      return refuseUsage(`must be an integer ${range}`);
    },
  };
}

const MULTIPLES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6 };

/** A count in which `k` stands for thousands and `M` for millions: `50k`, `1.5M`. */
export function count(value: string, min = 1) {
  return {
    value,
    parse: (given: string): number => {
      const [, digits = '', suffix = ''] = /^(\d+(?:\.\d+)?)([kKmM]?)$/.exec(given) ?? [];
      const number = digits === '' ? Number.NaN : Number(digits) * MULTIPLES[suffix.toLowerCase()]!;
      return number >= min
        ? number
        : refuseUsage(`must be a number of ${min} or more, such as 500, 20k or 1.5M`);
    },
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A time, in seconds unless a unit says otherwise: `10`, `1.5s`, `200ms`, `5m`. Its value is in milliseconds. */
export function duration(value: string, minMs = 0) {
  return {
    value,
    parse: (given: string): number => {
      const [, digits = '', unit = 's'] = /^(\d*\.?\d+)(ms|s|m|h)?$/.exec(given) ?? [];
      const time = digits === '' ? Number.NaN : Number(digits) * UNITS_MS[unit]!;
      return time >= minMs && time <= 0x7fff_ffff
        ? time
        : refuseUsage('must be a time such as 10, 1.5s, 200ms or 5m');
    },
  };
}

export function choice<const Choice extends string>(value: string, ...choices: readonly Choice[]) {
  return {
    value,
    choices,
    parse: (given: string): Choice =>
      choices.find((one) => one === given) ?? refuseUsage(`must be one of ${choices.join(', ')}`),
  };
}

const LEVELS: readonly Qos[] = [0, 1, 2];

export function qos() {
  return {
    value: 'level',
    choices: ['0', '1', '2'],
    parse: (given: string): Qos =>
      LEVELS.find((level) => `${level}` === given) ?? refuseUsage('must be 0, 1 or 2'),
  };
}

/** Name and value in one: `name: value` or `name=value`. */
export function pair(value = 'name: value') {
  return {
    value,
    parse: (given: string): readonly [string, string] => {
      const [, name, content] = /^([^:=]+)[:=]\s*(.*)$/s.exec(given) ?? [];
      if (name === undefined || content === undefined)
        return refuseUsage("must be a pair such as 'name: value'");
      return [name.trim(), content];
    },
  };
}
