import { createHash, createHmac, pbkdf2, pbkdf2Sync } from 'node:crypto';

/** Mechanism → hash, and the length of what it computes, in bytes. */
const HASHES = {
  'SCRAM-SHA-1': { digest: 'sha1', length: 20 },
  'SCRAM-SHA-256': { digest: 'sha256', length: 32 },
  'SCRAM-SHA-512': { digest: 'sha512', length: 64 },
} as const;

/**
 * A mechanism of RFC 5802, RFC 7677 or by their pattern: the Authentication Method.
 *
 * @useDeclaredType
 */
export type ScramMechanism = keyof typeof HASHES;

export const SCRAM_MECHANISMS: readonly ScramMechanism[] = [
  'SCRAM-SHA-1',
  'SCRAM-SHA-256',
  'SCRAM-SHA-512',
];

/** What both sides derive from a password: enough to prove that one knows it, and not to be stored by the client. */
export interface ScramKeys {
  readonly clientKey: Buffer;
  readonly serverKey: Buffer;
}

/** Derives the keys on a thread of the platform's pool: the iterations take their time. */
export async function deriveKeys(
  mechanism: ScramMechanism,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<ScramKeys> {
  const { digest, length } = HASHES[mechanism];
  const salted = await new Promise<Buffer>((resolve, reject) => {
    pbkdf2(password, salt, iterations, length, digest, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
  return toKeys(mechanism, salted);
}

/** Derives the keys at once. */
export function deriveKeysSync(
  mechanism: ScramMechanism,
  password: string,
  salt: Uint8Array,
  iterations: number,
): ScramKeys {
  const { digest, length } = HASHES[mechanism];
  return toKeys(mechanism, pbkdf2Sync(password, salt, iterations, length, digest));
}

/** What the Client sends to prove that it knows the password; from it and the signature the Server gets back the client key. */
export function clientProof(
  mechanism: ScramMechanism,
  { clientKey }: ScramKeys,
  authMessage: string,
): Buffer {
  const { digest } = HASHES[mechanism];
  const storedKey = createHash(digest).update(clientKey).digest();
  const signature = hmac(mechanism, storedKey, authMessage);
  return Buffer.from(clientKey.map((byte, at) => byte ^ signature[at]!));
}

/** What the Server sends to prove the same. */
export function serverSignature(
  mechanism: ScramMechanism,
  { serverKey }: ScramKeys,
  authMessage: string,
): Buffer {
  return hmac(mechanism, serverKey, authMessage);
}

function toKeys(mechanism: ScramMechanism, salted: Buffer): ScramKeys {
  return {
    clientKey: hmac(mechanism, salted, 'Client Key'),
    serverKey: hmac(mechanism, salted, 'Server Key'),
  };
}

function hmac(mechanism: ScramMechanism, key: Buffer, text: string): Buffer {
  return createHmac(HASHES[mechanism].digest, key).update(text).digest();
}
