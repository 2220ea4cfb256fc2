import { isIP, type OnReadOpts, type Socket, type SocketConstructorOpts } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect, type TLSSocket } from 'node:tls';
import type { HostPort, NetworkEndpoint, Route, TlsSessions, TlsSettings } from './route.js';
import { tellStages } from './tcp.js';
import type { TlsIdentity } from './tls-identity.js';
import type { TransportEvents } from './transport.js';

/** Whom to speak TLS with, and how. */
export interface TlsParty extends HostPort {
  readonly settings: TlsSettings;
  readonly identity: TlsIdentity;
  /** What the attempt waits for while the two agree. */
  readonly stage: 'tls' | 'proxy';
  /** Whether HTTP comes next. */
  readonly speaksHttp: boolean;
}

/** The Server at the end of a route. */
export function toServerParty(
  { tls: settings }: Route,
  { host, port, resource }: NetworkEndpoint,
  identity: TlsIdentity,
): TlsParty {
  return { host, port, settings, identity, stage: 'tls', speaksHttp: resource !== null };
}

/**
 * Begins a TLS connection; 'secureConnect' comes once the other party is verified.
 *
 * @param below  A connected socket to speak TLS over; null: one is opened. Over a given one `reading` is ignored.
 */
export function connectTls(
  party: TlsParty,
  sessions: TlsSessions,
  below: Socket | null,
  events: Pick<TransportEvents, 'opening'>,
  reading: { readonly onread?: OnReadOpts },
): TLSSocket {
  const { host, port, settings, identity, stage } = party;
  // Proxies and Servers may be verified in different ways: the sessions of the ones are not for the others.
  const sessionKey = `${stage} ${host} ${port} ${identity.digest}`;
  const options: ConnectionOptions & SocketConstructorOpts = {
    ...toConnectionOptions(party),
    ...(reading.onread !== undefined && { onread: reading.onread }),
    session: settings.resumeSession ? sessions.get(sessionKey) : undefined,
    ...(below === null ? { host, port } : { socket: below }),
  };
  const socket = connect(options);
  if (below === null) {
    socket.setNoDelay(true);
    tellStages(socket, party, events);
    socket.once('connect', () => {
      events.opening(stage);
    });
  } else {
    events.opening(stage);
    below.once('error', (error) => socket.destroy(error));
  }
  // Before everybody else: what is not the expected party must not be heard.
  socket.once('secureConnect', () => {
    const { fingerprints } = settings;
    // A session is only kept from a connection that was verified.
    if (fingerprints === undefined || socket.isSessionReused()) return;
    if (!hasFingerprint(socket, fingerprints)) socket.destroy(fingerprintError());
  });
  if (settings.resumeSession) keepSession(socket, (session) => sessions.set(sessionKey, session));
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

function toConnectionOptions({
  host,
  settings,
  identity: { context },
  speaksHttp,
}: TlsParty): ConnectionOptions {
  const { servername = isIP(host) === 0 ? host : '', minVersion, ciphers } = settings;
  const verifyName = settings.verifyName ?? (servername === '' ? host : servername);
  const { alpnProtocols = speaksHttp ? ['http/1.1'] : undefined } = settings;
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
  const error = new Error('the certificate has none of the expected fingerprints');
  return Object.assign(error, { code: 'ERR_TLS_CERT_FINGERPRINT' });
}
