import { isIP, type OnReadOpts, type Socket, type SocketConstructorOpts } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect, type TLSSocket } from 'node:tls';
import type { NetworkEndpoint, Route, TlsSettings } from './route.js';
import { tellStages } from './tcp.js';
import type { TlsIdentity } from './tls-identity.js';
import type { TransportEvents } from './transport.js';

/**
 * Begins a TLS connection; 'secureConnect' comes once the Server is verified.
 *
 * @param below  A connected socket to speak TLS over; null: one is opened. Over a given one `reading` is ignored.
 */
export function connectTls(
  { tls: settings, tlsSessions }: Route,
  endpoint: NetworkEndpoint,
  identity: TlsIdentity,
  below: Socket | null,
  events: Pick<TransportEvents, 'opening'>,
  reading: { readonly onread?: OnReadOpts },
): TLSSocket {
  const sessionKey = `${endpoint.host} ${endpoint.port} ${identity.digest}`;
  const options: ConnectionOptions & SocketConstructorOpts = {
    ...toConnectionOptions(settings, endpoint, identity),
    ...(reading.onread !== undefined && { onread: reading.onread }),
    session: settings.resumeSession ? tlsSessions.get(sessionKey) : undefined,
    ...(below === null ? { host: endpoint.host, port: endpoint.port } : { socket: below }),
  };
  const socket = connect(options);
  if (below === null) {
    socket.setNoDelay(true);
    tellStages(socket, endpoint, events);
    socket.once('connect', () => {
      events.opening('tls');
    });
  } else events.opening('tls');
  // Before everybody else: what is not the expected Server must not be heard.
  socket.once('secureConnect', () => {
    const { fingerprints } = settings;
    // A session is only kept from a connection that was verified.
    if (fingerprints === undefined || socket.isSessionReused()) return;
    if (!hasFingerprint(socket, fingerprints)) socket.destroy(fingerprintError());
  });
  if (settings.resumeSession)
    keepSession(socket, (session) => tlsSessions.set(sessionKey, session));
  return socket;
}

/** A session may come before its Server is verified, and Node does not verify a Server whose session is resumed. */
function keepSession(socket: TLSSocket, keep: (session: Buffer) => void): void {
  let early: Buffer | null = null;
  let isVerified = false;
  socket.on('session', (session) => {
    if (isVerified) keep(session);
    else early = session;
  });
  socket.once('secureConnect', () => {
    if (socket.destroyed) return;
    isVerified = true;
    if (early !== null) keep(early);
  });
}

function toConnectionOptions(
  settings: TlsSettings,
  { host, resource }: NetworkEndpoint,
  { context }: TlsIdentity,
): ConnectionOptions {
  const { servername = isIP(host) === 0 ? host : '', minVersion, ciphers } = settings;
  const verifyName = settings.verifyName ?? (servername === '' ? host : servername);
  const { alpnProtocols = resource === null ? undefined : ['http/1.1'] } = settings;
  return {
    ...context,
    servername,
    minVersion,
    ciphers,
    rejectUnauthorized: settings.rejectUnauthorized,
    ...(alpnProtocols !== undefined && { ALPNProtocols: [...alpnProtocols] }),
    checkServerIdentity: (_, certificate) => checkServerIdentity(verifyName, certificate),
  };
}

function hasFingerprint(socket: TLSSocket, fingerprints: readonly string[]): boolean {
  const fingerprint = socket.getPeerX509Certificate()?.fingerprint256;
  return (
    fingerprint !== undefined &&
    fingerprints.includes(fingerprint.replaceAll(':', '').toLowerCase())
  );
}

function fingerprintError(): Error {
  const error = new Error('the certificate of the Server has none of the expected fingerprints');
  return Object.assign(error, { code: 'ERR_TLS_CERT_FINGERPRINT' });
}
