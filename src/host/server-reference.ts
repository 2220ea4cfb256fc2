import { REASON_CODES } from '../codec/reason-codes.js';
import type { ErrorRecord } from '../errors/mqtt-error.js';
import type { NetworkEndpoint } from '../transport/route.js';
import { normalizeHost } from '../validation/hosts.js';
import { SCHEMES, toScheme } from '../validation/schemes.js';

const USE_ANOTHER_SERVER = REASON_CODES.useAnotherServer.value;
const SERVER_MOVED = REASON_CODES.serverMoved.value;
/** More of one Server Reference are not looked at. */
const REFERENCES_MAX = 16;
/** A name, an IPv4 address or an IPv6 address in brackets; then perhaps a port. */
const REFERENCE = /^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?$/;

/** Where a Server sends its client. */
export interface Referral {
  readonly endpoints: readonly NetworkEndpoint[];
  /** The Server has moved there for good. */
  readonly isPermanent: boolean;
}

/**
 * Reads the Server Reference of a CONNACK or DISCONNECT (§4.11): names or addresses, each perhaps with a port, parted by spaces.
 * What is not in that form is left out.
 *
 * @param error  Why the connection, or the attempt, ended.
 * @param from   The Server that was connected to: the others are spoken to as it was.
 * @returns Null when there is no other Server in it.
 */
export function readReferral(error: ErrorRecord, from: NetworkEndpoint): Referral | null {
  const { code, reasonCode, packet } = error;
  if (code !== 'GNEISS_ERR_CONNECTION_REFUSED' && code !== 'GNEISS_ERR_SERVER_DISCONNECT')
    return null;
  if (reasonCode !== USE_ANOTHER_SERVER && reasonCode !== SERVER_MOVED) return null;
  const { serverReference } = (
    packet as { readonly properties: { readonly serverReference?: string } }
  ).properties;
  if (serverReference === undefined) return null;
  const endpoints = serverReference
    .split(' ')
    .filter((reference) => reference !== '')
    .slice(0, REFERENCES_MAX)
    .map((reference) => toEndpoint(reference, from))
    .filter((endpoint) => endpoint !== null);
  return endpoints.length === 0 ? null : { endpoints, isPermanent: reasonCode === SERVER_MOVED };
}

function toEndpoint(reference: string, from: NetworkEndpoint): NetworkEndpoint | null {
  const [, name, port] = REFERENCE.exec(reference) ?? [];
  const host = name === undefined ? null : normalizeHost(name);
  const { port: defaultPort } = SCHEMES[toScheme(from.secure, from.resource !== null)];
  const number = port === undefined ? defaultPort : Number(port);
  if (host === null || number < 1 || number > 65_535) return null;
  return { ...from, host, port: number };
}
