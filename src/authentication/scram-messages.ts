/** No channel binding, and no identity but the user's own. */
export const GS2_HEADER = 'n,,';
/** The same in the last message of the Client. */
export const CHANNEL_BINDING = `c=${Buffer.from(GS2_HEADER).toString('base64')}`;

/** A nonce is printable ASCII without a comma. Attributes behind those of a message are extensions that may be ignored. */
const SERVER_FIRST = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/=]+),i=([1-9]\d*)(?:,.*)?$/s;
const SERVER_FINAL = /^v=([A-Za-z0-9+/=]+)(?:,.*)?$/s;
const SERVER_ERROR = /^e=([a-z-]{1,40})(?:,.*)?$/s;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The challenge of a Server. */
export interface ServerFirst {
  readonly nonce: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

/** The text of a message; null when it is no UTF-8. */
export function textOf(data: Uint8Array): string | null {
  try {
    return UTF8.decode(data);
  } catch {
    return null;
  }
}

/** Takes the challenge apart. @returns Null when it is none, or has an extension that must be understood. */
export function parseServerFirst(text: string): ServerFirst | null {
  const [, nonce, salt, iterations] = SERVER_FIRST.exec(text) ?? [];
  if (nonce === undefined || salt === undefined || iterations === undefined) return null;
  const bytes = fromBase64(salt);
  return bytes === null ? null : { nonce, salt: bytes, iterations: Number(iterations) };
}

/** Takes the end of an exchange apart: the signature of the Server, or the error that it names; null when it is neither. */
export function parseServerFinal(text: string): Buffer | string | null {
  const [, signature] = SERVER_FINAL.exec(text) ?? [];
  if (signature !== undefined) return fromBase64(signature);
  return SERVER_ERROR.exec(text)?.[1] ?? null;
}

/** A user name as it stands in a message. */
export function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

/** Bytes out of canonical base64; null when it is not. */
export function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : null;
}
