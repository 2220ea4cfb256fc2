import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { MqttError } from '../../src/errors/mqtt-error.js';
import { parseUrl, parseUrls } from '../../src/options/url.js';

function refusal(url: unknown): MqttError {
  try {
    parseUrl(url);
  } catch (error) {
    if (error instanceof MqttError) return error;
    throw error;
  }
  throw new Error('the address was accepted');
}

describe('addresses', () => {
  test.each([
    ['mqtt://localhost', 'localhost', 1883],
    ['mqtt://localhost/', 'localhost', 1883],
    ['tcp://broker.example:80', 'broker.example', 80],
    ['mqtt://127.0.0.1:65535', '127.0.0.1', 65_535],
    ['mqtt://[::1]:1884', '::1', 1884],
    ['mqtt://[2001:DB8::0:1]', '2001:db8::1', 1883],
    ['mqtt://bücher.example', 'xn--bcher-kva.example', 1883],
    ['MQTT://Broker.Example', 'broker.example', 1883],
    ['mqtt://under_score', 'under_score', 1883],
  ])('%s → host %s, port %i', (url, host, port) => {
    const endpoint = { host, port, secure: false, resource: null };
    const expected = { endpoint, username: undefined, password: undefined };
    expect(parseUrl(url)).toEqual(expected);
    expect(parseUrl(new URL(url))).toEqual(expected);
  });

  test.each([
    ['mqtts://h', 8883, true, null],
    ['ssl://h', 8883, true, null],
    ['tls://h:1', 1, true, null],
    ['ws://h', 80, false, '/'],
    ['ws://h:443/mqtt', 443, false, '/mqtt'],
    ['wss://h/a%20b?x=%2F&y', 443, true, '/a%20b?x=%2F&y'],
    ['wss://h:8443?token=1', 8443, true, '/?token=1'],
  ])('%s → port %i, TLS %s, WebSocket %j', (url, port, secure, resource) => {
    expect(parseUrl(url).endpoint).toEqual({ host: 'h', port, secure, resource });
  });

  test.each([
    ['mqtt+unix:///run/broker.sock', '/run/broker.sock'],
    ['unix:///a%20b', '/a b'],
  ])('%s → the socket file %s', (url, path) => {
    expect(parseUrl(url).endpoint).toEqual({ path });
  });

  test.each([
    ['mqtt://user@h', 'user', undefined],
    ['mqtt://user:@h', 'user', undefined],
    ['mqtt://user:pass@h', 'user', 'pass'],
    ['mqtt://:pass@h', undefined, 'pass'],
    ['mqtt://a%40b%3A:p%2F%C3%A9%F0%9F%98%80@h', 'a@b:', 'p/é😀'],
    ['mqtt://u:p:q@h', 'u', 'p:q'],
  ])('credentials of %s → percent-decoded', (url, username, password) => {
    expect(parseUrl(url)).toMatchObject({ username, password });
  });

  test.each(['http', 'https', 'mqttss', 'amqp'])('scheme %s → refused', (scheme) => {
    const error = refusal(`${scheme}://host:1`);
    expect(error.code).toBe('GNEISS_ERR_INVALID_URL');
    expect(error.message).toContain('use mqtt://, mqtts://, ws://, wss:// or mqtt+unix://');
  });

  test.each([
    ...['', 'localhost', 'localhost:1883', 'mqtt:', 'mqtt:localhost', 'mqtt://', 'mqtt:///a'],
    ...[
      'mqtt://h:0',
      'mqtt://h:65536',
      'mqtt://h:-1',
      'mqtt://h:x',
      'mqtt://h/path',
      'mqtt://h?a=1',
    ],
    ...['mqtt://h#f', 'mqtt://a b', 'mqtt://[::1', 'mqtt://%zz', 'mqtt://a%00b', 'mqtt://u:%FF@h'],
    ...['mqtt://%E0%A4%A@h', '//h', '/tmp/socket', 'mqtts://h/path', 'wss://h:0', 'ws://h/#f'],
    ...[
      'unix://',
      'unix:///',
      'unix://host/path',
      'unix:///a%00b',
      'unix:///a?b',
      'mqtt+unix:///%zz',
    ],
    ...[undefined, null, 5, {}, ['mqtt://h'], { href: 'mqtt://h' }],
  ])('%j → GNEISS_ERR_INVALID_URL', (url) => {
    expect(refusal(url).code).toBe('GNEISS_ERR_INVALID_URL');
  });

  test.each([
    ...['mqtt://user:hunter2@', 'mqtt://user:hunter2@h:99999', 'mqtt://user:hunter2@h/path'],
    ...['http://user:hunter2@h', 'hunter2:x@h', 'mqtt://user:hunter2%FF@h', 'mqtt://hunter2 @h h'],
    ...['wss://h/?token=hunter2#f', 'unix://hunter2/a'],
    ...['hunter2', 'mqtt://user:hunter2@h?x', 'mqtt://user:hunter2@h:0'],
  ])('the secret in %s → not in the error, nor in a cause', (url) => {
    const error = refusal(url);
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain('hunter2');
    expect(error.cause).toBeUndefined();
  });
});

describe('lists', () => {
  function listRefusal(urls: unknown): MqttError {
    try {
      parseUrls(urls);
    } catch (error) {
      if (error instanceof MqttError) return error;
      throw error;
    }
    throw new Error('the list was accepted');
  }

  test('one address alone, or 1 to 64 of whatever schemes → all of them, in order', () => {
    const urls = ['mqtt://a', new URL('wss://b/mqtt'), 'unix:///c'];
    expect(parseUrls(urls)).toEqual(urls.map((url) => parseUrl(url)));
    expect(parseUrls('mqtt://a')).toEqual([parseUrl('mqtt://a')]);
    expect(parseUrls(Array(64).fill('mqtt://a'))).toHaveLength(64);
  });

  test.each([[[]], [Array(65).fill('mqtt://a')]])(
    'a list of none, or of more → refused',
    (urls) => {
      expect(listRefusal(urls)).toMatchObject({ code: 'GNEISS_ERR_INVALID_URL' });
    },
  );

  // A hole and a list within the list are no addresses.
  test.each(['http://u:hunter2@h', 'hunter2', undefined, ['mqtt://hunter2'], 7])(
    'a wrong one → refused with its place and what is wrong there, never repeated',
    (wrong) => {
      const error = listRefusal(['mqtt://a', wrong]);
      expect(error.code).toBe('GNEISS_ERR_INVALID_URL');
      expect(error.message).toContain('at [1] of the list');
      expect(error.cause).toMatchObject({ code: 'GNEISS_ERR_INVALID_URL' });
      expect(inspect(error)).not.toContain('hunter2');
    },
  );
});
