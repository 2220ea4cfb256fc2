import type { Socket } from 'node:net';
import { PendingTransport } from './pending-transport.js';
import type { NetworkEndpoint, Route } from './route.js';
import { SocketTransport } from './socket-transport.js';
import { connectTcp, openTcp } from './tcp.js';
import { connectTls } from './tls.js';
import { readTlsIdentity, type TlsIdentity } from './tls-identity.js';
import { TlsReads } from './tls-reads.js';
import type { Transport, TransportEvents } from './transport.js';

/** Takes a route to a Server. */
export function openTransport(route: Route, events: TransportEvents): Transport {
  const { endpoint } = route;
  if ('path' in endpoint || (!endpoint.secure && endpoint.resource === null))
    return openTcp(endpoint, events);
  return new PendingTransport(events, (signal) => open(route, endpoint, events, signal));
}

/** Opens all that takes files or modules. */
async function open(
  route: Route,
  endpoint: NetworkEndpoint,
  events: TransportEvents,
  signal: AbortSignal,
): Promise<Transport> {
  const { resource } = endpoint;
  const identity = endpoint.secure ? await readTlsIdentity(route.tls) : null;
  if (resource === null) {
    signal.throwIfAborted();
    const reads = new TlsReads(events);
    const socket = connectTls(route, endpoint, identity!, null, events, reads);
    socket.once('secureConnect', () => {
      if (!socket.destroyed) events.opened();
    });
    return new SocketTransport(socket, events, reads.held);
  }
  // Who does not use WebSocket does not load it.
  const { WebSocketTransport } = await import('./websocket.js');
  signal.throwIfAborted();
  const socket = connectBelow(route, endpoint, identity, events);
  return new WebSocketTransport(socket, endpoint, resource, route.webSocket, events);
}

/** The socket under a WebSocket, which reads it by itself. */
function connectBelow(
  route: Route,
  endpoint: NetworkEndpoint,
  identity: TlsIdentity | null,
  events: TransportEvents,
): Socket {
  const socket =
    identity === null
      ? connectTcp(endpoint, events, {})
      : connectTls(route, endpoint, identity, null, events, {});
  socket.once(identity === null ? 'connect' : 'secureConnect', () => {
    events.opening('upgrade');
  });
  return socket;
}
