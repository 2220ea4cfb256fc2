import { MqttError } from '../errors/mqtt-error.js';
import type { Endpoint } from '../transport/route.js';
import { SCHEMES, type Scheme } from '../validation/schemes.js';
import { decodePart, toCredentials, toHost, toPort, toUrl } from './url-parts.js';

/** What the address of a Server holds. */
export interface ServerAddress {
  readonly endpoint: Endpoint;
  /** Decoded; undefined when the address has none. */
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** Every scheme of a Server on a network, those of other clients among them. */
const NETWORK_SCHEMES = new Map<string, (typeof SCHEMES)[Scheme]>([
  ['mqtt:', SCHEMES.mqtt],
  ['tcp:', SCHEMES.mqtt],
  ['mqtts:', SCHEMES.mqtts],
  ['ssl:', SCHEMES.mqtts],
  ['tls:', SCHEMES.mqtts],
  ['ws:', SCHEMES.ws],
  ['wss:', SCHEMES.wss],
]);
const SOCKET_FILE_SCHEMES: readonly string[] = ['mqtt+unix:', 'unix:'];
const EXPECTED_HOST = 'expected mqtt://host:port';
const EXPECTED = 'use mqtt://, mqtts://, ws://, wss:// or mqtt+unix://';

/**
 * One address of a Server, or 1 to 64 of them, which are tried one after the other:
 *
 * - `mqtt://[username[:password]@]host[:port]`, port 1883; `tcp://` is the same;
 * - `mqtts://…`, TLS, port 8883; `ssl://` and `tls://` are the same;
 * - `ws://…[/path][?query]`, WebSocket, port 80, and `wss://…`, port 443;
 * - `mqtt+unix:///path`, a Unix domain socket, without credentials; `unix://` is the same.
 *
 * Username, password and the path of a Unix domain socket are percent-decoded.
 */
export type ServerUrls = string | URL | readonly (string | URL)[];

/** As many as a client plausibly has to choose from. */
const SERVERS_MAX = 64;

/**
 * Reads one address, or a list of 1 to 64.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_URL`; in a list with the place, and what is wrong there as the cause. It never repeats an address.
 */
export function parseUrls(urls: unknown): readonly ServerAddress[] {
  if (!Array.isArray(urls)) return [parseUrl(urls)];
  if (urls.length === 0 || urls.length > SERVERS_MAX)
    return refuseUrl(`a list must have 1 to ${SERVERS_MAX} addresses`);
  return Array.from(urls, (url: unknown, at) => {
    try {
      return parseUrl(url);
    } catch (cause) {
      const detail = `the address at [${at}] of the list`;
      throw new MqttError('GNEISS_ERR_INVALID_URL', { detail, cause });
    }
  });
}

/**
 * Reads the address of a Server, as in {@link ServerUrls}.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_URL`. It never repeats the address, which may hold a password or token.
 */
export function parseUrl(url: unknown): ServerAddress {
  const parsed = toUrl(url, EXPECTED_HOST, refuseUrl);
  return { endpoint: toEndpoint(parsed), ...toCredentials(parsed, refuseUrl) };
}

function toEndpoint(url: URL): Endpoint {
  if (url.hash !== '') refuseUrl('a fragment means nothing here');
  if (SOCKET_FILE_SCHEMES.includes(url.protocol)) return { path: toPath(url) };
  const scheme = NETWORK_SCHEMES.get(url.protocol);
  // A scheme is not named: in `secret@host:1883` the parser takes something else for one.
  if (scheme === undefined) return refuseUrl(`the scheme is not supported; ${EXPECTED}`);
  const { secure, webSocket } = scheme;
  const host = toHost(url, EXPECTED_HOST, refuseUrl);
  const resource = webSocket ? `${url.pathname}${url.search}` : null;
  if (!webSocket && url.pathname !== '' && url.pathname !== '/')
    refuseUrl('a path means nothing here');
  if (!webSocket && url.search !== '')
    refuseUrl('a query means nothing here; pass options instead');
  return { host, port: toPort(url, scheme.port, refuseUrl), secure, resource };
}

function toPath(url: URL): string {
  if (url.hostname !== '' || url.port !== '' || url.search !== '')
    refuseUrl('expected mqtt+unix:///path');
  const path = decodePart(url.pathname, 'path', refuseUrl);
  return path.length > 1 && !path.includes('\0') ? path : refuseUrl('expected mqtt+unix:///path');
}

function refuseUrl(detail: string): never {
  throw new MqttError('GNEISS_ERR_INVALID_URL', { detail });
}
