import { resolveOptions } from '../../src/options/resolve.js';
import type { ClientOptions } from '../../src/options/schema.js';
import type { Route } from '../../src/transport/route.js';
import { TlsSessionCache } from '../../src/transport/tls-sessions.js';

/** The route that a client with these options takes. */
export function toRoute(
  url: string,
  options: Pick<ClientOptions, 'tls' | 'webSocket' | 'proxy'> = {},
  tlsSessions = new TlsSessionCache(),
): Route {
  const { servers, tls, webSocket, proxy, connectTimeoutMs } = resolveOptions(url, options).worker;
  const [server] = servers;
  const { endpoint } = server!;
  return { endpoint, tls, webSocket, proxies: proxy, connectTimeoutMs, tlsSessions };
}
