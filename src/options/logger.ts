import { isRecord, refuse } from '../validation/values.js';
import type { Kind } from './kinds.js';

/** The levels that a client logs at. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/**
 * The levels that a client logs at, which are names of methods: `error` when a handler failed or the client was closed by an error, `warn` when a
 * connection failed or ended, the Server misbehaved or a subscription was lost, `info` for attempts, connections and their planned ends, `debug`
 * for subscriptions and back-pressure.
 *
 * @useDeclaredType
 */
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * A logger as that of `pino`, or any other object with these methods. Each gets an object with fields, `client` for the name of the client among
 * them, and a text. What it throws is an uncaught exception.
 */
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
