import type { ServerInfo } from '../options/server.js';
import type { Endpoint } from '../transport/route.js';
import { toScheme } from '../validation/schemes.js';

/** What may be told of an endpoint. */
export function toServerInfo(endpoint: Endpoint): ServerInfo {
  if ('path' in endpoint) return { scheme: 'mqtt+unix', path: endpoint.path };
  const { host, port, secure, resource } = endpoint;
  return { scheme: toScheme(secure, resource !== null), host, port };
}
