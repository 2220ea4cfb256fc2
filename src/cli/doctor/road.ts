import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import type { ClientOptions, NetworkEndpoint } from '../../index.js';
import { hintForCode, NO_WEBSOCKET_HINT } from '../explain.js';
import type { Finding } from './finding.js';

/** Resolves the name. */
export async function resolveName(host: string): Promise<Finding> {
  const step = 'name resolution';
  if (isIP(host) !== 0) return { step, verdict: 'skipped', text: `${host} is an address` };
  const at = performance.now();
  try {
    const addresses = await lookup(host, { all: true });
    const text = `${host} is ${addresses.map(({ address }) => address).join(', ')}`;
    return { step, verdict: 'ok', text, ms: performance.now() - at };
  } catch (error) {
    return failure(step, error);
  }
}

/** What a step on the road has found, and the socket that it has opened. */
export interface Opened {
  readonly finding: Finding;
  readonly socket: Socket | null;
}

/** Opens a connection by TCP. */
export async function openSocket(host: string, port: number, timeoutMs: number): Promise<Opened> {
  const step = 'TCP';
  const at = performance.now();
  const socket = connect({ host, port, noDelay: true });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    socket.destroy();
    return { finding: failure(step, error), socket: null };
  }
  const { remoteAddress = host } = socket;
  const text = `${remoteAddress} port ${port} is open`;
  return { finding: { step, verdict: 'ok', text, ms: performance.now() - at }, socket };
}

/** Asks for the upgrade to WebSocket. */
export async function upgrade(
  socket: Socket,
  { host, port, resource }: NetworkEndpoint,
  headers: NonNullable<ClientOptions['webSocket']>['headers'],
  timeoutMs: number,
): Promise<Finding> {
  const step = 'WebSocket';
  const at = performance.now();
  const asked = request({
    createConnection: () => socket,
    path: resource,
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      ...headers,
      Host: `${host}:${port}`,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Protocol': 'mqtt',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    },
  });
  asked.end();
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      asked.once('upgrade', resolve);
      asked.once('response', resolve);
      asked.once('error', reject);
    });
    return judgeUpgrade(step, response, performance.now() - at);
  } catch (error) {
    const found = failure(step, error);
    const isForeign = /hung up|Parse Error/i.test(found.text);
    return isForeign ? { ...found, hint: NO_WEBSOCKET_HINT } : found;
  }
}

function judgeUpgrade(
  step: string,
  { statusCode = 0, statusMessage = '', headers }: IncomingMessage,
  ms: number,
): Finding {
  if (statusCode !== 101) {
    const text = `the server answers ${statusCode} ${statusMessage} instead of an upgrade`;
    return { step, verdict: 'failed', text, hint: HINTS_BY_STATUS[statusCode] };
  }
  if (headers['sec-websocket-protocol'] !== 'mqtt') {
    const text = 'upgraded, but the server does not say that it speaks mqtt';
    return { step, verdict: 'failed', text, ms, hint: 'is this the path of a broker? Try --path' };
  }
  return { step, verdict: 'ok', text: 'upgraded, sub-protocol mqtt', ms };
}

const HINTS_BY_STATUS: Readonly<Record<number, string>> = {
  200: 'that is a web page: the path of the broker is another, see --path',
  400: 'the server does not understand the upgrade: is there a proxy in front of it that takes it away?',
  401: 'it wants to know who asks: --header "Authorization: …"',
  403: 'it refuses: --header "Origin: …" or "Authorization: …"?',
  404: 'the path of the broker is another, see --path',
  426: 'it wants another protocol',
  502: 'a proxy is there, but not the broker behind it',
  503: 'a proxy is there, but not the broker behind it',
};

const WORDS: Readonly<Record<string, string>> = {
  ABORT_ERR: 'nothing has come back in time',
  EACCES: 'this user may not open it',
  EAI_AGAIN: 'the name can not be resolved at the moment',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the other side has hung up',
  EHOSTUNREACH: 'there is no way to that host',
  ENOENT: 'there is no such file',
  ENETUNREACH: 'there is no way to that network',
  ENOTFOUND: 'there is no such name',
  ETIMEDOUT: 'nothing has come back in time',
};

/** What an error of the system means here. */
export function failure(step: string, error: unknown): Finding {
  const { message, code } = toError(error);
  const isTimeout = code === 'ABORT_ERR' || code === 'ERR_SOCKET_CONNECTION_TIMEOUT';
  const words = WORDS[code];
  const text = words === undefined ? message : `${words} (${code})`;
  return { step, verdict: 'failed', text, hint: hintForCode(isTimeout ? 'ETIMEDOUT' : code) };
}

/** The first of several that were tried, as with addresses of one name. */
function toError(error: unknown): { readonly message: string; readonly code: string } {
  const one: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(one instanceof Error)) return { message: String(one), code: '' };
  return { message: one.message, code: 'code' in one ? String(one.code) : '' };
}
