import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { NetworkEndpoint } from '../../index.js';
import { readInput } from '../connection.js';
import { hintForCode } from '../explain.js';
import type { Finding } from './finding.js';
import type { DoctorValues } from './flags.js';
import { failure, type Opened } from './road.js';

const DAY_MS = 86_400_000;
/** From here on a certificate should be renewed. */
const DAYS_LEFT_MIN = 14;
const step = 'TLS';

/** Speaks TLS over a socket, whatever the certificate says, and looks at it. */
export async function openTls(
  socket: Socket,
  target: NetworkEndpoint,
  values: DoctorValues,
  timeoutMs: number,
): Promise<Opened> {
  const at = performance.now();
  const secure = connect({ socket, ...toOptions(target, values), rejectUnauthorized: false });
  try {
    await once(secure, 'secureConnect', { signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    secure.destroy();
    const found = failure(step, error);
    const isPlain =
      /ECONNRESET|disconnected before|wrong version number|packet length too long/i.test(
        found.text,
      );
    const hint = isPlain ? hintForCode('ERR_SSL_WRONG_VERSION_NUMBER') : found.hint;
    return { finding: { ...found, hint }, socket: null };
  }
  const finding = judge(secure, values.insecure, performance.now() - at);
  if (finding.verdict !== 'failed') return { finding, socket: secure };
  secure.destroy();
  return { finding, socket: null };
}

function toOptions(target: NetworkEndpoint, values: DoctorValues): ConnectionOptions {
  const { ca, cert, key, pfx, passphrase, servername, alpn, ciphers } = values;
  return {
    servername: servername ?? (isIP(target.host) === 0 ? target.host : ''),
    host: target.host,
    ...(ca !== undefined && { ca: readInput(ca, '--ca') }),
    ...(cert !== undefined && { cert: readInput(cert, '--cert') }),
    ...(key !== undefined && { key: readInput(key, '--key') }),
    ...(pfx !== undefined && { pfx: readInput(pfx, '--pfx') }),
    ...(passphrase !== undefined && { passphrase }),
    ...(ciphers !== undefined && { ciphers }),
    ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
  };
}

function judge(socket: TLSSocket, isInsecure: boolean, ms: number): Finding {
  const certificate = socket.getPeerCertificate(true);
  const { authorizationError: problem } = socket;
  const details = describe(socket, certificate);
  const daysLeft = Math.floor((Date.parse(certificate.valid_to) - Date.now()) / DAY_MS);
  if (socket.authorized) {
    const isOld = daysLeft < DAYS_LEFT_MIN;
    const text = isOld
      ? `the certificate is valid for only ${daysLeft} days more`
      : 'the certificate is valid';
    return { step, verdict: isOld ? 'warning' : 'ok', text, ms, details };
  }
  // Declared as an error, and in truth the code of one.
  const code =
    problem instanceof Error && 'code' in problem ? String(problem.code) : String(problem);
  const text = `the certificate is not valid: ${inWords(code, certificate)}`;
  return {
    step,
    verdict: isInsecure ? 'warning' : 'failed',
    text,
    ms,
    details,
    hint: isInsecure
      ? 'with --insecure anybody on the way can read and change everything'
      : hintForCode(code),
  };
}

function inWords(code: string, { valid_to: end }: PeerCertificate): string {
  if (code === 'CERT_HAS_EXPIRED') return `it has expired on ${end}`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `it is for another name`;
  if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT') return 'it is signed by itself';
  if (/ISSUER|LEAF_SIGNATURE|SELF_SIGNED/.test(code)) return 'its authority is not trusted';
  return code;
}

function describe(socket: TLSSocket, certificate: PeerCertificate): Record<string, string> {
  const { subject, issuer, subjectaltname, valid_from, valid_to, fingerprint256 } = certificate;
  const { alpnProtocol } = socket;
  return {
    protocol: `${socket.getProtocol() ?? 'unknown'}, ${socket.getCipher().standardName}`,
    subject: nameOf(subject),
    names: subjectaltname?.replaceAll('DNS:', '').replaceAll('IP Address:', '') ?? 'none',
    issuer: nameOf(issuer),
    valid: `${valid_from} to ${valid_to}`,
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    ...(typeof alpnProtocol === 'string' && alpnProtocol !== '' && { ALPN: alpnProtocol }),
  };
}

function nameOf(name: PeerCertificate['subject']): string {
  return [name.CN, name.O].filter((part) => part !== undefined).join(', ') || '(no name)';
}
