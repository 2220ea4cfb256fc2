import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** What a {@link ScramServer} is told. */
export interface ScramServerOptions {
  readonly digest: string;
  /** As they are after SASLprep. */
  readonly username: string;
  readonly password: string;
  readonly salt?: Buffer;
  readonly iterations?: number;
  /** What it appends to the nonce of the Client. */
  readonly nonce?: string;
}

/**
 * The Server's side of SCRAM, written from RFC 5802 and with nothing of ours: what it accepts, another Server would.
 */
export class ScramServer {
  readonly #options: Required<ScramServerOptions>;
  #clientFirstBare = '';
  #serverFirst = '';
  #nonce = '';

  constructor(options: ScramServerOptions) {
    this.#options = {
      salt: Buffer.from('0011223344556677', 'hex'),
      iterations: 4096,
      nonce: '3rfcNHYJY1Z',
      ...options,
    };
  }

  /** The challenge for a client-first-message. */
  challenge(message: string): string {
    const { username, salt, iterations, nonce } = this.#options;
    const parts = message.split(',');
    // gs2-cbind-flag, authzid, username, nonce.
    if (parts.length !== 4 || parts[0] !== 'n' || parts[1] !== '') throw new Error('no gs2-header');
    const name = parts[2]!.slice(2).replaceAll('=2C', ',').replaceAll('=3D', '=');
    if (!parts[2]!.startsWith('n=') || name !== username) throw new Error('unknown user');
    if (!parts[3]!.startsWith('r=')) throw new Error('no nonce');
    this.#clientFirstBare = parts.slice(2).join(',');
    this.#nonce = parts[3]!.slice(2) + nonce;
    this.#serverFirst = `r=${this.#nonce},s=${salt.toString('base64')},i=${iterations}`;
    return this.#serverFirst;
  }

  /** The signature for a client-final-message, or the error. */
  verify(message: string): string {
    const { digest, password, salt, iterations } = this.#options;
    const hmac = (key: Buffer, text: string): Buffer =>
      createHmac(digest, key).update(text).digest();
    const hash = (bytes: Buffer): Buffer => createHash(digest).update(bytes).digest();
    const proofAt = message.lastIndexOf(',p=');
    const withoutProof = message.slice(0, proofAt);
    if (withoutProof !== `c=${Buffer.from('n,,').toString('base64')},r=${this.#nonce}`)
      return 'e=channel-bindings-dont-match';
    const proof = Buffer.from(message.slice(proofAt + 3), 'base64');
    const salted = pbkdf2Sync(password, salt, iterations, hash(Buffer.of()).length, digest);
    const storedKey = hash(hmac(salted, 'Client Key'));
    const authMessage = [this.#clientFirstBare, this.#serverFirst, withoutProof].join(',');
    const signature = hmac(storedKey, authMessage);
    if (proof.length !== signature.length) return 'e=invalid-proof';
    const clientKey = Buffer.from(proof.map((byte, at) => byte ^ signature[at]!));
    if (!hash(clientKey).equals(storedKey)) return 'e=invalid-proof';
    return `v=${hmac(hmac(salted, 'Server Key'), authMessage).toString('base64')}`;
  }
}
