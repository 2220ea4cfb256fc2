/**
 * Gives a host the form that name resolution takes: lower case, international names in ASCII, addresses in their usual form and
 * without brackets.
 *
 * @param host  A name, an IPv4 address, or an IPv6 address in brackets.
 * @returns Null when it is none of these.
 */
export function normalizeHost(host: string): string | null {
  const address = `http://${host}/`;
  if (!URL.canParse(address)) return null;
  const { hostname } = new URL(address);
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
