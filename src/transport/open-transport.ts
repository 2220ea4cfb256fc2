import type { Socket } from 'node:net';
import { BufferedReads } from './buffered-reads.js';
import { chooseProxy } from './choose-proxy.js';
import { HeldReads } from './held-reads.js';
import { PendingTransport } from './pending-transport.js';
import type { NetworkEndpoint, ProxySettings, Route } from './route.js';
import { SocketTransport } from './socket-transport.js';
import { connectTcp, openTcp } from './tcp.js';
import { connectTls, toServerParty } from './tls.js';
import { readTlsIdentity, type TlsIdentity } from './tls-identity.js';
import type { Transport, TransportEvents } from './transport.js';
import { openTunnel } from './tunnel.js';

/** Takes a route to a Server. */
export function openTransport(route: Route, events: TransportEvents): Transport {
  const { endpoint } = route;
  if ('path' in endpoint) return openTcp(endpoint, events);
  const proxy = chooseProxy(route.proxies, endpoint);
  if (proxy === null && !endpoint.secure && endpoint.resource === null)
    return openTcp(endpoint, events);
  return new PendingTransport(events, (signal, become) =>
    open(route, endpoint, proxy, events, signal, become),
  );
}

/** Opens all that takes files, modules or proxies. */
async function open(
  route: Route,
  endpoint: NetworkEndpoint,
  proxy: ProxySettings | null,
  events: TransportEvents,
  signal: AbortSignal,
  become: (transport: Transport) => void,
): Promise<void> {
  const { resource, secure } = endpoint;
  const identity = secure ? await readTlsIdentity(route.tls) : null;
  // Who does not use WebSocket does not load it. Nothing may take time once there is a tunnel: its events would be missed.
  const OverWebSocket =
    resource === null ? null : (await import('./websocket.js')).WebSocketTransport;
  const tunnel = proxy === null ? null : await openTunnel(proxy, endpoint, route, events, signal);
  signal.throwIfAborted();
  if (resource !== null && OverWebSocket !== null) {
    const socket = connectBelow(route, endpoint, identity, tunnel, events);
    become(new OverWebSocket(socket, endpoint, resource, route.webSocket, events));
  } else if (identity !== null) {
    const reads = new BufferedReads(events);
    const party = toServerParty(route, endpoint, identity);
    const socket = connectTls(party, route.tlsSessions, tunnel, events, reads);
    socket.once('secureConnect', () => {
      if (!socket.destroyed) events.opened();
    });
    become(new SocketTransport(socket, events, reads.held));
  } else if (tunnel !== null) {
    become(new SocketTransport(tunnel, events, new HeldReads(events)));
    events.opened();
  }
}

/** The socket under a WebSocket, which reads it by itself. */
function connectBelow(
  route: Route,
  endpoint: NetworkEndpoint,
  identity: TlsIdentity | null,
  tunnel: Socket | null,
  events: TransportEvents,
): Socket {
  if (identity === null && tunnel !== null) {
    events.opening('upgrade');
    return tunnel;
  }
  const socket =
    identity === null
      ? connectTcp(endpoint, events, {})
      : connectTls(toServerParty(route, endpoint, identity), route.tlsSessions, tunnel, events, {});
  socket.once(identity === null ? 'connect' : 'secureConnect', () => {
    events.opening('upgrade');
  });
  return socket;
}
