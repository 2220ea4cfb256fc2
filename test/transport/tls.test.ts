import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions as ServerTlsOptions, TLSSocket } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { TlsOptions } from '../../src/options/tls.js';
import { openTransport } from '../../src/transport/open-transport.js';
import { TlsSessionCache } from '../../src/transport/tls-sessions.js';
import { Authority } from '../support/certificates.js';
import { Front } from '../support/front.js';
import { startScriptedProxy } from '../support/proxies.js';
import { toRoute } from '../support/route.js';
import { Inbox } from '../support/scripted-server.js';
import { TransportRecorder } from '../support/transport-recorder.js';

const authority = await Authority.create();
const identity = await authority.issue(['127.0.0.1', 'broker.example']);
const client = await authority.issue(['meter-7']);
const ca = authority.cert;

interface TlsFront extends AsyncDisposable {
  readonly url: string;
  readonly accepted: Inbox<TLSSocket>;
}

async function tlsFront(options: ServerTlsOptions = identity): Promise<TlsFront> {
  const accepted = new Inbox<TLSSocket>();
  const front = await Front.start('mqtts', { tls: options }, (stream) => {
    stream.on('error', () => {});
    accepted.push(stream as TLSSocket);
  });
  return { url: front.url, accepted, [Symbol.asyncDispose]: () => front[Symbol.asyncDispose]() };
}

/** Opens a connection, and closes it once both sides have it. @returns The Server's side of it. */
async function succeed(
  { url, accepted }: TlsFront,
  tls: TlsOptions,
  sessions?: TlsSessionCache,
): Promise<TLSSocket> {
  const recorder = new TransportRecorder();
  const transport = openTransport(toRoute(url, { tls }, sessions), recorder);
  const failed = recorder.end.promise.then((error) => Promise.reject(error ?? new Error('closed')));
  await Promise.race([recorder.isOpen.promise, failed]);
  const socket = await accepted.take();
  // Servers of TLS 1.3 give sessions out after the handshake: Node tells of them after what came with them, before what comes next.
  for (const text of ['x', 'y']) {
    socket.write(text);
    await recorder.bytes.take();
  }
  failed.catch(() => {});
  transport.destroy();
  return socket;
}

/** @returns The error that a connection fails with. */
async function fail(
  { url }: TlsFront,
  tls: TlsOptions,
  sessions?: TlsSessionCache,
): Promise<(Error & { readonly code?: string }) | null> {
  const recorder = new TransportRecorder();
  openTransport(toRoute(url, { tls }, sessions), recorder);
  const error = await recorder.end.promise;
  // A Server of TLS 1.3 looks at the Client's certificate when the Client takes itself for connected.
  expect(recorder.bytes.items).toEqual([]);
  return error;
}

