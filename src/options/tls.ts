import { fileURLToPath } from 'node:url';
import type { Material, TlsSettings } from '../transport/route.js';
import { parseBoolean, parseOneOf, parseString, refuse } from '../validation/values.js';
import type { Kind } from './kinds.js';
import { parseList, parseRecord } from './records.js';

/**
 * A certificate or key: its bytes, copied, or its PEM text; or the file that holds it, as a path or `file:` URL. A file is read
 * anew for each connection, by the thread of the protocol.
 */
export type TlsMaterial = string | Uint8Array | URL;

/** How TLS is spoken with `mqtts://` and `wss://`; members are those of Node's `tls.connect` unless they say otherwise. */
export interface TlsOptions {
  /** Authorities to trust in place of those that Node trusts, in PEM. Default: those. */
  readonly ca?: TlsMaterial | readonly TlsMaterial[] | undefined;
  /** Certificate of the client and those that lead to its authority, in PEM; needs `key`. Default: none. */
  readonly cert?: TlsMaterial | readonly TlsMaterial[] | undefined;
  /** Private key of the client, in PEM; needs `cert`. Default: none. */
  readonly key?: TlsMaterial | readonly TlsMaterial[] | undefined;
  /** Certificate and key of the client, in PFX; in place of `cert` and `key`. Default: none. */
  readonly pfx?: TlsMaterial | undefined;
  /** Certificate revocation lists, in PEM. Default: none, and nothing is taken for revoked. */
  readonly crl?: TlsMaterial | readonly TlsMaterial[] | undefined;
  /** Opens `key` or `pfx`. Default: none. */
  readonly passphrase?: string | undefined;
  /** Name that the Server is asked for (SNI), and must have a certificate for unless `verifyName` says otherwise; '' asks for none. Default: the host. */
  readonly servername?: string | undefined;
  /** Name that the certificate must have, when it is not the one that is asked for. Default: `servername`, or the host where that is ''. */
  readonly verifyName?: string | undefined;
  /**
   * SHA-256 fingerprints, in hexadecimal with or without colons. The certificate of the Server must be one of these, besides being valid, also
   * with `rejectUnauthorized: false`. Default: whichever is valid.
   */
  readonly fingerprints?: string | readonly string[] | undefined;
  /** Protocols to offer by ALPN. Default: none; `http/1.1` with `wss://`. */
  readonly alpnProtocols?: string | readonly string[] | undefined;
  /** Oldest version. Default 'TLSv1.2'. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /** Cipher suites, in the format of OpenSSL. Default: those of Node. */
  readonly ciphers?: string | undefined;
  /** Whether the certificate must be valid. Default true. False lets anybody read and change everything. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** Whether a connection resumes the TLS session of the one before. Default true. */
  readonly resumeSession?: boolean | undefined;
}

const DEFAULTS: TlsSettings = {
  ca: undefined,
  cert: undefined,
  key: undefined,
  pfx: undefined,
  crl: undefined,
  passphrase: undefined,
  servername: undefined,
  verifyName: undefined,
  fingerprints: undefined,
  alpnProtocols: undefined,
  minVersion: 'TLSv1.2',
  ciphers: undefined,
  rejectUnauthorized: true,
  resumeSession: true,
};

const FINGERPRINT = /^[0-9a-f]{64}$/;
const PEM_BEGIN = '-----BEGIN ';

/** How TLS is spoken. */
export function tls(): Kind<TlsSettings, TlsOptions> & { readonly default: TlsSettings } {
  return { parse: parseTls, type: 'TlsOptions', default: DEFAULTS };
}

function parseTls(value: unknown, name: string): TlsSettings {
  const given = parseRecord<TlsSettings>(value, name, {
    ca: parseMaterials,
    cert: parseMaterials,
    key: parseMaterials,
    pfx: parseMaterial,
    crl: parseMaterials,
    passphrase: parseString,
    servername: parseString,
    verifyName: parseString,
    fingerprints: (list, at) => parseList(list, at, parseFingerprint),
    alpnProtocols: (list, at) => parseList(list, at, parseAlpnProtocol),
    minVersion: (version, at) => parseOneOf(version, at, ['TLSv1.2', 'TLSv1.3']),
    ciphers: parseString,
    rejectUnauthorized: parseBoolean,
    resumeSession: parseBoolean,
  });
  const { cert, key, pfx, verifyName } = given;
  if ((cert === undefined) !== (key === undefined))
    refuse(`${name}.cert`, 'needs a key, and a key needs it');
  if (pfx !== undefined && cert !== undefined)
    refuse(`${name}.pfx`, 'does not go with cert and key');
  if (verifyName === '') refuse(`${name}.verifyName`, 'must not be empty');
  return { ...DEFAULTS, ...given };
}

function parseMaterials(value: unknown, name: string): readonly Material[] {
  return parseList(value, name, parseMaterial);
}

function parseMaterial(value: unknown, name: string): Material {
  if (value instanceof Uint8Array) return { content: new Uint8Array(value) };
  if (value instanceof URL) {
    if (value.protocol === 'file:') return { path: fileURLToPath(value) };
    return refuse(name, 'must be a file: URL when it is a URL');
  }
  if (typeof value !== 'string' || value === '' || value.includes('\0'))
    return refuse(name, 'must be PEM text, a path, a file: URL or a Uint8Array');
  if (value.includes(PEM_BEGIN)) return { content: new TextEncoder().encode(value) };
  return { path: value };
}

function parseFingerprint(value: unknown, name: string): string {
  const digits = parseString(value, name).replaceAll(':', '').toLowerCase();
  return FINGERPRINT.test(digits)
    ? digits
    : refuse(name, 'must be a SHA-256 fingerprint: 64 hexadecimal digits');
}

function parseAlpnProtocol(value: unknown, name: string): string {
  const protocol = parseString(value, name);
  return protocol !== '' && new TextEncoder().encode(protocol).length <= 255
    ? protocol
    : refuse(name, 'must have 1 to 255 bytes');
}
