import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SecureContextOptions } from 'node:tls';
import type { Material, TlsSettings } from './route.js';

/** Certificates and keys, read for one connection: what a file holds may have changed since the last. */
export interface TlsIdentity {
  readonly context: SecureContextOptions;
  /** Stands for all of it: sessions of another identity must not be resumed. */
  readonly digest: string;
}

/** Reads the files that the settings name. */
export async function readTlsIdentity(settings: TlsSettings): Promise<TlsIdentity> {
  const [ca, cert, key, crl, [pfx]] = await Promise.all([
    readAll(settings.ca),
    readAll(settings.cert),
    readAll(settings.key),
    readAll(settings.crl),
    readAll(settings.pfx === undefined ? undefined : [settings.pfx]),
  ]);
  const hash = createHash('sha256');
  for (const part of [ca, cert, key, crl, [pfx]]) {
    for (const bytes of part) hash.update(`${bytes?.length};`).update(bytes ?? '');
    hash.update('.');
  }
  const { passphrase } = settings;
  return {
    context: { ...given({ ca, cert, key, crl }), ...(pfx !== undefined && { pfx }), passphrase },
    digest: hash.digest('hex'),
  };
}

async function readAll(materials: readonly Material[] | undefined): Promise<Buffer[]> {
  return Promise.all((materials ?? []).map(read));
}

async function read(material: Material): Promise<Buffer> {
  if ('path' in material) return readFile(material.path);
  const { buffer, byteOffset, byteLength } = material.content;
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Node takes an empty list of authorities for none at all. */
function given(lists: Record<'ca' | 'cert' | 'key' | 'crl', Buffer[]>): SecureContextOptions {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}
