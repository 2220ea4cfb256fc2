import type { ProtocolVersion } from '../codec/packet-types.js';
import type { Will } from '../codec/packets.js';
import type { MqttError } from '../errors/mqtt-error.js';
import {
  parseString,
  parseUserProperties,
  refuse,
  type UserProperties,
} from '../validation/values.js';
import { assertCredentialsVersion, type Credentials, chooseCredentials } from './credentials.js';
import { type Kind, parseBytes } from './kinds.js';
import { type Parsers, parseRecord } from './records.js';
import type { Server, ServerInfo } from './server.js';
import { parseUrl, type ServerAddress } from './url.js';
import { parseHeaders, type WebSocketOptions } from './websocket.js';
import { assertWillVersion, parseWill, type WillOptions } from './will.js';

/** One attempt to connect, before it is made. */
export interface ConnectionAttempt {
  /** Which attempt of the client it is, from 1. */
  readonly number: number;
  /** The Server that it leads to. */
  readonly server: ServerInfo;
  /** Why the last attempt failed, or the last connection ended; null before the first. */
  readonly error: MqttError | null;
}

/** What an attempt is made with in place of the options of the client; what is left out is theirs. */
export interface AttemptOptions {
  /** Address of another Server, or of the same one with another path or query. */
  readonly url?: string | URL | undefined;
  /** User Name, at most 65535 bytes of UTF-8. It and `password` take the place of both in the options and in `url`. (§3.1.3.5) */
  readonly username?: string | undefined;
  /** Password, at most 65535 bytes, copied; a string stands for its UTF-8. (§3.1.3.6) */
  readonly password?: string | Uint8Array | undefined;
  /** Message that the Server publishes when the connection ends without a normal DISCONNECT. (§3.1.2.5) */
  readonly will?: WillOptions | undefined;
  /** User Properties of CONNECT, copied. MQTT 5 only. (§3.1.2.11.8) */
  readonly userProperties?: UserProperties | undefined;
  /** Headers of the WebSocket upgrade, in place of all of the options. They are in no log or error. */
  readonly webSocket?: Pick<WebSocketOptions, 'headers'> | undefined;
}

/**
 * Says what an attempt is made with; undefined: nothing but the options of the client. What it throws or rejects with fails the attempt with
 * `GNEISS_ERR_CONNECT_OPTIONS_FAILED`, what it answers wrongly with `GNEISS_ERR_INVALID_OPTION` or `GNEISS_ERR_INVALID_URL`, and an answer that takes
 * longer than `connectTimeoutMs` with `GNEISS_ERR_CONNECT_TIMEOUT`.
 *
 * @param attempt  The one that is about to be made.
 */
export type ConnectOptions = (
  attempt: ConnectionAttempt,
) => AttemptOptions | undefined | Promise<AttemptOptions | undefined>;

/** Parsed {@link AttemptOptions}; what they leave out is undefined. Survives the structured clone. */
export interface AttemptSettings {
  /** In place of the one that the attempt was to lead to. */
  readonly server: Server | undefined;
  /** In place of those for that Server; undefined where there is another one, which has its own. */
  readonly credentials: Credentials | undefined;
  readonly will: Will | undefined;
  readonly userProperties: UserProperties | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/** The options of the client that the answer depends on. */
interface AttemptContext extends Credentials {
  readonly protocolVersion: ProtocolVersion;
}

interface Given extends Credentials {
  readonly url: ServerAddress;
  readonly will: Will;
  readonly userProperties: UserProperties;
  readonly webSocket: { readonly headers?: Readonly<Record<string, string>> };
}

const PARSERS: Parsers<Given> = {
  url: parseUrl,
  username: parseString,
  password: parseBytes,
  will: parseWill,
  userProperties: parseUserProperties,
  webSocket: (value, name) =>
    parseRecord<{ readonly headers: Readonly<Record<string, string>> }>(value, name, {
      headers: parseHeaders,
    }),
};

/** A function that is asked before each attempt. */
export function connectOptions(): Kind<ConnectOptions> {
  return {
    parse: parseConnectOptions,
    type: '(attempt) => AttemptOptions | Promise<AttemptOptions>',
  };
}

/**
 * Reads what `connectOptions` has answered.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_URL`, or `GNEISS_ERR_INVALID_OPTION` with the name of the option; neither repeats a value.
 */
export function parseAttemptOptions(answer: unknown, context: AttemptContext): AttemptSettings {
  const given = answer === undefined ? {} : parseRecord<Given>(answer, 'connectOptions', PARSERS);
  const { url, will, userProperties } = given;
  const credentials = { username: given.username, password: given.password };
  const server =
    url === undefined
      ? undefined
      : { endpoint: url.endpoint, ...credentialsFor(url, credentials, context) };
  const { protocolVersion } = context;
  if (will !== undefined) assertWillVersion(will, protocolVersion);
  if (userProperties !== undefined && protocolVersion === 4)
    refuse('connectOptions.userProperties', 'needs MQTT 5');
  assertCredentialsVersion(server ?? credentials, protocolVersion);
  return {
    server,
    credentials: server === undefined && isAny(credentials) ? credentials : undefined,
    will,
    userProperties,
    headers: given.webSocket?.headers,
  };
}

/** What was said last counts: beside the address, in it, in the options of the client. */
function credentialsFor(
  url: ServerAddress,
  beside: Credentials,
  context: AttemptContext,
): Credentials {
  const stated = chooseCredentials(url, beside);
  return isAny(stated) ? stated : { username: context.username, password: context.password };
}

function isAny({ username, password }: Credentials): boolean {
  return username !== undefined || password !== undefined;
}

function parseConnectOptions(value: unknown, name: string): ConnectOptions {
  return isFunction(value) ? value : refuse(name, 'must be a function');
}

function isFunction(value: unknown): value is ConnectOptions {
  return typeof value === 'function';
}
