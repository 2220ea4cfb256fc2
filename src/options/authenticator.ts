import { isRecord, parseString, refuse } from '../validation/values.js';
import type { Kind } from './kinds.js';

/**
 * One exchange of enhanced authentication, as the Client sees it: everything it has to remember between its steps. Each function may be
 * asynchronous, and may throw: the exchange, and with it the connection or the attempt, fails then with
 * `GNEISS_ERR_AUTHENTICATION_FAILED`, what was thrown being its `cause`. The steps come one after the other; when the connection
 * is lost there are no more.
 *
 * Authentication Data is at most 65535 bytes; a string stands for its UTF-8; undefined for none at all.
 */
export interface AuthenticatorExchange {
  /** The Authentication Data of the CONNECT, or of the AUTH that begins a re-authentication. */
  first(): AuthenticationData | Promise<AuthenticationData>;
  /** The Authentication Data that answers an AUTH of the Server's. @param data Its own. */
  respond(data: Uint8Array | undefined): AuthenticationData | Promise<AuthenticationData>;
  /** The Server has accepted the Client. Throws when the Client does not accept the Server. @param data What came with it. */
  finish(data: Uint8Array | undefined): unknown;
}

/** What an exchange has to send. */
export type AuthenticationData = Uint8Array | string | undefined;

/**
 * How a client proves who it is by enhanced authentication.
 *
 * @see MQTT 5.0 §4.12
 */
export interface Authenticator {
  /** Authentication Method: 1…65535 bytes of UTF-8. Read once. */
  readonly method: string;
  /** Begins an exchange: for each attempt to connect, and for each re-authentication. */
  begin(): AuthenticatorExchange;
}

/** An {@link Authenticator}. */
export function authenticator(): Kind<Authenticator> {
  return { parse: parseAuthenticator, type: 'Authenticator' };
}

function parseAuthenticator(value: unknown, name: string): Authenticator {
  if (!isRecord(value)) return refuse(name, 'must be an object');
  const { method: given } = value;
  const method = parseString(given, `${name}.method`);
  if (method === '') return refuse(`${name}.method`, 'must not be empty');
  if (!canBegin(value)) return refuse(`${name}.begin`, 'must be a function');
  return { method, begin: () => value.begin() };
}

function canBegin(value: object): value is Pick<Authenticator, 'begin'> {
  return 'begin' in value && typeof value.begin === 'function';
}
