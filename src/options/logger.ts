import { isRecord, refuse } from '../validation/values.js';
import type { Kind } from './kinds.js';

/** The levels that a client logs at. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A logger as that of `pino`, or any other object with these methods. */
export type Logger = {
  readonly [Level in LogLevel]: (fields: Readonly<Record<string, unknown>>, text: string) => void;
};

/** A logger. */
export function logger(): Kind<Logger> {
  return { parse: parseLogger, type: 'Logger' };
}

function parseLogger(value: unknown, name: string): Logger {
  return isLogger(value) ? value : refuse(name, `must have the methods ${LOG_LEVELS.join(', ')}`);
}

function isLogger(value: unknown): value is Logger {
  return isRecord(value) && LOG_LEVELS.every((level) => typeof value[level] === 'function');
}
