import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '@peculiar/x509';

cryptoProvider.set(webcrypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** A certificate and its key, both in PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

interface Holder extends Identity {
  readonly certificate: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** An authority that exists for one test. */
export class Authority {
  readonly #holder: Holder;
  #serial = 1;

  private constructor(holder: Holder) {
    this.#holder = holder;
  }

  static async create(name = 'Test Authority'): Promise<Authority> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: '01',
      name: `CN=${name}`,
      ...validity(false),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    });
    return new Authority(await toHolder(certificate, keys));
  }

  /** What those trust who trust this authority, in PEM. */
  get cert(): string {
    return this.#holder.cert;
  }

  /** A certificate of a Server or a Client. @param names Host names and IP addresses. */
  async issue(names: readonly string[], isExpired = false): Promise<Identity> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.create({
      serialNumber: this.#nextSerial(),
      subject: `CN=${names[0]}`,
      issuer: this.#holder.certificate.subject,
      ...validity(isExpired),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: this.#holder.keys.privateKey,
      extensions: [
        new SubjectAlternativeNameExtension(names.map(toGeneralName)),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      ],
    });
    return toHolder(certificate, keys);
  }

  /** A list that revokes certificates of this authority, in PEM. */
  async revoke(identities: readonly Identity[]): Promise<string> {
    const { X509Certificate: Certificate } = await import('@peculiar/x509');
    const crl = await X509CrlGenerator.create({
      issuer: this.#holder.certificate.subject,
      thisUpdate: new Date(Date.now() - DAY_MS),
      nextUpdate: new Date(Date.now() + DAY_MS),
      signingAlgorithm: ALGORITHM,
      signingKey: this.#holder.keys.privateKey,
      entries: identities.map(({ cert }) => ({
        serialNumber: new Certificate(cert).serialNumber,
        revocationDate: new Date(Date.now() - DAY_MS),
      })),
    });
    // The package has a label of its own for it.
    return crl.toString('pem').replaceAll(/(BEGIN|END) CRL/g, '$1 X509 CRL');
  }

  #nextSerial(): string {
    this.#serial++;
    return this.#serial.toString(16).padStart(4, '0');
  }
}

/** A certificate of a Server that nobody vouches for. */
export async function selfSign(name: string, organization: string): Promise<Identity> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${name}, O=${organization}`,
    ...validity(false),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new SubjectAlternativeNameExtension([toGeneralName(name)])],
  });
  return toHolder(certificate, keys);
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function validity(isExpired: boolean): { readonly notBefore: Date; readonly notAfter: Date } {
  const now = Date.now();
  return {
    notBefore: new Date(now - 2 * DAY_MS),
    notAfter: new Date(isExpired ? now - DAY_MS : now + DAY_MS),
  };
}

function toGeneralName(name: string): JsonGeneralNames[number] {
  const isAddress = /^[\d.]+$/.test(name) || name.includes(':');
  return { type: isAddress ? 'ip' : 'dns', value: name };
}

async function toHolder(
  certificate: X509Certificate,
  keys: webcrypto.CryptoKeyPair,
): Promise<Holder> {
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const lines = Buffer.from(key)
    .toString('base64')
    .match(/.{1,64}/g);
  return {
    cert: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${lines?.join('\n')}\n-----END PRIVATE KEY-----\n`,
    certificate,
    keys,
  };
}
