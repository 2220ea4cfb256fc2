import { once } from 'node:events';
import type { TlsOptions as ServerTlsOptions } from 'node:tls';
import { connect, MqttClient, type TlsOptions } from 'gneiss-mqtt';
import { startBroker } from 'gneiss-mqtt/testing';
import { describe, expect, test } from 'vitest';
import { Authority } from '../../support/certificates.js';
import {
  AUTHORITY,
  failureOf,
  faultyRoad,
  IDENTITY,
  IMPATIENT,
  type NetworkRoad,
  toUrl,
  WAYS,
} from '../../support/faulty-road.js';

const FAILED = 'GNEISS_ERR_CONNECT_FAILED';
const ca = AUTHORITY.cert;
const stranger = await Authority.create('Somebody Else');
const expired = await AUTHORITY.issue(['127.0.0.1'], true);
const elsewhere = await AUTHORITY.issue(['broker.example', '192.0.2.1']);
const member = await AUTHORITY.issue(['meter-7']);
const revoked = await AUTHORITY.issue(['meter-8']);
const formerMember = await AUTHORITY.issue(['meter-9'], true);
const foreigner = await stranger.issue(['meter-7']);
/** A Server that wants to know its clients. */
const MUTUAL = { ...IDENTITY, ca, requestCert: true, rejectUnauthorized: true };
const MUTUAL_WITH_LIST = { ...MUTUAL, crl: await AUTHORITY.revoke([revoked]) };

const SECURE_WAYS = WAYS.filter(({ road }) => road === 'mqtts' || road === 'wss');

/** The connection ends in one of the ways in which it can, as soon as the Server has seen the certificate. */
const TURNED_AWAY = /the Server closed the connection|socket hang up|ECONNRESET|EPIPE/;

/** What the Server has, what the client has, and what the error says.
 * A Server that is Node closes the connection of an unwelcome client without an alert. */
const SERVERS: readonly (readonly [string, ServerTlsOptions, TlsOptions, RegExp])[] = [
  ['certificate expired', expired, { ca }, /^CERT_HAS_EXPIRED/],
  ['certificate of another host', elsewhere, { ca }, /^ERR_TLS_CERT_ALTNAME_INVALID/],
  ['authority unknown', IDENTITY, {}, /^UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
  ['another authority trusted', IDENTITY, { ca: stranger.cert }, /^UNABLE_TO_/],
  [
    'certificate revoked',
    IDENTITY,
    { ca, crl: await AUTHORITY.revoke([IDENTITY]) },
    /^CERT_REVOKED/,
  ],
  [
    'certificate not the pinned one',
    IDENTITY,
    { ca, fingerprints: 'ab'.repeat(32) },
    /^ERR_TLS_CERT_FINGERPRINT/,
  ],
  [
    'version older than what the client takes',
    { ...IDENTITY, maxVersion: 'TLSv1.2' },
    { ca, minVersion: 'TLSv1.3' },
    /alert protocol version/,
  ],
  [
    'no cipher in common',
    { ...IDENTITY, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' },
    { ca, ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' },
    /alert handshake failure/,
  ],
  ['wants a certificate, and the client has none', MUTUAL, { ca }, /CERTIFICATE_REQUIRED/],
  [
    'knows the client for revoked',
    MUTUAL_WITH_LIST,
    { ca, cert: revoked.cert, key: revoked.key },
    TURNED_AWAY,
  ],
  [
    'finds the certificate of the client expired',
    MUTUAL,
    { ca, cert: formerMember.cert, key: formerMember.key },
    TURNED_AWAY,
  ],
  [
    'does not know the authority of the client',
    MUTUAL,
    { ca, cert: foreigner.cert, key: foreigner.key },
    TURNED_AWAY,
  ],
];

describe.each(SECURE_WAYS)('$road, MQTT $protocolVersion', ({ road, protocolVersion }) => {
  test.each(SERVERS)(
    'Server: %s → refused, and no CONNECT was sent',
    async (_, server, tls, reason) => {
      await using broker = await startBroker();
      await using way = await faultyRoad(broker.port, road, { tls: server });
      const failure = await failureOf(connect(way.url, { ...IMPATIENT, protocolVersion, tls }));
      expect(failure.code).toBe(FAILED);
      expect(`${failure.cause}: ${failure.detail}`).toMatch(reason);
      expect(broker.counters.packetsReceived).toBe(0);
      await way.proxy.idle();
    },
  );

  test('Server: knows the certificate of the client → accepted', async () => {
    await using broker = await startBroker();
    await using way = await faultyRoad(broker.port, road, { tls: MUTUAL_WITH_LIST });
    const tls = { ca, cert: member.cert, key: member.key };
    await using client = await connect(way.url, { ...IMPATIENT, protocolVersion, tls });
    await client.publish('a', 'x', { qos: 1 });
  });

  test('Server: renews its expired certificate → connected to at the next attempt', async () => {
    await using broker = await startBroker();
    await using renewed = await faultyRoad(broker.port, road);
    await using way = await faultyRoad(broker.port, road, { tls: expired });
    await using client = new MqttClient(way.url, { ...IMPATIENT, protocolVersion });
    const connected = once(client, 'connectionSuccess');
    client.once('connectionFailure', () => {
      way.proxy.target = renewed.front.port;
    });
    client.start();
    await connected;
    expect(renewed.front.connections).toBe(1);
  });
});

describe('a road that leads to another one', () => {
  test.each<[NetworkRoad, NetworkRoad, string]>([
    ['mqtts', 'mqtt', FAILED],
    ['wss', 'mqtt', FAILED],
    ['ws', 'mqtt', FAILED],
    ['mqtt', 'mqtts', FAILED],
    ['ws', 'mqtts', FAILED],
    ['wss', 'mqtts', FAILED],
    ['mqtt', 'ws', 'GNEISS_ERR_PEER_VIOLATION'],
    ['mqtts', 'ws', FAILED],
    ['wss', 'ws', FAILED],
    ['mqtt', 'wss', FAILED],
    ['mqtts', 'wss', 'GNEISS_ERR_PEER_VIOLATION'],
    ['ws', 'wss', FAILED],
  ])('%s to a Server of %s → %s, no socket left, nobody connected', async (road, served, code) => {
    await using broker = await startBroker();
    await using way = await faultyRoad(broker.port, served);
    const failure = await failureOf(connect(toUrl(road, way.proxy.port), IMPATIENT));
    expect(failure.code).toBe(code);
    expect(broker.counters.connects).toBe(0);
    await way.proxy.idle();
  });
});
