import { MqttError } from '../errors/mqtt-error.js';

/** SASLprep changes and refuses nothing of it. */
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

/**
 * Prepares a user name or password (RFC 4013): spaces that are not ASCII become U+0020, what is commonly mapped to nothing goes, the
 * rest is normalised to NFKC; prohibited characters, mixed directions and an empty result are refused.
 *
 * @param allowUnassigned  Whether code points may stand in it that Unicode 3.2 did not have: as in a query, unlike in what is stored.
 * @throws {MqttError} `GNEISS_ERR_AUTHENTICATION_FAILED`, which does not repeat the text.
 */
export async function saslprep(
  text: string,
  name: 'username' | 'password',
  allowUnassigned: boolean,
): Promise<string> {
  if (PRINTABLE_ASCII.test(text)) return text;
  // Its tables take tens of milliseconds to unpack: only those pay who need them.
  const { default: prepare } = await import('@mongodb-js/saslprep');
  let prepared: string;
  try {
    prepared = prepare(text, { allowUnassigned });
  } catch {
    throw refused(name);
  }
  if (prepared === '') throw refused(name);
  return prepared;
}

function refused(name: string): MqttError {
  const detail = `SASLprep does not allow the ${name}`;
  return new MqttError('GNEISS_ERR_AUTHENTICATION_FAILED', { detail });
}
