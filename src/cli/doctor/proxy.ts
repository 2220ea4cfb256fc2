import type { Socket } from 'node:net';
import { findProxyVariables, type ProxyInput, proxy as proxyOption } from '../../options/proxy.js';
import { chooseProxy, findException } from '../../transport/choose-proxy.js';
import type { NetworkEndpoint, ProxySettings } from '../../transport/route.js';
import { openTunnel } from '../../transport/tunnel.js';
import { explain } from '../explain.js';
import type { Finding } from './finding.js';
import { failure, type Opened } from './road.js';

const step = 'proxy';
const PROXY_OPTION = proxyOption();

/** The proxy that a flag names. @throws {MqttError} */
export function parseProxy(input: ProxyInput, endpoint: NetworkEndpoint): ProxySettings | null {
  return chooseProxy(PROXY_OPTION.parse(input, step), endpoint);
}

/** What the environment says about the way to a Server. */
export interface ByEnvironment {
  readonly finding: Finding;
  /** Null: there is none on the way. */
  readonly proxy: ProxySettings | null;
}

/** Reads the variables that say which proxy leads to a Server, if any. */
export function readEnvironment(endpoint: NetworkEndpoint): ByEnvironment {
  const { proxy: variable, except } = findProxyVariables(process.env, endpoint.secure);
  const found = (verdict: Finding['verdict'], text: string, hint?: string): Finding => ({
    step: 'environment',
    verdict,
    text,
    hint,
  });
  if (variable === null) {
    const names = `${endpoint.secure ? 'HTTPS_PROXY' : 'HTTP_PROXY'} and ALL_PROXY`;
    return { finding: found('skipped', `${names} are empty: there is no proxy`), proxy: null };
  }
  let proxy: ProxySettings | null;
  try {
    proxy = parseProxy('environment', endpoint);
  } catch (error) {
    const { message } = explain(error);
    const hint = 'it must be the address of a proxy, such as http://user:password@host:3128';
    return { finding: found('failed', message, hint), proxy: null };
  }
  if (proxy !== null) {
    const notExcepted = except === null ? '' : `, and ${except.name} does not except this host`;
    const text = `${variable.name} names ${describe(proxy)}${notExcepted}`;
    return { finding: found('ok', text), proxy };
  }
  const entry = findException(except?.value ?? '', endpoint);
  const text = `${except?.name} excepts this host by "${entry}": ${variable.name} is not used`;
  return { finding: found('skipped', text), proxy };
}

/** Opens a connection through a proxy. */
export async function openThroughProxy(
  proxy: ProxySettings,
  endpoint: NetworkEndpoint,
  timeoutMs: number,
): Promise<Opened> {
  const at = performance.now();
  const ended = new AbortController();
  const timer = setTimeout(() => {
    ended.abort(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' }));
  }, timeoutMs);
  const route = { tlsSessions: new Map<string, Buffer>(), connectTimeoutMs: timeoutMs };
  const details = { proxy: describe(proxy) };
  try {
    const socket: Socket = await openTunnel(
      proxy,
      endpoint,
      route,
      { opening: () => {} },
      ended.signal,
    );
    const text = `${details.proxy} leads to ${endpoint.host} port ${endpoint.port}`;
    return { finding: { step, verdict: 'ok', text, ms: performance.now() - at }, socket };
  } catch (error) {
    const reason: unknown = ended.signal.aborted ? ended.signal.reason : error;
    const { hint: _, ...found } = failure(step, reason);
    return { finding: { ...found, details, hint: hintFor(found.text) }, socket: null };
  } finally {
    clearTimeout(timer);
  }
}

/** Its address, without credentials. */
function describe(proxy: ProxySettings): string {
  const { kind, host, port } = proxy;
  const scheme = kind !== 'http' ? kind : proxy.tls === null ? 'http' : 'https';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function hintFor(problem: string): string | undefined {
  if (/status 407|[Aa]uthentication/.test(problem))
    return 'it wants other credentials: they stand in its address, http://user:password@host:port';
  if (/status \d/.test(problem)) return 'does the proxy let this host and port through?';
  return /\(E[A-Z]+\)$/.test(problem) ? 'does the proxy run, and is this its address?' : undefined;
}
