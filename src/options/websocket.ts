import type { WebSocketSettings } from '../transport/route.js';
import { isRecord, parseBoolean, parseInteger, refuse } from '../validation/values.js';
import type { Kind } from './kinds.js';
import { parseRecord } from './records.js';

const MIB = 1024 * 1024;

/** How WebSocket is spoken with `ws://` and `wss://`; path and query are those of the address. */
export interface WebSocketOptions {
  /** Headers of the upgrade, besides those of the protocol. Default: none. They are in no log or error. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Whether compression is offered (permessage-deflate). Default false: it costs time and memory on both sides. */
  readonly compression?: boolean | undefined;
  /** Largest WebSocket message taken, in bytes, 1024…1073741824. Default 33554432 (32 MiB). A message may hold many packets. */
  readonly maximumMessageBytes?: number | undefined;
}

const DEFAULTS: WebSocketSettings = {
  headers: {},
  compression: false,
  maximumMessageBytes: 32 * MIB,
};

/** Names are tokens of HTTP. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Nothing that ends a line, and what one byte can hold. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const OWN_HEADERS: readonly string[] = [
  'connection',
  'upgrade',
  'content-length',
  'transfer-encoding',
];

/** How WebSocket is spoken. */
export function webSocket(): Kind<WebSocketSettings, WebSocketOptions> & {
  readonly default: WebSocketSettings;
} {
  return { parse: parseWebSocket, type: 'WebSocketOptions', default: DEFAULTS };
}

function parseWebSocket(value: unknown, name: string): WebSocketSettings {
  const given = parseRecord<WebSocketSettings>(value, name, {
    headers: parseHeaders,
    compression: parseBoolean,
    maximumMessageBytes: (bytes, at) => parseInteger(bytes, at, 1024, 1024 * MIB),
  });
  return { ...DEFAULTS, ...given };
}

/** Reads headers of an HTTP request, none of which is the protocol's own. */
export function parseHeaders(value: unknown, name: string): Readonly<Record<string, string>> {
  if (!isRecord(value)) return refuse(name, 'must be an object');
  const headers: Record<string, string> = {};
  for (const [header, content] of Object.entries(value)) {
    const lower = header.toLowerCase();
    if (!HEADER_NAME.test(header)) return refuse(name, 'has a name that HTTP does not allow');
    if (OWN_HEADERS.includes(lower) || lower.startsWith('sec-websocket-'))
      return refuse(name, 'must not have a header of the protocol');
    if (typeof content !== 'string' || !HEADER_VALUE.test(content))
      return refuse(name, 'has a value that HTTP does not allow');
    headers[header] = content;
  }
  return headers;
}
