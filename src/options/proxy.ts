import type {
  HttpProxy,
  Proxies,
  ProxySettings,
  SocksProxy,
  TlsSettings,
} from '../transport/route.js';
import { isRecord, refuse } from '../validation/values.js';
import type { Kind } from './kinds.js';
import { parseRecord } from './records.js';
import { type TlsOptions, tls } from './tls.js';
import { type Refuse, toCredentials, toHost, toPort, toUrl } from './url-parts.js';
import { parseHeaders } from './websocket.js';

/** A proxy, when its address does not say everything. */
export interface ProxyOptions {
  /** `http://`, `https://`, `socks5://`, `socks4://` or `socks4a://`, with `[username[:password]@]host[:port]`. */
  readonly url: string | URL;
  /** Headers of the CONNECT request to an HTTP proxy. Default: none. They are in no log or error. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How TLS is spoken with an `https://` proxy; the option `tls` of the client is for the Server alone. Default: the authorities that Node trusts, TLS 1.2 or later. */
  readonly tls?: TlsOptions | undefined;
}

/**
 * The proxy on the way to the Server: its address, alone or with what else there is to say; or `'environment'` for what
 * `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
 */
export type ProxyInput = 'environment' | string | URL | ProxyOptions;

const NO_PROXIES: Proxies = { secure: null, plain: null, except: '' };
const EXPECTED = 'expected http://, https://, socks5://, socks4:// or socks4a://host:port';
const TLS = tls();

const HTTP_PORTS: ReadonlyMap<string, number> = new Map([
  ['http:', 80],
  ['https:', 443],
]);
const SOCKS_PORT = 1080;
/** `socks5h` is what others call SOCKS 5 with names that the proxy resolves; here it never is otherwise. */
const SOCKS_KINDS: ReadonlyMap<string, SocksProxy['kind']> = new Map([
  ['socks:', 'socks5'],
  ['socks5:', 'socks5'],
  ['socks5h:', 'socks5'],
  ['socks4:', 'socks4'],
  ['socks4a:', 'socks4a'],
]);
/** What the length of a credential has room for in SOCKS 5. */
const SOCKS_CREDENTIAL_BYTES_MAX = 255;

/** The proxies on the way to Servers. */
export function proxy(): Kind<Proxies, ProxyInput> & { readonly default: Proxies } {
  return {
    parse: parseProxies,
    type: '"environment" | string | URL | ProxyOptions',
    default: NO_PROXIES,
  };
}

function parseProxies(value: unknown, name: string): Proxies {
  if (value === 'environment') return fromEnvironment(process.env, name);
  const one = parseProxy(value, name);
  return { secure: one, plain: one, except: '' };
}

/** A variable of the environment that has a value. */
export interface Variable {
  /** As it is spelled there. */
  readonly name: string;
  /** May hold a password. */
  readonly value: string;
}

/** The variables that say which way to go to a Server, which other programs go by, too. */
export interface ProxyVariables {
  /** Names the proxy. */
  readonly proxy: Variable | null;
  /** Names the Servers that are reached directly. */
  readonly except: Variable | null;
}

/** Finds the variables for Servers to which TLS is spoken, or for all others. */
export function findProxyVariables(
  environment: NodeJS.ProcessEnv,
  isSecure: boolean,
): ProxyVariables {
  return {
    proxy:
      findVariable(environment, isSecure ? 'https_proxy' : 'http_proxy') ??
      findVariable(environment, 'all_proxy'),
    except: findVariable(environment, 'no_proxy'),
  };
}

/** The lower-case spelling comes first. */
function findVariable(environment: NodeJS.ProcessEnv, lowerCase: string): Variable | null {
  for (const name of [lowerCase, lowerCase.toUpperCase()]) {
    const value = environment[name] ?? '';
    if (value !== '') return { name, value };
  }
  return null;
}

