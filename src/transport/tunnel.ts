import { once } from 'node:events';
import type { Socket } from 'node:net';
import { askHttpProxy } from './http-proxy.js';
import type { NetworkEndpoint, ProxySettings, Route } from './route.js';
import { connectTcp } from './tcp.js';
import { connectTls } from './tls.js';
import { readTlsIdentity, type TlsIdentity } from './tls-identity.js';
import type { TransportEvents } from './transport.js';

/**
 * Opens a connection to a Server through a proxy.
 *
 * @param signal  Destroys the socket, also when it is open.
 * @returns A socket from which what the Server has sent is yet to be read.
 */
export async function openTunnel(
  proxy: ProxySettings,
  endpoint: NetworkEndpoint,
  route: Pick<Route, 'tlsSessions' | 'connectTimeoutMs'>,
  events: Pick<TransportEvents, 'opening'>,
  signal: AbortSignal,
): Promise<Socket> {
  const ask = await prepare(proxy, endpoint, route, events, signal);
  const tls = proxy.kind === 'http' ? proxy.tls : null;
  const identity = tls === null ? null : await readTlsIdentity(tls);
  signal.throwIfAborted();
  const socket = connectToProxy(proxy, identity, route, events);
  // Whoever waits is told by the promise; whoever takes the socket over listens, too.
  socket.on('error', () => {});
  signal.addEventListener('abort', () => socket.destroy(), { once: true });
  try {
    await once(socket, identity === null ? 'connect' : 'secureConnect', { signal });
    if (identity === null) events.opening('proxy');
    await ask(socket);
    if (socket.destroyed) throw new Error('the proxy closed the connection');
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Does what takes time before there is a socket. @returns Asks the proxy for the connection to the Server. */
async function prepare(
  proxy: ProxySettings,
  endpoint: NetworkEndpoint,
  { connectTimeoutMs }: Pick<Route, 'connectTimeoutMs'>,
  events: Pick<TransportEvents, 'opening'>,
  signal: AbortSignal,
): Promise<(socket: Socket) => Promise<void>> {
  if (proxy.kind === 'http') return async (socket) => askHttpProxy(socket, proxy, endpoint);
  // Who does not use SOCKS does not load it.
  const { askSocksProxy, lookupIpv4 } = await import('./socks-proxy.js');
  let { host } = endpoint;
  if (proxy.kind === 'socks4') {
    events.opening('lookup');
    host = await lookupIpv4(host, signal);
  }
  const { port } = endpoint;
  return async (socket) => askSocksProxy(socket, proxy, { host, port }, connectTimeoutMs);
}

function connectToProxy(
  proxy: ProxySettings,
  identity: TlsIdentity | null,
  { tlsSessions }: Pick<Route, 'tlsSessions'>,
  events: Pick<TransportEvents, 'opening'>,
): Socket {
  const { host, port } = proxy;
  if (proxy.kind !== 'http' || proxy.tls === null || identity === null)
    return connectTcp({ host, port }, events, {});
  const party = { host, port, settings: proxy.tls, identity, speaksHttp: true } as const;
  return connectTls({ ...party, stage: 'proxy' }, tlsSessions, null, events, {});
}
