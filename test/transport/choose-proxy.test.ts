import { describe, expect, test } from 'vitest';
import { chooseProxy } from '../../src/transport/choose-proxy.js';
import type { ProxySettings } from '../../src/transport/route.js';

const [SECURE, PLAIN] = ['s', 'p'].map(
  (host): ProxySettings => ({ kind: 'http', host, port: 1, tls: null, headers: {} }),
) as [ProxySettings, ProxySettings];

function choose(host: string, except: string, secure = true): ProxySettings | null {
  const endpoint = { host, port: 8883, secure, resource: null };
  return chooseProxy({ secure: SECURE, plain: PLAIN, except }, endpoint);
}

test('a Server with TLS or without → the proxy for such', () => {
  expect(choose('h', '')).toBe(SECURE);
  expect(choose('h', '', false)).toBe(PLAIN);
});

describe('what is excepted', () => {
  test.each([
    ['*', 'broker.example'],
    ['example', 'example'],
    ['example', 'broker.example'],
    ['.example', 'broker.example'],
    ['.example', 'example'],
    ['*.example', 'broker.example'],
    ['EXAMPLE', 'broker.example'],
    ['a, b\tbroker.example ,c', 'broker.example'],
    ['broker.example:8883', 'broker.example'],
    ['*:8883', 'broker.example'],
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1:8883', '127.0.0.1'],
    ['10.0.0.0/8', '10.1.2.3'],
    ['0.0.0.0/0', '10.1.2.3'],
    ['::1', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['[::1]', '::1'],
    ['[::1]:8883', '::1'],
    ['fd00::/8', 'fd12::1'],
  ])('%j → %s directly', (except, host) => {
    expect(choose(host, except)).toBeNull();
  });

  test.each([
    ['', 'broker.example'],
    [' , ', 'broker.example'],
    ['example', 'badexample'],
    ['roker.example', 'broker.example'],
    ['broker.example', 'example'],
    ['broker.example:1883', 'broker.example'],
    ['*:1883', 'broker.example'],
    ['127.0.0.1:1883', '127.0.0.1'],
    ['0.0.1', '127.0.0.1'],
    ['10.0.0.0/8', '11.1.2.3'],
    ['10.0.0.0/33', '10.1.2.3'],
    ['10.0.0.0/x', '10.1.2.3'],
    ['10.0.0.0/8', 'broker.example'],
    ['example/8', '10.1.2.3'],
    ['fd00::/8', '::1'],
    ['.', 'broker.example'],
  ])('%j → %s through the proxy', (except, host) => {
    expect(choose(host, except)).toBe(SECURE);
  });
});
