import {
  connect,
  isIP,
  type OnReadOpts,
  type Socket,
  type SocketConnectOpts,
  type SocketConstructorOpts,
} from 'node:net';
import type { Endpoint, HostPort, SocketFile } from './route.js';
import { readInto, SocketTransport } from './socket-transport.js';
import type { Transport, TransportEvents } from './transport.js';

/** Opens a connection over TCP, or a Unix domain socket, that reads straight into the buffers of `events`. */
export function openTcp(endpoint: Endpoint, events: TransportEvents): Transport {
  const socket = connectTcp(endpoint, events, readInto(events));
  socket.once('connect', () => {
    events.opened();
  });
  return new SocketTransport(socket, events, null);
}

/** Begins to connect. Node tries the addresses of a name in turn (RFC 8305). */
export function connectTcp(
  address: HostPort | SocketFile,
  events: Pick<TransportEvents, 'opening'>,
  reading: { readonly onread?: OnReadOpts },
): Socket {
  const options: SocketConnectOpts & SocketConstructorOpts =
    'path' in address
      ? { path: address.path, ...reading }
      : { host: address.host, port: address.port, noDelay: true, ...reading };
  const socket = connect(options);
  tellStages(socket, address, events);
  return socket;
}

/** Tells what a connecting socket waits for. */
export function tellStages(
  socket: Socket,
  address: HostPort | SocketFile,
  events: Pick<TransportEvents, 'opening'>,
): void {
  if ('path' in address || isIP(address.host) !== 0) {
    events.opening('connect');
    return;
  }
  events.opening('lookup');
  socket.once('lookup', (error: Error | null) => {
    if (error === null) events.opening('connect');
  });
}
