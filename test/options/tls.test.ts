import { describe, expect, test } from 'vitest';
import { MqttError } from '../../src/errors/mqtt-error.js';
import { resolveOptions } from '../../src/options/resolve.js';
import type { ClientOptions } from '../../src/options/schema.js';
import type { TlsSettings, WebSocketSettings } from '../../src/transport/route.js';

const PEM = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';

function tlsOf(tls: ClientOptions['tls']): TlsSettings {
  return resolveOptions('mqtts://h', { tls }).worker.tls;
}

function webSocketOf(webSocket: ClientOptions['webSocket']): WebSocketSettings {
  return resolveOptions('wss://h', { webSocket }).worker.webSocket;
}

function refusal(options: unknown): string {
  try {
    resolveOptions('mqtts://h', options);
  } catch (error) {
    if (error instanceof MqttError && error.code === 'GNEISS_ERR_INVALID_OPTION')
      return error.message;
    throw error;
  }
  return 'accepted';
}

describe('tls', () => {
  test('text, bytes, paths and URLs → content, copied, or the path of a file', () => {
    const bytes = Uint8Array.of(1, 2);
    const { ca, cert, key } = tlsOf({
      ca: [PEM, bytes],
      cert: '/etc/client.pem',
      key: new URL('file:///etc/client%20key.pem'),
    });
    bytes.fill(0);
    expect(ca).toEqual([
      { content: new TextEncoder().encode(PEM) },
      { content: Uint8Array.of(1, 2) },
    ]);
    expect(cert).toEqual([{ path: '/etc/client.pem' }]);
    expect(key).toEqual([{ path: '/etc/client key.pem' }]);
  });

  test('fingerprints in any spelling → the same digits', () => {
    const upper = Array.from({ length: 32 }, () => 'AB').join(':');
    expect(tlsOf({ fingerprints: [upper] }).fingerprints).toEqual(['ab'.repeat(32)]);
    expect(tlsOf({ fingerprints: 'ab'.repeat(32) }).fingerprints).toEqual(['ab'.repeat(32)]);
  });

  test('what is not given → verified, TLS 1.2 or later', () => {
    expect(tlsOf({})).toEqual(tlsOf(undefined));
    expect(tlsOf({})).toMatchObject({ rejectUnauthorized: true, minVersion: 'TLSv1.2' });
  });

  test.each<[unknown, string]>([
    [null, 'tls must be an object'],
    [{ rejectunauthorized: false }, '"tls.rejectunauthorized" is not an option'],
    [{ rejectUnauthorized: 0 }, 'tls.rejectUnauthorized must be a boolean'],
    [{ minVersion: 'TLSv1' }, 'tls.minVersion must be one of'],
    [{ ca: [] }, 'tls.ca must not be empty'],
    [{ ca: 1 }, 'tls.ca must be PEM text, a path'],
    [{ ca: ['/a', null] }, 'tls.ca[1] must be PEM text, a path'],
    [{ ca: new URL('https://h/ca.pem') }, 'tls.ca must be a file: URL'],
    [{ cert: PEM }, 'tls.cert needs a key'],
    [{ key: PEM }, 'tls.cert needs a key'],
    [{ cert: PEM, key: PEM, pfx: '/a' }, 'tls.pfx does not go with cert and key'],
    [{ fingerprints: 'abc' }, 'tls.fingerprints must be a SHA-256 fingerprint'],
    [{ verifyName: '' }, 'tls.verifyName must not be empty'],
    [{ alpnProtocols: ['mqtt', ''] }, 'tls.alpnProtocols[1] must have 1 to 255 bytes'],
  ])('%j → %s', (tls, problem) => {
    expect(refusal({ tls })).toContain(problem);
  });
});

describe('webSocket', () => {
  test('headers → copied', () => {
    const headers = { Authorization: 'Bearer 1', 'X-Name': 'ü' };
    const parsed = webSocketOf({ headers });
    expect(parsed).toEqual({ headers, compression: false, maximumMessageBytes: 32 * 1024 * 1024 });
    expect(parsed.headers).not.toBe(headers);
  });

  test.each<[unknown, string]>([
    [{ headers: [] }, 'webSocket.headers must be an object'],
    [{ headers: { 'a b': 'c' } }, 'webSocket.headers has a name'],
    [{ headers: { a: 'b\r\nc: d' } }, 'webSocket.headers has a value'],
    [{ headers: { a: 1 } }, 'webSocket.headers has a value'],
    [
      { headers: { Connection: 'close' } },
      'webSocket.headers must not have a header of the protocol',
    ],
    [
      { headers: { 'sec-websocket-key': '1' } },
      'webSocket.headers must not have a header of the protocol',
    ],
    [{ compression: 1 }, 'webSocket.compression must be a boolean'],
    [{ maximumMessageBytes: 1023 }, 'webSocket.maximumMessageBytes must be an integer'],
  ])('%j → %s', (webSocket, problem) => {
    expect(refusal({ webSocket })).toContain(problem);
  });
});
