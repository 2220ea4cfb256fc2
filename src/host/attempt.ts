import type { AttemptSettings } from '../options/connect-options.js';
import type { WorkerOptions } from '../options/schema.js';
import type { ConnectIdentity } from '../protocol/connect-packet.js';
import type { Route } from '../transport/route.js';
import type { Target } from './server-choice.js';

/** What one attempt to connect is made with. */
export interface Attempt {
  readonly route: Omit<Route, 'tlsSessions'>;
  readonly identity: ConnectIdentity;
}

/**
 * Puts together what an attempt is made with. A Server that another one has named, on another host, is shown nothing that proves who
 * the client is.
 *
 * @param settings What `connectOptions` has answered; null: there are none.
 */
export function toAttempt(
  { server, isForeign }: Target,
  options: WorkerOptions,
  settings: AttemptSettings | null,
): Attempt {
  const { authenticationMethod, tls, webSocket } = isForeign
    ? withoutCredentials(options)
    : withHeaders(options, settings?.headers);
  const { username, password } = (isForeign ? null : settings?.credentials) ?? server;
  const { endpoint } = server;
  const { proxy: proxies, connectTimeoutMs } = options;
  const will = settings?.will ?? options.will;
  const userProperties = settings?.userProperties ?? options.userProperties;
  return {
    route: { endpoint, tls, webSocket, proxies, connectTimeoutMs },
    identity: { username, password, will, userProperties, authenticationMethod },
  };
}

type Proof = Pick<WorkerOptions, 'tls' | 'webSocket' | 'authenticationMethod'>;

function withHeaders(
  { authenticationMethod, tls, webSocket }: WorkerOptions,
  headers = webSocket.headers,
): Proof {
  return { authenticationMethod, tls, webSocket: { ...webSocket, headers } };
}

function withoutCredentials({ tls, webSocket }: WorkerOptions): Proof {
  const nobody = { cert: undefined, key: undefined, pfx: undefined, passphrase: undefined };
  return {
    tls: { ...tls, ...nobody },
    webSocket: { ...webSocket, headers: {} },
    authenticationMethod: undefined,
  };
}
