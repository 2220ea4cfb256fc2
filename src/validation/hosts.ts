import { parseUrl } from '../util/parse-url.js';

/** Names in lower case, and the usual form of IPv4 addresses: nearly all hosts, for which the parser of URLs would take longer than all else. */
const NAME = /^(?:(?!xn--)[a-z0-9-]+\.)*(?!xn--)[a-z][a-z0-9-]*$/;
const BYTE = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^(?:${BYTE}\\.){3}${BYTE}$`);

/**
 * Gives a host the form that name resolution takes: lower case, international names in ASCII, addresses in their usual form and
 * without brackets.
 *
 * @param host  A name, an IPv4 address, or an IPv6 address in brackets.
 * @returns Null when it is none of these.
 */
export function normalizeHost(host: string): string | null {
  if (NAME.test(host) || IPV4.test(host)) return host;
  const url = parseUrl(`http://${host}/`);
  if (url === null) return null;
  const { hostname } = url;
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