function fromEnvironment(environment: NodeJS.ProcessEnv, name: string): Proxies {
  const toProxy = ({ proxy: variable }: ProxyVariables): ProxySettings | null => {
    if (variable === null) return null;
    const { value } = variable;
    const refuseVariable: Refuse = (problem) =>
      refuse(name, `can not use the variable ${variable.name}: ${problem}`);
    const url = value.includes('://') ? value : `http://${value}`;
    return toProxyOf(url, refuseVariable, undefined, {});
  };
  const secure = findProxyVariables(environment, true);
  const plain = findProxyVariables(environment, false);
  return { secure: toProxy(secure), plain: toProxy(plain), except: plain.except?.value ?? '' };
}

function parseProxy(value: unknown, name: string): ProxySettings {
  const refuseUrl: Refuse = (problem) => refuse(name, `is not the address of a proxy: ${problem}`);
  if (value instanceof URL || !isRecord(value)) return toProxyOf(value, refuseUrl, undefined, {});
  const {
    url,
    headers = {},
    tls: settings,
  } = parseRecord<{ url: unknown; headers: HttpProxy['headers']; tls: TlsSettings }>(value, name, {
    url: (one) => one,
    headers: parseHeaders,
    tls: TLS.parse,
  });
  const parsed = toProxyOf(url, refuseUrl, settings, headers);
  if (settings !== undefined && (parsed.kind !== 'http' || parsed.tls === null))
    refuse(`${name}.tls`, 'needs an https:// proxy');
  if (Object.keys(headers).length > 0 && parsed.kind !== 'http')
    refuse(`${name}.headers`, 'needs an http:// or https:// proxy');
  return parsed;
}

function toProxyOf(
  value: unknown,
  refuseUrl: Refuse,
  settings: TlsSettings | undefined,
  headers: HttpProxy['headers'],
): ProxySettings {
  const url = toUrl(value, EXPECTED, refuseUrl);
  const httpPort = HTTP_PORTS.get(url.protocol);
  const kind = SOCKS_KINDS.get(url.protocol);
  // A scheme is not named: in `secret@host:3128` the parser takes something else for one.
  if (httpPort === undefined && kind === undefined)
    return refuseUrl(`the scheme is not supported; ${EXPECTED}`);
  const rest = [url.search, url.hash, url.pathname === '/' ? '' : url.pathname];
  if (rest.some((part) => part !== '')) refuseUrl('nothing may follow the port');
  const address = {
    host: toHost(url, EXPECTED, refuseUrl),
    port: toPort(url, httpPort ?? SOCKS_PORT, refuseUrl),
  };
  if (kind !== undefined) return { kind, ...address, ...toSocksCredentials(kind, url, refuseUrl) };
  return {
    kind: 'http',
    ...address,
    tls: url.protocol === 'https:' ? (settings ?? TLS.default) : null,
    headers: withCredentials(headers, url, refuseUrl),
  };
}

/** HTTP has them in a header (RFC 7617). */
function withCredentials(
  headers: HttpProxy['headers'],
  url: URL,
  refuseUrl: Refuse,
): HttpProxy['headers'] {
  const { username = '', password = '' } = toCredentials(url, refuseUrl);
  if (username === '' && password === '') return headers;
  if (Object.keys(headers).some((name) => name.toLowerCase() === 'proxy-authorization'))
    refuseUrl('it has credentials, and so have the headers');
  if (username.includes(':')) refuseUrl('the username must not have a colon');
  const credentials = Buffer.from(`${username}:${password}`).toString('base64');
  return { ...headers, 'Proxy-Authorization': `Basic ${credentials}` };
}

function toSocksCredentials(
  kind: SocksProxy['kind'],
  url: URL,
  refuseUrl: Refuse,
): Pick<SocksProxy, 'username' | 'password'> {
  const credentials = toCredentials(url, refuseUrl);
  if (kind !== 'socks5' && credentials.password !== undefined)
    refuseUrl('there is no password in SOCKS 4');
  for (const text of Object.values(credentials)) {
    if (text === undefined) continue;
    if (Buffer.byteLength(text) > SOCKS_CREDENTIAL_BYTES_MAX)
      refuseUrl(`a credential must not exceed ${SOCKS_CREDENTIAL_BYTES_MAX} bytes of UTF-8`);
    if (text.includes('\0')) refuseUrl('a credential must not contain U+0000');
  }
  return credentials;
}
