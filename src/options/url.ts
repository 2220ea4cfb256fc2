import { MqttError } from '../errors/mqtt-error.js';

/** Where a Server listens. */
export interface Endpoint {
  /** Host name or IP address; an IPv6 address without brackets. */
  readonly host: string;
  /** TCP port, 1…65535. */
  readonly port: number;
}

/** What the address of a Server holds. */
export interface ServerAddress {
  readonly endpoint: Endpoint;
  /** Decoded; undefined when the address has none. */
  readonly username: string | undefined;
  readonly password: string | undefined;
}

const SCHEMES: readonly string[] = ['mqtt:', 'tcp:'];
const UNSUPPORTED_SCHEMES: readonly string[] = [
  'mqtts:',
  'ssl:',
  'tls:',
  'ws:',
  'wss:',
  'unix:',
  'http:',
  'https:',
];
const PORT_DEFAULT = 1883;

/**
 * Reads the address of a Server: `mqtt://[username[:password]@]host[:port]`, or `tcp://` for the same.
 * The port defaults to 1883; username and password are percent-decoded.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_URL`. It never repeats the address, which may hold a password.
 */
export function parseUrl(url: unknown): ServerAddress {
  const parsed = toUrl(url);
  if (!SCHEMES.includes(parsed.protocol)) refuseScheme(parsed.protocol);
  if (parsed.hostname === '') refuseUrl('it has no host; expected mqtt://host:port');
  if (parsed.pathname !== '' && parsed.pathname !== '/') refuseUrl('a path means nothing here');
  if (parsed.search !== '' || parsed.hash !== '') {
    refuseUrl('a query or fragment means nothing here; pass options instead');
  }
  return {
    endpoint: { host: toHost(parsed.hostname), port: toPort(parsed.port) },
    // A username may be empty in front of a password, but `mqtt://host` has none at all.
    username: parsed.username === '' ? undefined : decode(parsed.username, 'username'),
    password: parsed.password === '' ? undefined : decode(parsed.password, 'password'),
  };
}

function toUrl(url: unknown): URL {
  if (url instanceof URL) return url;
  if (typeof url !== 'string') return refuseUrl('it must be a string or a URL');
  // The error of the URL parser repeats its input: it is dropped, not kept as a cause.
  if (!URL.canParse(url)) return refuseUrl('expected mqtt://host:port');
  return new URL(url);
}

function refuseUrl(detail: string): never {
  throw new MqttError('GNEISS_ERR_INVALID_URL', { detail });
}

function refuseScheme(protocol: string): never {
  // Only known schemes are named: in `secret@host:1883` the parser takes something else for one.
  const scheme = UNSUPPORTED_SCHEMES.includes(protocol) ? ` ${protocol}//` : '';
  return refuseUrl(`the scheme${scheme} is not supported; use mqtt:// or tcp://`);
}

/**
 * Gives the host the form that name resolution takes. Schemes that browsers don't know keep their
 * host as it was written; through `http` it is checked and international names turn into ASCII.
 */
function toHost(hostname: string): string {
  const address = `http://${hostname}/`;
  if (!URL.canParse(address)) return refuseUrl('the host is not valid');
  const host = new URL(address).hostname;
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

function toPort(port: string): number {
  if (port === '') return PORT_DEFAULT;
  const number = Number(port);
  return number > 0 ? number : refuseUrl('the port must be from 1 to 65535');
}

function decode(text: string, name: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuseUrl(`the ${name} is not valid percent-encoded UTF-8`);
  }
}
