import { lookup } from 'node:dns';
import { isIPv4, type Socket } from 'node:net';
import { SocksClient } from 'socks';
import type { HostPort, SocksProxy } from './route.js';

const TIMER_MS_MAX = 0x7fff_ffff;

/**
 * Asks a proxy for a connection to a Server by SOCKS (RFC 1928, RFC 1929).
 *
 * @param socket            Connected to the proxy. It is paused, and goes on by itself.
 * @param connectTimeoutMs  Within this the caller gives up. The package does so after twice the time, and keeps what it knows until
 *                          then: where the thread is held up, its timer would be the first to be late.
 */
export async function askSocksProxy(
  socket: Socket,
  proxy: SocksProxy,
  { host, port }: HostPort,
  connectTimeoutMs: number,
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
      timeout: Math.min(2 * connectTimeoutMs, TIMER_MS_MAX),
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
