import type { WorkerOptions } from '../options/schema.js';
import type { ConnectIdentity } from '../protocol/connect-packet.js';
import type { Route } from '../transport/route.js';
import type { Target } from './server-choice.js';

/** What one attempt to connect is made with. */
export interface Attempt {
  readonly route: Omit<Route, 'tlsSessions'>;
  readonly identity: ConnectIdentity;
}

/** What a Server that another one has named, on another host, must not be shown: all that proves who the client is. */
export function toAttempt({ server, isForeign }: Target, options: WorkerOptions): Attempt {
  const { endpoint, username, password } = server;
  const { will, userProperties, proxy: proxies, connectTimeoutMs } = options;
  const { authenticationMethod, tls, webSocket } = isForeign
    ? withoutCredentials(options)
    : options;
  return {
    route: { endpoint, tls, webSocket, proxies, connectTimeoutMs },
    identity: { username, password, will, userProperties, authenticationMethod },
  };
}

function withoutCredentials({
  tls,
  webSocket,
}: WorkerOptions): Pick<WorkerOptions, 'tls' | 'webSocket' | 'authenticationMethod'> {
  const nobody = { cert: undefined, key: undefined, pfx: undefined, passphrase: undefined };
  return {
    tls: { ...tls, ...nobody },
    webSocket: { ...webSocket, headers: {} },
    authenticationMethod: undefined,
  };
}
