import { debuglog } from 'node:util';
import type { Logger, LogLevel } from '../options/logger.js';
import type { EventDetail } from './events.js';

const debug = debuglog('gneiss-mqtt');

/** What is logged without a `logger`: nothing, or with `NODE_DEBUG=gneiss-mqtt` a line of the standard error output for each event. */
export function debugLogger(): Logger | null {
  if (!debug.enabled) return null;
  const at =
    (level: LogLevel): Logger[LogLevel] =>
    ({ client, ...fields }, text) => {
      debug('%s %s: %s %j', level, client, text, fields);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** What of an event is logged. Of errors, which may hold whole packets, only what tells what happened. */
export function toFields(detail: EventDetail): Record<string, unknown> {
  const { server, settings, error, kind, statement, topicFilters, topicName, pauses } = detail;
  return withoutUndefined({
    server,
    clientId: settings?.clientId,
    sessionPresent: settings?.sessionPresent,
    kind,
    topicFilters,
    topicName,
    pauses,
    code: error?.code,
    reason: error?.message,
    reasonCode: error?.reasonCode,
    reasonString: error?.reasonString,
    statement: statement ?? error?.statement,
    // What a handler has thrown. The causes of all others are in their messages.
    err: error?.code === 'GNEISS_ERR_HANDLER_FAILED' ? error.cause : undefined,
  });
}

function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
