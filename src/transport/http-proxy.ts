import { request, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { HostPort, HttpProxy } from './route.js';

/** Status line and headers that a proxy may answer with. */
const RESPONSE_BYTES_MAX = 16 * 1024;

/**
 * Asks a proxy for a connection to a Server by CONNECT (RFC 9110 §9.3.6).
 *
 * @param socket Connected to the proxy. What came behind the answer can be read from it again.
 */
export async function askHttpProxy(
  socket: Socket,
  proxy: HttpProxy,
  { host, port }: HostPort,
): Promise<void> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  await new Promise<void>((resolve, reject) => {
    const connect = request({
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxy.headers },
      createConnection: () => socket,
      maxHeaderSize: RESPONSE_BYTES_MAX,
    });
    // With this method any answer ends the HTTP of the connection.
    connect.once('connect', ({ statusCode = 0 }, _, head) => {
      if (statusCode < 200 || statusCode > 299) {
        reject(refusal(statusCode));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      resolve();
    });
    connect.on('error', reject);
    connect.end();
  });
}

/** What the proxy says besides is its own affair. */
function refusal(status: number): Error {
  const phrase = STATUS_CODES[status];
  const meaning = phrase === undefined ? '' : ` (${phrase})`;
  const error = new Error(`the proxy answered with status ${status}${meaning}`);
  return Object.assign(error, { code: 'ERR_PROXY_FAILED' });
}
