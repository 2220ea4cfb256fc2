import { randomBytes, timingSafeEqual } from 'node:crypto';
import { MqttError } from '../errors/mqtt-error.js';
import type { Authenticator, AuthenticatorExchange } from '../options/authenticator.js';
import {
  isRecord,
  parseInteger,
  parseOneOf,
  parseString,
  refuse,
  refuseUnknown,
} from '../validation/values.js';
import { saslprep } from './saslprep.js';
import {
  clientProof,
  deriveKeys,
  SCRAM_MECHANISMS,
  type ScramKeys,
  type ScramMechanism,
  serverSignature,
} from './scram-keys.js';
import {
  CHANNEL_BINDING,
  escapeName,
  GS2_HEADER,
  parseServerFinal,
  parseServerFirst,
  type ServerFirst,
  textOf,
} from './scram-messages.js';

const NONCE_BYTES = 24;
/** Fewer would make it cheap to guess the password from what was overheard (RFC 7677, 4). */
const ITERATIONS_MIN = 4096;
const ITERATIONS_MAX = 0x7fff_ffff;
const ITERATIONS_DEFAULT = 600_000;

/** What {@link scram} is told. */
export interface ScramOptions {
  /** Authentication Method, and the hash that it stands for. */
  readonly mechanism: ScramMechanism;
  /** Name of the user, prepared with SASLprep: 1…65535 bytes of UTF-8. */
  readonly username: string;
  /** Password, prepared with SASLprep: 1…65535 bytes of UTF-8. Never sent. */
  readonly password: string;
  /**
   * Iterations that a Server may ask for, 4096…2147483647. Default 600000. More are refused, since each attempt to connect would compute
   * them; so are fewer than 4096.
   */
  readonly maximumIterations?: number | undefined;
}

/**
 * An authenticator for SCRAM: Client and Server prove to each other that they know the password, and neither tells it. A Server that
 * can not is not accepted. What is computed from the password runs on the thread pool of the platform, and is kept for as
 * long as the Server names the same salt and iterations.
 *
 * The password is not to be learnt from what goes over the wire, other than by trying guesses; whoever must not try, or not take the
 * connection over once it is authenticated, has to be kept out by TLS. Channel binding (`-PLUS`) is not supported.
 *
 * @param options  Read once.
 * @returns For the option `authenticator` of one client or several.
 * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`. What SASLprep does not allow (RFC 4013; in the password also characters that Unicode
 *   3.2 did not have) fails the exchange with `GNEISS_ERR_AUTHENTICATION_FAILED`, and so does whatever the Server does wrong.
 * @see RFC 5802, RFC 7677
 */
export function scram(options: ScramOptions): Authenticator {
  return createScram(options, () => randomBytes(NONCE_BYTES).toString('base64'));
}

/** As {@link scram}. @param createNonce Makes the nonce of an exchange: printable ASCII without a comma. */
export function createScram(options: ScramOptions, createNonce: () => string): Authenticator {
  return new ScramAuthenticator(parseOptions(options), createNonce);
}

type ParsedOptions = Required<ScramOptions> & { readonly maximumIterations: number };

class ScramAuthenticator implements Authenticator {
  readonly method: ScramMechanism;
  readonly #options: ParsedOptions;
  readonly #createNonce: () => string;
  /** The last keys, by what the Server said of them. */
  #keys: { readonly salt: Buffer; readonly iterations: number; readonly keys: ScramKeys } | null =
    null;

  constructor(options: ParsedOptions, createNonce: () => string) {
    this.method = options.mechanism;
    this.#options = options;
    this.#createNonce = createNonce;
  }

  begin(): AuthenticatorExchange {
    const { mechanism, username } = this.#options;
    return new ScramExchange(mechanism, username, this.#createNonce(), async (challenge) =>
      this.#deriveKeys(challenge),
    );
  }

  async #deriveKeys({ salt, iterations }: ServerFirst): Promise<ScramKeys> {
    const { mechanism, password, maximumIterations } = this.#options;
    if (iterations < ITERATIONS_MIN || iterations > maximumIterations) {
      throw failed(`the Server asks for ${iterations} iterations`);
    }
    const known = this.#keys;
    if (known?.iterations === iterations && known.salt.equals(salt)) return known.keys;
    const prepared = await saslprep(password, 'password', false);
    const keys = await deriveKeys(mechanism, prepared, salt, iterations);
    this.#keys = { salt, iterations, keys };
    return keys;
  }
}

