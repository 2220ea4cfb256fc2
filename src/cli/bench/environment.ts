import { cpus, loadavg, release, totalmem } from 'node:os';
import { parseUrl } from '../../util/parse-url.js';
import { readVersion } from '../version.js';

/** What figures depend on and can not show. */
export function describeEnvironment(url: string): Record<string, string> {
  const { node, v8, uv } = process.versions;
  return {
    'gneiss-mqtt': readVersion(),
    node: `${node} (V8 ${v8}, libuv ${uv})`,
    system: `${process.platform} ${process.arch} ${release()}`,
    processors: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    loadAverage: loadavg()
      .map((load) => load.toFixed(2))
      .join(' '),
    broker: toSafeUrl(url),
  };
}

/** The address without credentials and query. */
export function toSafeUrl(url: string): string {
  const parsed = parseUrl(url);
  if (parsed === null) return '';
  const { protocol, host, pathname } = parsed;
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}
