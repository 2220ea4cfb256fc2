import { lookup } from 'node:dns';
import { isIPv4, type Socket } from 'node:net';
import { SocksClient } from 'socks';
import type { HostPort, SocksProxy } from './route.js';

/**
 * Asks a proxy for a connection to a Server by SOCKS (RFC 1928, RFC 1929).
 *
 * @param socket     Connected to the proxy. It is paused, and goes on by itself.
 * @param timeoutMs  When the package gives up. It keeps what it knows until then.
 */
export async function askSocksProxy(
  socket: Socket,
  proxy: SocksProxy,
  { host, port }: HostPort,
  timeoutMs: number,
): Promise<void> {
  try {
    await SocksClient.createConnection({
      command: 'connect',
      proxy: {
        type: proxy.kind === 'socks5' ? 5 : 4,
        host: proxy.host,
        port: proxy.port,
        ...(proxy.username !== undefined && { userId: proxy.username }),
        ...(proxy.password !== undefined && { password: proxy.password }),
      },
      destination: { host, port },
      existing_socket: socket,
      timeout: timeoutMs,
    });
  } catch (error) {
    // The error of the package holds all that it was given, credentials included.
    const problem = error instanceof Error ? error.message : 'the proxy failed';
    throw Object.assign(new Error(problem), { code: 'ERR_PROXY_FAILED' });
  }
}

/** SOCKS 4 knows nothing but IPv4 addresses. */
export async function lookupIpv4(host: string, signal: AbortSignal): Promise<string> {
  if (isIPv4(host)) return host;
  return new Promise((resolve, reject) => {
    // A lookup can not be called back; nobody waits for it any more.
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    lookup(host, { family: 4 }, (error, address) => {
      if (error === null) resolve(address);
      else reject(error);
    });
  });
}
