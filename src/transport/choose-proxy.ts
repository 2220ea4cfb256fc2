import { BlockList, isIP } from 'node:net';
import type { NetworkEndpoint, Proxies, ProxySettings } from './route.js';

/** The proxy on the way to a Server; null when there is none. */
export function chooseProxy(proxies: Proxies, endpoint: NetworkEndpoint): ProxySettings | null {
  const proxy = endpoint.secure ? proxies.secure : proxies.plain;
  return proxy === null || findException(proxies.except, endpoint) !== null ? null : proxy;
}

/**
 * The entry that has a Server in a list in the syntax of `NO_PROXY`: host names, which stand for those below them, too; IP addresses and subnets; each
 * with a port or without; `*` for all. Null when none has it.
 */
export function findException(list: string, endpoint: NetworkEndpoint): string | null {
  const entries = list.toLowerCase().split(/[\s,]+/);
  return entries.find((entry) => entry !== '' && covers(entry, endpoint)) ?? null;
}

function covers(entry: string, { host, port }: NetworkEndpoint): boolean {
  const withPort = /^\[(.+)\](?::(\d+))?$/.exec(entry) ?? /^([^:]+):(\d+)$/.exec(entry);
  const [, pattern = entry, onlyPort] = withPort ?? [];
  if (onlyPort !== undefined && Number(onlyPort) !== port) return false;
  if (pattern === '*') return true;
  if (isIP(host) !== 0) return coversAddress(pattern, host);
  const name = pattern.replace(/^\*?\./, '');
  return host === name || host.endsWith(`.${name}`);
}

function coversAddress(pattern: string, address: string): boolean {
  const [network = '', prefix] = pattern.split('/');
  const family = isIP(network);
  if (family === 0) return false;
  const bits = family === 6 ? 128 : 32;
  const length = prefix === undefined ? bits : Number(prefix);
  if (!Number.isInteger(length) || length < 0 || length > bits) return false;
  const list = new BlockList();
  list.addSubnet(network, length, toFamily(family));
  return list.check(address, toFamily(isIP(address)));
}

function toFamily(family: number): 'ipv4' | 'ipv6' {
  return family === 6 ? 'ipv6' : 'ipv4';
}
