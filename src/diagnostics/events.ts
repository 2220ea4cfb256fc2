import type { MqttError } from '../errors/mqtt-error.js';
import type { CountedToleration } from '../errors/tolerations.js';
import type { LogLevel } from '../options/logger.js';
import type { ServerInfo } from '../options/server.js';
import type { NegotiatedSettings } from '../validation/negotiated.js';

interface EventRow {
  /** What a log says; null: it is not logged. */
  readonly log: { readonly level: LogLevel; readonly text: string } | null;
  /** May happen as often as messages come: then the log has one line a second at most, with the number of those left out. */
  readonly frequent?: true;
  readonly doc: string;
}

/** What happens to a client: one row each. Channels of `node:diagnostics_channel`, lines of the log and the documentation derive from it. */
export const DIAGNOSTIC_EVENTS = {
  'connection:attempt': {
    log: { level: 'info', text: 'connecting' },
    doc: 'A connection is being attempted: `server`',
  },
  'connection:success': {
    log: { level: 'info', text: 'connected' },
    doc: 'The Server accepted the connection: `server`, `settings`',
  },
  'connection:failure': {
    log: { level: 'warn', text: 'connection failed' },
    doc: 'An attempt failed: `server`, `error`',
  },
  'connection:end': {
    log: { level: 'warn', text: 'disconnected' },
    doc: 'An accepted connection ended: `server`, `error`',
  },
  'connection:stop': {
    log: { level: 'info', text: 'disconnected' },
    doc: 'It ended because the client is being stopped or closed: `server`, `error`',
  },
  'client:stop': { log: { level: 'info', text: 'stopped' }, doc: 'The client has stopped' },
  'client:close': { log: { level: 'info', text: 'closed' }, doc: 'The client is closed for good' },
  'client:failure': {
    log: { level: 'error', text: 'closed by an error' },
    doc: 'The client is closed because its worker died, or was destroyed with an error: `error`',
  },
  'violation:close': {
    log: { level: 'warn', text: 'the Server violated the protocol' },
    doc: 'The Server violated the protocol, which ends the connection: `server`, `error` with the `statement`',
  },
  'violation:tolerate': {
    log: { level: 'warn', text: 'the Server misbehaves harmlessly' },
    doc: 'Misbehaviour of a kind was let pass, for the first time on this connection: `kind`, `statement`',
  },
  'subscription:grant': {
    log: { level: 'debug', text: 'subscribed' },
    doc: 'A subscription was granted, or made again: `topicFilters`',
  },
  'subscription:failure': {
    log: { level: 'debug', text: 'subscribing failed' },
    doc: 'A call of subscribe() failed: `topicFilters`, `error`',
  },
  'subscription:end': {
    log: { level: 'debug', text: 'unsubscribed' },
    doc: 'A subscription ended by unsubscribe(): `topicFilters`',
  },
  'subscription:loss': {
    log: { level: 'warn', text: 'subscription lost' },
    doc: 'The Server has lost a subscription, which was not made again: `topicFilters`, `error`',
  },
  'pressure:refuse': {
    log: { level: 'debug', text: 'no room to publish' },
    frequent: true,
    doc: 'tryPublish() found no room, for the first time since there was some',
  },
  'pressure:drain': {
    log: { level: 'debug', text: 'room to publish again' },
    frequent: true,
    doc: 'There is room again',
  },
  'pressure:pause': {
    log: { level: 'debug', text: 'reading paused: handlers hold the memory' },
    doc: 'Reading was paused for want of memory, told once a second at most: `pauses` since the client was made',
  },
  'handler:failure': {
    log: { level: 'error', text: 'a message handler failed' },
    frequent: true,
    doc: 'A message handler threw or rejected: `topicName`, `error` with the `cause`',
  },
  delivery: {
    log: null,
    doc: 'A message is handed over: `message`, leased until its handlers are done',
  },
} as const satisfies Record<string, EventRow>;

/** The name of a row of {@link DIAGNOSTIC_EVENTS}. */
export type DiagnosticEvent = keyof typeof DIAGNOSTIC_EVENTS;

/** What an event tells besides the client and its name. */
export interface EventDetail {
  readonly server?: ServerInfo;
  readonly settings?: NegotiatedSettings;
  readonly error?: MqttError;
  readonly kind?: CountedToleration;
  readonly statement?: string;
  readonly topicFilters?: readonly string[];
  readonly topicName?: string;
  readonly pauses?: number;
  readonly message?: object;
}

/** The row of an event, as all rows are. */
export function rowOf(event: DiagnosticEvent): EventRow {
  return DIAGNOSTIC_EVENTS[event];
}