/**
 * Where an exchange stands.
 *
 *     begun ──first──► challenged ──respond──► proved ──finish──► verified     the proof comes with success
 *                                                └────respond──► verified     or in an AUTH of its own, before it
 */
type Stage =
  | { readonly kind: 'begun' }
  | { readonly kind: 'challenged'; readonly clientFirst: string }
  | { readonly kind: 'proved'; readonly signature: Buffer }
  | { readonly kind: 'verified' };

class ScramExchange implements AuthenticatorExchange {
  readonly #mechanism: ScramMechanism;
  readonly #username: string;
  readonly #nonce: string;
  readonly #deriveKeys: (challenge: ServerFirst) => Promise<ScramKeys>;
  #stage: Stage = { kind: 'begun' };

  constructor(
    mechanism: ScramMechanism,
    username: string,
    nonce: string,
    derive: (challenge: ServerFirst) => Promise<ScramKeys>,
  ) {
    this.#mechanism = mechanism;
    this.#username = username;
    this.#nonce = nonce;
    this.#deriveKeys = derive;
  }

  async first(): Promise<string> {
    const name = await saslprep(this.#username, 'username', true);
    const clientFirst = `n=${escapeName(name)},r=${this.#nonce}`;
    this.#stage = { kind: 'challenged', clientFirst };
    return GS2_HEADER + clientFirst;
  }

  async respond(data: Uint8Array | undefined): Promise<string | undefined> {
    const stage = this.#stage;
    if (stage.kind === 'challenged') return this.#prove(stage.clientFirst, messageOf(data));
    this.#verify(data);
    return undefined;
  }

  finish(data: Uint8Array | undefined): void {
    if (this.#stage.kind !== 'verified' || data !== undefined) this.#verify(data);
  }

  async #prove(clientFirst: string, serverFirst: string): Promise<string> {
    const challenge = parseServerFirst(serverFirst);
    if (challenge === null) throw failed('the Server sent no challenge of SCRAM');
    const { nonce } = challenge;
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) {
      throw failed('the nonce of the Server does not extend that of the Client');
    }
    const keys = await this.#deriveKeys(challenge);
    const clientFinal = `${CHANNEL_BINDING},r=${nonce}`;
    const authMessage = `${clientFirst},${serverFirst},${clientFinal}`;
    const signature = serverSignature(this.#mechanism, keys, authMessage);
    this.#stage = { kind: 'proved', signature };
    return `${clientFinal},p=${clientProof(this.#mechanism, keys, authMessage).toString('base64')}`;
  }

  #verify(data: Uint8Array | undefined): void {
    const stage = this.#stage;
    if (stage.kind !== 'proved') throw failed('the Server does not follow the order of SCRAM');
    const final = parseServerFinal(messageOf(data));
    if (typeof final === 'string') throw failed(`the Server names the error ${final}`);
    const { signature } = stage;
    if (final?.length !== signature.length || !timingSafeEqual(final, signature)) {
      throw failed('the Server did not prove that it knows the password');
    }
    this.#stage = { kind: 'verified' };
  }
}

function messageOf(data: Uint8Array | undefined): string {
  return (data === undefined ? null : textOf(data)) ?? '';
}

function parseOptions(options: unknown): ParsedOptions {
  if (!isRecord(options)) return refuse('options', 'must be an object');
  const {
    mechanism,
    username,
    password,
    maximumIterations = ITERATIONS_DEFAULT,
    ...others
  } = options;
  for (const key in others) refuseUnknown(key);
  return {
    mechanism: parseOneOf(mechanism, 'mechanism', SCRAM_MECHANISMS),
    username: parseText(username, 'username'),
    password: parseText(password, 'password'),
    maximumIterations: parseInteger(
      maximumIterations,
      'maximumIterations',
      ITERATIONS_MIN,
      ITERATIONS_MAX,
    ),
  };
}

function parseText(value: unknown, name: string): string {
  const text = parseString(value, name);
  return text === '' ? refuse(name, 'must not be empty') : text;
}

function failed(detail: string): MqttError {
  return new MqttError('GNEISS_ERR_AUTHENTICATION_FAILED', { detail });
}