describe('the certificate of the Server', () => {
  test.each<[string, TlsOptions, string | null]>([
    ['of a known authority, for this host → accepted', { ca }, null],
    ['of an authority that nobody knows → refused', {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['not to be verified → accepted', { rejectUnauthorized: false }, null],
    ['for the name that is asked for → accepted', { ca, servername: 'broker.example' }, null],
    [
      'not for the name that is asked for → refused',
      { ca, servername: 'other.example' },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [
      'for the name to verify, another being asked for → accepted',
      { ca, servername: 'other.example', verifyName: 'broker.example' },
      null,
    ],
    [
      'not for the name to verify → refused',
      { ca, verifyName: 'other.example' },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
  ])('%s', async (_, tls, code) => {
    await using front = await tlsFront();
    if (code === null) await succeed(front, tls);
    else expect(await fail(front, tls)).toMatchObject({ code });
  });

  test('expired → refused', async () => {
    await using front = await tlsFront(await authority.issue(['127.0.0.1'], true));
    expect(await fail(front, { ca })).toMatchObject({ code: 'CERT_HAS_EXPIRED' });
  });

  test('revoked → refused by the list that says so', async () => {
    await using front = await tlsFront();
    const crl = await authority.revoke([identity]);
    expect(await fail(front, { ca, crl })).toMatchObject({ code: 'CERT_REVOKED' });
    await succeed(front, { ca, crl: await authority.revoke([client]) });
  });

  test.each([true, false])(
    'not the pinned one, rejectUnauthorized %s → refused',
    async (rejectUnauthorized) => {
      await using front = await tlsFront();
      const fingerprints = new X509Certificate(client.cert).fingerprint256;
      const sessions = new TlsSessionCache();
      for (let at = 0; at < 2; at++) {
        const error = await fail(front, { ca, fingerprints, rejectUnauthorized }, sessions);
        expect(error).toMatchObject({ code: 'ERR_TLS_CERT_FINGERPRINT' });
      }
    },
  );

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'the pinned one, %s → accepted, also on a resumed session',
    async (maxVersion) => {
      await using front = await tlsFront({ ...identity, maxVersion });
      const sessions = new TlsSessionCache();
      const pin = new X509Certificate(identity.cert).fingerprint256;
      const tls = { ca, fingerprints: ['0'.repeat(64), pin] };
      expect((await succeed(front, tls, sessions)).isSessionReused()).toBe(false);
      expect((await succeed(front, tls, sessions)).isSessionReused()).toBe(true);
    },
  );

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'for another host, %s → refused again and again: no session of it is resumed',
    async (maxVersion) => {
      await using front = await tlsFront({
        ...(await authority.issue(['other.example'])),
        maxVersion,
      });
      const sessions = new TlsSessionCache();
      for (let at = 0; at < 2; at++)
        expect(await fail(front, { ca }, sessions)).toMatchObject({
          code: 'ERR_TLS_CERT_ALTNAME_INVALID',
        });
    },
  );
});

describe('the certificate of the Client', () => {
  const mutual = {
    ...identity,
    ca,
    requestCert: true,
    rejectUnauthorized: true,
    maxVersion: 'TLSv1.2',
  } as const;

  test('asked for and given → accepted', async () => {
    await using front = await tlsFront(mutual);
    const socket = await succeed(front, { ca, cert: client.cert, key: client.key });
    expect(socket.getPeerCertificate().subject.CN).toBe('meter-7');
  });

  test('asked for and missing → refused', async () => {
    await using front = await tlsFront(mutual);
    expect(await fail(front, { ca })).toBeInstanceOf(Error);
  });

  test('revoked → refused', async () => {
    await using front = await tlsFront({ ...mutual, crl: await authority.revoke([client]) });
    expect(await fail(front, { ca, cert: client.cert, key: client.key })).toBeInstanceOf(Error);
  });

  test('in files → read anew for each connection, and never with the session of another', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gneiss-mqtt-'));
    try {
      const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
      const put = (one: { readonly cert: string; readonly key: string }): void => {
        writeFileSync(cert, one.cert);
        writeFileSync(key, one.key);
      };
      await using front = await tlsFront(mutual);
      const sessions = new TlsSessionCache();
      const names: string[] = [];
      for (const one of [client, client, await authority.issue(['meter-8'])]) {
        put(one);
        const socket = await succeed(front, { ca, cert, key: pathToFileURL(key) }, sessions);
        names.push(String(socket.getPeerCertificate().subject.CN));
      }
      expect(names).toEqual(['meter-7', 'meter-7', 'meter-8']);
      rmSync(key);
      expect(await fail(front, { ca, cert, key })).toMatchObject({ code: 'ENOENT' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('the session', () => {
  test.each([true, false])('resumeSession %s → resumed accordingly', async (resumeSession) => {
    await using front = await tlsFront({ ...identity, maxVersion: 'TLSv1.2' });
    const sessions = new TlsSessionCache();
    const reused: boolean[] = [];
    for (let at = 0; at < 2; at++) {
      reused.push((await succeed(front, { ca, resumeSession }, sessions)).isSessionReused());
    }
    expect(reused).toEqual([false, resumeSession]);
  });

  test('more than 16 of them → the oldest is forgotten', () => {
    const sessions = new TlsSessionCache();
    for (let at = 0; at < 17; at++) sessions.set(`${at}`, Buffer.of(at));
    expect(sessions.get('0')).toBeUndefined();
    expect(sessions.get('1')).toEqual(Buffer.of(1));
  });
});

describe('what is offered', () => {
  test('names and protocols → as the options say', async () => {
    await using front = await tlsFront({ ...identity, ALPNProtocols: ['mqtt'] });
    const socket = await succeed(front, {
      ca,
      servername: 'broker.example',
      alpnProtocols: 'mqtt',
    });
    expect(socket.servername).toBe('broker.example');
    expect(socket.alpnProtocol).toBe('mqtt');
  });

  test('a Server of old versions only → refused', async () => {
    await using front = await tlsFront({ ...identity, maxVersion: 'TLSv1.2' });
    expect(await fail(front, { ca, minVersion: 'TLSv1.3' })).toBeInstanceOf(Error);
  });
});

test('no TLS any more on an open connection → closed with the error, no socket left', async () => {
  await using front = await tlsFront();
  const relayed: Socket[] = [];
  await using relay = await startScriptedProxy((socket) => {
    relayed.push(socket);
    const server = connect(Number(new URL(front.url).port), '127.0.0.1');
    server.on('error', () => {});
    socket.pipe(server).pipe(socket);
  });
  const recorder = new TransportRecorder();
  openTransport(toRoute(`mqtts://127.0.0.1:${relay.port}`, { tls: { ca } }), recorder);
  await recorder.isOpen.promise;
  relayed[0]!.write(Buffer.alloc(100, 0xa5));
  expect(await recorder.end.promise).toMatchObject({ library: 'SSL routines' });
  expect(recorder.trace).toEqual(['opened', 'closed']);
  while (relay.open > 0) await new Promise((resolve) => setImmediate(resolve));
});
