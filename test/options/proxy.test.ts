import { afterEach, describe, expect, test, vi } from 'vitest';
import { MqttError } from '../../src/errors/mqtt-error.js';
import { resolveOptions } from '../../src/options/resolve.js';
import type { ClientOptions } from '../../src/options/schema.js';
import type { Proxies, ProxySettings } from '../../src/transport/route.js';

function proxiesOf(proxy: ClientOptions['proxy']): Proxies {
  return resolveOptions('mqtts://h', { proxy }).worker.proxy;
}

/** That for every Server. */
function proxyOf(proxy: ClientOptions['proxy']): ProxySettings | null {
  const { secure, plain, except } = proxiesOf(proxy);
  expect(plain).toEqual(secure);
  expect(except).toBe('');
  return secure;
}

function refusal(proxy: unknown, url = 'mqtts://h'): string {
  try {
    resolveOptions(url, { proxy });
  } catch (error) {
    if (error instanceof MqttError && error.code === 'GNEISS_ERR_INVALID_OPTION')
      return error.message;
    throw error;
  }
  return 'accepted';
}

const HTTP = { kind: 'http', host: 'p', port: 80, tls: null, headers: {} };
const SOCKS = { kind: 'socks5', host: 'p', port: 1080, username: undefined, password: undefined };

describe('the address', () => {
  test.each<[string, object]>([
    ['http://p', HTTP],
    ['http://P:3128/', { ...HTTP, port: 3128 }],
    ['https://p', { ...HTTP, port: 443, tls: resolveOptions('mqtts://h').worker.tls }],
    ['http://[::1]:8080', { ...HTTP, host: '::1', port: 8080 }],
    ['http://bücher.example', { ...HTTP, host: 'xn--bcher-kva.example' }],
    ['socks5://p', SOCKS],
    ['socks5h://p', SOCKS],
    ['socks://P:7', { ...SOCKS, port: 7 }],
    ['socks5://[fe80::1]', { ...SOCKS, host: 'fe80::1' }],
    ['socks4://p', { ...SOCKS, kind: 'socks4' }],
    ['socks4a://ada@p', { ...SOCKS, kind: 'socks4a', username: 'ada' }],
    ['socks5://ada:%C3%A9@p', { ...SOCKS, username: 'ada', password: 'é' }],
  ])('%s → host, port and kind', (url, expected) => {
    expect(proxyOf(url)).toEqual(expected);
    expect(proxyOf(new URL(url))).toEqual(expected);
    expect(proxyOf({ url })).toEqual(expected);
  });

  test.each(['ada:%C3%A9%3A', 'ada', ':x'])('http://%s@p → Basic credentials', (userinfo) => {
    const { headers } = proxyOf(`http://${userinfo}@p`) as { headers: Record<string, string> };
    const [scheme, credentials] = headers['Proxy-Authorization']!.split(' ');
    const [username = '', password = ''] = userinfo.split(':');
    expect(scheme).toBe('Basic');
    expect(Buffer.from(credentials!, 'base64').toString()).toBe(
      `${username}:${decodeURIComponent(password)}`,
    );
  });

  test('headers and TLS → taken over, copied', () => {
    const headers = { 'X-Site': '7' };
    const parsed = proxyOf({ url: 'https://u:v@p', headers, tls: { servername: 'q' } });
    headers['X-Site'] = '8';
    expect(parsed).toMatchObject({
      headers: { 'X-Site': '7', 'Proxy-Authorization': 'Basic dTp2' },
      tls: { servername: 'q', minVersion: 'TLSv1.2' },
    });
    const { worker } = resolveOptions('mqtt://h', { proxy: { url: 'https://p' } });
    expect(structuredClone(worker)).toEqual(worker);
  });

  const secret = 'hunter2';
  test.each<[unknown, string]>([
    [7, 'it must be a string or a URL'],
    [null, 'it must be a string or a URL'],
    [{}, 'it must be a string or a URL'],
    [`${secret}`, 'expected http://'],
    [`${secret}@p:3128`, 'expected http://'],
    [`${secret}:x@p:3128`, 'the scheme is not supported'],
    [`ftp://u:${secret}@p`, 'the scheme is not supported'],
    [`mqtt://u:${secret}@p`, 'the scheme is not supported'],
    [`http://u:${secret}@p/x`, 'nothing may follow the port'],
    [`http://u:${secret}@p?x`, 'nothing may follow the port'],
    [`socks5://u:${secret}@p#x`, 'nothing may follow the port'],
    [`socks5://u:${secret}@`, 'expected http://'],
    [`socks5://`, 'it has no host'],
    [`socks5://u:${secret}@p:0`, 'the port must be from 1'],
    [`socks5://u:${secret}%FF@p`, 'the password is not valid percent-encoded UTF-8'],
    [`socks5://u:${secret}%00@p`, 'must not contain U+0000'],
    [`socks5://u:${secret.repeat(37)}@p`, 'must not exceed 255 bytes'],
    [`socks4://u:${secret}@p`, 'there is no password in SOCKS 4'],
    [`http://u%3A:${secret}@p`, 'must not have a colon'],
    [{ url: 'http://p', headers: { 'X-A': `${secret}\n` } }, 'proxy.headers has a value'],
    [
      { url: `http://u:${secret}@p`, headers: { 'proxy-authorization': secret } },
      'it has credentials',
    ],
    [{ url: `socks5://u:${secret}@p`, headers: { a: secret } }, 'proxy.headers needs an http://'],
    [{ url: `http://u:${secret}@p`, tls: {} }, 'proxy.tls needs an https://'],
    [{ url: `socks5://u:${secret}@p`, tls: {} }, 'proxy.tls needs an https://'],
    [{ url: 'https://p', tls: { passphrase: [secret] } }, 'proxy.tls.passphrase must be a string'],
    [{ url: 'https://p', host: secret }, '"proxy.host" is not an option'],
  ])('%j → refused, and not repeated', (proxy, problem) => {
    expect(refusal(proxy)).toContain(problem);
    expect(refusal(proxy)).not.toContain(secret);
  });

  test('with a Unix domain socket → refused', () => {
    expect(refusal('http://p', 'mqtt+unix:///s')).toContain(
      'does not go with a Unix domain socket',
    );
    expect(refusal('environment', 'mqtt+unix:///s')).toBe('accepted');
  });
});

describe('the environment', () => {
  const NAMES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];

  function stub(variables: Readonly<Record<string, string>>): void {
    for (const name of NAMES) {
      for (const spelling of [name, name.toUpperCase()])
        vi.stubEnv(spelling, variables[spelling] ?? '');
    }
  }

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  function hosts(variables: Readonly<Record<string, string>>): readonly (string | undefined)[] {
    stub(variables);
    const { secure, plain } = proxiesOf('environment');
    return [secure?.host, plain?.host];
  }

  test('each variable → for the Servers that it is for', () => {
    expect(hosts({})).toEqual([undefined, undefined]);
    expect(hosts({ HTTPS_PROXY: 'http://s' })).toEqual(['s', undefined]);
    expect(hosts({ HTTP_PROXY: 'http://p' })).toEqual([undefined, 'p']);
    expect(hosts({ ALL_PROXY: 'socks5://a' })).toEqual(['a', 'a']);
    expect(hosts({ ALL_PROXY: 'socks5://a', HTTP_PROXY: 'http://p' })).toEqual(['a', 'p']);
    expect(hosts({ https_proxy: 'http://low', HTTPS_PROXY: 'http://up' })).toEqual([
      'low',
      undefined,
    ]);
  });

  test('an address without a scheme → an http:// proxy', () => {
    stub({ https_proxy: 'ada:x@p:3128' });
    expect(proxiesOf('environment').secure).toMatchObject({ kind: 'http', port: 3128, tls: null });
  });

  test('NO_PROXY → taken as it is', () => {
    stub({ NO_PROXY: 'a, .b' });
    expect(proxiesOf('environment').except).toBe('a, .b');
  });

  test('not asked for → not read', () => {
    stub({ ALL_PROXY: 'http://a', NO_PROXY: 'b' });
    expect(proxiesOf(undefined)).toEqual({ secure: null, plain: null, except: '' });
    expect(proxiesOf('http://p')).toMatchObject({ secure: { host: 'p' }, except: '' });
  });

  test('a variable that is no address → refused by its name, and not repeated', () => {
    stub({ ALL_PROXY: 'ftp://u:hunter2@h' });
    expect(refusal('environment')).toContain(
      'proxy can not use the variable ALL_PROXY: the scheme',
    );
    expect(refusal('environment')).not.toContain('hunter2');
  });
});
